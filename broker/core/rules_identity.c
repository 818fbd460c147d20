/* Two customers that are one. A merge is a pointer: nothing moves, and undo takes it away. */
#include "core/deciding.h"
#include "core/policy.h"

/* One entry on each customer, and one on every open case. */
enum { MAX_CASES = BT_MAX_UNIT - 2 };

static int check_sender(struct bt_deciding *d) {
  if (!bt_rules_department(d->rules, d->department)->link)
    return bt_refuse(d, BT_NOT_GRANTED, "department", "merging customers needs the grant `link`");
  if (d->backfill)
    return bt_refuse(d, BT_INVALID, "backfill", "who is one is known now: that is no history");
  return 0;
}

/* An identifier that several customers may have names none of them. */
static bool names_one(const struct bt_deciding *d, const struct bt_identifier *id) {
  const struct bt_domain *domain = id->domain.n ? bt_rules_domain(d->rules, id->domain) : NULL;
  return !domain || !domain->shared;
}

static int check_one(struct bt_deciding *d, const struct bt_customer *c, const struct bt_identifier *by,
                     const char *field) {
  if (!c || !names_one(d, by))
    return bt_refuse(d, BT_NOT_FOUND, field, "no customer of this name");
  if (c->merged_into)
    return bt_refuse(d, BT_MERGED, field, "customer %llu points to customer %llu", (unsigned long long)c->id,
                     (unsigned long long)c->merged_into);
  return 0;
}

/* ---- veto ---- */

/* Two values in one domain where two values are two customers; NULL: none. */
static const struct bt_domain *contradiction(const struct bt_deciding *d, const struct bt_customer *a,
                                             const struct bt_customer *b) {
  for (uint32_t i = 0; i < a->identifiers.n; i++)
    for (uint32_t k = 0; k < b->identifiers.n; k++) {
      const struct bt_identifier *x = &a->identifiers.v[i], *y = &b->identifiers.v[k];
      const struct bt_domain *domain = bt_rules_domain(d->rules, x->domain);
      if (domain && domain->strong && bt_str_eq(x->domain, y->domain) && !bt_str_eq(x->value, y->value))
        return domain;
    }
  return NULL;
}

/* The two and all that point to either. What is one already does not contradict itself: that was checked before. */
static int check_veto(struct bt_deciding *d) {
  const struct bt_scene *s = d->scene;
  const uint32_t n = s->pointing.n + 2;
  const struct bt_customer **all = BT_NEW_ARRAY(d->arena, const struct bt_customer *, n);
  if (!all)
    return -BT_NOMEM;
  all[0] = s->into, all[1] = s->merged;
  for (uint32_t i = 2; i < n; i++)
    all[i] = s->pointing.v[i - 2];
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t k = i + 1; k < n; k++) {
      const struct bt_domain *domain = contradiction(d, all[i], all[k]);
      if (domain)
        return bt_refuse(d, BT_VETO, NULL, "in %.*s", BT_STR_ARG(domain->name));
    }
  return 0;
}

/* ---- the open cases of both ---- */

/* The scene may list a case twice, once for each of the two. */
static bool listed_before(const struct bt_scene *s, uint32_t at) {
  for (uint32_t i = 0; i < at; i++)
    if (s->cases.v[i]->id == s->cases.v[at]->id)
      return true;
  return false;
}

static bool is_told(const struct bt_scene *s, uint32_t at) {
  const struct bt_case *c = s->cases.v[at];
  return bt_case_is_open(c) && !c->dormant && !listed_before(s, at);
}

static int check_cases(struct bt_deciding *d) {
  uint32_t open = 0;
  for (uint32_t i = 0; i < d->scene->cases.n; i++)
    open += is_told(d->scene, i);
  if (open > MAX_CASES)
    return bt_refuse(d, BT_LIMIT, NULL, "the two have %u open cases, and %d are the most: end some of them first",
                     (unsigned)open, (int)MAX_CASES);
  return 0;
}

/* Who takes part learns that the customer's other cases are elsewhere now; why is told on the customers alone. */
static int tell_cases(struct bt_deciding *d) {
  const struct bt_scene *s = d->scene;
  for (uint32_t i = 0; i < s->cases.n; i++) {
    if (!is_told(s, i))
      continue;
    struct bt_case c = *s->cases.v[i];
    struct bt_entry *e = bt_emit(d, (int)d->event->kind, d->department);
    if (!e)
      return -BT_LIMIT;
    if (e->kind == BT_CUSTOMERS_MERGED)
      e->event.customers_merged = (struct bt_customers_merged){.into = s->into->id, .merged = s->merged->id};
    else
      e->event.customers_unmerged = (struct bt_customers_unmerged){.into = s->into->id, .merged = s->merged->id};
    int rc = bt_record_on(d, e, &c);
    if (rc)
      return rc;
  }
  return 0;
}

/* ---- the two ---- */

static int put_on(struct bt_deciding *d, struct bt_entry *e, const struct bt_customer *c) {
  const struct bt_scene *s = d->scene;
  if (!e)
    return -BT_LIMIT;
  e->event = *d->event;
  e->reference = (struct bt_reference){0}; /* no case is meant */
  e->stream = BT_STREAM_CUSTOMER;
  e->stream_id = e->customer = c->id;
  e->version = c->version + 1;
  e->previous = c->last_sequence;
  if (e->kind == BT_CUSTOMERS_UNMERGED) {
    e->event.customers_unmerged.into = s->into->id;
    return 0;
  }
  struct bt_customers_merged *m = &e->event.customers_merged;
  m->into = s->into->id;
  m->merged = s->merged->id;
  m->into_identifier = m->merged_identifier = (struct bt_identifier){0};
  return 0;
}

/* The pointer is written on both: on the one that has it, and on the one that it points to. */
static int put_on_both(struct bt_deciding *d) {
  int rc = put_on(d, bt_emit_request(d), d->scene->merged);
  if (!rc)
    rc = put_on(d, bt_emit(d, (int)d->event->kind, d->department), d->scene->into);
  d->customer = d->scene->into->id;
  return rc ? rc : tell_cases(d);
}

int bt_rule_customers_merged(struct bt_deciding *d) {
  const struct bt_customers_merged *asked = &d->event->customers_merged;
  const struct bt_scene *s = d->scene;
  int rc = check_sender(d);
  if (rc || (rc = check_one(d, s->into, &asked->into_identifier, "customers_merged.into")) ||
      (rc = check_one(d, s->merged, &asked->merged_identifier, "customers_merged.merged")))
    return rc;
  if (s->into->id == s->merged->id)
    return bt_refuse(d, BT_INVALID, "customers_merged.merged", "that is the same customer");
  if ((rc = check_veto(d)))
    return rc;
  if (s->into->merged.n >= BT_MAX_MERGED || s->pointing.n >= BT_MAX_MERGED)
    return bt_refuse(d, BT_LIMIT, "customers_merged.into", "%d customers point to one at most", BT_MAX_MERGED);
  return (rc = check_cases(d)) ? rc : put_on_both(d);
}

int bt_rule_customers_unmerged(struct bt_deciding *d) {
  const struct bt_scene *s = d->scene;
  int rc = check_sender(d);
  if (rc)
    return rc;
  if (!s->merged || !s->into || !s->merged->merged_into || s->merged->merged_into != s->into->id)
    return bt_refuse(d, BT_NOT_FOUND, "customers_unmerged.merged", "this customer points to no other");
  return (rc = check_cases(d)) ? rc : put_on_both(d);
}
