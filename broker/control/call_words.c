/* What operators say in words: reasons, spans, cases by name. */
#include <inttypes.h>

#include "codec/event_codec.h"
#include "control/command.h"
#include "core/ref.h"

/* Its texts are UTF-8 without control characters that a reader would have to fear. */
static int join(struct bt_call *call, uint32_t from, size_t max, struct bt_str *ret) {
  struct bt_str rest = {"", 0};
  if (from < call->args.n)
    rest =
        bt_out_escape(call->arena, bt_arena_join(call->arena, call->args.v + from, call->args.n - from, BT_LIT(" ")));
  if (rest.n > max)
    return bt_call_refuse(call, BT_LIMIT, "a reason has at most %zu bytes", max);
  *ret = rest;
  return 0;
}

int bt_call_reason(struct bt_call *call, uint32_t from, struct bt_str *ret) {
  return join(call, from, BT_MAX_REASON, ret);
}

int bt_call_words(struct bt_call *call, uint32_t from, size_t max, struct bt_str *ret) {
  int rc = join(call, from, max, ret);
  if (rc == 0 && !ret->n)
    return bt_call_refuse(call, BT_USAGE, "say why: what an operator does is written down with a reason");
  return rc;
}

bool bt_call_take_word(struct bt_call *call, const char *word) {
  struct bt_strs *args = &call->args;
  for (uint32_t i = 0; i < args->n; i++)
    if (bt_str_eq(args->v[i], bt_str(word))) {
      args->n--;
      for (; i < args->n; i++)
        args->v[i] = args->v[i + 1];
      return true;
    }
  return false;
}

int bt_parse_span(struct bt_str s, int64_t *ret_us) {
  static const struct {
    char unit;
    int64_t s;
  } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
  uint64_t n;
  if (s.n < 2 || bt_parse_u64((struct bt_str){s.p, s.n - 1}, &n) < 0 || n > 1000000)
    return -BT_INVALID;
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (units[i].unit == s.p[s.n - 1]) {
      *ret_us = (int64_t)n * units[i].s * 1000000;
      return 0;
    }
  return -BT_INVALID;
}

int64_t bt_call_now_us(const struct bt_call *call) {
  const struct bt_control_context *x = call->context;
  struct bt_clock_state s = {.recorded_us = bt_store_recorded_us(x->store, BT_NOW)};
  if (x->clock)
    x->clock(x->loop, &s);
  return s.recorded_us;
}

int bt_call_case(struct bt_call *call, struct bt_str word, struct bt_case *ret) {
  struct bt_query q = {.kind = BT_QUERY_CASE};
  struct bt_answer a;
  int rc = bt_call_locator(call, word, &q.locator);
  if (rc == 0)
    rc = bt_call_ask(call, &q, BT_ASK_POINT_US, &a);
  if (rc < 0)
    return rc;
  *ret = *a.case_;
  while (rc == 0 && ret->merged_into)
    rc = bt_store_case(call->context->store, BT_NOW, ret->merged_into, call->arena, ret);
  return rc;
}

int bt_call_case_of(struct bt_call *call, uint64_t sequence, uint64_t *ret_case) {
  struct bt_journal_record record;
  struct bt_entry e = {0};
  int rc = bt_journal_read(call->context->journal, sequence, call->arena, &record);
  if (rc == 0)
    rc = bt_entry_decode(record.head, record.body, call->arena, &e);
  if (rc == 0 && ((e.stream != BT_STREAM_CASE && e.kind != BT_RESYNCED) || !e.case_id))
    rc = -BT_ABSENT;
  if (rc == 0)
    *ret_case = e.case_id;
  return rc;
}

struct bt_str bt_call_ref(struct bt_call *call, uint64_t id) {
  struct bt_arena scratch;
  struct bt_case c;
  bt_arena_init(&scratch, 1024 * 1024);
  bool known = bt_store_case(call->context->store, BT_NOW, id, &scratch, &c) == 0;
  struct bt_str ref = known ? bt_ref_new(call->arena, c.number) : bt_arena_printf(call->arena, "#%" PRIu64, id);
  bt_arena_fini(&scratch);
  return ref;
}
