/* A request, decided: checked, its case found, its rule run, and what the sender is told sealed into the unit. */
#include "core/decide.h"

#include "core/deciding.h"
#include "core/ref.h"

static int find(struct bt_deciding *d, enum bt_nature nature) {
  if (nature == BT_NO_CASE)
    return 0;
  int rc = nature == BT_ANY_CASE ? bt_find_any_case(d) : bt_find_case(d);
  return rc ? rc : bt_check_version(d, nature);
}

static int decide(struct bt_deciding *d) {
  const struct bt_transition *t = bt_transition_of(d->event->kind);
  if (!t)
    return bt_refuse(d, BT_NOT_YET, NULL, NULL);
  int rc = bt_check_request(d);
  if (rc <= 0)
    return rc;
  if ((rc = find(d, t->nature)) || (rc = bt_revive_by_contact(d)))
    return rc;
  if (d->backfill && !d->has_case && t->nature != BT_NO_CASE && !bt_kind_is_contact((int)d->event->kind) &&
      (rc = bt_open_case(d, (struct bt_str){0}))) /* history may begin with any kind */
    return rc;
  return t->rule(d);
}

void bt_seal_unit(struct bt_deciding *d) {
  for (uint32_t i = 0; i < d->n; i++) {
    d->entries[i].unit_first = d->entries[0].sequence;
    d->entries[i].unit_size = d->n;
  }
}

/* The last entry carries what the sender is told, and the idempotency row. */
static void seal_request(struct bt_deciding *d) {
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

/* What had been found and begun when it was refused: the sender is told of the refusal, not of that. */
static void forget_what_was_found(struct bt_receipt *r) {
  const struct bt_receipt all = *r;
  *r = (struct bt_receipt){
      .code = all.code,
      .text = all.text,
      .field = all.field,
      .case_id = all.case_id,
      .version = all.version,
      .opens_at_us = all.code == BT_CLOSED ? all.opens_at_us : 0,
      .alternatives = all.alternatives,
      .holder = all.holder,
  };
}

/* An event that comes without a label gets the one that its kind has. */
static void fill_in(const struct bt_rules *rules, int64_t now_us, struct bt_event *event) {
  if (!event->occurred_at_us)
    event->occurred_at_us = now_us;
  if (!event->labels.n)
    event->labels = bt_rules_default_labels(rules, event->kind);
}

int bt_decide(const struct bt_rules *rules, const struct bt_scene *scene, const struct bt_request *request,
              int64_t now_us, bt_digest_fn *digest, struct bt_arena *arena, struct bt_decision *ret) {
  struct bt_event *event = BT_NEW(arena, struct bt_event);
  struct bt_deciding *d = BT_NEW(arena, struct bt_deciding);
  if (!event || !d)
    return -BT_NOMEM;
  *event = request->event;
  event->operator= request->operator; /* never what an event claims */
  event->operator_reason = request->operator_reason;
  fill_in(rules, now_us, event);
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
  if (rc) {
    d->n = 0; /* a refusal leaves no trace */
    forget_what_was_found(&d->receipt);
  } else if (d->n) {
    bt_seal_unit(d);
    seal_request(d);
  }
  if (arena->exhausted)
    return -BT_NOMEM;
  *ret = (struct bt_decision){d->receipt, d->n, d->entries, request->has_cursor && !d->n};
  return 0;
}
