/* What waits: offers, promises and questions over all cases, from the index of what stands open; the oldest, or what is
 * due first, before the rest. */
#include "base/clock.h"
#include "control/standing.h"
#include "control/what.h"
#include "core/ref.h"

#define TEXT BT_OUT_TEXT
#define NUMBER BT_OUT_NUMBER
#define TIME BT_OUT_TIME
#define SPAN BT_OUT_SPAN
#define PLAIN BT_OUT_PLAIN
#define WIDE BT_OUT_WIDE
#define WRAP BT_OUT_WRAP
#define DETAIL BT_OUT_DETAIL

/* One list: the kinds in it, in order, by the word that state= takes. */
enum { MOST_KINDS = 3 };
struct list {
  const char *key;
  const struct bt_out_column *columns;
  uint32_t n_columns;
  struct {
    const char *state;
    enum bt_standing_kind kind;
  } kinds[MOST_KINDS + 1]; /* ends with state == NULL */
  const char *states;      /* for who asked for another */
  bool (*put)(struct bt_call *call, const struct bt_standing *x, const struct bt_case *c, int64_t now_us);
};

static struct bt_out_value ref_of(struct bt_call *call, const struct bt_case *c) {
  return bt_out_text(bt_ref_new(call->arena, c->number));
}

static struct bt_out_value name(struct bt_call *call, struct bt_str s) {
  return bt_out_text(bt_call_keep(call, s));
}

/* A clock that is stopped has no due time. */
static int64_t due(int64_t at_us) {
  return at_us == BT_STANDING_STOPPED ? 0 : at_us;
}

static struct bt_str say(struct bt_call *call, const char *before, int64_t at_us, const char *stopped) {
  struct bt_arena *a = call->arena;
  return at_us ? bt_arena_printf(a, "%s%.*s", before, S(bt_words_time(a, at_us))) : bt_str(stopped);
}

/* ---- offers ---- */

static const struct bt_out_column offer_columns[] = {
    {"case", TEXT, PLAIN},        {"for", TEXT, WIDE},          {"by", TEXT, WIDE},
    {"state", TEXT, PLAIN},       {"waits", SPAN, PLAIN},       {"next", TEXT, WRAP},
    {"case_id", NUMBER, DETAIL},  {"offer", NUMBER, DETAIL},    {"topic", TEXT, DETAIL},
    {"offered_at", TIME, DETAIL}, {"answer_due", TIME, DETAIL}, {"waits_until", TIME, DETAIL},
    {"offered_to", TEXT, DETAIL}};

static struct bt_str offer_next(struct bt_call *call, const struct bt_offer *o) {
  if (o->opens_at_us)
    return say(call, "goes out when somebody opens, ", o->opens_at_us, "");
  return say(call, o->counter_us ? "counter-offer: to be answered by " : "to be answered by ", o->deadline_us,
             "its clock is stopped");
}

static bool put_offer(struct bt_call *call, const struct bt_standing *x, const struct bt_case *c, int64_t now_us) {
  const struct bt_offer *o = &c->offer;
  if (o->id != x->object)
    return false;
  const char *state = o->opens_at_us ? "waiting" : o->counter_us ? "countered" : "open";
  BT_OUT_ROW(call->out, ref_of(call, c), name(call, x->department), name(call, o->from), bt_out_literal(state),
             bt_out_span(now_us - x->at_us), bt_out_text(offer_next(call, o)), bt_out_number(c->id),
             bt_out_number(o->id), name(call, o->topic.n ? o->topic : c->topic), bt_out_time(o->offered_at_us),
             bt_out_time(o->deadline_us), bt_out_time(o->opens_at_us), name(call, o->to));
  return true;
}

/* ---- promises ---- */

static const struct bt_out_column promise_columns[] = {
    {"case", TEXT, PLAIN},     {"for", TEXT, WIDE},    {"state", TEXT, PLAIN},      {"type", TEXT, PLAIN},
    {"due", TIME, PLAIN},      {"next", TEXT, WRAP},   {"case_id", NUMBER, DETAIL}, {"promise", NUMBER, DETAIL},
    {"at_risk", TIME, DETAIL}, {"left", SPAN, DETAIL}, {"made", TIME, DETAIL}};

/* What was raised about it, and when it is raised further. */
static struct bt_str raised(struct bt_call *call, const struct bt_case *c, uint32_t cause, uint64_t object,
                            int64_t due_us) {
  struct bt_arena *a = call->arena;
  for (uint32_t i = 0; i < c->concerns.n; i++) {
    const struct bt_concern *k = &c->concerns.v[i];
    if (k->cause == cause && k->object == object && k->due_us == due_us && k->level)
      return bt_arena_printf(a, "raised to %.*s%.*s", S(k->to),
                             AT(k->top ? ", reminded " : ", goes higher ", k->next_us));
  }
  return BT_LIT("nobody was told");
}

static struct bt_str promise_next(struct bt_call *call, const struct bt_case *c, const struct bt_promise *p) {
  if (p->state == BT_PROMISE_IS_BROKEN)
    return raised(call, c, BT_CAUSE_PROMISE_BROKEN, p->id, p->due_us);
  if (p->state == BT_PROMISE_IS_OPEN && p->risk_us)
    return say(call, "at risk from ", p->risk_us, "");
  return say(call, "broken from ", p->due_us, "its clock is stopped");
}

static bool put_promise(struct bt_call *call, const struct bt_standing *x, const struct bt_case *c, int64_t now_us) {
  (void)now_us;
  for (uint32_t i = 0; i < c->promises.n; i++) {
    const struct bt_promise *p = &c->promises.v[i];
    if (p->id != x->object)
      continue;
    BT_OUT_ROW(call->out, ref_of(call, c), name(call, x->department),
               bt_out_literal(bt_promise_state_name((int)p->state)), bt_out_literal(bt_promise_type_name((int)p->type)),
               bt_out_time(due(x->at_us)), bt_out_text(promise_next(call, c, p)), bt_out_number(c->id),
               bt_out_number(p->id), bt_out_time(p->risk_us), p->left_us ? bt_out_span(p->left_us) : bt_out_none(),
               bt_out_time(p->made_at_us));
    return true;
  }
  return false;
}

/* ---- questions ---- */

static const struct bt_out_column question_columns[] = {
    {"case", TEXT, PLAIN},  {"for", TEXT, WIDE},    {"by", TEXT, WIDE},          {"state", TEXT, PLAIN},
    {"due", TIME, PLAIN},   {"next", TEXT, WRAP},   {"case_id", NUMBER, DETAIL}, {"question", NUMBER, DETAIL},
    {"left", SPAN, DETAIL}, {"asked", TIME, DETAIL}};

static bool put_question(struct bt_call *call, const struct bt_standing *x, const struct bt_case *c, int64_t now_us) {
  (void)now_us;
  for (uint32_t i = 0; i < c->questions.n; i++) {
    const struct bt_question *q = &c->questions.v[i];
    if (q->id != x->object)
      continue;
    BT_OUT_ROW(call->out, ref_of(call, c), name(call, x->department), name(call, q->from),
               bt_out_literal(q->overdue ? "overdue" : "open"), bt_out_time(due(x->at_us)),
               bt_out_text(q->overdue ? raised(call, c, BT_CAUSE_QUESTION_OVERDUE, q->id, q->due_us)
                                      : say(call, "overdue from ", q->due_us, "its clock is stopped")),
               bt_out_number(c->id), bt_out_number(q->id), q->left_us ? bt_out_span(q->left_us) : bt_out_none(),
               bt_out_time(q->asked_at_us));
    return true;
  }
  return false;
}

/* ---- any of them ---- */

struct walk {
  struct bt_str department; /* p NULL: all */
  uint64_t room;
  int64_t left_us, until_us; /* in all; of this round */
  int only, kind;            /* which of the list's kinds are meant, -1: all; which one it is at */
  bool begun;                /* at: the last row that was looked at, of this kind */
  struct bt_standing at;
  struct bt_arena scratch; /* of this round */
};

static int put_row(struct bt_call *call, const struct list *l, struct walk *w, const struct bt_standing *x) {
  struct bt_case c;
  if (w->department.p && !bt_str_eq(w->department, x->department))
    return 0;
  struct bt_standing own = *x;
  own.department = bt_call_keep(call, x->department); /* borrowed until the case is read */
  bt_arena_reset(&w->scratch);
  int rc = bt_store_case(call->context->store, BT_NOW, x->case_id, &w->scratch, &c);
  if (rc < 0)
    return rc == -BT_ABSENT ? -BT_CORRUPT : rc;
  w->room--;
  return l->put(call, &own, &c, bt_call_now_us(call)) ? 0 : -BT_CORRUPT;
}

/* BT_CALL_MORE: stopped before the end. */
static int put_kind(struct bt_call *call, const struct list *l, struct walk *w, enum bt_standing_kind kind) {
  if (!w->begun)
    w->at = (struct bt_standing){.kind = kind};
  for (;; w->begun = true) {
    struct bt_standing next;
    int rc = bt_store_next_standing(call->context->store, BT_NOW, kind, w->begun ? &w->at : NULL, &next);
    if (rc == -BT_ABSENT)
      return 0;
    if (rc == 0 && (!w->room || bt_clock_mono_us() >= w->until_us))
      return BT_CALL_MORE;
    if (rc == 0)
      rc = put_row(call, l, w, &next);
    if (rc < 0)
      return rc;
    w->at = next;
    w->at.department = (struct bt_str){0}; /* borrowed */
  }
}

static int parse_state(struct bt_call *call, const struct list *l, int *ret_only) {
  struct bt_str word = bt_call_option(call, "state");
  *ret_only = -1;
  for (int i = 0; word.p && l->kinds[i].state; i++)
    if (bt_str_eq(word, bt_str(l->kinds[i].state)))
      *ret_only = i;
  return word.p && *ret_only < 0 ? bt_call_refuse(call, BT_USAGE, "state= takes %s", l->states) : 0;
}

static int parse_walk(struct bt_call *call, const struct list *l, struct walk *w) {
  struct bt_place place;
  int rc = bt_call_department(call, &w->department);
  if (rc == 0)
    rc = bt_call_number(call, "limit", 50, 10000, &w->room);
  if (rc == 0)
    rc = bt_call_place(call, &w->begun, &place);
  if (rc < 0 || !w->begun)
    return rc;
  while (l->kinds[w->kind].state && place.v[0] != l->kinds[w->kind].kind)
    w->kind++;
  if (!l->kinds[w->kind].state)
    return bt_call_refuse(call, BT_USAGE, "from= is of another list");
  w->at = (struct bt_standing){
      .kind = (uint32_t)place.v[0], .at_us = (int64_t)place.v[1], .case_id = place.v[2], .object = place.v[3]};
  return 0;
}

static int begin(struct bt_call *call, const struct list *l) {
  struct walk *w = BT_NEW(call->arena, struct walk);
  if (!w)
    return -BT_NOMEM;
  *w = (struct walk){.left_us = BT_ASK_LIST_US};
  int rc = parse_state(call, l, &w->only);
  if (rc == 0)
    rc = parse_walk(call, l, w);
  if (rc < 0)
    return rc;
  bt_out_table(call->out, l->key, l->columns, l->n_columns);
  call->job = w;
  return 0;
}

static int walk_on(struct bt_call *call, const struct list *l, struct walk *w) {
  for (; l->kinds[w->kind].state; w->kind++, w->begun = false) {
    int rc = w->only < 0 || w->only == w->kind ? put_kind(call, l, w, l->kinds[w->kind].kind) : 0;
    if (rc != 0)
      return rc;
  }
  return 0;
}

static int show(struct bt_call *call, const struct list *l) {
  int rc = call->job ? 0 : begin(call, l);
  struct walk *w = call->job;
  if (rc < 0)
    return rc;
  const int64_t from_us = bt_clock_mono_us();
  w->until_us = from_us + BT_ASK_ROUND_US;
  bt_arena_init(&w->scratch, 1024 * 1024);
  rc = walk_on(call, l, w);
  bt_arena_fini(&w->scratch);
  w->left_us -= bt_clock_mono_us() - from_us;
  if (rc != BT_CALL_MORE || (w->room && w->left_us > 0))
    return rc;
  bt_put_place(call, &(struct bt_place){{w->at.kind, (uint64_t)w->at.at_us, w->at.case_id, w->at.object}});
  return 0;
}

int bt_cmd_offers(struct bt_call *call) {
  static const struct list list = {
      .key = "offers",
      .columns = offer_columns,
      .n_columns = sizeof offer_columns / sizeof *offer_columns,
      .kinds = {{"open", BT_STANDING_OFFER}, {"waiting", BT_STANDING_OFFER_WAITING}},
      .states = "open or waiting",
      .put = put_offer,
  };
  return show(call, &list);
}

int bt_cmd_promises(struct bt_call *call) {
  static const struct list list = {
      .key = "promises",
      .columns = promise_columns,
      .n_columns = sizeof promise_columns / sizeof *promise_columns,
      .kinds = {{"broken", BT_STANDING_PROMISE_BROKEN},
                {"at-risk", BT_STANDING_PROMISE_AT_RISK},
                {"open", BT_STANDING_PROMISE}},
      .states = "open, at-risk or broken",
      .put = put_promise,
  };
  return show(call, &list);
}

int bt_cmd_questions(struct bt_call *call) {
  static const struct list list = {
      .key = "questions",
      .columns = question_columns,
      .n_columns = sizeof question_columns / sizeof *question_columns,
      .kinds = {{"overdue", BT_STANDING_QUESTION_OVERDUE}, {"open", BT_STANDING_QUESTION}},
      .states = "open or overdue",
      .put = put_question,
  };
  return show(call, &list);
}
