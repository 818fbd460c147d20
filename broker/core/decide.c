#include "core/decide.h"

#include "core/deciding.h"
#include "core/policy.h"
#include "core/ref.h"

/* The transition table: which rule decides a kind. What the rule may rely on has been checked before it runs. */
static const struct {
  uint32_t kind;
  bt_rule_fn *rule;
} rules_by_kind[] = {
    {BT_CASE_OPENED, bt_rule_case_opened},   {BT_CONTACT_LOGGED, bt_rule_contact},
    {BT_ATTEMPT_FAILED, bt_rule_contact},    {BT_NOTE_ADDED, bt_rule_note},
    {BT_FACT_RECORDED, bt_rule_fact},        {BT_CORRECTION_MADE, bt_rule_correction},
    {BT_HANDOFF_OFFERED, bt_rule_offered},   {BT_HANDOFF_ACCEPTED, bt_rule_accepted},
    {BT_HANDOFF_REFUSED, bt_rule_refused},   {BT_HANDOFF_WITHDRAWN, bt_rule_withdrawn},
    {BT_HANDOFF_REPORTED, bt_rule_reported}, {BT_STATUS_CHANGED, bt_rule_status},
    {BT_CASE_RESOLVED, bt_rule_resolved},    {BT_CASE_REOPENED, bt_rule_reopened},
    {BT_CASE_CLOSED, bt_rule_closed},        {BT_IDENTIFIER_LINKED, bt_rule_identifier_linked},
};

static bt_rule_fn *rule_of(uint32_t kind) {
  for (size_t i = 0; i < sizeof rules_by_kind / sizeof rules_by_kind[0]; i++)
    if (rules_by_kind[i].kind == kind)
      return rules_by_kind[i].rule;
  return NULL;
}

/* The stored receipt, or CONFLICT. 1: this key is new. */
static int seen_before(struct bt_deciding *d) {
  const struct bt_scene *s = d->scene;
#ifdef BT_FLAW_NO_DEDUPE
  return 1;
#endif
  if (!s->seen || s->seen_until_us <= d->now_us)
    return 1;
  if (memcmp(s->seen_hash, d->request->content_hash, sizeof s->seen_hash) != 0)
    return bt_refuse(d, BT_CONFLICT, "source_key", NULL);
  d->receipt = s->seen_receipt;
  d->receipt.duplicate = true;
  return 0;
}

static int check_age(struct bt_deciding *d) {
  int64_t first_us = d->request->first_tried_at_us;
  if (!d->request->source_key.n)
    return 0;
  if (first_us <= 0)
    return bt_refuse(d, BT_INVALID, "first_tried_at_us", "say when this key was first sent");
  if (first_us <= d->now_us - d->rules->idempotency_us)
    return bt_refuse(d, BT_TOO_OLD, "first_tried_at_us", NULL);
  if (first_us > d->now_us + d->rules->max_future_us)
    return bt_refuse(d, BT_INVALID, "first_tried_at_us", "lies in the future: is the clock right?");
  return 0;
}

static int check_sender(struct bt_deciding *d) {
  if (!bt_rules_department(d->rules, d->department))
    return bt_refuse(d, BT_UNKNOWN_DEPARTMENT, "department", NULL);
  if (!bt_adapter_acts_for(d->request->adapter, d->department))
    return bt_refuse(d, BT_NOT_GRANTED, "department", "this adapter does not act for the department");
  if (d->backfill && !d->request->adapter->backfill)
    return bt_refuse(d, BT_NOT_GRANTED, "backfill", "this adapter may not record history");
  struct bt_str owner = d->event->locator.reference.department;
  if (owner.n && !bt_adapter_acts_for(d->request->adapter, owner))
    return bt_refuse(d, BT_NOT_GRANTED, "locator.reference.department", "this adapter does not act for the department");
  return 0;
}

static int check_event(struct bt_deciding *d) {
  if (d->event->occurred_at_us > d->now_us + d->rules->max_future_us)
    return bt_refuse(d, BT_INVALID, "occurred_at_us", "lies in the future: is the clock right?");
  for (uint32_t i = 0; i < d->event->labels.n; i++)
    if (!bt_strs_has(&d->rules->labels, d->event->labels.v[i]))
      return bt_refuse(d, BT_INVALID, "labels", "no such label is configured");
  return 0;
}

static int check_version(struct bt_deciding *d) {
  uint64_t expected = d->event->expected_version;
  if (!d->has_case || !expected || expected == d->c.version)
    return 0;
  if (!d->backfill && !bt_policy_takes_part(&d->c, d->department))
    return 0; /* a contact that joins by being logged: what it may not read yet cannot be stale for it */
  d->receipt.version = d->c.version;
  return bt_refuse(d, BT_STALE, "expected_version", "the case is at version %llu now",
                   (unsigned long long)d->c.version);
}

static int decide(struct bt_deciding *d) {
  bt_rule_fn *rule = rule_of(d->event->kind);
  if (!rule)
    return bt_refuse(d, BT_NOT_YET, NULL, NULL);
  int rc = seen_before(d);
  if (rc <= 0)
    return rc;
  if ((rc = check_age(d)) || (rc = check_sender(d)) || (rc = check_event(d)))
    return rc;
  if (d->event->kind != BT_IDENTIFIER_LINKED && ((rc = bt_find_case(d)) || (rc = check_version(d))))
    return rc;
  if (d->backfill && !d->has_case && !bt_kind_is_contact((int)d->event->kind) &&
      (rc = bt_open_case(d, (struct bt_str){0}))) /* history may begin with any kind */
    return rc;
  return rule(d);
}

/* The unit is whole: each entry learns of it, and the last one carries what the sender is told and the idempotency row.
 */
static void seal_unit(struct bt_deciding *d) {
  for (uint32_t i = 0; i < d->n; i++) {
    d->entries[i].unit_first = d->entries[0].sequence;
    d->entries[i].unit_size = d->n;
  }
  struct bt_entry *last = &d->entries[d->n - 1];
  struct bt_receipt *r = &d->receipt;
  r->code = BT_OK;
  r->sequence = d->main;
  if (d->has_case) {
    r->case_id = d->c.id;
    r->version = d->c.version;
    r->ref = bt_ref_new(d->arena, d->c.number);
  }
  r->customer = d->customer;
  last->has_receipt = true;
  last->receipt = *r;
  last->source_key = d->request->source_key;
  last->content_hash =
      bt_arena_copy(d->arena, (struct bt_str){(const char *)d->request->content_hash, sizeof d->request->content_hash});
  /* Counted from the later of the two: a sender whose clock is ahead keeps its key for as long as it may still try it.
   */
  int64_t from_us = d->request->first_tried_at_us > d->now_us ? d->request->first_tried_at_us : d->now_us;
  last->seen_until_us = from_us + d->rules->idempotency_us;
  last->has_cursor = d->request->has_cursor;
  last->cursor = d->request->cursor;
}

int bt_decide(const struct bt_rules *rules, const struct bt_scene *scene, const struct bt_request *request,
              int64_t now_us, bt_digest_fn *digest, struct bt_arena *arena, struct bt_decision *ret) {
  struct bt_event *event = BT_NEW(arena, struct bt_event);
  struct bt_deciding *d = BT_NEW(arena, struct bt_deciding);
  if (!event || !d)
    return -BT_NOMEM;
  *event = request->event;
  if (!event->occurred_at_us)
    event->occurred_at_us = now_us;
  *d = (struct bt_deciding){
      .rules = rules,
      .scene = scene,
      .request = request,
      .now_us = now_us,
      .digest = digest,
      .arena = arena,
      .event = event,
      .department = event->department,
      .backfill = event->backfill,
  };
  int rc = decide(d);
  if (arena->exhausted || rc == -BT_NOMEM)
    return -BT_NOMEM;
  if (rc)
    d->n = 0; /* a refusal leaves no trace */
  else if (d->n)
    seal_unit(d);
  if (arena->exhausted)
    return -BT_NOMEM;
  *ret = (struct bt_decision){d->receipt, d->n, d->entries, request->has_cursor && !d->n};
  return 0;
}

static struct bt_settled_row settled_row(const struct bt_rules *rules, const struct bt_verdict_request *v,
                                         int64_t now_us) {
  bool dead =
      v->verdict == BT_VERDICT_REJECT || (v->verdict == BT_VERDICT_RETRY && v->attempts + 1 >= rules->max_attempts);
  return (struct bt_settled_row){
      .first = v->sequence,
      .last = v->sequence,
      .verdict = v->verdict,
      .not_before_us = v->verdict == BT_VERDICT_RETRY && !dead ? now_us + (int64_t)v->retry_after_ms * 1000 : 0,
      .reason = v->reason,
      .dead = dead,
      .case_id = v->case_id,
  };
}

int bt_decide_settle(const struct bt_rules *rules, const struct bt_adapter *adapter, const struct bt_verdict_request *v,
                     uint32_t n, int64_t now_us, struct bt_arena *arena, struct bt_entry *ret) {
  struct bt_settled_row *rows = BT_NEW_ARRAY(arena, struct bt_settled_row, n);
  if (!rows)
    return -BT_NOMEM;
  uint32_t used = 0;
  for (uint32_t i = 0; i < n; i++) {
    bool ack = v[i].verdict == BT_VERDICT_ACK;
    struct bt_settled_row *before = used ? &rows[used - 1] : NULL;
    if (ack && before && before->verdict == BT_VERDICT_ACK && v[i].sequence == before->last + 1)
      before->last = v[i].sequence;
    else if (ack)
      rows[used++] = (struct bt_settled_row){.first = v[i].sequence, .last = v[i].sequence, .verdict = BT_VERDICT_ACK};
    else
      rows[used++] = settled_row(rules, &v[i], now_us);
  }
  *ret = (struct bt_entry){
      .kind = BT_SETTLED,
      .stream = BT_STREAM_ADAPTER,
      .recorded_at_us = now_us,
      .adapter = adapter->name,
      .settled = {used, rows},
  };
  return 0;
}
