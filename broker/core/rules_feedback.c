/* What the customer says about the journey, what a department says about what it was handed, and what was done to make
 * good. */
#include "core/deciding.h"

static bool among(const struct bt_strs *list, struct bt_str name) {
  for (uint32_t i = 0; i < list->n; i++)
    if (bt_str_eq(list->v[i], name))
      return true;
  return false;
}

/* The customer rates everybody who held the case, each once. */
static int rated_by_customer(struct bt_deciding *d, struct bt_strs *ret) {
  const struct bt_stops *trail = &d->c.trail;
  struct bt_strs rated = {0, BT_NEW_ARRAY(d->arena, struct bt_str, trail->n)};
  if (!rated.v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < trail->n; i++)
    if (!among(&rated, trail->v[i].department))
      rated.v[rated.n++] = trail->v[i].department;
  *ret = rated;
  return 0;
}

/* Who handed the case over by this offer, or answered this question; empty where the department got neither. */
static struct bt_str giver_of(const struct bt_case *c, struct bt_str department, uint64_t about) {
  for (uint32_t i = 1; about && i < c->trail.n; i++)
    if (c->trail.v[i].offer == about && bt_str_eq(c->trail.v[i].department, department))
      return c->trail.v[i - 1].department;
  for (uint32_t i = 0; about && i < c->answered.n; i++)
    if (c->answered.v[i].question == about && bt_str_eq(c->answered.v[i].from, department))
      return c->answered.v[i].to;
  return (struct bt_str){0};
}

static int rated_by_department(struct bt_deciding *d, struct bt_strs *ret) {
  const struct bt_str giver = giver_of(&d->c, d->department, d->event->feedback_given.about);
  if (!giver.n)
    return bt_refuse(
        d, BT_NOT_FOUND, "feedback_given.about",
        "name the offer by which the department got this case, or a question of its own that was answered");
  struct bt_str *v = BT_NEW(d->arena, struct bt_str);
  if (!v)
    return -BT_NOMEM;
  *v = giver;
  *ret = (struct bt_strs){1, v};
  return 0;
}

/* What the customer said has been said, also where the case cannot be opened again because the customer has too many:
 * it is escalated as it is. */
static int reopen(struct bt_deciding *d) {
  if (bt_case_is_open(&d->c))
    return 0;
  const struct bt_receipt told = d->receipt;
  if (!bt_check_open_cases(d))
    return bt_reopen(d, (struct bt_str){0}, BT_CAUSE_FEEDBACK);
  d->receipt = told;
  return 0;
}

static int alarm(struct bt_deciding *d) {
  const struct bt_feedback_given *f = &d->event->feedback_given;
  if (d->backfill || f->source != BT_FEEDBACK_CUSTOMER || f->score > d->rules->feedback_threshold)
    return 0;
  int rc = reopen(d);
  return rc ? rc : bt_escalate_feedback(d, d->main);
}

int bt_rule_feedback(struct bt_deciding *d) {
  struct bt_strs rated = {0};
  if (!d->has_case)
    return bt_refuse(d, BT_UNKNOWN_CASE, "locator", NULL);
  const bool customer = d->event->feedback_given.source == BT_FEEDBACK_CUSTOMER;
  int rc = customer ? rated_by_customer(d, &rated) : rated_by_department(d, &rated);
  if (rc)
    return rc;
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  e->event.feedback_given.rated = rated;
  rc = bt_record(d, e);
  return rc ? rc : alarm(d);
}

int bt_rule_redress(struct bt_deciding *d) {
  if (!d->has_case)
    return bt_refuse(d, BT_UNKNOWN_CASE, "locator", NULL);
  struct bt_entry *e = bt_emit_request(d);
  return e ? bt_record(d, e) : -BT_LIMIT;
}
