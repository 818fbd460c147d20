/* What a case has open, as tables: promises, questions, work, what was raised, known trouble. */
#include "control/show_case.h"
#include "control/what.h"

#define TEXT BT_OUT_TEXT
#define NUMBER BT_OUT_NUMBER
#define TIME BT_OUT_TIME
#define SPAN BT_OUT_SPAN
#define FLAG BT_OUT_FLAG
#define NAMES BT_OUT_NAMES
#define PLAIN BT_OUT_PLAIN
#define WIDE BT_OUT_WIDE
#define WRAP BT_OUT_WRAP
#define RARE BT_OUT_RARE
#define DETAIL BT_OUT_DETAIL

/* What a stopped clock has left. */
static struct bt_out_value left(int64_t us) {
  return us ? bt_out_span(us) : bt_out_none();
}

static struct bt_out_value number(uint64_t n) {
  return n ? bt_out_number(n) : bt_out_none();
}

void bt_show_promises(struct bt_call *call, const struct bt_promises *promises) {
  static const struct bt_out_column columns[] = {
      {"id", NUMBER, PLAIN},     {"type", TEXT, PLAIN},   {"holder", TEXT, WIDE},      {"due", TIME, PLAIN},
      {"left", SPAN, RARE},      {"state", TEXT, PLAIN},  {"text", TEXT, WRAP},        {"made", TIME, DETAIL},
      {"at_risk", TIME, DETAIL}, {"cause", TEXT, DETAIL}, {"risk_left", SPAN, DETAIL}, {"label", TEXT, DETAIL}};
  BT_OUT_TABLE(call->out, "promises", columns);
  bt_out_rare(call->out);
  for (uint32_t i = 0; i < promises->n; i++) {
    const struct bt_promise *p = &promises->v[i];
    BT_OUT_ROW(call->out, bt_out_number(p->id), bt_out_literal(bt_promise_type_name((int)p->type)),
               bt_out_text(p->holder), bt_out_time(p->due_us), left(p->left_us),
               bt_out_literal(bt_promise_state_name((int)p->state)), bt_out_text(p->text), bt_out_time(p->made_at_us),
               bt_out_time(p->risk_us), bt_out_literal(bt_cause_name((int)p->cause)), left(p->risk_left_us),
               bt_out_text(p->label));
  }
}

void bt_show_questions(struct bt_call *call, const struct bt_questions *questions) {
  static const struct bt_out_column columns[] = {
      {"id", NUMBER, PLAIN}, {"from", TEXT, WIDE},    {"to", TEXT, WIDE},
      {"due", TIME, PLAIN},  {"left", SPAN, RARE},    {"overdue", FLAG, RARE},
      {"text", TEXT, WRAP},  {"asked", TIME, DETAIL}, {"label", TEXT, DETAIL}};
  BT_OUT_TABLE(call->out, "questions", columns);
  bt_out_rare(call->out);
  for (uint32_t i = 0; i < questions->n; i++) {
    const struct bt_question *q = &questions->v[i];
    BT_OUT_ROW(call->out, bt_out_number(q->id), bt_out_text(q->from), bt_out_text(q->to), bt_out_time(q->due_us),
               left(q->left_us), bt_out_flag(q->overdue), bt_out_text(q->text), bt_out_time(q->asked_at_us),
               bt_out_text(q->label));
  }
}

void bt_show_work(struct bt_call *call, const struct bt_works *work) {
  static const struct bt_out_column columns[] = {
      {"id", NUMBER, PLAIN},     {"holder", TEXT, WIDE}, {"action", TEXT, WIDE},    {"subject", TEXT, WIDE},
      {"exclusive", FLAG, RARE}, {"until", TIME, PLAIN}, {"started", TIME, DETAIL}, {"label", TEXT, DETAIL}};
  BT_OUT_TABLE(call->out, "work", columns);
  bt_out_rare(call->out);
  for (uint32_t i = 0; i < work->n; i++) {
    const struct bt_work *w = &work->v[i];
    BT_OUT_ROW(call->out, bt_out_number(w->id), bt_out_text(w->holder), bt_out_text(w->action), bt_out_text(w->subject),
               bt_out_flag(w->exclusive), bt_out_time(w->until_us), bt_out_time(w->started_at_us),
               bt_out_text(w->label));
  }
}

/* At level 0 nothing was raised yet: it only says until when somebody has time. */
void bt_show_concerns(struct bt_call *call, const struct bt_concerns *concerns) {
  static const struct bt_out_column columns[] = {
      {"what", TEXT, WRAP},       {"raised_to", TEXT, WIDE},  {"waits_for", TEXT, RARE}, {"level", NUMBER, PLAIN},
      {"next", TIME, PLAIN},      {"reminded", NUMBER, RARE}, {"id", NUMBER, DETAIL},    {"cause", TEXT, DETAIL},
      {"object", NUMBER, DETAIL}, {"due", TIME, DETAIL},      {"top", FLAG, DETAIL},     {"told", NAMES, DETAIL}};
  BT_OUT_TABLE(call->out, "concerns", columns);
  bt_out_rare(call->out);
  for (uint32_t i = 0; i < concerns->n; i++) {
    const struct bt_concern *c = &concerns->v[i];
    BT_OUT_ROW(call->out, bt_out_text(bt_words_concern(call->arena, c->cause, c->object, c->due_us)),
               c->level ? bt_out_text(c->to) : bt_out_none(), c->level ? bt_out_none() : bt_out_text(c->to),
               bt_out_number(c->level), bt_out_time(c->next_us), number(c->times), bt_out_number(c->id),
               bt_out_literal(bt_cause_name((int)c->cause)), number(c->object), bt_out_time(c->due_us),
               bt_out_flag(c->top), bt_out_names(&c->told));
  }
}

void bt_show_advisories(struct bt_call *call, const struct bt_advisory_notes *advisories) {
  static const struct bt_out_column columns[] = {{"department", TEXT, WIDE},
                                                 {"until", TIME, PLAIN},
                                                 {"trouble", TEXT, WRAP},
                                                 {"instead", NAMES, WRAP},
                                                 {"id", NUMBER, DETAIL}};
  BT_OUT_TABLE(call->out, "advisories", columns);
  bt_out_rare(call->out);
  for (uint32_t i = 0; i < advisories->n; i++) {
    const struct bt_advisory_note *n = &advisories->v[i];
    BT_OUT_ROW(call->out, bt_out_text(n->department), bt_out_time(n->until_us), bt_out_text(n->text),
               bt_out_names(&n->alternatives), bt_out_number(n->id));
  }
}
