/* The option table, its values, and the command line. */
#include "options.h"

#include <inttypes.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk.h"
#include "text.h"

bool bt_sdk_settings_fail(struct bt_sdk_settings *s, const char *where, const char *format, ...) {
  int n = snprintf(s->error, sizeof s->error, "%.200s: ", where);
  va_list args;
  va_start(args, format);
  vsnprintf(s->error + n, sizeof s->error - (size_t)n, format, args);
  va_end(args);
  return false;
}

bool bt_sdk_settings_init(struct bt_sdk_settings *s, const baton_option *options) {
  size_t n = 0;
  while (options[n].key)
    n++;
  *s = (struct bt_sdk_settings){.options = options, .given = calloc(n + 1, sizeof *s->given)};
  if (!s->given)
    return bt_sdk_settings_fail(s, "options", "out of memory");
  for (size_t i = 0; i < n; i++)
    if (options[i].fallback && options[i].type != BATON_SECTION &&
        !bt_sdk_option_put(s, i, options[i].fallback, NULL, options[i].key))
      return false;
  memset(s->given, 0, n * sizeof *s->given);
  return true;
}

void bt_sdk_settings_fini(struct bt_sdk_settings *s) {
  for (size_t i = 0; i < s->n_strings; i++)
    free(s->strings[i]);
  free(s->strings);
  free(s->given);
}

int bt_sdk_option_find(const struct bt_sdk_settings *s, const char *key, size_t n) {
  for (int i = 0; s->options[i].key; i++) {
    const char *name = s->options[i].key;
    size_t at = 0;
    while (at < n && name[at] && (name[at] == key[at] || (name[at] == '_' && key[at] == '-')))
      at++;
    if (at == n && !name[at])
      return i;
  }
  return -1;
}

static const char *keep(struct bt_sdk_settings *s, char *text) {
  char **grown = text ? realloc(s->strings, (s->n_strings + 1) * sizeof *grown) : NULL;
  if (!grown) {
    free(text);
    return NULL;
  }
  s->strings = grown;
  return s->strings[s->n_strings++] = text;
}

static bool put_int(struct bt_sdk_settings *s, const baton_option *o, const char *text, const char *where) {
  int64_t v;
  if (!bt_sdk_int_parse(text, &v))
    return bt_sdk_settings_fail(s, where, "wants a whole number, not \"%.60s\"", text);
  if (v < o->min || v > o->max)
    return bt_sdk_settings_fail(s, where, "wants %" PRId64 " to %" PRId64 ", not %" PRId64, o->min, o->max, v);
  *(int64_t *)o->to = v;
  return true;
}

bool bt_sdk_option_put(struct bt_sdk_settings *s, size_t option, const char *text, const char *base,
                       const char *where) {
  const baton_option *o = &s->options[option];
  bool yes = strcmp(text, "true") == 0;
  s->given[option] = true;
  switch (o->type) {
  case BATON_INT:
    return put_int(s, o, text, where);
  case BATON_BOOL:
    if (!yes && strcmp(text, "false") != 0)
      return bt_sdk_settings_fail(s, where, "wants true or false, not \"%.60s\"", text);
    *(bool *)o->to = yes;
    return true;
  case BATON_STRING:
  case BATON_FILE: {
    char error[BT_SDK_ERROR] = "out of memory";
    const char *kept = keep(s, o->type == BATON_FILE ? baton_path(base, text, error) : strdup(text));
    if (!kept)
      return bt_sdk_settings_fail(s, where, "%s", error);
    *(const char **)o->to = kept;
    return true;
  }
  default:
    return bt_sdk_settings_fail(s, where, "can only be set in the configuration file");
  }
}

/* ---- The command line ---- */

/* One of --key value, --key=value. *i moves past what was taken. */
static bool one_argument(struct bt_sdk_settings *s, int argc, char **argv, int *i, const char **ret_config) {
  const char *key = argv[*i] + 2, *equals = strchr(key, '=');
  size_t n = equals ? (size_t)(equals - key) : strlen(key);
  bool config = n == 6 && memcmp(key, "config", n) == 0;
  int option = config ? -1 : bt_sdk_option_find(s, key, n);
  if (strncmp(argv[*i], "--", 2) != 0 || (!config && option < 0))
    return bt_sdk_settings_fail(s, argv[*i], "no such option; --help lists them");
  const char *value = equals ? equals + 1 : *i + 1 < argc ? argv[++*i] : NULL;
  if (!value)
    return bt_sdk_settings_fail(s, argv[*i], "wants a value");
  if (config) {
    *ret_config = value;
    return true;
  }
  char where[128];
  snprintf(where, sizeof where, "--%s", s->options[option].key);
  return bt_sdk_option_put(s, (size_t)option, value, NULL, where);
}

static const struct {
  const char *word;
  enum bt_sdk_asked asked;
} words[] = {{"--help", BT_SDK_HELP},
             {"-h", BT_SDK_HELP},
             {"--version", BT_SDK_VERSION},
             {"--check", BT_SDK_CHECK},
             {"--spooled", BT_SDK_SPOOLED},
             {"--rejects", BT_SDK_REJECTS},
             {"--rejects-retry", BT_SDK_REJECTS_RETRY},
             {"--rejects-drop", BT_SDK_REJECTS_DROP}};

/* Two of the words may be followed by a key, which begins with a dash only in the form WORD=KEY. */
static enum bt_sdk_asked word(struct bt_sdk_settings *s, int argc, char **argv, int *i) {
  size_t n = strcspn(argv[*i], "=");
  for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
    bool has_key = words[w].asked >= BT_SDK_REJECTS_RETRY;
    if (strlen(words[w].word) != n || strncmp(argv[*i], words[w].word, n) != 0 ||
        (words[w].asked >= BT_SDK_SPOOLED && !s->spools) || (argv[*i][n] && !has_key))
      continue;
    if (has_key)
      s->reject_key = argv[*i][n] ? argv[*i] + n + 1 : *i + 1 < argc && argv[*i + 1][0] != '-' ? argv[++*i] : NULL;
    return words[w].asked;
  }
  return BT_SDK_RUN;
}

static bool arguments(struct bt_sdk_settings *s, int argc, char **argv, const char **ret_config,
                      enum bt_sdk_asked *ret_asked) {
  *ret_asked = BT_SDK_RUN;
  for (int i = 1; i < argc; i++) {
    enum bt_sdk_asked asked = word(s, argc, argv, &i);
    if (asked != BT_SDK_RUN)
      *ret_asked = asked;
    else if (!one_argument(s, argc, argv, &i, ret_config))
      return false;
    if (*ret_asked == BT_SDK_HELP || *ret_asked == BT_SDK_VERSION)
      return true;
  }
  return true;
}

static bool required(struct bt_sdk_settings *s, const char *config) {
  for (size_t i = 0; s->options[i].key; i++)
    if (!s->options[i].fallback && s->options[i].type != BATON_SECTION && !s->given[i])
      return bt_sdk_settings_fail(s, config ? config : "command line", "%s: is required (%s)", s->options[i].key,
                                  s->options[i].help);
  return true;
}

bool bt_sdk_settings_read(struct bt_sdk_settings *s, int argc, char **argv, const char **ret_config,
                          enum bt_sdk_asked *ret_asked) {
  const char *config = NULL;
  /* Twice: once to learn which file, once to have the last word over it. */
  if (!arguments(s, argc, argv, &config, ret_asked))
    return false;
  *ret_config = config;
  if (*ret_asked == BT_SDK_HELP || *ret_asked == BT_SDK_VERSION)
    return true;
  if (config && !bt_sdk_config_read(s, config))
    return false;
  return arguments(s, argc, argv, &config, ret_asked) && required(s, config);
}

void bt_sdk_settings_help(const struct bt_sdk_settings *s, const baton_program *program) {
  printf("%s: %s\n\nUsage: %s --config FILE [--KEY VALUE ...]\n\n", program->name, program->summary, program->name);
  printf("  --config FILE   options in libconfig form: KEY = VALUE; the command line wins\n"
         "  --check         read the configuration and the keys, say what is wrong, and exit\n"
         "  --version       say the version and exit\n"
         "  --help          this page\n");
  if (program->spools)
    printf("  --spooled               list the events that wait in the spool, as JSON lines\n"
           "  --rejects               list the events that the broker refused for good, as JSON lines\n"
           "  --rejects-retry [KEY]   put them, or those with this key, back at the end of the spool\n"
           "  --rejects-drop [KEY]    forget them, or those with this key\n");
  printf("\nOptions:\n");
  for (const baton_option *o = s->options; o->key; o++) {
    static const char *const types[] = {"TEXT", "NUMBER", "true|false", "FILE", "{ ... }"};
    printf("  %s %s\n      %s", o->key, types[o->type], o->help);
    if (o->type == BATON_INT)
      printf("; %" PRId64 " to %" PRId64, o->min, o->max);
    if (o->type == BATON_SECTION)
      printf("; in the configuration file only\n");
    else
      printf(o->fallback ? *o->fallback ? "; default: %s\n" : "; default: none%s\n" : "; required\n",
             o->fallback ? o->fallback : "");
  }
}
