/* What the table says of a key, in words: for messages, --describe and the manual pages. */
#include <inttypes.h>
#include <stdio.h>

#include "config/schema.h"

const char *bt_schema_full_name(const struct bt_key_row *key, char *buf, size_t size) {
  const char *section = bt_sections[key->section].name;
  snprintf(buf, size, "%s%s%s", section, section[0] ? "." : "", key->name);
  return buf;
}

/* "debug, info, warn or error" */
static void list_words(const char *const *words, char *buf, size_t size) {
  size_t n = 0;
  for (size_t i = 0; words[i] && n < size; i++) {
    const char *between = i == 0 ? "" : words[i + 1] ? ", " : " or ";
    n += (size_t)snprintf(buf + n, size - n, "%s%s", between, words[i]);
  }
}

const char *bt_schema_facts(const struct bt_key_row *key, char *buf, size_t size) {
  static const char *const nouns[] = {
      [BT_V_FLAG] = "true or false",
      [BT_V_NUMBER32] = "number",
      [BT_V_NUMBER64] = "number",
      [BT_V_ENDPOINT] = "text",
      [BT_V_PATH] = "path",
      [BT_V_TITLE] = "text",
      [BT_V_ZONE] = "text",
      [BT_V_DIGITS] = "digits",
      [BT_V_NAME] = "name",
      [BT_V_NAMES] = "list of names",
      [BT_V_TOPICS] = "list of topics",
      [BT_V_KIND] = "event kind",
      [BT_V_KINDS] = "list of event kinds",
      [BT_V_ACTION] = "action",
      [BT_V_DATES] = "list of dates",
      [BT_V_HOURS] = "list of hours",
      [BT_V_NAMES_OR_ALL] = "list of names, or \"*\"",
      [BT_V_KEY] = "Z85 text of 40 characters",
      [BT_V_KEY_FILE] = "path",
  };
  char words[128];
  if (key->type == BT_V_WORD || key->type == BT_V_WORDS) {
    list_words(key->words, words, sizeof words);
    snprintf(buf, size, "%s%s, default %s", key->type == BT_V_WORDS ? "list of " : "", words,
             key->text ? key->text : "none");
  } else if (key->type == BT_V_NUMBER32 || key->type == BT_V_NUMBER64) {
    int n = snprintf(buf, size, "number%s%s, %" PRId64 " to %" PRId64, key->unit ? " of " : "",
                     key->unit ? key->unit : "", key->min, key->max);
    if (key->required)
      snprintf(buf + n, size - (size_t)n, ", required");
    else
      snprintf(buf + n, size - (size_t)n, ", default %" PRId64, key->number);
  } else if (key->required) {
    snprintf(buf, size, "%s, required", nouns[key->type]);
  } else if (key->type == BT_V_FLAG) {
    snprintf(buf, size, "%s, default false", nouns[key->type]);
  } else {
    snprintf(buf, size, "%s, default %s", nouns[key->type], key->text ? key->text : "none");
  }
  return buf;
}
