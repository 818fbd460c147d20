/* Queries, after the batch is durable and its receipts are out: a sender reads what it was receipted. */
#include "base/clock.h"
#include "loop/parts.h"
#include "query/query.h"

enum { SCAN_BUDGET_US = 50 * 1000 };

static void answer_one(struct bt_loop *l, const struct bt_query_context *context, uint64_t session,
                       const struct bt_query *query) {
  const struct bt_session *s = bt_wire_session(l->parts.wire, session);
  const struct bt_adapter *a = s ? bt_rules_adapter(l->rules, s->adapter) : NULL;
  if (!a)
    return;
  const struct bt_asker asker = {.adapter = a, .department = query->department.n ? query->department : a->department};
  struct bt_frame frame = {.kind = BT_FRAME_ANSWER};
  struct bt_str bytes;
  int rc = bt_query_answer(context, &asker, query, &l->release, &frame.answer);
  if (rc)
    frame.answer = (struct bt_answer){
        .id = query->id,
        .code = rc == -BT_NOMEM ? BT_BUSY : BT_INTERNAL,
        .text = bt_str(bt_code_text(rc == -BT_NOMEM ? BT_BUSY : BT_INTERNAL)),
    };
  if (bt_frame_encode(&frame, &l->release, &bytes) == 0)
    (void)!bt_wire_send(l->parts.wire, session, bytes); /* an answer that finds nobody is asked for again */
  l->parts.counters->queries++;
}

void bt_answer_queries(struct bt_loop *l) {
  struct bt_query_context context = {
      .rules = l->rules,
      .store = l->parts.store,
      .journal = l->parts.journal,
      .budget_us = SCAN_BUDGET_US,
      .mono_us = bt_clock_mono_us,
  };
  const struct bt_batch *b = &l->batch;
  for (uint32_t i = 0; i < b->frames_n; i++) {
    if (b->frames[i].frame.kind != BT_FRAME_QUERY)
      continue;
    bt_arena_reset(&l->release); /* each answer has all the room there is */
    if (bt_wire_connected(l->parts.wire, &l->release, &context.connected))
      return;
    answer_one(l, &context, b->frames[i].session, &b->frames[i].frame.query);
  }
}
