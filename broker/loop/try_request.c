/* From what was recorded back to what was asked, and that decided again. */
#include <stddef.h>
#include <stdlib.h>

#include "codec/event_codec.h"
#include "loop/trying.h"

/* How the sender may have named the case. */
enum naming { BY_CUSTOMER, BY_REFERENCE, BY_ID, BY_NOTHING, NAMINGS };

struct asking {
  struct bt_trial *t;
  const struct bt_unit *unit;
  struct bt_request request;
  uint64_t version; /* of the case before; 0: it is new */
};

/* ---- the sender's words ---- */

/* A deadline that the broker fills in where the sender names none. */
static int64_t *deadline_of(struct bt_event *e) {
  switch (e->kind) {
  case BT_HANDOFF_OFFERED:
    return &e->handoff_offered.deadline_us;
  case BT_QUESTION_ASKED:
    return &e->question_asked.due_us;
  default:
    return NULL;
  }
}

/* What the broker chose was not said. */
static void take_out_choices(struct bt_event *e) {
  if (e->kind == BT_HANDOFF_OFFERED && e->handoff_offered.cause != BT_CAUSE_NAMED) {
    e->handoff_offered.to = (struct bt_str){0};
    e->handoff_offered.opens_at_us = 0;
    e->handoff_offered.deadline_us = 0;
  }
  if (e->kind == BT_QUESTION_ASKED && e->question_asked.considered.n)
    e->question_asked.to = (struct bt_str){0};
}

/* The label that the kind has by default was, most likely, given by default. */
static void take_out_label(const struct bt_rules *rules, struct bt_event *e) {
  const struct bt_strs given = bt_rules_default_labels(rules, e->kind);
  if (e->labels.n == 1 && given.n == 1 && bt_str_eq(e->labels.v[0], given.v[0]))
    e->labels.n = 0;
}

static uint64_t version_before(const struct bt_unit *u) {
  for (uint32_t i = 0; i < u->n; i++)
    if (u->v[i].stream == BT_STREAM_CASE && u->v[i].case_id == u->receipt->case_id)
      return u->v[i].version - 1;
  return 0;
}

static const struct bt_entry *entry_of(const struct bt_unit *u, uint32_t kind) {
  for (uint32_t i = 0; i < u->n; i++)
    if (u->v[i].kind == kind)
      return &u->v[i];
  return NULL;
}

static void begin(struct asking *a, const struct bt_adapter *adapter) {
  const struct bt_unit *u = a->unit;
  const struct bt_entry *last = &u->v[u->n - 1];
  struct bt_request *r = &a->request;
  *r = (struct bt_request){
      .adapter = adapter,
      .event = u->main->event,
      .source_key = last->source_key,
      .first_tried_at_us = last->recorded_at_us,
  };
  if (last->content_hash.n == sizeof r->content_hash)
    memcpy(r->content_hash, last->content_hash.p, sizeof r->content_hash);
  for (uint32_t i = 0; i < u->n; i++)
    if (u->v[i].reference.local_id.n)
      r->event.locator.reference = u->v[i].reference;
  take_out_choices(&r->event);
  take_out_label(&a->t->before->rules, &r->event);
  a->version = version_before(u);
  r->event.expected_version = a->version;
}

/* ---- whom it named ---- */

static bool put_key(uint8_t to[16], struct bt_str key) {
  if (key.n == 16)
    memcpy(to, key.p, 16);
  return key.n == 16;
}

/* One of the customer's identifiers that finds the customer. */
static bool some_identifier(struct asking *a, uint64_t customer, struct bt_identifier *ret, uint8_t ret_key[16]) {
  struct bt_trial *t = a->t;
  struct bt_customer c;
  if (!customer || bt_store_customer(t->store, BT_NOW, customer, &t->unit, &c))
    return false;
  for (uint32_t i = 0; i < c.identifiers.n; i++) {
    const struct bt_domain *domain = bt_rules_domain(&t->before->rules, c.identifiers.v[i].domain);
    if (!domain || domain->shared)
      continue;
    *ret = c.identifiers.v[i];
    bt_store_identifier_key(t->store, ret->domain, ret->value, ret_key);
    return true;
  }
  return false;
}

static bool name_customer(struct asking *a) {
  struct bt_request *r = &a->request;
  const struct bt_entry *met = entry_of(a->unit, BT_IDENTIFIER_LINKED);
  struct bt_identifier *id = &r->event.locator.identifier;
  if (met) {
    *id = met->event.identifier_linked.identifier;
    if (!put_key(r->identifier_key, met->event.identifier_linked.key))
      return false;
  } else if (!some_identifier(a, a->unit->receipt->customer, id, r->identifier_key)) {
    return false;
  }
  r->identifier_value = id->value;
  return true;
}

static struct bt_str topic_of(struct asking *a) {
  const struct bt_entry *opened = entry_of(a->unit, BT_CASE_OPENED);
  struct bt_case c;
  if (opened)
    return opened->event.case_opened.topic;
  const bool by_topic = a->unit->receipt->found != BT_FOUND_BY_CUSTOMER;
  if (by_topic && a->unit->receipt->case_id &&
      bt_store_case(a->t->store, BT_NOW, a->unit->receipt->case_id, &a->t->unit, &c) == 0)
    return c.topic;
  return (struct bt_str){0};
}

/* Events about customers name them in their own fields. */
static bool name_in_event(struct asking *a) {
  struct bt_request *r = &a->request;
  struct bt_event *e = &r->event;
  switch (e->kind) {
  case BT_IDENTIFIER_LINKED:
    r->identifier_value = e->identifier_linked.identifier.value;
    return put_key(r->identifier_key, e->identifier_linked.key) &&
           some_identifier(a, e->identifier_linked.customer, &e->identifier_linked.same_as, r->same_as_key);
  case BT_IDENTIFIER_UNLINKED:
    r->identifier_value = e->identifier_unlinked.identifier.value;
    return put_key(r->identifier_key, e->identifier_unlinked.key);
  default:
    return true;
  }
}

static bool about_customers(uint32_t kind) {
  return kind >= BT_IDENTIFIER_LINKED && kind <= BT_CUSTOMERS_UNMERGED;
}

/* false: it cannot have been named so. */
static bool name(struct asking *a, enum naming naming) {
  struct bt_event *e = &a->request.event;
  const uint64_t case_id = a->version ? a->unit->receipt->case_id : 0;
  if (about_customers(e->kind))
    return naming == BY_NOTHING && name_in_event(a);
  switch (naming) {
  case BY_CUSTOMER:
    e->locator.topic = topic_of(a);
    return name_customer(a);
  case BY_REFERENCE:
  case BY_ID:
    e->locator.id = case_id;
    return case_id != 0;
  default:
    e->locator.topic = topic_of(a);
    return case_id == 0;
  }
}

static int decide(struct asking *a, const struct bt_rules *rules, enum naming naming, struct bt_decision *ret) {
  struct bt_trial *t = a->t;
  struct bt_request r = a->request;
  struct bt_scene scene;
  int rc = bt_trial_scene(t, a->unit, &r, rules, &scene);
  if (rc)
    return rc;
  if (naming == BY_REFERENCE) { /* by a number of the department's own, that is not kept with the event */
    r.event.locator.id = 0;
    r.event.locator.reference = (struct bt_reference){r.event.department, BT_LIT("-")};
    scene.by_reference = scene.by_id;
    scene.by_id = NULL;
  }
  r.adapter = bt_rules_adapter(rules, a->unit->main->adapter);
  return bt_decide(rules, &scene, &r, a->unit->main->recorded_at_us, bt_store_digest, &t->unit, ret);
}

/* ---- which of all that was it? ---- */

static const struct bt_event *main_of(const struct bt_decision *d) {
  for (uint32_t i = 0; i < d->n; i++)
    if (d->v[i].sequence == d->receipt.sequence)
      return &d->v[i].event;
  return NULL;
}

static bool comes_to_the_same(const struct bt_unit *u, const struct bt_decision *d) {
  struct bt_event now, then = u->main->event;
  const struct bt_event *e = main_of(d);
  if (d->receipt.code != BT_OK || !e || d->receipt.case_id != u->receipt->case_id ||
      d->receipt.customer != u->receipt->customer || e->kind != then.kind)
    return false;
  now = *e;
  const int64_t *left = deadline_of(&now), *right = deadline_of(&then);
  return !left || *left == *right;
}

/* Every event that followed, and whoever got it, is as recorded. */
static bool comes_to_all_of_it(const struct bt_unit *u, const struct bt_decision *d) {
  bool same = d->n == u->n;
  for (uint32_t i = 0; same && i < u->n; i++) {
    const struct bt_strs *left = &d->v[i].recipients, *right = &u->v[i].recipients;
    same = d->v[i].kind == u->v[i].kind && left->n == right->n;
    for (uint32_t k = 0; same && k < left->n; k++)
      same = bt_str_eq(left->v[k], right->v[k]);
  }
  return same;
}

/* What the request was, as far as it is known: the first guess that comes to all that was recorded, else the first that
 * comes to the same event on the same case. */
struct guess {
  bool any, exact;
  enum naming naming;
  struct bt_request request;
  struct bt_decision was;
};

static int try_naming(struct asking *a, enum naming naming, struct guess *best) {
  begin(a, bt_rules_adapter(&a->t->before->rules, a->unit->main->adapter));
  if (!name(a, naming))
    return 0;
  int64_t *deadline = deadline_of(&a->request.event);
  for (int with = 0; with < (deadline ? 2 : 1) && !best->exact; with++) { /* without a deadline of its own first */
    struct bt_event recorded = a->unit->main->event;
    struct bt_decision d;
    if (deadline)
      *deadline = with ? *deadline_of(&recorded) : 0;
    int rc = decide(a, &a->t->before->rules, naming, &d);
    if (rc)
      return rc;
    const bool same = comes_to_the_same(a->unit, &d), exact = same && comes_to_all_of_it(a->unit, &d);
    if (exact || (same && !best->any))
      *best = (struct guess){true, exact, naming, a->request, d};
  }
  return 0;
}

static void order(const struct bt_unit *u, enum naming v[NAMINGS]) {
  static const enum naming by_customer[] = {BY_CUSTOMER, BY_NOTHING, BY_REFERENCE, BY_ID},
                           by_id[] = {BY_ID, BY_REFERENCE, BY_CUSTOMER, BY_NOTHING},
                           by_reference[] = {BY_REFERENCE, BY_ID, BY_CUSTOMER, BY_NOTHING};
  const enum naming *from = by_customer;
  if (u->receipt->found == BT_FOUND_BY_ID || u->receipt->found == BT_FOUND_BY_REF)
    from = by_id;
  else if (u->receipt->found == BT_FOUND_BY_REFERENCE || u->receipt->found == BT_FOUND_NONE)
    from = by_reference;
  memcpy(v, from, NAMINGS * sizeof *v);
}

int bt_trial_decide(struct bt_trial *t, const struct bt_unit *unit, struct bt_twice *ret) {
  struct asking a = {.t = t, .unit = unit};
  struct guess best = {.any = false};
  enum naming v[NAMINGS];
  if (!bt_rules_adapter(&t->before->rules, unit->main->adapter))
    return 1;
  order(unit, v);
  for (int i = 0; i < NAMINGS && !best.exact; i++) {
    int rc = try_naming(&a, v[i], &best);
    if (rc)
      return rc;
  }
  if (!best.any)
    return 1;
  a.request = best.request;
  *ret = (struct bt_twice){
      .was = best.was,
      .otherwise = !best.exact,
      .revoked = !bt_rules_adapter(&t->after->rules, unit->main->adapter),
  };
  return ret->revoked ? 0 : decide(&a, &t->after->rules, best.naming, &ret->would);
}
