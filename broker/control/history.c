/* A case's events as a table for people. */
#include <inttypes.h>

#include "codec/event_codec.h"
#include "control/command.h"
#include "control/what.h"

static const struct bt_out_column columns[] = {
    {"event", BT_OUT_NUMBER, BT_OUT_PLAIN},    {"version", BT_OUT_NUMBER, BT_OUT_DETAIL},
    {"time", BT_OUT_TIME, BT_OUT_PLAIN},       {"department", BT_OUT_TEXT, BT_OUT_WIDE},
    {"kind", BT_OUT_TEXT, BT_OUT_PLAIN},       {"what", BT_OUT_TEXT, BT_OUT_WRAP},
    {"recorded", BT_OUT_TIME, BT_OUT_DETAIL},  {"adapter", BT_OUT_TEXT, BT_OUT_DETAIL},
    {"actor", BT_OUT_TEXT, BT_OUT_DETAIL},     {"labels", BT_OUT_NAMES, BT_OUT_DETAIL},
    {"backfill", BT_OUT_FLAG, BT_OUT_DETAIL},  {"superseded_by", BT_OUT_NUMBER, BT_OUT_DETAIL},
    {"by_broker", BT_OUT_FLAG, BT_OUT_DETAIL},
};

/* What a piece of work is, which a conflict names by its number only. Nothing where the journal no longer has it. */
static struct bt_str action(struct bt_call *call, uint64_t work) {
  struct bt_journal_record record;
  struct bt_entry e;
  int rc = bt_journal_read(call->context->journal, work, call->arena, &record);
  if (rc == 0)
    rc = bt_entry_decode(record.head, record.body, call->arena, &e);
  return rc == 0 && e.kind == BT_WORK_STARTED ? e.event.work_started.action : (struct bt_str){0};
}

static struct bt_str words_of(struct bt_call *call, const struct bt_event *e) {
  const struct bt_conflict_found *c = &e->conflict_found;
  if (e->kind != BT_CONFLICT_FOUND)
    return bt_what(call->arena, e);
  return bt_words_conflict(call->arena, c, action(call, c->work), action(call, c->other));
}

/* Text has no column for corrections, which are rare: they stand before the words. */
static struct bt_str what(struct bt_call *call, const struct bt_recorded *r) {
  struct bt_str words = words_of(call, &r->entry->event);
  if (!r->superseded_by)
    return words;
  return bt_arena_printf(call->arena, "[corrected by #%" PRIu64 "] %.*s", r->superseded_by, BT_STR_ARG(words));
}

static void put(struct bt_call *call, const struct bt_recorded *r) {
  const struct bt_entry *e = r->entry;
  int64_t occurred_us = e->event.occurred_at_us ? e->event.occurred_at_us : e->recorded_at_us;
  bool by_broker = !e->event.department.n;
  BT_OUT_ROW(call->out, bt_out_number(e->sequence), bt_out_number(e->version), bt_out_time(occurred_us),
             bt_out_text(by_broker ? BT_LIT("baton") : e->event.department), bt_out_literal(bt_kind_name((int)e->kind)),
             bt_out_text(what(call, r)), bt_out_time(e->recorded_at_us), bt_out_text(e->adapter),
             bt_out_text(e->event.actor), bt_out_names(&e->event.labels), bt_out_flag(e->event.backfill),
             r->superseded_by ? bt_out_number(r->superseded_by) : bt_out_none(), bt_out_flag(by_broker));
}

/* Goes on in the loop's next rounds: each event may be a page that the disk has to be asked for. */
struct telling {
  struct bt_query query;
  uint64_t limit, shown;
};

static int begin(struct bt_call *call) {
  struct telling *t = BT_NEW(call->arena, struct telling);
  if (!t)
    return -BT_NOMEM;
  t->query.kind = BT_QUERY_HISTORY;
  int rc = bt_call_locator(call, call->args.v[0], &t->query.locator);
  if (rc == 0)
    rc = bt_call_number(call, "limit", 100, 2000, &t->limit);
  if (rc == 0)
    call->job = t;
  return rc;
}

int bt_cmd_history(struct bt_call *call) {
  struct bt_answer a;
  int rc = call->job ? 0 : begin(call);
  struct telling *t = call->job;
  if (rc < 0)
    return rc;
  t->query.limit = t->limit - t->shown < BT_MAX_ROWS ? (uint32_t)(t->limit - t->shown) : BT_MAX_ROWS;
  rc = bt_call_ask(call, &t->query, BT_ASK_ROUND_US, &a);
  if (rc < 0)
    return rc;
  if (!t->shown) {
    bt_out_pair(call->out, "case", bt_out_text(a.ref));
    bt_out_pair(call->out, "id", bt_out_number(a.case_id));
    BT_OUT_TABLE(call->out, "events", columns);
  }
  for (uint32_t i = 0; i < a.events.n; i++)
    put(call, &a.events.v[i]);
  t->shown += a.events.n;
  t->query.page = a.next_page;
  /* The pages of one case, even if the words by now name another. */
  t->query.locator = (struct bt_locator){.id = a.case_id};
  if (a.next_page.n && t->shown < t->limit && a.events.n)
    return BT_CALL_MORE;
  if (a.text.n)
    bt_out_note(call->out, a.text);
  if (a.next_page.n)
    bt_out_note(call->out, BT_LIT("there are older ones: limit=N shows more"));
  return 0;
}
