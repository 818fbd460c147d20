/* Queries, after the batch is durable and its receipts are out: a sender reads what it was receipted. */
#include "base/clock.h"
#include "base/log.h"
#include "loop/parts.h"
#include "query/query.h"

static void send_answer(struct bt_loop *l, uint64_t session, const struct bt_answer *answer) {
  const struct bt_frame frame = {.kind = BT_FRAME_ANSWER, .answer = *answer};
  struct bt_str bytes;
  if (bt_frame_encode(&frame, &l->release, &bytes) == 0)
    (void)!bt_wire_send(l->parts.wire, session, bytes); /* an answer that finds nobody is asked for again */
  l->parts.counters->queries++;
}

static void send_busy(struct bt_loop *l, uint64_t session, uint64_t id) {
  const struct bt_answer busy = {
      .id = id, .code = BT_BUSY, .text = BT_LIT("more is being asked than there is time for: ask again later")};
  send_answer(l, session, &busy);
}

static void answer_one(struct bt_loop *l, const struct bt_query_context *context, uint64_t session,
                       const struct bt_query *query) {
  const struct bt_session *s = bt_wire_session(l->parts.wire, session);
  const struct bt_adapter *a = s ? bt_rules_adapter(l->rules, s->adapter) : NULL;
  if (!a)
    return;
  const struct bt_asker asker = {.adapter = a, .department = query->department.n ? query->department : a->department};
  struct bt_answer answer;
  int rc = bt_query_answer(context, &asker, query, &l->release, &answer);
  if (rc == -BT_CORRUPT)
    bt_watch_damaged(l);
  if (rc)
    bt_log(BT_LOG_ERROR, "query-failed", BT_L_STR("adapter", a->name), BT_L_UINT("kind", query->kind),
           BT_L_TEXT("code", bt_code_name(rc)));
  send_answer(l, session, &answer);
}

static struct bt_query_context context_of(const struct bt_loop *l) {
  return (struct bt_query_context){
      .rules = l->rules,
      .store = l->parts.store,
      .journal = l->parts.journal,
      .now_us = l->batch.now_us,
      .budget_us = BT_QUERY_BUDGET_US - l->batch.asked_us,
      .mono_us = bt_clock_mono_us,
      .loads = bt_store_loads(l->parts.store),
  };
}

void bt_answer_missed(struct bt_loop *l, const struct bt_reply *reply, struct bt_receipt *receipt) {
  const struct bt_session *s = bt_wire_session(l->parts.wire, reply->session);
  const struct bt_adapter *a = s ? bt_rules_adapter(l->rules, s->adapter) : NULL;
  if (!a || !receipt->case_id)
    return;
  const struct bt_query_context context = context_of(l);
  const struct bt_asker asker = {.adapter = a, .department = reply->department};
  const int64_t from_us = bt_clock_mono_us();
  int rc = bt_query_missed(&context, &asker, receipt->case_id, reply->since_version, &l->release, receipt);
  l->batch.asked_us += bt_clock_mono_us() - from_us;
  if (rc)
    bt_log(BT_LOG_ERROR, "missed-failed", BT_L_STR("adapter", a->name), BT_L_UINT("case", receipt->case_id),
           BT_L_TEXT("code", bt_code_name(rc)));
}

/* All queries of a round share one budget: who asks much is told to ask again, and nobody else waits for it. */
void bt_answer_queries(struct bt_loop *l) {
  struct bt_query_context context = context_of(l);
  const struct bt_batch *b = &l->batch;
  const int64_t until_us = bt_clock_mono_us() + context.budget_us;
  for (uint32_t i = 0; i < b->frames_n; i++) {
    if (b->frames[i].frame.kind != BT_FRAME_QUERY)
      continue;
    bt_arena_reset(&l->release); /* each answer has all the room there is */
    context.budget_us = until_us - bt_clock_mono_us();
    if (context.budget_us <= 0 || bt_wire_connected(l->parts.wire, &l->release, &context.connected))
      send_busy(l, b->frames[i].session, b->frames[i].frame.query.id);
    else
      answer_one(l, &context, b->frames[i].session, &b->frames[i].frame.query);
  }
}
