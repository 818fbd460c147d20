/* Before maintenance: no new work, what is out comes to its end, then perhaps the broker leaves. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "control/audit.h"
#include "control/backlog.h"

enum { WITHIN_S = 30, WORDS = 96, COUNT_AT_MOST = 10000 };

/* Of a drain that waits for deliveries to be settled. */
struct wait {
  int64_t until_us; /* monotonic */
  char words[WORDS];
};

static struct bt_drain state_of(const struct bt_call *call) {
  struct bt_drain d = {.on = false};
  if (call->context->drained)
    call->context->drained(call->context->loop, &d);
  return d;
}

static const char *word_of(const struct bt_drain *d) {
  if (!d->on)
    return "takes work";
  return d->leaving ? "leaves" : d->in_flight ? "draining" : "drained";
}

static int put_undelivered(struct bt_call *call, uint32_t *ret_adapters) {
  static const struct bt_out_column columns[] = {
      {"adapter", BT_OUT_TEXT, BT_OUT_PLAIN},     {"undelivered", BT_OUT_NUMBER, BT_OUT_PLAIN},
      {"or_more", BT_OUT_FLAG, BT_OUT_PLAIN},     {"oldest", BT_OUT_SPAN, BT_OUT_PLAIN},
      {"in_flight", BT_OUT_NUMBER, BT_OUT_PLAIN}, {"connected", BT_OUT_FLAG, BT_OUT_PLAIN}};
  struct bt_backlogs all;
  int rc = bt_backlog_all(call, bt_backlog_now_us(call), &all);
  BT_OUT_TABLE(call->out, "undelivered", columns);
  *ret_adapters = 0;
  for (uint32_t i = 0; rc == 0 && i < all.n; i++) {
    const struct bt_backlog *b = &all.v[i];
    uint64_t n = 0;
    if (!b->waits)
      continue;
    const uint64_t most = *ret_adapters < 4 ? COUNT_AT_MOST : COUNT_AT_MOST / 50; /* this runs on the loop */
    rc = bt_backlog_count(call, b->adapter->name, most, &n);
    ++*ret_adapters;
    BT_OUT_ROW(call->out, bt_out_text(b->adapter->name), bt_out_number(n), bt_out_flag(n == most),
               bt_out_span(b->oldest_us), bt_out_number(b->in_flight), bt_out_flag(b->connected));
  }
  return rc;
}

static int report(struct bt_call *call) {
  const struct bt_drain d = state_of(call);
  struct bt_out *o = call->out;
  uint32_t adapters;
  bt_out_pair(o, "state", bt_out_literal(word_of(&d)));
  bt_out_pair(o, "since", d.on ? bt_out_time(d.since_us) : bt_out_none());
  bt_out_pair(o, "by", d.on ? bt_out_text(bt_arena_copy(call->arena, bt_str(d.by))) : bt_out_none());
  bt_out_pair(o, "in_flight", bt_out_number(d.in_flight));
  bt_out_pair(o, "turned_away", bt_out_number(d.turned_away));
  int rc = put_undelivered(call, &adapters);
  if (rc == 0 && d.on && adapters)
    bt_out_note(o, BT_LIT("What is undelivered is safe on disk, and goes out when the broker takes work again."));
  if (rc == 0 && d.on && !d.leave)
    bt_out_note(o, BT_LIT("drain stop takes work again, drain exit leaves; a broker that starts takes work."));
  return rc;
}

int bt_cmd_drain_show(struct bt_call *call) {
  return report(call);
}

static int span_within(struct bt_call *call, int64_t *ret_us) {
  const struct bt_str word = bt_call_option(call, "within");
  *ret_us = WITHIN_S * BT_SECOND_US;
  if (word.p && bt_parse_span(word, ret_us) < 0)
    return bt_call_refuse(call, BT_USAGE, "within= takes a time like 30s or 5m");
  return 0;
}

/* Written down before the waiting: who asked may be gone by its end. */
static int begin(struct bt_call *call, bool leave) {
  const struct bt_control_context *x = call->context;
  struct bt_drain d = {.on = true, .leave = leave, .since_us = bt_clock_wall_us()};
  struct bt_str reason;
  int64_t within_us;
  int rc = bt_call_reason(call, 0, &reason);
  if (rc == 0)
    rc = span_within(call, &within_us);
  struct wait *w = BT_NEW(call->arena, struct wait);
  if (rc == 0)
    rc = w ? bt_audit_note(call) : -BT_NOMEM;
  if (rc < 0)
    return rc;
  call->untold = true;
  w->until_us = d.until_us = bt_clock_mono_us() + within_us;
  snprintf(d.by, sizeof d.by, "%.*s", BT_STR_ARG(call->operator_name));
  x->drain(x->loop, &d);
  call->job = w;
  return 0;
}

static int drain(struct bt_call *call, bool leave) {
  int rc = call->job ? 0 : begin(call, leave);
  if (rc < 0)
    return rc;
  struct wait *w = call->job;
  const struct bt_drain d = state_of(call);
  const int64_t left_us = w->until_us - bt_clock_mono_us();
  const bool over = !d.on || (leave ? d.leaving : !d.in_flight || left_us <= 0);
  if (over)
    return report(call);
  snprintf(w->words, sizeof w->words, "%" PRIu32 " deliveries are out, %" PRId64 " s left", d.in_flight,
           left_us > 0 ? left_us / BT_SECOND_US : 0);
  call->doing = bt_str(w->words);
  return BT_CALL_WAIT;
}

int bt_cmd_drain(struct bt_call *call) {
  return drain(call, false);
}

int bt_cmd_drain_exit(struct bt_call *call) {
  return drain(call, true);
}

int bt_cmd_drain_stop(struct bt_call *call) {
  const struct bt_control_context *x = call->context;
  struct bt_drain d = {.on = false};
  struct bt_str reason;
  int rc = bt_call_reason(call, 0, &reason);
  if (rc < 0)
    return rc;
  if (!state_of(call).on)
    return bt_call_refuse(call, BT_WRONG_STATUS, "it takes work already: drain show says what waits");
  if ((rc = bt_audit_note(call)) < 0)
    return rc;
  call->untold = true;
  snprintf(d.by, sizeof d.by, "%.*s", BT_STR_ARG(call->operator_name));
  x->drain(x->loop, &d);
  return report(call);
}

int bt_cmd_shutdown(struct bt_call *call) {
  const struct bt_control_context *x = call->context;
  struct bt_drain d = {.on = true, .leave = true, .since_us = bt_clock_wall_us(), .until_us = bt_clock_mono_us()};
  struct bt_str reason;
  int rc = bt_call_reason(call, 0, &reason);
  if (rc == 0)
    rc = bt_audit_note_or_log(call);
  if (rc < 0)
    return rc;
  call->untold = true;
  snprintf(d.by, sizeof d.by, "%.*s", BT_STR_ARG(call->operator_name));
  x->drain(x->loop, &d);
  bt_out_note(call->out, BT_LIT("The broker leaves now. Deliveries that are out go out again when it is back."));
  return 0;
}
