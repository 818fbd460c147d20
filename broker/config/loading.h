/* Inside config: what the steps of one bt_config_load share. */
#ifndef BT_CONFIG_LOADING_H
#define BT_CONFIG_LOADING_H

#include <libconfig.h>

#include "config/config.h"
#include "config/problems.h"
#include "config/schema.h"

struct bt_loading {
  struct bt_config *config; /* being filled */
  struct bt_problems problems;
  const char *file, *dir; /* as given: for messages and @include */
  const char *root;       /* dir, absolute: relative paths begin here */
  config_t tree;
  /* Where each item of a list was written; in the order of the items, by name. */
  const config_setting_t **items[BT_S_COUNT];
};

/* The key is told from the tree: "departments.sales.site"; `member` (may be NULL) is a key that is not there. */
void bt_loading_problem(struct bt_loading *l, const config_setting_t *at, const char *member, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The file that a setting was written in, as messages name it. */
const char *bt_loading_file_of(struct bt_loading *l, const config_setting_t *at);
/* An item's setting for a key; the item itself where the key was not written. */
const config_setting_t *bt_loading_at(const config_setting_t *item, const char *key);
/* The element of a series with this text; the series where there is none. Only looked for when there is a problem. */
const config_setting_t *bt_loading_element(const config_setting_t *series, struct bt_str text);

/* The value as the canonical form has it. */
void bt_value_print(const struct bt_key_row *key, const void *base, FILE *to);
/* Reads one value into its field, relative to base. Says what is wrong with it. */
void bt_value_read(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *setting, void *base);
void bt_value_default(struct bt_loading *l, const struct bt_key_row *key, void *base);
/* "text", "a whole number" */
const char *bt_value_kind(const config_setting_t *setting);
/* An array, or a list, of values. */
bool bt_value_is_series(const config_setting_t *setting);

/* files.c: notes a file, with its bytes where they were read already (NULL: reads them). One that cannot be read is
 * somebody else's to tell. */
void bt_files_note(struct bt_config *c, const char *path, const char *bytes, size_t n);
/* The first file that has other bytes by now; NULL: none. Reads them all. */
const char *bt_files_changed(const struct bt_config *c);

/* What must hold between keys; after everything was read and sorted. */
void bt_check_settings(struct bt_loading *l);
void bt_check_company(struct bt_loading *l); /* sites, domains, topics, owner of last resort */
/* Says of each name of the set that is no label. `at` is where the set was written. */
void bt_check_labels(struct bt_loading *l, const config_setting_t *at, const struct bt_strs *set);
void bt_check_departments(struct bt_loading *l);
void bt_check_adapters(struct bt_loading *l);
void bt_check_pairs(struct bt_loading *l); /* what stands between two: olas, contradictions, default labels */

/* The topics that somebody can take cases on: those of every department that is attended. */
struct bt_handled {
  struct bt_strs topics; /* sorted */
};
int bt_handled_init(const struct bt_rules *rules, struct bt_arena *arena, struct bt_handled *ret) BT_MUST_CHECK;
/* Some department handles the topic, or a shorter prefix of it. */
bool bt_handled_covers(const struct bt_handled *h, struct bt_str topic);
/* Some department handles a topic below this prefix. */
bool bt_handled_below(const struct bt_handled *h, struct bt_str prefix);

/* qsort and bsearch by the bt_str at the front. */
int bt_by_name(const void *a, const void *b);

#endif
