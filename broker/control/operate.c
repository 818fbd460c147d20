/* Interventions: events that operators send in a department's name. The rules decide them as they decide any other. */
#include "control/operate.h"
#include "codec/event_codec.h"
#include "control/what.h"

/* ---- what is told of it ---- */

/* What an operator may do about a refusal; the rule's own sentence stands before it. */
static const char *way_forward(uint32_t code) {
  static const struct {
    uint32_t code;
    const char *text;
  } ways[] = {
      {BT_OFFER_OPEN, "offer withdraw CASE, or offer expire CASE, ends the offer first"},
      {BT_NO_SUCH_OFFER, "show case CASE says what is on offer"},
      {BT_NOT_OPEN, "show case CASE lists promises, questions and work that are open"},
      {BT_OTHERS_OPEN, "end that first, or act in the owner's name: for=OWNER"},
      {BT_NOT_CUSTODIAN, "leave for= out to act in the custodian's name"},
      {BT_NOT_YOURS, "leave for= out to act in the name of the department whose it is"},
      {BT_PING_PONG, "owner appoint CASE DEPARTMENT lifts it, or act in the owner's name: for=OWNER"},
      {BT_WRONG_STATUS, "case reopen CASE opens a case that has ended"},
      {BT_CLOSED, "topic:TOPIC in the department's place waits for somebody to open"},
      {BT_NO_HANDLER, "name a department in the topic's place"},
      {BT_HORIZON, "name an earlier time"},
      {BT_STALE, "look at it again; without version= it is decided on the case as it is now"},
      {BT_NOT_YET, "the case is told history: it comes alive by a contact or a CaseRevived"},
      {BT_UNKNOWN_CASE, "that department does not take part in the case: leave for= out"},
  };
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
    if (ways[i].code == code)
      return ways[i].text;
  return "";
}

static int refused(struct bt_call *call, const struct bt_receipt *r) {
  struct bt_arena *a = call->arena;
  struct bt_str opens = bt_words_around(a, "; it opens at ", bt_words_time(a, r->opens_at_us), "");
  struct bt_str others = bt_words_around(a, "; open now: ", bt_words_list(a, &r->alternatives), "");
  struct bt_str way = bt_words_around(a, ". ", bt_str(way_forward(r->code)), "");
  call->text = bt_arena_printf(a, "%.*s%.*s%.*s%.*s", S(r->text), S(opens), S(others), S(way));
  return -(int)r->code;
}

static int read_entry(struct bt_call *call, uint64_t sequence, struct bt_entry *ret) {
  struct bt_journal_record record;
  int rc = bt_journal_read(call->context->journal, sequence, call->arena, &record);
  return rc < 0 ? rc : bt_entry_decode(record.head, record.body, call->arena, ret);
}

/* The unit: the operator's own event, and what followed from it. */
static int put_unit(struct bt_call *call, uint64_t main) {
  static const struct bt_out_column columns[] = {{"event", BT_OUT_NUMBER, BT_OUT_PLAIN},
                                                 {"department", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"kind", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"what", BT_OUT_TEXT, BT_OUT_WRAP}};
  struct bt_entry e = {0};
  int rc = read_entry(call, main, &e);
  const uint64_t first = e.unit_first, n = e.unit_size;
  BT_OUT_TABLE(call->out, "events", columns);
  for (uint64_t i = 0; rc == 0 && i < n; i++) {
    rc = read_entry(call, first + i, &e);
    if (rc == 0)
      BT_OUT_ROW(call->out, bt_out_number(first + i),
                 bt_out_text(e.event.department.n ? e.event.department : BT_LIT("baton")),
                 bt_out_literal(bt_kind_name((int)e.kind)), bt_out_text(bt_what(call->arena, &e.event)));
  }
  return rc;
}

/* ---- deciding ---- */

static int take_options(struct bt_call *call, struct bt_event *e) {
  const struct bt_str department = bt_call_option(call, "for");
  uint64_t version;
  int rc = bt_call_number(call, "version", UINT64_MAX, UINT64_MAX - 1, &version);
  if (rc < 0)
    return rc;
  e->expected_version = version == UINT64_MAX ? 0 : version;
  e->department = department;
  if (department.p && !bt_rules_department(&call->context->config->rules, department))
    return bt_call_refuse(call, BT_UNKNOWN_DEPARTMENT,
                          "for= names no department that is configured: show departments lists them");
  return 0;
}

int bt_intervene(struct bt_call *call, struct bt_event *e, struct bt_str reason) {
  const struct bt_control_context *x = call->context;
  struct bt_operated done;
  int rc = take_options(call, e);
  if (rc < 0)
    return rc;
  const struct bt_operation what = {.operator_name = call->operator_name, .reason = reason, .event = *e};
  call->untold = true; /* the event names the operator */
  rc = x->operate(x->loop, &what, call->arena, &done);
  if (rc < 0)
    return rc;
  if (done.receipt.code != BT_OK)
    return refused(call, &done.receipt);
  bt_out_pair(call->out, "case", bt_out_text(done.receipt.ref));
  bt_out_pair(call->out, "case_id", bt_out_number(done.receipt.case_id));
  bt_out_pair(call->out, "version", bt_out_number(done.receipt.version));
  bt_out_pair(call->out, "operator", bt_out_text(call->operator_name));
  bt_out_pair(call->out, "for", bt_out_text(e->kind == BT_HANDOFF_EXPIRED ? (struct bt_str){0} : done.department));
  bt_out_pair(call->out, "reason", bt_out_text(reason));
  return put_unit(call, done.receipt.sequence);
}

int bt_intervene_on_case(struct bt_call *call, uint32_t kind, uint32_t from, struct bt_case *ret_case,
                         struct bt_event *ret, struct bt_str *ret_reason) {
  *ret = (struct bt_event){.kind = kind};
  int rc = bt_call_words(call, from, BT_MAX_REASON, ret_reason);
  if (rc == 0)
    rc = bt_call_case(call, call->args.v[0], ret_case);
  if (rc == 0)
    ret->locator.id = ret_case->id;
  return rc;
}

int bt_intervene_on_object(struct bt_call *call, uint32_t kind, uint32_t from, struct bt_event *ret, uint64_t *ret_id,
                           struct bt_str *ret_reason) {
  const struct bt_str word = call->args.v[0], named = bt_call_option(call, "case");
  const bool hash = word.n && word.p[0] == '#';
  *ret = (struct bt_event){.kind = kind};
  if (bt_parse_u64((struct bt_str){word.p + hash, word.n - hash}, ret_id) < 0)
    return bt_call_refuse(call, BT_USAGE, "it is named by the number of the event that began it: show case CASE");
  int rc = bt_call_words(call, from, BT_MAX_REASON, ret_reason);
  if (rc < 0)
    return rc;
  if (named.p)
    return bt_call_locator(call, named, &ret->locator);
  rc = bt_call_case_of(call, *ret_id, &ret->locator.id);
  if (rc == -BT_ABSENT || rc == -BT_AWAY)
    return bt_call_refuse(call, BT_NOT_FOUND,
                          "no event of a case has this number here: show case CASE lists what is "
                          "open, and case=CASE says where it is");
  return rc;
}
