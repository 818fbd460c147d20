/* One setting of the file -> one field, by the type that the schema says. */
#include "config/value.h"

#include <limits.h>

#include "base/folder.h"
#include "config/keyfile.h"

enum { LONGEST_TITLE = 128, LONGEST_TEXT = 1024, LONGEST_ACTION = 64 };

const char *bt_value_kind(const config_setting_t *setting) {
  switch (config_setting_type(setting)) {
  case CONFIG_TYPE_GROUP:
    return "a group { ... }";
  case CONFIG_TYPE_INT:
  case CONFIG_TYPE_INT64:
    return "a whole number";
  case CONFIG_TYPE_FLOAT:
    return "a fraction";
  case CONFIG_TYPE_STRING:
    return "a text";
  case CONFIG_TYPE_BOOL:
    return "true or false";
  case CONFIG_TYPE_ARRAY:
    return "an array [ ... ]";
  default:
    return "a list ( ... )";
  }
}

static void *field(void *base, size_t at) {
  return (char *)base + at;
}

bool bt_value_take_text(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s,
                        struct bt_str *ret) {
  if (config_setting_type(s) != CONFIG_TYPE_STRING) {
    bt_value_wrong_type(l, key, s);
    return false;
  }
  *ret = bt_str(config_setting_get_string(s));
  if (ret->n > LONGEST_TEXT) {
    bt_loading_problem(l, s, NULL, "has %zu bytes; at most %d are taken", ret->n, LONGEST_TEXT);
    return false;
  }
  if (ret->n == 0 && key->required) {
    bt_loading_problem(l, s, NULL, "is empty, and required");
    return false;
  }
  return true;
}

/* Characters after the first of a UTF-8 sequence, and the least code point that needs so many (RFC 3629); -1: not a
 * first. */
static int utf8_tail(unsigned char c, uint32_t *ret_least, uint32_t *ret_bits) {
  static const struct {
    unsigned char mask, lead;
    uint32_t least;
  } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
  for (int i = 0; i < 4; i++)
    if ((c & forms[i].mask) == forms[i].lead) {
      *ret_least = forms[i].least;
      *ret_bits = c & (unsigned char)~forms[i].mask;
      return i;
    }
  return -1;
}

/* UTF-8 without control characters: titles go to terminals. */
static bool printable(struct bt_str s) {
  for (size_t i = 0; i < s.n; i++) {
    uint32_t least = 0, c = 0;
    int tail = utf8_tail((unsigned char)s.p[i], &least, &c);
    if (tail < 0 || s.n - i <= (size_t)tail)
      return false;
    for (; tail > 0; tail--) {
      unsigned char next = (unsigned char)s.p[++i];
      if ((next & 0xc0) != 0x80)
        return false;
      c = c << 6 | (next & 0x3f);
    }
    if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) || c < 0x20 || (c >= 0x7f && c < 0xa0))
      return false;
  }
  return true;
}

static void read_title(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s, void *base) {
  struct bt_str text;
  if (!bt_value_take_text(l, key, s, &text))
    return;
  if (text.n > LONGEST_TITLE)
    bt_loading_problem(l, s, NULL, "has %zu bytes; at most %d are taken", text.n, LONGEST_TITLE);
  else if (!printable(text))
    bt_loading_problem(l, s, NULL, "holds a control character, or is not UTF-8");
  else
    *(struct bt_str *)field(base, key->at) = bt_arena_copy(&l->config->arena, text);
}

/* Zones, digits: what they may be is checked between keys. */
static void read_text(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s, void *base) {
  struct bt_str text;
  if (bt_value_take_text(l, key, s, &text))
    *(struct bt_str *)field(base, key->at) = bt_arena_copy(&l->config->arena, text);
}

static void read_name(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s, void *base) {
  struct bt_str text;
  if (bt_value_take_text(l, key, s, &text) && (text.n == 0 || bt_value_word_ok(l, key, s, text)))
    *(struct bt_str *)field(base, key->at) = bt_arena_copy(&l->config->arena, text);
}

/* The words of the protocol: "final-invoice". */
static void read_action(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s, void *base) {
  struct bt_str text;
  if (!bt_value_take_text(l, key, s, &text))
    return;
  if (text.n > LONGEST_ACTION || strspn(text.p, "abcdefghijklmnopqrstuvwxyz0123456789._-") != text.n)
    bt_loading_problem(l, s, NULL, "\"%s\" is no action: 1 to %d of a-z, 0-9, \".\", \"_\" and \"-\"", text.p,
                       LONGEST_ACTION);
  else
    *(struct bt_str *)field(base, key->at) = bt_arena_copy(&l->config->arena, text);
}

static const char *resolve(struct bt_loading *l, const config_setting_t *at, struct bt_str path) {
  char expanded[PATH_MAX];
  const char *why;
  if (bt_folder_expand(path.p, expanded, sizeof expanded, &why)) {
    bt_loading_problem(l, at, NULL, "%s %s", path.p, why);
    return NULL;
  }
  path = bt_str(expanded);
  if (bt_str_starts(path, BT_LIT("/")))
    return bt_arena_copy(&l->config->arena, path).p;
  return bt_arena_printf(&l->config->arena, "%s/%s", strcmp(l->root, "/") ? l->root : "", path.p).p;
}

static void read_c_text(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s, void *base) {
  struct bt_str text;
  if (!bt_value_take_text(l, key, s, &text) || (key->type == BT_V_PATH && text.n == 0))
    return;
  const char *p = key->type == BT_V_PATH ? resolve(l, s, text) : bt_arena_copy(&l->config->arena, text).p;
  *(char **)field(base, key->at) = (char *)p;
}

static void read_number(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s, void *base) {
  int type = config_setting_type(s);
  if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) {
    bt_value_wrong_type(l, key, s);
    return;
  }
  int64_t value = type == CONFIG_TYPE_INT ? config_setting_get_int(s) : config_setting_get_int64(s);
  if (value < key->min || value > key->max) {
    char facts[256];
    bt_loading_problem(l, s, NULL, "is %lld; right is: %s", (long long)value,
                       bt_schema_facts(key, facts, sizeof facts));
  } else if (key->type == BT_V_NUMBER32) {
    *(uint32_t *)field(base, key->at) = (uint32_t)value;
  } else {
    *(int64_t *)field(base, key->at) = value * key->scale;
  }
}

int bt_value_word_position(const struct bt_key_row *key, const char *word) {
  for (int i = 0; key->words[i]; i++)
    if (strcmp(word, key->words[i]) == 0)
      return i;
  return -1;
}

static void read_word(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s, void *base) {
  struct bt_str text;
  if (!bt_value_take_text(l, key, s, &text))
    return;
  int i = bt_value_word_position(key, text.p);
  char facts[256];
  if (i < 0)
    bt_loading_problem(l, s, NULL, "is \"%s\"; right is: %s", text.p, bt_schema_facts(key, facts, sizeof facts));
  else
    *(uint32_t *)field(base, key->at) = (uint32_t)i;
}

static void read_key(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s, void *base) {
  struct bt_str text;
  if (!bt_value_take_text(l, key, s, &text))
    return;
  if (key->type == BT_V_KEY) {
    if (bt_curve_decode(text, field(base, key->at)))
      bt_loading_problem(l, s, NULL, "is no public key: 40 characters, as batonctl keygen prints them");
    return;
  }
  const char *path = resolve(l, s, text);
  char why[256];
  if (path && bt_curve_file_read(path, false, field(base, key->at), why, sizeof why))
    bt_loading_problem(l, s, NULL, "%s %s", text.p, why);
  else if (path)
    bt_files_note(l->config, path, NULL, 0);
}

static void read_flag(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s, void *base) {
  if (config_setting_type(s) == CONFIG_TYPE_BOOL)
    *(bool *)field(base, key->at) = config_setting_get_bool(s);
  else
    bt_value_wrong_type(l, key, s);
}

static bt_value_read_fn *const readers[] = {
    [BT_V_FLAG] = read_flag,
    [BT_V_NUMBER32] = read_number,
    [BT_V_NUMBER64] = read_number,
    [BT_V_WORD] = read_word,
    [BT_V_ENDPOINT] = read_c_text,
    [BT_V_PATH] = read_c_text,
    [BT_V_TITLE] = read_title,
    [BT_V_ZONE] = read_text,
    [BT_V_DIGITS] = read_text,
    [BT_V_NAME] = read_name,
    [BT_V_NAMES] = bt_value_read_names,
    [BT_V_NAMES_OR_ALL] = bt_value_read_names_or_all,
    [BT_V_TOPICS] = bt_value_read_names,
    [BT_V_KIND] = bt_value_read_kind,
    [BT_V_KINDS] = bt_value_read_kinds,
    [BT_V_ACTION] = read_action,
    [BT_V_DATES] = bt_value_read_dates,
    [BT_V_HOURS] = bt_value_read_hours,
    [BT_V_WORDS] = bt_value_read_words,
    [BT_V_KEY] = read_key,
    [BT_V_KEY_FILE] = read_key,
};

void bt_value_read(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *setting, void *base) {
  readers[key->type](l, key, setting, base);
}

/* Everything not named here is zero by default, which is what the arena gives. */
void bt_value_default(struct bt_loading *l, const struct bt_key_row *key, void *base) {
  switch (key->type) {
  case BT_V_NUMBER32:
    *(uint32_t *)field(base, key->at) = (uint32_t)key->number;
    break;
  case BT_V_NUMBER64:
    *(int64_t *)field(base, key->at) = key->number * key->scale;
    break;
  case BT_V_WORD:
    *(uint32_t *)field(base, key->at) = (uint32_t)bt_value_word_position(key, key->text);
    break;
  case BT_V_WORDS: /* one of them, or none */
    if (key->text)
      *(uint32_t *)field(base, key->at) = UINT32_C(1) << key->values[bt_value_word_position(key, key->text)];
    break;
  case BT_V_ENDPOINT:
    *(char **)field(base, key->at) = (char *)bt_arena_copy(&l->config->arena, bt_str(key->text)).p;
    break;
  default:
    break;
  }
}
