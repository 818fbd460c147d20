/* Adapters: one key each, one home, and no grant that is wider than it looks. */
#include <stdlib.h>

#include "config/loading.h"

static void check_home(struct bt_loading *l, const struct bt_adapter *a, const config_setting_t *item) {
  if (a->department.n && !bt_rules_department(&l->config->rules, a->department))
    bt_loading_problem(l, bt_loading_at(item, "department"), NULL, "no department is called \"%s\"", a->department.p);
}

static void check_acts_for(struct bt_loading *l, const struct bt_adapter *a, const config_setting_t *item) {
  const config_setting_t *at = bt_loading_at(item, "acts_for");
  if (a->acts_for_all && !a->backfill)
    bt_loading_problem(l, at, NULL, "\"*\" is only for backfill = true: list the departments");
  for (uint32_t i = 0; i < a->acts_for.n; i++)
    if (!bt_rules_department(&l->config->rules, a->acts_for.v[i]))
      bt_loading_problem(l, bt_loading_element(at, a->acts_for.v[i]), NULL, "no department is called \"%s\"",
                         a->acts_for.v[i].p);
}

static void check_followed(struct bt_loading *l, const struct bt_adapter *a, const config_setting_t *item,
                           const struct bt_handled *handled) {
  for (uint32_t i = 0; i < a->topics.n; i++)
    if (!bt_handled_covers(handled, a->topics.v[i]) && !bt_handled_below(handled, a->topics.v[i]))
      bt_loading_problem(l, bt_loading_element(bt_loading_at(item, "topics"), a->topics.v[i]), NULL,
                         "nobody handles \"%s\", so there is nothing to follow", a->topics.v[i].p);
}

static void check_key_given(struct bt_loading *l, const config_setting_t *item) {
  const config_setting_t *key = config_setting_get_member(item, "key");
  const config_setting_t *file = config_setting_get_member(item, "key_file");
  if (key && file)
    bt_loading_problem(l, file, NULL, "key is given as well: one of the two");
  if (!key && !file)
    bt_loading_problem(l, item, "key", "is missing: key or key_file is required");
}

/* The home department is one it acts for: decide and policy then need to look at one set only. */
static void add_home(struct bt_loading *l, struct bt_adapter *a) {
  if (!a->department.n || bt_strs_has(&a->acts_for, a->department))
    return;
  struct bt_str *v = BT_NEW_ARRAY(&l->config->arena, struct bt_str, a->acts_for.n + 1);
  if (!v)
    return; /* the arena remembers */
  uint32_t n = 0;
  while (n < a->acts_for.n && bt_str_cmp(a->acts_for.v[n], a->department) < 0) {
    v[n] = a->acts_for.v[n];
    n++;
  }
  v[n] = a->department;
  if (n < a->acts_for.n)
    memcpy(v + n + 1, a->acts_for.v + n, (a->acts_for.n - n) * sizeof *v);
  a->acts_for = (struct bt_strs){a->acts_for.n + 1, v};
}

struct keyed {
  const struct bt_adapter *adapter;
  const config_setting_t *at;
};

static int by_key(const void *a, const void *b) {
  const struct keyed *x = a, *y = b;
  int c = memcmp(x->adapter->key, y->adapter->key, sizeof x->adapter->key);
  if (c == 0) /* the later in the files is the one to complain about */
    c = config_setting_index(x->at) - config_setting_index(y->at);
  return c;
}

static void check_keys_unique(struct bt_loading *l) {
  static const uint8_t none[32];
  const struct bt_rules *r = &l->config->rules;
  struct keyed *v = BT_NEW_ARRAY(&l->problems.arena, struct keyed, r->adapters.n);
  uint32_t n = 0;
  for (uint32_t i = 0; v && i < r->adapters.n; i++)
    if (memcmp(r->adapters.v[i].key, none, sizeof none) != 0)
      v[n++] = (struct keyed){&r->adapters.v[i], l->items[BT_S_ADAPTERS][i]};
  if (n > 1)
    qsort(v, n, sizeof *v, by_key);
  for (uint32_t i = 1; i < n; i++) {
    const config_setting_t *at = bt_loading_at(v[i].at, config_setting_get_member(v[i].at, "key") ? "key" : "key_file");
    if (memcmp(v[i - 1].adapter->key, v[i].adapter->key, sizeof none) == 0)
      bt_loading_problem(l, at, NULL, "is the key of adapter \"%.*s\" as well: each needs its own",
                         BT_STR_ARG(v[i - 1].adapter->name));
  }
}

void bt_check_adapters(struct bt_loading *l) {
  struct bt_rules *r = &l->config->rules;
  struct bt_handled handled;
  if (bt_handled_init(r, &l->problems.arena, &handled))
    return;
  for (uint32_t i = 0; i < r->adapters.n; i++) {
    struct bt_adapter *a = &r->adapters.v[i];
    const config_setting_t *item = l->items[BT_S_ADAPTERS][i];
    check_home(l, a, item);
    check_acts_for(l, a, item);
    check_followed(l, a, item, &handled);
    check_key_given(l, item);
    add_home(l, a);
  }
  check_keys_unique(l);
}
