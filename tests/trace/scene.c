/* What decide sees of the world: what a store gathers, by looking at everything. */
#include <stdlib.h>
#include <string.h>

#include "core/normal.h"
#include "core/ref.h"
#include "trace.h"

static void identify(struct trace_world *w, const struct bt_identifier *id, struct bt_str *ret_value,
                     uint8_t ret_key[16]) {
  const struct bt_domain *domain = bt_rules_domain(&w->rules, id->domain);
  if (!domain || bt_normalise(domain, id->value, w->arena, ret_value))
    return;
  struct bt_str name = trace_joint(w, id->domain, *ret_value);
  trace_digest(name.p, name.n, ret_key);
}

void trace_identify(struct trace_world *w, struct bt_request *r) {
  const struct bt_event *e = &r->event;
  const struct bt_identifier *first = &e->locator.identifier, *second = NULL;
  if (e->kind == BT_IDENTIFIER_LINKED) {
    second = e->identifier_linked.same_as.domain.n ? &e->identifier_linked.same_as : first;
    first = &e->identifier_linked.identifier;
  } else if (e->kind == BT_IDENTIFIER_UNLINKED) {
    second = first;
    first = &e->identifier_unlinked.identifier;
  } else if (e->kind == BT_CUSTOMERS_MERGED) {
    first = &e->customers_merged.into_identifier;
    second = &e->customers_merged.merged_identifier;
  }
  identify(w, first, &r->identifier_value, r->identifier_key);
  if (second)
    identify(w, second, &r->same_as_value, r->same_as_key);
}

/* ---- following pointers ---- */

static const struct bt_case *case_survivor(const struct trace_world *w, const struct bt_case *c) {
  while (c && c->merged_into)
    c = trace_case(w, c->merged_into);
  return c;
}

static const struct bt_customer *customer_survivor(const struct trace_world *w, const struct bt_customer *c) {
  while (c && c->merged_into)
    c = trace_customer(w, c->merged_into);
  return c;
}

static const struct bt_customer *customer_by_key(const struct trace_world *w, struct bt_str value,
                                                 const uint8_t key[16]) {
  const struct trace_bound *row = value.n ? trace_row_by_key(&w->identifiers, key) : NULL;
  return row ? trace_customer(w, row->id) : NULL;
}

static const struct bt_case *case_by_ref(const struct trace_world *w, struct bt_str ref) {
  uint64_t number;
  if (bt_ref_parse(ref, &number))
    return NULL;
  for (uint32_t i = 0; i < w->n_cases; i++)
    if (w->cases[i].number == number)
      return &w->cases[i];
  return NULL;
}

/* ---- what every scene has ---- */

static int by_department(const void *a, const void *b) {
  return bt_str_cmp(((const struct bt_load *)a)->department, ((const struct bt_load *)b)->department);
}

static struct bt_loads loads(struct trace_world *w) {
  struct bt_load *v = BT_NEW_ARRAY(w->arena, struct bt_load, w->n_cases);
  uint32_t n = 0;
  for (uint32_t i = 0; i < w->n_cases; i++) {
    const struct bt_case *c = &w->cases[i];
    if (!bt_case_is_open(c) || c->dormant)
      continue;
    uint32_t at = 0;
    while (at < n && !bt_str_eq(v[at].department, c->custodian))
      at++;
    v[at].department = c->custodian;
    v[at].cases++;
    n += at == n;
  }
  if (n > 1)
    qsort(v, n, sizeof *v, by_department);
  return (struct bt_loads){n, v};
}

static void begin(struct trace_world *w, struct bt_scene *ret) {
  struct bt_advisory *open = BT_NEW_ARRAY(w->arena, struct bt_advisory, w->n_advisories);
  *ret = (struct bt_scene){.next_sequence = w->n_entries + 1, .next_number = w->next_number};
  ret->connected.n = w->connected.n;
  ret->connected.v = w->connected.v;
  ret->loads = loads(w);
  for (uint32_t i = 0; i < w->n_advisories; i++)
    if (!w->advisories[i].ended)
      open[ret->advisories.n++] = w->advisories[i];
  ret->advisories.v = open;
}

void trace_scene_of(struct trace_world *w, uint64_t case_id, uint64_t advisory, struct bt_scene *ret) {
  begin(w, ret);
  ret->by_id = case_id ? trace_case(w, case_id) : NULL;
  if (ret->by_id && ret->by_id->merged_into)
    ret->survivor = case_survivor(w, ret->by_id);
  ret->advisory = advisory ? trace_advisory(w, advisory) : NULL;
}

/* ---- what the request names ---- */

static void put_seen(struct trace_world *w, const struct bt_request *r, struct bt_scene *s) {
  const struct trace_bound *seen = trace_row(&w->seen, trace_joint(w, r->adapter->name, r->source_key));
  if (!seen)
    return;
  s->seen = true;
  memcpy(s->seen_hash, seen->entry->content_hash.p, 16);
  s->seen_until_us = seen->entry->seen_until_us;
  s->seen_receipt = seen->entry->receipt;
}

static void put_case(struct trace_world *w, const struct bt_event *e, struct bt_scene *s) {
  const struct bt_locator *l = &e->locator;
  s->by_id = l->id ? trace_case(w, l->id) : l->ref.n ? case_by_ref(w, l->ref) : NULL;
  if (l->reference.local_id.n) {
    struct bt_str department = l->reference.department.n ? l->reference.department : e->department;
    const struct trace_bound *row = trace_row(&w->references, trace_joint(w, department, l->reference.local_id));
    s->by_reference = row ? trace_case(w, row->id) : NULL;
  }
  const struct bt_case *found = s->by_id ? s->by_id : s->by_reference;
  if (found && found->merged_into)
    s->survivor = case_survivor(w, found);
  uint64_t other = e->kind == BT_CASES_MERGED  ? e->cases_merged.into
                   : e->kind == BT_CASE_LINKED ? e->case_linked.other
                                               : 0;
  s->other = other ? case_survivor(w, trace_case(w, other)) : NULL;
  if (e->kind == BT_CASES_UNMERGED && found && found->merged_into)
    s->other = trace_case(w, found->merged_into);
  if (e->kind == BT_ADVISORY_ENDED)
    s->advisory = trace_advisory(w, e->advisory_ended.advisory);
}

static void put_merging(struct trace_world *w, const struct bt_request *r, struct bt_scene *s) {
  const struct bt_event *e = &r->event;
  if (e->kind == BT_CUSTOMERS_MERGED) {
    const struct bt_customers_merged *m = &e->customers_merged;
    s->into = m->into ? trace_customer(w, m->into) : customer_by_key(w, r->identifier_value, r->identifier_key);
    s->merged = m->merged ? trace_customer(w, m->merged) : customer_by_key(w, r->same_as_value, r->same_as_key);
  } else if (e->kind == BT_CASES_MERGED && s->other) {
    const struct bt_case *found = s->survivor ? s->survivor : s->by_id ? s->by_id : s->by_reference;
    s->into = customer_survivor(w, trace_customer(w, s->other->customer));
    s->merged = found ? customer_survivor(w, trace_customer(w, found->customer)) : NULL;
  } else if (e->kind == BT_CUSTOMERS_UNMERGED) {
    s->merged = trace_customer(w, e->customers_unmerged.merged);
    s->into = s->merged && s->merged->merged_into ? trace_customer(w, s->merged->merged_into) : NULL;
  }
}

/* Whom an identifier means is the last of those it was merged into. */
static void put_customer(struct trace_world *w, const struct bt_request *r, struct bt_scene *s) {
  const struct bt_event *e = &r->event;
  const struct bt_case *found = s->by_id ? s->by_id : s->by_reference;
  const struct bt_customer *known = customer_by_key(w, r->identifier_value, r->identifier_key);
  if (e->kind == BT_CUSTOMERS_MERGED)
    return;
  if (e->kind == BT_IDENTIFIER_LINKED || e->kind == BT_IDENTIFIER_UNLINKED)
    s->holder = known;
  bool linking = e->kind == BT_IDENTIFIER_LINKED || e->kind == BT_IDENTIFIER_UNLINKED;
  if (linking)
    known = customer_by_key(w, r->same_as_value, r->same_as_key);
  bool named = linking ? r->same_as_value.n : e->locator.identifier.domain.n;
  if (!named && found && found->customer && (linking || !bt_case_is_open(found)))
    known = trace_customer(w, found->customer);
  s->customer = customer_survivor(w, known);
}

static bool points_to(const struct trace_world *w, const struct bt_customer *c, const struct bt_customer *to) {
  while (to && c->merged_into) {
    if (c->merged_into == to->id)
      return true;
    c = trace_customer(w, c->merged_into);
  }
  return false;
}

static void put_pointing(struct trace_world *w, struct bt_scene *s) {
  s->pointing.v = BT_NEW_ARRAY(w->arena, const struct bt_customer *, w->n_customers);
  for (uint32_t i = 0; i < w->n_customers; i++) {
    const struct bt_customer *c = &w->customers[i];
    if (points_to(w, c, s->customer) || points_to(w, c, s->into) || points_to(w, c, s->merged))
      s->pointing.v[s->pointing.n++] = c;
  }
}

static bool belongs(const struct trace_world *w, const struct bt_case *c, const struct bt_customer *customer) {
  return customer && c->customer &&
         customer_survivor(w, trace_customer(w, c->customer)) == customer_survivor(w, customer);
}

static void put_cases(struct trace_world *w, struct bt_scene *s) {
  s->cases.v = BT_NEW_ARRAY(w->arena, const struct bt_case *, w->n_cases);
  for (uint32_t i = w->n_cases; i-- > 0;) {
    const struct bt_case *c = &w->cases[i];
    if (belongs(w, c, s->customer) || belongs(w, c, s->into) || belongs(w, c, s->merged))
      s->cases.v[s->cases.n++] = c;
  }
}

void trace_scene(struct trace_world *w, const struct bt_request *r, struct bt_scene *ret) {
  begin(w, ret);
  put_seen(w, r, ret);
  put_case(w, &r->event, ret);
  put_merging(w, r, ret);
  put_customer(w, r, ret);
  put_pointing(w, ret);
  put_cases(w, ret);
  uint64_t superseded = r->event.kind == BT_CORRECTION_MADE ? r->event.correction_made.supersedes : 0;
  if (superseded && superseded <= w->n_entries) {
    const struct bt_entry *e = &w->entries[superseded - 1];
    ret->superseded_exists = true;
    ret->superseded_case = e->case_id;
    ret->superseded_department = e->event.department;
  }
}

/* ---- deciding ---- */

/* Decides it three times where it is a decision about a case: without a version it is refused for want of one; with one
 * that cannot be, the refusal says which would be right. So the table of what is a decision stays in one place. */
int trace_decide(struct trace_world *w, struct bt_request *r, bool bare, int64_t now_us, struct bt_decision *ret) {
  struct bt_scene scene;
  trace_scene(w, r, &scene);
  int rc = bt_decide(&w->rules, &scene, r, now_us, trace_digest, w->arena, ret);
  bool wants = ret->receipt.code == BT_INVALID && bt_str_eq(ret->receipt.field, BT_LIT("expected_version"));
  if (rc || bare || !wants || r->event.expected_version)
    return rc;
  r->event.expected_version = UINT64_MAX;
  rc = bt_decide(&w->rules, &scene, r, now_us, trace_digest, w->arena, ret);
  r->event.expected_version = ret->receipt.code == BT_STALE ? ret->receipt.version : 0;
  return rc ? rc : bt_decide(&w->rules, &scene, r, now_us, trace_digest, w->arena, ret);
}
