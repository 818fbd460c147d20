/* Values that are several: names, topics, kinds of events, dates, hours, words. */
#include <stdlib.h>

#include "config/hours.h"
#include "config/value.h"
#include "config/zone.h"

int bt_by_name(const void *a, const void *b) {
  return bt_str_cmp(*(const struct bt_str *)a, *(const struct bt_str *)b);
}

bool bt_value_is_series(const config_setting_t *setting) {
  return config_setting_is_array(setting) || config_setting_is_list(setting);
}

void bt_value_wrong_type(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s) {
  char facts[256];
  bt_loading_problem(l, s, NULL, "is %s; right is: %s", bt_value_kind(s), bt_schema_facts(key, facts, sizeof facts));
}

bool bt_value_word_ok(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s,
                      struct bt_str text) {
  bool topic = key->type == BT_V_TOPICS;
  if (topic ? bt_topic_valid(text) : bt_name_valid(text))
    return true;
  bt_loading_problem(l, s, NULL, "\"%s\" is no %s", text.p,
                     topic ? "topic: names joined by dots, at most 64 bytes, such as \"move.internet\""
                           : "name: 1 to 32 of a-z, 0-9 and -");
  return false;
}

const char *bt_value_element(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s, int i) {
  const config_setting_t *e = config_setting_get_elem(s, (unsigned)i);
  if (config_setting_type(e) == CONFIG_TYPE_STRING)
    return config_setting_get_string(e);
  char facts[256];
  bt_loading_problem(l, e, NULL, "holds %s; right is: %s", bt_value_kind(e), bt_schema_facts(key, facts, sizeof facts));
  return NULL;
}

static void sort_texts(struct bt_loading *l, const config_setting_t *s, struct bt_strs *set) {
  if (set->n > 1)
    qsort(set->v, set->n, sizeof *set->v, bt_by_name);
  for (uint32_t i = 1; i < set->n; i++)
    if (bt_str_eq(set->v[i - 1], set->v[i]))
      bt_loading_problem(l, s, NULL, "names \"%.*s\" twice", BT_STR_ARG(set->v[i]));
}

/* The texts of a series for which ok() has nothing to complain about, in the order of the file. */
typedef bool text_ok_fn(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s,
                        struct bt_str text);

static struct bt_strs *read_texts(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s,
                                  void *base, text_ok_fn *ok) {
  struct bt_strs *set = (void *)((char *)base + key->at);
  if (!bt_value_is_series(s)) {
    bt_value_wrong_type(l, key, s);
    return set;
  }
  int n = config_setting_length(s);
  set->v = BT_NEW_ARRAY(&l->config->arena, struct bt_str, (size_t)n);
  for (int i = 0; set->v && i < n; i++) {
    const char *text = bt_value_element(l, key, s, i);
    if (text && ok(l, key, config_setting_get_elem(s, (unsigned)i), bt_str(text)))
      set->v[set->n++] = bt_arena_copy(&l->config->arena, bt_str(text));
  }
  return set;
}

void bt_value_read_names(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s, void *base) {
  sort_texts(l, s, read_texts(l, key, s, base, bt_value_word_ok));
}

static bool date_ok(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s, struct bt_str text) {
  (void)key;
  int32_t day;
  if (bt_date_parse(text, &day) == 0)
    return true;
  bt_loading_problem(l, s, NULL, "\"%s\" is no day: year, month and day, such as \"2026-12-25\"", text.p);
  return false;
}

void bt_value_read_dates(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s, void *base) {
  sort_texts(l, s, read_texts(l, key, s, base, date_ok));
}

static bool hours_ok(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s,
                     struct bt_str text) {
  (void)key;
  struct bt_week week = {0};
  char why[160];
  if (bt_week_add(&week, text, 0, why, sizeof why) == 0)
    return true;
  bt_loading_problem(l, s, NULL, "\"%s\": %s", text.p, why);
  return false;
}

/* Every minute of the week belongs to one span: what overlaps is a slip. */
static void check_week(struct bt_loading *l, const config_setting_t *s, const struct bt_strs *texts) {
  struct bt_week week = {0};
  char why[160];
  uint32_t one, other;
  for (uint32_t i = 0; i < texts->n; i++)
    if (bt_week_add(&week, texts->v[i], i, why, sizeof why)) {
      bt_loading_problem(l, bt_loading_element(s, texts->v[i]), NULL, "all together %s", why);
      return;
    }
  bt_week_sort(&week);
  if (!bt_week_overlaps(&week, &one, &other))
    return;
  struct bt_str later = texts->v[one > other ? one : other], earlier = texts->v[one > other ? other : one];
  if (one == other)
    bt_loading_problem(l, bt_loading_element(s, later), NULL, "\"%s\" overlaps itself", later.p);
  else
    bt_loading_problem(l, bt_loading_element(s, later), NULL, "\"%s\" overlaps \"%s\"", later.p, earlier.p);
}

void bt_value_read_hours(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s, void *base) {
  const struct bt_strs *texts = read_texts(l, key, s, base, hours_ok);
  if (!l->config->arena.exhausted)
    check_week(l, s, texts);
}

static void read_one_word(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s,
                          const char *text, uint32_t *set) {
  char facts[256];
  int i = bt_value_word_position(key, text);
  if (i < 0)
    bt_loading_problem(l, s, NULL, "holds \"%s\"; right is: %s", text, bt_schema_facts(key, facts, sizeof facts));
  else if (*set & UINT32_C(1) << key->values[i])
    bt_loading_problem(l, s, NULL, "names \"%s\" twice", text);
  else
    *set |= UINT32_C(1) << key->values[i];
}

void bt_value_read_words(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s, void *base) {
  uint32_t *set = (void *)((char *)base + key->at);
  if (!bt_value_is_series(s)) {
    bt_value_wrong_type(l, key, s);
    return;
  }
  *set = 0;
  for (int i = 0; i < config_setting_length(s); i++) {
    const char *text = bt_value_element(l, key, s, i);
    if (text)
      read_one_word(l, key, config_setting_get_elem(s, (unsigned)i), text, set);
  }
}

/* "*", or a series of just that. */
static bool is_all(const config_setting_t *s) {
  const char *text = config_setting_type(s) == CONFIG_TYPE_STRING             ? config_setting_get_string(s)
                     : bt_value_is_series(s) && config_setting_length(s) == 1 ? config_setting_get_string_elem(s, 0)
                                                                              : NULL;
  return text && strcmp(text, "*") == 0;
}

void bt_value_read_names_or_all(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s,
                                void *base) {
  if (is_all(s))
    *(bool *)((char *)base + key->all_at) = true;
  else
    bt_value_read_names(l, key, s, base);
}

static int parse_kind(struct bt_loading *l, const config_setting_t *s, const char *text) {
  int kind = bt_kind_parse(bt_str(text));
  if (kind)
    return kind;
  const char *names[BT_KIND_LAST - BT_CASE_OPENED + 1];
  size_t n = 0;
  for (int k = BT_CASE_OPENED; k <= BT_KIND_LAST; k++)
    names[n++] = bt_kind_name(k);
  const char *near = bt_nearest(text, names, n);
  bt_loading_problem(l, s, NULL, "\"%s\" is no kind of event%s%s%s", text, near ? "; did you mean \"" : "",
                     near ? near : "", near ? "\"?" : "");
  return 0;
}

void bt_value_read_kind(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s, void *base) {
  struct bt_str text;
  if (bt_value_take_text(l, key, s, &text))
    *(uint32_t *)(void *)((char *)base + key->at) = (uint32_t)parse_kind(l, s, text.p);
}

static int by_number(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

void bt_value_read_kinds(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s, void *base) {
  if (!bt_value_is_series(s)) {
    bt_value_wrong_type(l, key, s);
    return;
  }
  struct bt_adapter *a = base; /* the one place with kinds */
  int n = config_setting_length(s);
  a->kinds.v = BT_NEW_ARRAY(&l->config->arena, uint32_t, (size_t)n);
  for (int i = 0; a->kinds.v && i < n; i++) {
    const char *text = bt_value_element(l, key, s, i);
    int kind = text ? parse_kind(l, config_setting_get_elem(s, (unsigned)i), text) : 0;
    if (kind)
      a->kinds.v[a->kinds.n++] = (uint32_t)kind;
  }
  if (a->kinds.n > 1)
    qsort(a->kinds.v, a->kinds.n, sizeof *a->kinds.v, by_number);
  for (uint32_t i = 1; i < a->kinds.n; i++)
    if (a->kinds.v[i - 1] == a->kinds.v[i])
      bt_loading_problem(l, s, NULL, "names \"%s\" twice", bt_kind_name((int)a->kinds.v[i]));
}
