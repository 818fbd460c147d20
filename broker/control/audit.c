#include "control/audit.h"

#include <inttypes.h>

#include "base/log.h"
#include "codec/event_codec.h"
#include "control/what.h"

/* ---- writing ---- */

/* Escaped, and cut with a mark where it is too long. */
static struct bt_str bounded(struct bt_arena *arena, struct bt_str text, size_t most) {
  struct bt_str s = bt_out_escape(arena, text);
  if (s.n <= most)
    return s;
  size_t n = most - strlen("…");
  while (n && ((unsigned char)s.p[n] & 0xc0) == 0x80) /* never inside a character */
    n--;
  return bt_arena_printf(arena, "%.*s…", (int)n, s.p);
}

int bt_audit_note(struct bt_call *call) {
  const struct bt_control_context *x = call->context;
  const struct bt_operator_did did = {
      .by = call->operator_name,
      .uid = call->uid,
      .command = bounded(call->arena, call->line, BT_AUDIT_COMMAND),
      .outcome = bounded(call->arena, call->outcome.n ? call->outcome : BT_LIT("done"), BT_AUDIT_OUTCOME),
  };
  if (call->arena->exhausted)
    return -BT_NOMEM;
  return x->did ? x->did(x->loop, &did) : 0;
}

int bt_audit_note_or_log(struct bt_call *call) {
  int rc = bt_audit_note(call);
  if (rc != -BT_FULL)
    return rc;
  bt_log(BT_LOG_WARN, "audit-not-written", BT_L_STR("operator", call->operator_name), BT_L_STR("command", call->line),
         BT_L_STR("outcome", call->outcome.n ? call->outcome : BT_LIT("done")));
  return 0;
}

/* ---- reading ---- */

static struct bt_str intervened(struct bt_arena *a, const struct bt_entry *e) {
  struct bt_event plain = e->event;
  plain.operator= plain.operator_reason =(struct bt_str){0}; /* they have columns of their own */
  struct bt_str what = bt_what(a, &plain);
  return e->event.department.n ? bt_arena_printf(a, "for %.*s: %.*s", S(e->event.department), S(what)) : what;
}

static struct bt_str words_of(struct bt_arena *a, const struct bt_entry *e) {
  return e->kind >= BT_SETTLED ? bt_words_entry(a, e) : intervened(a, e);
}

static void put(struct bt_call *call, const struct bt_entry *e) {
  struct bt_str reason;
  const struct bt_str by = bt_entry_operator(e, &reason);
  const bool of_case = e->stream == BT_STREAM_CASE;
  BT_OUT_ROW(call->out, bt_out_number(e->sequence), bt_out_time(e->recorded_at_us), bt_out_text(by),
             bt_out_literal(bt_kind_name((int)e->kind)),
             of_case ? bt_out_text(bt_call_ref(call, e->case_id)) : bt_out_none(), bt_out_text(e->adapter),
             bt_out_text(words_of(call->arena, e)), bt_out_text(reason),
             e->kind == BT_OPERATOR_DID ? bt_out_number(e->operator_did.uid) : bt_out_none(),
             bt_out_text(e->event.department));
}

static int read_entry(struct bt_call *call, uint64_t sequence, struct bt_entry *ret) {
  struct bt_journal_record record;
  int rc = bt_journal_read(call->context->journal, sequence, call->arena, &record);
  if (rc == 0)
    rc = bt_entry_decode(record.head, record.body, call->arena, ret);
  ret->sequence = sequence;
  return rc;
}

/* Older ones may be in segments that are here: from= shows those. */
static int put_away(struct bt_call *call, uint64_t at) {
  char name[BT_JOURNAL_NAME_SIZE];
  bt_journal_segment_name(call->context->journal, at, name);
  bt_out_note(call->out,
              bt_arena_printf(call->arena,
                              "#%" PRIu64 " and older ones are in archive segment %s, which is not here: put "
                              "it back to see them",
                              at, name));
  return 0;
}

int bt_cmd_audit(struct bt_call *call) {
  static const struct bt_out_column columns[] = {
      {"event", BT_OUT_NUMBER, BT_OUT_PLAIN},  {"time", BT_OUT_TIME, BT_OUT_PLAIN},
      {"operator", BT_OUT_TEXT, BT_OUT_PLAIN}, {"kind", BT_OUT_TEXT, BT_OUT_DETAIL},
      {"case", BT_OUT_TEXT, BT_OUT_RARE},      {"adapter", BT_OUT_TEXT, BT_OUT_DETAIL},
      {"what", BT_OUT_TEXT, BT_OUT_WRAP},      {"reason", BT_OUT_TEXT, BT_OUT_WRAP},
      {"uid", BT_OUT_NUMBER, BT_OUT_DETAIL},   {"department", BT_OUT_TEXT, BT_OUT_DETAIL}};
  const struct bt_control_context *x = call->context;
  uint64_t limit, at;
  int rc = bt_call_number(call, "limit", 50, 1000, &limit);
  if (rc == 0)
    rc = bt_call_number(call, "from", UINT64_MAX - 1, UINT64_MAX - 1, &at);
  if (rc < 0)
    return rc;
  BT_OUT_TABLE(call->out, "audit", columns);
  for (at++; limit && (rc = bt_store_audit(x->store, BT_NOW, at, &at)) == 0; limit--) {
    struct bt_entry e = {0};
    rc = read_entry(call, at, &e);
    if (rc == -BT_AWAY)
      return put_away(call, at);
    if (rc < 0)
      return rc;
    put(call, &e);
  }
  if (rc == 0 && !limit)
    bt_out_note(call->out,
                bt_arena_printf(call->arena, "older ones, where there are any: from=%" PRIu64, at ? at - 1 : 1));
  return rc == -BT_ABSENT ? 0 : rc;
}
