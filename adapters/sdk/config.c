/* Options from a libconfig file: every setting in it is looked up, and every one must be known. */
#include <inttypes.h>
#include <libconfig.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

enum { KEY_MAX = 128 };

/* "file:line: key", for errors. libconfig knows the file where it was included. */
static void place(const config_setting_t *setting, const char *file, const char *key, char where[2 * KEY_MAX]) {
  const char *in = config_setting_source_file(setting);
  snprintf(where, 2 * KEY_MAX, "%.120s:%u: %s", in ? in : file, config_setting_source_line(setting), key);
}

static bool is_group(const struct bt_sdk_settings *s, const char *key) {
  size_t n = strlen(key);
  for (const baton_option *o = s->options; o->key; o++)
    if (strncmp(o->key, key, n) == 0 && o->key[n] == '.')
      return true;
  return false;
}

static bool wrong_type(struct bt_sdk_settings *s, const baton_option *o, const char *where) {
  static const char *const wants[] = {"a text in quotes", "a whole number", "true or false", "a file name in quotes",
                                      "a group or a list"};
  return bt_sdk_settings_fail(s, where, "wants %s", wants[o->type]);
}

static bool put(struct bt_sdk_settings *s, size_t option, const config_setting_t *setting, const char *base,
                const char *where) {
  const baton_option *o = &s->options[option];
  char digits[24];
  int type = config_setting_type(setting);
  if (o->type == BATON_SECTION) {
    s->given[option] = true;
    return config_setting_is_aggregate(setting) || wrong_type(s, o, where);
  }
  if (o->type == BATON_INT && (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64)) {
    snprintf(digits, sizeof digits, "%lld", config_setting_get_int64(setting));
    return bt_sdk_option_put(s, option, digits, base, where);
  }
  if (o->type == BATON_BOOL && type == CONFIG_TYPE_BOOL)
    return bt_sdk_option_put(s, option, config_setting_get_bool(setting) ? "true" : "false", base, where);
  if ((o->type == BATON_STRING || o->type == BATON_FILE) && type == CONFIG_TYPE_STRING)
    return bt_sdk_option_put(s, option, config_setting_get_string(setting), base, where);
  return wrong_type(s, o, where);
}

static bool walk(struct bt_sdk_settings *s, const config_setting_t *group, const char *prefix, const char *file,
                 const char *base) {
  for (int i = 0; i < config_setting_length(group); i++) {
    const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
    char key[KEY_MAX], where[2 * KEY_MAX];
    snprintf(key, sizeof key, "%s%s%.60s", prefix, *prefix ? "." : "", config_setting_name(setting));
    place(setting, file, key, where);
    int option = bt_sdk_option_find(s, key, strlen(key));
    bool good = option >= 0                                            ? put(s, (size_t)option, setting, base, where)
                : config_setting_is_group(setting) && is_group(s, key) ? walk(s, setting, key, file, base)
                                                                       : bt_sdk_settings_fail(s, where, "no such key");
    if (!good)
      return false;
  }
  return true;
}

bool bt_sdk_config_read(struct bt_sdk_settings *s, const char *file) {
  char *copy = strdup(file);
  if (!copy)
    return bt_sdk_settings_fail(s, file, "out of memory");
  const char *base = dirname(copy);
  config_t config;
  config_init(&config);
  config_set_include_dir(&config, base);
  bool good = config_read_file(&config, file) == CONFIG_TRUE;
  if (!good && config_error_type(&config) == CONFIG_ERR_PARSE) {
    char where[2 * KEY_MAX];
    snprintf(where, sizeof where, "%.200s:%d", config_error_file(&config) ? config_error_file(&config) : file,
             config_error_line(&config));
    bt_sdk_settings_fail(s, where, "%s", config_error_text(&config));
  } else if (!good) {
    bt_sdk_settings_fail(s, file, "cannot be read");
  } else {
    good = walk(s, config_root_setting(&config), "", file, base);
  }
  config_destroy(&config);
  free(copy);
  return good;
}
