/* Interventions: an operator's event, decided and made durable outside of any batch. */
#include "base/log.h"
#include "loop/parts.h"

static struct bt_request request_of(const struct bt_operation *what) {
  return (struct bt_request){
      .adapter = &bt_operators_adapter,
      .operator= what->operator_name,
      .operator_reason = what->reason,
      .event = what->event,
  };
}

static int decide(struct bt_loop *l, const struct bt_request *r, const struct bt_scene *scene,
                  struct bt_decision *ret) {
  return bt_decide(l->rules, scene, r, l->batch.now_us, bt_store_digest, &l->decide, ret);
}

/* A version that cannot be tells which one is right: which case the event means is for the core to say. */
static int decide_on_now(struct bt_loop *l, struct bt_request *r, const struct bt_scene *scene,
                         struct bt_decision *ret) {
  r->event.expected_version = UINT64_MAX;
  int rc = decide(l, r, scene, ret);
  if (rc || ret->receipt.code != BT_STALE)
    return rc;
  r->event.expected_version = ret->receipt.version;
  return decide(l, r, scene, ret);
}

static int decide_operation(struct bt_loop *l, const struct bt_operation *what, struct bt_request *r,
                            struct bt_decision *ret) {
  struct bt_scene scene;
  bt_round_clear(l);
  l->batch.now_us = bt_time_now(l);
  *r = request_of(what);
  int rc = bt_wire_connected(l->parts.wire, &l->decide, &l->batch.connected);
  if (!rc)
    rc = bt_store_scene(l->parts.store, r, &l->decide, &scene);
  if (rc)
    return rc;
  scene.next_sequence = bt_store_position(l->parts.store, BT_NOW) + 1;
  scene.connected.n = l->batch.connected.n;
  scene.connected.v = l->batch.connected.v;
  if (!r->event.department.n)
    r->event.department = bt_operator_department(l->rules, &scene, &r->event);
  return r->event.expected_version ? decide(l, r, &scene, ret) : decide_on_now(l, r, &scene, ret);
}

static int record(struct bt_loop *l, const struct bt_decision *d) {
  int rc = 0;
  for (uint32_t i = 0; i < d->n && !rc; i++)
    rc = bt_batch_record(l, &d->v[i]);
  return rc;
}

/* The batch's memory is about to be used again. */
static int copy_out(const struct bt_request *r, const struct bt_decision *d, struct bt_arena *arena,
                    struct bt_operated *ret) {
  *ret = (struct bt_operated){
      .department = bt_arena_copy(arena, r->event.department),
      .receipt = {.code = d->receipt.code,
                  .text = bt_arena_copy(arena, d->receipt.text),
                  .field = bt_arena_copy(arena, d->receipt.field),
                  .sequence = d->receipt.sequence,
                  .case_id = d->receipt.case_id,
                  .ref = bt_arena_copy(arena, d->receipt.ref),
                  .version = d->receipt.version,
                  .to = bt_arena_copy(arena, d->receipt.to),
                  .offer = d->receipt.offer,
                  .opens_at_us = d->receipt.opens_at_us,
                  .holder = bt_arena_copy(arena, d->receipt.holder)},
  };
  ret->receipt.alternatives = (struct bt_strs){0, BT_NEW_ARRAY(arena, struct bt_str, d->receipt.alternatives.n)};
  for (uint32_t i = 0; ret->receipt.alternatives.v && i < d->receipt.alternatives.n; i++)
    ret->receipt.alternatives.v[ret->receipt.alternatives.n++] = bt_arena_copy(arena, d->receipt.alternatives.v[i]);
  return arena->exhausted ? -BT_NOMEM : 0;
}

static int commit(struct bt_loop *l) {
  int rc = bt_round_commit(l);
  if (rc && rc != -BT_FULL) /* on a full disk nothing was done */
    l->failed = rc;
  else if (!rc)
    bt_round_release(l);
  return rc;
}

int bt_loop_operate(void *loop, const struct bt_operation *what, struct bt_arena *arena, struct bt_operated *ret) {
  struct bt_loop *l = loop;
  struct bt_request request;
  struct bt_decision decision = {0};
  int rc;
  if (l->disk.full)
    return -BT_FULL;
  while (!(rc = decide_operation(l, what, &request, &decision)) && (rc = record(l, &decision)) == -BT_FULL) {
    if ((rc = bt_round_grow(l))) {
      l->failed = rc == -BT_FULL ? 0 : rc;
      break;
    }
  }
  if (rc && rc != -BT_FULL && l->batch.records_n)
    l->failed = rc; /* half a unit is in the record */
  if (!rc)
    rc = copy_out(&request, &decision, arena, ret);
  if (!rc && decision.n) {
    l->batch.tally.interventions++;
    rc = commit(l);
  }
  bt_round_clear(l);
  if (!rc && decision.n)
    bt_log(BT_LOG_INFO, "intervention", BT_L_STR("operator", what->operator_name),
           BT_L_TEXT("kind", bt_kind_name((int)what->event.kind)), BT_L_UINT("case", ret->receipt.case_id),
           BT_L_UINT("sequence", ret->receipt.sequence), BT_L_STR("department", ret->department));
  return rc;
}
