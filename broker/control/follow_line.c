/* An entry as one line. */
#include <inttypes.h>

#include "base/clock.h"
#include "control/follow.h"
#include "control/out_text.h"
#include "control/what.h"
#include "core/ref.h"

static struct bt_str ref_of(const struct bt_control_context *x, uint64_t case_id, struct bt_arena *scratch) {
  struct bt_case c;
  if (!case_id || bt_store_case(x->store, BT_NOW, case_id, scratch, &c) < 0)
    return (struct bt_str){0};
  return bt_ref_new(scratch, c.number);
}

/* "17:02:11": a stream is read as it comes, so the day stands in JSON and in history alone. */
static struct bt_str time_of_day(struct bt_arena *a, int64_t us) {
  char buf[40];
  bt_clock_format(us, buf, sizeof buf);
  return bt_arena_printf(a, "%.8sZ", strchr(buf, 'T') + 1);
}

/* Entries that only the broker writes do not say in their words who had them made. */
static struct bt_str words_of(struct bt_arena *a, const struct bt_entry *e) {
  struct bt_str reason = {0}, words = bt_words_entry(a, e);
  if (e->kind < BT_SETTLED)
    return words;
  const struct bt_str by = bt_entry_operator(e, &reason);
  if (!by.n)
    return words;
  return bt_arena_printf(a, "[operator %.*s%.*s] %.*s", S(by), S(bt_words_around(a, ": ", reason, "")), S(words));
}

static struct bt_str who(const struct bt_entry *e) {
  return e->event.department.n                   ? e->event.department
         : e->kind >= BT_SETTLED && e->adapter.n ? e->adapter
                                                 : BT_LIT("baton");
}

static void put_json(struct bt_out *o, const struct bt_entry *e, struct bt_str ref) {
  const int64_t occurred_us = e->event.occurred_at_us ? e->event.occurred_at_us : e->recorded_at_us;
  bt_out_pair(o, "event", bt_out_number(e->sequence));
  bt_out_pair(o, "time", bt_out_time(occurred_us));
  bt_out_pair(o, "recorded", bt_out_time(e->recorded_at_us));
  bt_out_pair(o, "case", bt_out_text(ref));
  bt_out_pair(o, "case_id", e->case_id ? bt_out_number(e->case_id) : bt_out_none());
  bt_out_pair(o, "department", bt_out_text(e->event.department));
  bt_out_pair(o, "adapter", bt_out_text(e->adapter));
  bt_out_pair(o, "kind", bt_out_literal(bt_kind_name((int)e->kind)));
  bt_out_pair(o, "what", bt_out_text(words_of(o->arena, e)));
  bt_out_pair(o, "to", bt_out_names(&e->recipients));
  bt_out_pair(o, "by_broker", bt_out_flag(!e->event.department.n && e->kind < BT_SETTLED));
}

/* On a terminal one event is one line; elsewhere nothing is clipped. */
static void put_clipped(struct bt_str line, uint32_t width, FILE *to) {
  const bool fits = !width || bt_out_width(line) <= width;
  const size_t n = fits ? line.n : bt_out_fitting(line, width - 1);
  fwrite(line.p, 1, n, to);
  fputs(n < line.n ? "…\n" : "\n", to);
}

int bt_follow_put(struct bt_call *call, const struct bt_entry *e, struct bt_arena *scratch, FILE *to) {
  const struct bt_str ref = ref_of(call->context, e->case_id, scratch);
  if (call->json) {
    struct bt_out o = {.arena = scratch};
    put_json(&o, e, ref);
    return bt_out_render_json(&o, to);
  }
  struct bt_str what = bt_out_escape(scratch, words_of(scratch, e));
  struct bt_str line = bt_arena_printf(scratch, "#%" PRIu64 "  %.*s  %.*s  %.*s  %s  %.*s", e->sequence,
                                       S(time_of_day(scratch, e->recorded_at_us)), S(ref.n ? ref : BT_LIT("-")),
                                       S(who(e)), bt_kind_name((int)e->kind), S(what));
  if (!line.p)
    return -BT_LIMIT;
  put_clipped(line, call->width, to);
  return 0;
}
