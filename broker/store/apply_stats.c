/* What is measured as it happens, per department. */
#include "store/private.h"

enum who { ACTING, FROM, TO };

/* One row: what an entry of this kind adds one to, and whose row it is. */
static const struct {
  uint32_t kind;
  enum who who;
  size_t field;
} rules[] = {
#define FIELD(name) offsetof(struct bt_stats_row, name)
    {BT_CONTACT_LOGGED, ACTING, FIELD(contacts)},   {BT_ATTEMPT_FAILED, ACTING, FIELD(attempts)},
    {BT_HANDOFF_OFFERED, FROM, FIELD(offers_made)}, {BT_HANDOFF_OFFERED, TO, FIELD(offers_received)},
    {BT_HANDOFF_ACCEPTED, TO, FIELD(accepted)},     {BT_HANDOFF_REFUSED, TO, FIELD(refused)},
    {BT_HANDOFF_WITHDRAWN, FROM, FIELD(withdrawn)}, {BT_HANDOFF_REPORTED, TO, FIELD(reported_in)},
    {BT_CASE_RESOLVED, ACTING, FIELD(resolved)},
#undef FIELD
};

static struct bt_str department_of(const struct bt_event *e, enum who who) {
  struct bt_str from = {NULL, 0}, to = {NULL, 0};
  switch (e->kind) {
  case BT_HANDOFF_OFFERED:
    from = e->handoff_offered.from, to = e->handoff_offered.to;
    break;
  case BT_HANDOFF_ACCEPTED:
    from = e->handoff_accepted.from, to = e->handoff_accepted.to;
    break;
  case BT_HANDOFF_REFUSED:
    from = e->handoff_refused.from, to = e->handoff_refused.to;
    break;
  case BT_HANDOFF_WITHDRAWN:
    from = e->handoff_withdrawn.from, to = e->handoff_withdrawn.to;
    break;
  case BT_HANDOFF_REPORTED:
    from = e->handoff_reported.from, to = e->handoff_reported.to;
    break;
  default:
    break;
  }
  return who == FROM ? from : who == TO ? to : e->department;
}

static void add_rules(struct bt_stats_row *row, const struct bt_event *e, struct bt_str department) {
  for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
    if (rules[i].kind == e->kind && bt_str_eq(department_of(e, rules[i].who), department))
      ++*(uint64_t *)(void *)((char *)row + rules[i].field);
}

/* One row is read and written once, whatever is added to it. */
static void update(struct bt_store *s, const struct bt_entry *e, const struct bt_case *before,
                   struct bt_str department) {
  struct bt_stats_row row;
  if (department.n == 0)
    return;
  bt_now_get_stats(s, BT_T_STATS, department, &row);
  if (bt_str_eq(department, e->event.department))
    row.events++;
  add_rules(&row, &e->event, department);
  bool accepts = e->event.kind == BT_HANDOFF_ACCEPTED && bt_str_eq(department, e->event.handoff_accepted.to);
  if (accepts && before && before->offer.id && e->recorded_at_us > before->offer.offered_at_us)
    row.accept_wait_us += (uint64_t)(e->recorded_at_us - before->offer.offered_at_us);
  bt_now_put_stats(s, BT_T_STATS, department, &row);
}

void bt_apply_stats(struct bt_store *s, const struct bt_entry *e, const struct bt_case *before) {
  struct bt_str acting = e->event.department;
  struct bt_str from = department_of(&e->event, FROM), to = department_of(&e->event, TO);
  update(s, e, before, acting);
  if (!bt_str_eq(from, acting))
    update(s, e, before, from);
  if (!bt_str_eq(to, acting) && !bt_str_eq(to, from))
    update(s, e, before, to);
}
