/* What an adapter says about its deliveries. */
#include "core/decide.h"

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
