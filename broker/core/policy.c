#include "core/policy.h"

static bool holds_or_is_offered(const struct bt_case *c, struct bt_str department) {
  return bt_str_eq(c->custodian, department) || (c->offer.id && bt_str_eq(c->offer.to, department));
}

static bool is_asked(const struct bt_case *c, struct bt_str department) {
  for (uint32_t i = 0; i < c->questions.n; i++)
    if (bt_str_eq(c->questions.v[i].to, department))
      return true;
  return false;
}

static bool takes_part(const struct bt_case *c, const struct bt_department *d) {
#ifdef BT_FLAW_TELL_ANYONE
  return true;
#endif
  if (holds_or_is_offered(c, d->name) || is_asked(c, d->name))
    return true;
  if (d->external)
    return false;
  return bt_str_eq(c->owner, d->name) || bt_strs_has(&c->participants, d->name);
}

bool bt_policy_takes_part(const struct bt_rules *rules, const struct bt_case *c, struct bt_str department) {
  const struct bt_department *d = rules && department.n ? bt_rules_department(rules, department) : NULL;
  return d && takes_part(c, d);
}

static bool reads(const struct bt_department *d, const struct bt_strs *labels) {
  for (uint32_t i = 0; i < labels->n; i++)
    if (!bt_strs_has(&d->reads, labels->v[i]))
      return false;
  return labels->n || !d->external;
}

bool bt_policy_reads(const struct bt_rules *rules, struct bt_str department, const struct bt_strs *labels) {
  const struct bt_department *d = rules ? bt_rules_department(rules, department) : NULL;
  return d && reads(d, labels);
}

bool bt_policy_reads_item(const struct bt_rules *rules, struct bt_str department, struct bt_str label) {
  const struct bt_strs labels = {label.n != 0, &label};
  return bt_policy_reads(rules, department, &labels);
}

bool bt_policy_reads_words(const struct bt_rules *rules, struct bt_str department, struct bt_str label) {
  return !label.n || bt_policy_reads_item(rules, department, label);
}

bool bt_policy_glass(const struct bt_case *c, struct bt_str department, int64_t now_us) {
  for (uint32_t i = 0; i < c->glass.n; i++)
    if (bt_str_eq(c->glass.v[i].department, department))
      return c->glass.v[i].until_us > now_us;
  return false;
}

enum bt_sight bt_policy_case(const struct bt_rules *rules, const struct bt_case *c, struct bt_str department) {
  return bt_policy_takes_part(rules, c, department) ? BT_SIGHT_FULL : BT_SIGHT_NONE;
}

static bool is_called(const struct bt_entry *e, struct bt_str department) {
  struct bt_str v[BT_MAX_CALLED];
  uint32_t n = bt_policy_called(e, v);
  for (uint32_t i = 0; i < n; i++)
    if (bt_str_eq(v[i], department))
      return true;
  return false;
}

enum bt_sight bt_policy_entry(const struct bt_rules *rules, const struct bt_case *c, const struct bt_entry *e,
                              struct bt_str department, bool glass) {
  const struct bt_department *d = rules && department.n ? bt_rules_department(rules, department) : NULL;
  if (!d)
    return BT_SIGHT_NONE;
  const struct bt_strs *labels = &e->event.labels;
  bool part = takes_part(c, d), told = bt_policy_tells(e, department);
  if (glass || (is_called(e, department) && (part || !bt_policy_invites(e))))
    return BT_SIGHT_FULL;
  if (!part && !told)
    return BT_SIGHT_NONE;
  if ((part && bt_str_eq(e->event.department, department)) || (told && !labels->n) || reads(d, labels))
    return BT_SIGHT_FULL;
  return told || rules->forbidden == BT_FORBIDDEN_STUB ? BT_SIGHT_STUB : BT_SIGHT_NONE;
}

enum bt_sight bt_policy_entry_adapter(const struct bt_rules *rules, const struct bt_case *c, const struct bt_entry *e,
                                      const struct bt_adapter *adapter) {
  enum bt_sight best = BT_SIGHT_NONE;
  for (uint32_t i = 0; i < adapter->acts_for.n && best < BT_SIGHT_FULL; i++) {
    enum bt_sight s = bt_policy_entry(rules, c, e, adapter->acts_for.v[i], false);
    if (s > best)
      best = s;
  }
  return best;
}

bool bt_policy_customer(const struct bt_rules *rules, struct bt_str department, bool takes_part_in_one) {
  const struct bt_department *d = rules ? bt_rules_department(rules, department) : NULL;
  return d && (d->front || takes_part_in_one);
}
