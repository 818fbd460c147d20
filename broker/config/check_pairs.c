/* What stands between two: times between departments, actions that contradict each other, labels of kinds of events.
 * The lists are sorted by what their items are about, so whatever is there twice are neighbours. */
#include "config/loading.h"

static void check_name(struct bt_loading *l, struct bt_str name, const config_setting_t *item, const char *key) {
  if (name.n && !bt_rules_department(&l->config->rules, name))
    bt_loading_problem(l, bt_loading_at(item, key), NULL, "no department is called \"%s\"", name.p);
}

static void say_again(struct bt_loading *l, const config_setting_t *item, const char *what,
                      const config_setting_t *earlier) {
  bt_loading_problem(l, item, NULL, "%s stands at %s:%u already", what, bt_loading_file_of(l, earlier),
                     config_setting_source_line(earlier));
}

static void check_ola(struct bt_loading *l, uint32_t i) {
  const struct bt_ola *o = &l->config->rules.olas.v[i];
  const config_setting_t *const *items = l->items[BT_S_OLAS];
  check_name(l, o->from, items[i], "from");
  check_name(l, o->to, items[i], "to");
  if (!o->from.n && !o->to.n)
    bt_loading_problem(l, items[i], NULL, "names neither from nor to: the time for everybody is cases.ola_minutes");
  else if (bt_str_eq(o->from, o->to))
    bt_loading_problem(l, items[i], NULL, "\"%s\" offers nothing to itself", o->to.p);
  else if (i > 0 && bt_str_eq(o[-1].from, o->from) && bt_str_eq(o[-1].to, o->to))
    say_again(l, items[i], "a time for this pair", items[i - 1]);
}

/* In whichever order the two are named: these need not be neighbours. */
static bool is_same_pair(const struct bt_contradiction *a, const struct bt_contradiction *b) {
  return (bt_str_eq(a->one, b->one) && bt_str_eq(a->other, b->other)) ||
         (bt_str_eq(a->one, b->other) && bt_str_eq(a->other, b->one));
}

static void check_contradiction(struct bt_loading *l, uint32_t i) {
  const struct bt_contradiction *c = &l->config->rules.contradictions.v[i];
  const config_setting_t *const *items = l->items[BT_S_CONTRADICTIONS];
  if (!c->one.n || !c->other.n)
    return; /* said already */
  if (bt_str_eq(c->one, c->other))
    bt_loading_problem(l, bt_loading_at(items[i], "other"), NULL,
                       "\"%s\" by two departments is a conflict in any case: name another action", c->other.p);
  for (uint32_t k = 0; k < i; k++)
    if (is_same_pair(c - i + k, c)) {
      bool later = config_setting_index(items[i]) > config_setting_index(items[k]);
      say_again(l, items[later ? i : k], "this pair", items[later ? k : i]);
      return;
    }
}

static void check_default_label(struct bt_loading *l, uint32_t i) {
  const struct bt_default_label *d = &l->config->rules.default_labels.v[i];
  const config_setting_t *const *items = l->items[BT_S_DEFAULT_LABELS];
  struct bt_str label = d->label;
  if (label.n)
    bt_check_labels(l, bt_loading_at(items[i], "label"), &(struct bt_strs){1, &label});
  if (i > 0 && d->kind && d[-1].kind == d->kind)
    say_again(l, items[i], "a label for this kind", items[i - 1]);
}

void bt_check_pairs(struct bt_loading *l) {
  const struct bt_rules *r = &l->config->rules;
  for (uint32_t i = 0; i < r->olas.n; i++)
    check_ola(l, i);
  for (uint32_t i = 0; i < r->contradictions.n; i++)
    check_contradiction(l, i);
  for (uint32_t i = 0; i < r->default_labels.n; i++)
    check_default_label(l, i);
}
