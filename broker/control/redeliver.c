/* What was addressed to an adapter, delivered again: a range of the journal, read a little in each round of the loop.
 */
#include "base/clock.h"
#include "codec/event_codec.h"
#include "control/command.h"
#include "core/policy.h"

enum { ROUND_US = 20 * 1000, ENTRIES_A_LOOK = 256, LINES = 20, MOST_LINES = 10000 };

struct job {
  struct bt_str adapter, reason;
  uint64_t from, to, lines;
  bool dry;
  uint64_t addressed, waiting, dead, stubs, done;
  struct bt_delivery_name *v; /* BT_NAMED_AT_ONCE */
  uint32_t n;
  struct bt_arena row; /* of one entry */
  struct bt_call *call;
};

static const struct bt_out_column columns[] = {
    {"event", BT_OUT_NUMBER, BT_OUT_PLAIN}, {"recorded", BT_OUT_TIME, BT_OUT_PLAIN},
    {"case", BT_OUT_TEXT, BT_OUT_PLAIN},    {"kind", BT_OUT_TEXT, BT_OUT_PLAIN},
    {"state", BT_OUT_TEXT, BT_OUT_PLAIN},   {"gets", BT_OUT_TEXT, BT_OUT_PLAIN}};

/* "120..180" */
static int take_range(struct bt_call *call, struct bt_str word, struct job *j) {
  const char *dots = memmem(word.p, word.n, "..", 2);
  const size_t n = dots ? (size_t)(dots - word.p) : 0;
  if (!dots || bt_parse_u64((struct bt_str){word.p, n}, &j->from) < 0 ||
      bt_parse_u64((struct bt_str){dots + 2, word.n - n - 2}, &j->to) < 0 || !j->from || j->to < j->from)
    return bt_call_refuse(call, BT_USAGE, "the range is two numbers of events, like 120..180");
  const uint64_t first = bt_journal_first(call->context->journal), last = bt_journal_durable(call->context->journal);
  if (j->from > last)
    return bt_call_refuse(call, BT_NOT_FOUND, "the newest event is %llu", (unsigned long long)last);
  if (j->from < first)
    return bt_call_refuse(
        call, BT_NOT_FOUND,
        "the journal here begins at %llu, and only what is in it can be delivered again: %llu..%llu can",
        (unsigned long long)first, (unsigned long long)first, (unsigned long long)(j->to < last ? j->to : last));
  j->to = j->to < last ? j->to : last;
  return 0;
}

static int begin(struct bt_call *call) {
  struct job *j = BT_NEW(call->arena, struct job);
  if (!j)
    return -BT_NOMEM;
  j->dry = bt_call_take_word(call, "dry-run");
  if (call->args.n < 2)
    return bt_call_refuse(call, BT_USAGE, "usage: redeliver ADAPTER FROM..TO [lines=N] [dry-run] REASON...");
  const struct bt_adapter *a = bt_rules_adapter(&call->context->config->rules, call->args.v[0]);
  if (!a)
    return bt_call_refuse(call, BT_NOT_FOUND, "no adapter of this name is configured: show adapters lists them");
  if (!a->receives)
    return bt_call_refuse(call, BT_NOT_GRANTED, "this adapter takes no deliveries (receives, in its configuration)");
  j->adapter = call->args.v[0];
  int rc = take_range(call, call->args.v[1], j);
  if (rc == 0)
    rc = j->dry ? bt_call_reason(call, 2, &j->reason) : bt_call_words(call, 2, BT_MAX_REASON, &j->reason);
  if (rc == 0)
    rc = bt_call_number(call, "lines", LINES, MOST_LINES, &j->lines);
  if (rc < 0)
    return rc;
  j->v = BT_NEW_ARRAY(call->arena, struct bt_delivery_name, BT_NAMED_AT_ONCE);
  if (!j->v)
    return -BT_NOMEM;
  j->call = call;
  BT_OUT_TABLE(call->out, "events", columns);
  call->untold = true;
  call->job = j;
  return 0;
}

/* ---- one entry ---- */

/* What would go out today: the configuration, and who takes part, may have changed since. */
static int look_at_policy(struct job *j, const struct bt_entry *e, const char **ret) {
  const struct bt_rules *rules = &j->call->context->config->rules;
  const struct bt_adapter *a = bt_rules_adapter(rules, j->adapter);
  struct bt_case c;
  int rc = bt_store_case(j->call->context->store, BT_NOW, e->case_id, &j->row, &c);
  if (rc < 0)
    return rc;
  const bool whole = a && bt_policy_entry_adapter(rules, &c, e, a) == BT_SIGHT_FULL;
  j->stubs += !whole;
  *ret = whole ? "the event" : "a stub";
  return 0;
}

static int look_at_rows(struct job *j, const struct bt_entry *e, const char **ret) {
  struct bt_store *s = j->call->context->store;
  struct bt_inbox_row inbox;
  struct bt_dead_row dead;
  int waits = bt_store_inbox(s, BT_NOW, j->adapter, e->sequence, &j->row, &inbox);
  if (waits < 0 && waits != -BT_ABSENT)
    return waits;
  int died = bt_store_dead(s, BT_NOW, j->adapter, e->case_id, e->sequence, &j->row, &dead);
  if (died < 0 && died != -BT_ABSENT)
    return died;
  j->waiting += waits == 0;
  j->dead += died == 0;
  *ret = waits == 0 ? "in the inbox" : died == 0 ? "dead letter" : "settled";
  return 0;
}

static bool is_addressed(const struct job *j, const struct bt_entry *e) {
  for (uint32_t i = 0; i < e->recipients.n; i++)
    if (bt_str_eq(e->recipients.v[i], j->adapter))
      return true;
  return false;
}

static int look_at(void *context, const struct bt_journal_record *record, const uint8_t chain[32]) {
  struct job *j = context;
  struct bt_call *call = j->call;
  struct bt_entry e = {0};
  const char *state = "", *gets = "";
  (void)chain;
  bt_arena_reset(&j->row);
  int rc = bt_entry_decode(record->head, record->body, &j->row, &e);
  if (rc < 0)
    return rc;
  e.sequence = record->sequence;
  call->looked_at++;
  j->from = e.sequence + 1;
  if (!is_addressed(j, &e))
    return 0;
  rc = look_at_rows(j, &e, &state);
  if (rc == 0)
    rc = look_at_policy(j, &e, &gets);
  if (rc < 0)
    return rc;
  j->v[j->n++] = (struct bt_delivery_name){e.sequence, e.case_id};
  if (j->addressed++ < j->lines)
    BT_OUT_ROW(call->out, bt_out_number(e.sequence), bt_out_time(e.recorded_at_us),
               bt_out_text(bt_call_ref(call, e.case_id)), bt_out_literal(bt_kind_name((int)e.kind)),
               bt_out_literal(state), bt_out_literal(gets));
  return j->n == BT_NAMED_AT_ONCE ? 1 : 0;
}

/* ---- going on ---- */

static int act(struct bt_call *call, struct job *j) {
  const struct bt_control_context *x = call->context;
  const struct bt_deliveries_named what = {
      .adapter = j->adapter, .operator_name = call->operator_name, .reason = j->reason, .v = j->v, .n = j->n};
  uint32_t done = 0;
  int rc = j->n && !j->dry ? x->requeue(x->loop, &what, &done) : 0;
  if (rc == -BT_NOT_FOUND)
    return bt_call_refuse(call, BT_NOT_FOUND, "the adapter is configured no longer: %llu were delivered again so far",
                          (unsigned long long)j->done);
  j->n = 0;
  j->done += done;
  call->done = j->done;
  return rc;
}

static int read_on(struct bt_call *call, struct job *j) {
  const int64_t until_us = bt_clock_mono_us() + ROUND_US;
  int rc = 0;
  while (rc == 0 && j->from <= j->to && bt_clock_mono_us() < until_us) {
    const uint64_t last = j->to - j->from < ENTRIES_A_LOOK ? j->to : j->from + ENTRIES_A_LOOK - 1;
    rc = bt_journal_scan(call->context->journal, j->from, last, false, look_at, j);
  }
  return rc < 0 ? rc : 0;
}

static void end(struct bt_call *call, const struct job *j) {
  bt_out_pair(call->out, "addressed", bt_out_number(j->addressed));
  bt_out_pair(call->out, "still_in_the_inbox", bt_out_number(j->waiting));
  bt_out_pair(call->out, "dead_letters", bt_out_number(j->dead));
  bt_out_pair(call->out, "stubs", bt_out_number(j->stubs));
  bt_out_pair(call->out, "requeued", bt_out_number(j->done));
  bt_out_pair(call->out, "dry_run", bt_out_flag(j->dry));
  if (j->addressed > j->lines)
    bt_out_note(call->out, BT_LIT("there are more than are shown: lines=N shows more"));
}

int bt_cmd_redeliver(struct bt_call *call) {
  int rc = call->job ? 0 : begin(call);
  struct job *j = call->job;
  if (rc < 0)
    return rc;
  bt_arena_init(&j->row, 1024 * 1024);
  rc = read_on(call, j);
  bt_arena_fini(&j->row);
  if (rc == 0)
    rc = act(call, j);
  if (rc < 0)
    return rc;
  if (j->from <= j->to)
    return BT_CALL_MORE;
  end(call, j);
  return 0;
}
