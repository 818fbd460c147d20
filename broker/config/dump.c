/* The canonical form, and the digest over it. */
#include <inttypes.h>
#include <sodium.h>

#include "config/config.h"
#include "config/keyfile.h"
#include "config/loading.h"

/* Where the form goes: a file or a hash, which leaves out the paths. */
struct sink {
  FILE *to;
  crypto_generichash_state *hash;
};

static void put(const struct sink *s, const char *p, size_t n) {
  if (s->hash)
    crypto_generichash_update(s->hash, (const unsigned char *)p, n);
  else
    fwrite(p, 1, n, s->to);
}

static void put_text(const struct sink *s, const char *text) {
  put(s, text, strlen(text));
}

static void put_number(const struct sink *s, int64_t v) {
  char text[24];
  put(s, text, (size_t)snprintf(text, sizeof text, "%" PRId64, v));
}

/* As libconfig reads it: quote, backslash and controls escaped, other bytes as they are. */
static void put_quoted(const struct sink *s, struct bt_str v) {
  put_text(s, "\"");
  for (size_t i = 0; i < v.n; i++) {
    unsigned char c = (unsigned char)v.p[i];
    char text[8];
    if (c == '"' || c == '\\')
      put(s, text, (size_t)snprintf(text, sizeof text, "\\%c", c));
    else if (c < 0x20 || c == 0x7f)
      put(s, text, (size_t)snprintf(text, sizeof text, "\\x%02X", c));
    else
      put(s, v.p + i, 1);
  }
  put_text(s, "\"");
}

static void put_names(const struct sink *s, const struct bt_strs *set) {
  put_text(s, "[");
  for (uint32_t i = 0; i < set->n; i++) {
    put_text(s, i ? ", " : "");
    put_quoted(s, set->v[i]);
  }
  put_text(s, "]");
}

static void put_kinds(const struct sink *s, const struct bt_adapter *a) {
  put_text(s, "[");
  for (uint32_t i = 0; i < a->kinds.n; i++) {
    put_text(s, i ? ", " : "");
    put_quoted(s, bt_str(bt_kind_name((int)a->kinds.v[i])));
  }
  put_text(s, "]");
}

static void put_words(const struct sink *s, const struct bt_key_row *key, uint32_t set) {
  bool more = false;
  put_text(s, "[");
  for (size_t i = 0; key->words[i]; i++)
    if (set & UINT32_C(1) << key->values[i]) {
      put_text(s, more ? ", " : "");
      put_quoted(s, bt_str(key->words[i]));
      more = true;
    }
  put_text(s, "]");
}

static void put_key(const struct sink *s, const uint8_t key[32]) {
  char text[BT_CURVE_TEXT + 1];
  bt_curve_encode(key, text);
  put_quoted(s, bt_str(text));
}

static void put_value(const struct sink *s, const struct bt_key_row *key, const void *base) {
  const void *at = (const char *)base + key->at;
  switch (key->type) {
  case BT_V_FLAG:
    put_text(s, *(const bool *)at ? "true" : "false");
    break;
  case BT_V_NUMBER32:
    put_number(s, *(const uint32_t *)at);
    break;
  case BT_V_NUMBER64:
    put_number(s, *(const int64_t *)at / key->scale);
    break;
  case BT_V_WORD:
    put_quoted(s, bt_str(key->words[*(const uint32_t *)at]));
    break;
  case BT_V_ENDPOINT:
  case BT_V_PATH:
    put_quoted(s, bt_str(*(char *const *)at));
    break;
  case BT_V_TITLE:
  case BT_V_ZONE:
  case BT_V_DIGITS:
  case BT_V_NAME:
  case BT_V_ACTION:
    put_quoted(s, *(const struct bt_str *)at);
    break;
  case BT_V_NAMES_OR_ALL:
    if (*(const bool *)((const char *)base + key->all_at)) {
      put_text(s, "\"*\"");
      break;
    }
    put_names(s, at);
    break;
  case BT_V_NAMES:
  case BT_V_TOPICS:
  case BT_V_DATES:
  case BT_V_HOURS:
    put_names(s, at);
    break;
  case BT_V_WORDS:
    put_words(s, key, *(const uint32_t *)at);
    break;
  case BT_V_KIND:
    put_quoted(s, bt_str(bt_kind_name((int)*(const uint32_t *)at)));
    break;
  case BT_V_KINDS:
    put_kinds(s, base);
    break;
  case BT_V_KEY:
    put_key(s, at);
    break;
  case BT_V_KEY_FILE: /* the key itself stands for it */
    break;
  }
}

void bt_value_print(const struct bt_key_row *key, const void *base, FILE *to) {
  put_value(&(struct sink){.to = to}, key, base);
}

static void put_keys(const struct sink *s, enum bt_section section, const void *base, const char *indent) {
  for (size_t i = 0; i < bt_key_count; i++) {
    const struct bt_key_row *key = &bt_keys[i];
    if (key->section != section || key->type == BT_V_KEY_FILE || (s->hash && key->type == BT_V_PATH))
      continue;
    put_text(s, indent);
    put_text(s, key->name);
    put_text(s, " = ");
    put_value(s, key, base);
    put_text(s, ";\n");
  }
}

static void put_list(const struct sink *s, enum bt_section section, const struct bt_config *c) {
  const struct bt_section_row *row = &bt_sections[section];
  struct any_list {
    uint32_t n;
    const char *v;
  } list;
  memcpy(&list, (const char *)c + row->at, sizeof list); /* each list has its own type */
  put_text(s, row->name);
  put_text(s, " = (\n");
  for (uint32_t i = 0; i < list.n; i++) {
    put_text(s, "  {\n");
    put_keys(s, section, list.v + i * row->size, "    ");
    put_text(s, i + 1 < list.n ? "  },\n" : "  }\n");
  }
  put_text(s, ");\n");
}

static void put_config(const struct sink *s, const struct bt_config *c) {
  for (int i = 0; i < BT_S_COUNT; i++) {
    const struct bt_section_row *row = &bt_sections[i];
    if (row->list) {
      put_list(s, (enum bt_section)i, c);
    } else if (!row->name[0]) {
      put_keys(s, (enum bt_section)i, c, "");
    } else {
      put_text(s, row->name);
      put_text(s, " = {\n");
      put_keys(s, (enum bt_section)i, c, "  ");
      put_text(s, "};\n");
    }
  }
}

void bt_config_dump(const struct bt_config *c, FILE *to) {
  put_config(&(struct sink){.to = to}, c);
}

void bt_config_digest(const struct bt_config *c, uint8_t ret_digest[16]) {
  crypto_generichash_state hash;
  crypto_generichash_init(&hash, NULL, 0, 16);
  put_config(&(struct sink){.hash = &hash}, c);
  crypto_generichash_final(&hash, ret_digest, 16);
}
