#include "control/dead_filter.h"

#include "base/clock.h"

/* ---- words ---- */

static int take_one(struct bt_call *call, struct bt_dead_filter *f) {
  const struct bt_strs *args = &call->args;
  if (args->n < 2 || bt_parse_u64(args->v[1], &f->sequence) < 0 || !f->sequence)
    return bt_call_refuse(call, BT_USAGE,
                          "say which: ADAPTER EVENT for one, or adapter= case= reason= older= for those that fit, or "
                          "all");
  f->adapter = args->v[0];
  f->one = true;
  return 0;
}

static int take_options(struct bt_call *call, struct bt_dead_filter *f, int64_t now_us) {
  const struct bt_str named = bt_call_option(call, "case"), older = bt_call_option(call, "older");
  struct bt_case c;
  int64_t span_us = 0;
  f->adapter = bt_call_option(call, "adapter");
  f->reason = bt_call_option(call, "reason");
  if (older.p && bt_parse_span(older, &span_us) < 0)
    return bt_call_refuse(call, BT_USAGE, "older= takes a span, like 90s, 15m, 4h or 30d");
  f->given_up_until_us = now_us - span_us;
  int rc = named.p ? bt_call_case(call, named, &c) : 0;
  if (rc == 0 && named.p)
    f->case_id = c.id;
  return rc;
}

int bt_dead_filter_take(struct bt_call *call, struct bt_dead_filter *ret, uint32_t *ret_reason_at) {
  const int64_t now_us = bt_call_now_us(call);
  struct bt_dead_filter f = {.given_up_until_us = now_us};
  const bool by_options = bt_call_option(call, "adapter").p || bt_call_option(call, "case").p ||
                          bt_call_option(call, "reason").p || bt_call_option(call, "older").p;
  const bool all = !by_options && call->args.n && bt_str_eq(call->args.v[0], BT_LIT("all"));
  int rc = by_options ? take_options(call, &f, now_us) : all ? 0 : take_one(call, &f);
  if (rc < 0)
    return rc;
  *ret = f;
  *ret_reason_at = by_options ? 0 : all ? 1 : 2;
  return 0;
}

/* ---- rows ---- */

static char low(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool holds(struct bt_str text, struct bt_str part) {
  for (size_t i = 0; i + part.n <= text.n; i++) {
    size_t k = 0;
    while (k < part.n && low(text.p[i + k]) == low(part.p[k]))
      k++;
    if (k == part.n)
      return true;
  }
  return false;
}

static bool fits(const struct bt_dead_filter *f, uint64_t sequence, const struct bt_dead_row *row) {
  return (!f->case_id || f->case_id == row->case_id) && (!f->sequence || f->sequence == sequence) &&
         row->dead_at_us <= f->given_up_until_us && holds(row->reason, f->reason);
}

/* The next adapter that has dead letters: names of the configuration would leave out those that are gone from it. */
static int next_adapter(struct bt_call *call, const struct bt_dead_filter *f, struct bt_dead_place *at) {
  char after[sizeof at->adapter + 1];
  struct bt_str key, value;
  if (f->adapter.n) {
    if (at->adapter_n || f->adapter.n > sizeof at->adapter)
      return -BT_ABSENT;
    memcpy(at->adapter, f->adapter.p, at->adapter_n = f->adapter.n);
    return 0;
  }
  memcpy(after, at->adapter, at->adapter_n);
  after[at->adapter_n] = 1; /* behind all rows of this one: between name and number stands a zero */
  int rc = bt_store_next_row(call->context->store, BT_NOW, BT_T_DEAD,
                             (struct bt_str){after, at->adapter_n ? at->adapter_n + 1 : 0}, &key, &value);
  if (rc < 0)
    return rc;
  const char *end = memchr(key.p, 0, key.n);
  if (!end || (size_t)(end - key.p) > sizeof at->adapter)
    return -BT_CORRUPT;
  memcpy(at->adapter, key.p, at->adapter_n = (size_t)(end - key.p));
  return 0;
}

int bt_dead_next(struct bt_call *call, const struct bt_dead_filter *f, struct bt_dead_place *at, int64_t until_us,
                 struct bt_arena *arena, struct bt_dead_row *ret) {
  for (;;) {
    bt_arena_reset(arena);
    if (!at->inside) {
      int rc = next_adapter(call, f, at);
      if (rc < 0)
        return rc;
      at->case_id = f->case_id;
      at->sequence = 0;
      at->inside = true;
    }
    int rc = bt_store_next_dead(call->context->store, BT_NOW, (struct bt_str){at->adapter, at->adapter_n}, at->case_id,
                                at->sequence ? at->sequence + 1 : 0, arena, &at->sequence, ret);
    if (rc == -BT_ABSENT || (rc == 0 && f->case_id && ret->case_id > f->case_id)) {
      at->inside = false;
      continue;
    }
    if (rc < 0)
      return rc;
    at->case_id = ret->case_id;
    call->looked_at++;
    if (fits(f, at->sequence, ret))
      return 0;
    if (bt_clock_mono_us() >= until_us)
      return BT_CALL_MORE;
  }
}
