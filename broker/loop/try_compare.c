/* Two decisions of one request, laid beside one another. */
#include "base/clock.h"
#include "core/policy.h"
#include "loop/trying.h"

const char *const bt_try_names[BT_TRY_WHATS] = {
    [BT_TRY_REFUSED] = "refused", [BT_TRY_EVENTS] = "follows",      [BT_TRY_ROUTED] = "routed",
    [BT_TRY_TIMED] = "timed",     [BT_TRY_ADDRESSED] = "addressed", [BT_TRY_SHOWN] = "shown",
};

struct comparing {
  struct bt_trial *t;
  const struct bt_unit *unit;
  bool found[BT_TRY_WHATS];
};

/* One sentence of words joined by commas. */
struct words {
  struct bt_arena *arena;
  struct bt_str text;
};

static void say(struct words *w, const char *what, struct bt_str whom) {
  if (whom.n)
    w->text =
        bt_arena_printf(w->arena, "%.*s%s%s%.*s", BT_STR_ARG(w->text), w->text.n ? ", " : "", what, BT_STR_ARG(whom));
}

static void say_time(struct words *w, const char *what, int64_t at_us) {
  char text[32];
  if (at_us) {
    bt_clock_format(at_us, text, sizeof text);
    text[19] = 'Z'; /* whole seconds */
    text[20] = 0;
    say(w, what, bt_str(text));
  }
}

static void note(struct comparing *c, enum bt_try_what what, struct bt_str was, struct bt_str would) {
  struct bt_try_report *r = c->t->report;
  if (bt_str_eq(was, would))
    return;
  r->counts[what] += !c->found[what];
  c->found[what] = true;
  if (r->n == c->t->options->rows) {
    r->more++;
    return;
  }
  r->v[r->n++] = (struct bt_try_row){
      .sequence = c->unit->main->sequence,
      .case_id = c->unit->receipt->case_id,
      .kind = c->unit->main->kind,
      .what = what,
      .was = bt_arena_copy(c->t->rows, was),
      .would = bt_arena_copy(c->t->rows, would),
  };
}

/* ---- what a decision says ---- */

static struct bt_str kinds_of(struct bt_arena *arena, const struct bt_decision *d) {
  struct words w = {.arena = arena};
  for (uint32_t i = 0; i < d->n; i++)
    say(&w, "", bt_str(bt_kind_name((int)d->v[i].kind)));
  return w.text;
}

static void say_route(struct words *w, const struct bt_event *e) {
  switch (e->kind) {
  case BT_CASE_OPENED:
    say(w, "held by ", e->case_opened.custodian);
    say(w, "owned by ", e->case_opened.owner);
    break;
  case BT_HANDOFF_OFFERED:
    say(w, "offered to ", e->handoff_offered.to.n ? e->handoff_offered.to : BT_LIT("the first to open"));
    break;
  case BT_HANDOFF_DIRECTED:
    say(w, "directed to ", e->handoff_directed.to);
    break;
  case BT_QUESTION_ASKED:
    say(w, "asked of ", e->question_asked.to);
    break;
  case BT_OWNER_APPOINTED:
    say(w, "owned by ", e->owner_appointed.owner);
    break;
  case BT_ESCALATED:
    say(w, "escalated to ", e->escalated.to);
    break;
  default:
    break;
  }
}

static void say_times(struct words *w, const struct bt_event *e) {
  switch (e->kind) {
  case BT_CASE_OPENED:
    w->text = bt_arena_printf(w->arena, "idle after %u h", e->case_opened.idle_s / 3600);
    break;
  case BT_HANDOFF_OFFERED:
    say_time(w, "answer by ", e->handoff_offered.deadline_us);
    say_time(w, "opens at ", e->handoff_offered.opens_at_us);
    break;
  case BT_HANDOFF_DIRECTED:
    say_time(w, "answer by ", e->handoff_directed.deadline_us);
    break;
  case BT_HANDOFF_REFUSED:
    say_time(w, "answer by ", e->handoff_refused.answer_by_us);
    break;
  case BT_HANDOFF_COUNTERED:
    say_time(w, "answer by ", e->handoff_countered.deadline_us);
    break;
  case BT_QUESTION_ASKED:
    say_time(w, "answer by ", e->question_asked.due_us);
    break;
  case BT_PROMISE_MADE:
    say_time(w, "promised for ", e->promise_made.due_us);
    say_time(w, "at risk from ", e->promise_made.risk_us);
    break;
  case BT_PROMISE_RENEGOTIATED:
    say_time(w, "promised for ", e->promise_renegotiated.due_us);
    say_time(w, "at risk from ", e->promise_renegotiated.risk_us);
    break;
  case BT_WORK_STARTED:
    say_time(w, "lapses at ", e->work_started.until_us);
    break;
  case BT_WORK_RENEWED:
    say_time(w, "lapses at ", e->work_renewed.until_us);
    break;
  case BT_ESCALATED:
    say_time(w, "raised again at ", e->escalated.next_us);
    break;
  default:
    break;
  }
}

typedef void each_fn(struct words *w, const struct bt_event *e);

static struct bt_str one_of(struct bt_arena *arena, const struct bt_entry *e, each_fn *each) {
  struct words w = {.arena = arena};
  each(&w, &e->event);
  return w.text;
}

static bool same_kinds(const struct bt_decision *a, const struct bt_decision *b) {
  bool same = a->n == b->n;
  for (uint32_t i = 0; same && i < a->n; i++)
    same = a->v[i].kind == b->v[i].kind;
  return same;
}

/* Event beside event where the same ones follow, and then only what differs; else all beside all. */
static void compare_words(struct comparing *c, const struct bt_twice *twice, enum bt_try_what what, each_fn *each) {
  struct bt_arena *arena = &c->t->unit;
  const struct bt_decision *a = &twice->was, *b = &twice->would;
  const bool paired = same_kinds(a, b);
  struct words was = {.arena = arena}, would = {.arena = arena};
  for (uint32_t i = 0; i < a->n || i < b->n; i++) {
    struct bt_str left = i < a->n ? one_of(arena, &a->v[i], each) : (struct bt_str){0};
    struct bt_str right = i < b->n ? one_of(arena, &b->v[i], each) : (struct bt_str){0};
    if (paired && bt_str_eq(left, right))
      continue;
    say(&was, "", left);
    say(&would, "", right);
  }
  note(c, what, was.text, would.text);
}

/* ---- who gets it, and what they see ---- */

static struct bt_str names(struct bt_arena *arena, const struct bt_strs *set) {
  struct words w = {.arena = arena};
  for (uint32_t i = 0; i < set->n; i++)
    say(&w, "", set->v[i]);
  return w.text.n ? w.text : BT_LIT("nobody");
}

static struct bt_str of_kind(struct bt_arena *arena, const struct bt_entry *e, struct bt_str what) {
  return bt_arena_printf(arena, "%s: %.*s", bt_kind_name((int)e->kind), BT_STR_ARG(what));
}

static void compare_recipients(struct comparing *c, const struct bt_entry *a, const struct bt_entry *b) {
  struct bt_arena *arena = &c->t->unit;
  struct bt_str was = names(arena, &a->recipients), would = names(arena, &b->recipients);
  if (!bt_str_eq(was, would))
    note(c, BT_TRY_ADDRESSED, of_kind(arena, a, was), of_kind(arena, b, would));
}

static const struct bt_card *card_of(const struct bt_entry *e) {
  return e->kind == BT_HANDOFF_OFFERED    ? e->event.handoff_offered.card
         : e->kind == BT_HANDOFF_DIRECTED ? e->event.handoff_directed.card
         : e->kind == BT_HANDOFF_REPORTED ? e->event.handoff_reported.card
         : e->kind == BT_ESCALATED        ? e->event.escalated.card
                                          : NULL;
}

static uint32_t hidden_of(const struct bt_rules *rules, const struct bt_entry *e, struct bt_str department,
                          struct bt_arena *arena) {
  const struct bt_card *card = card_of(e), *cut;
  return card && !bt_policy_cut_card(rules, card, department, false, arena, &cut) ? cut->hidden : 0;
}

/* What this adapter sees of the entry: all of it or a stub, and how much of its card is kept from it. */
static struct bt_str sight(struct comparing *c, const struct bt_rules *rules, const struct bt_case *k,
                           const struct bt_entry *e, struct bt_str name) {
  struct bt_arena *arena = &c->t->unit;
  const struct bt_adapter *a = bt_rules_adapter(rules, name);
  const bool full = a && bt_policy_entry_adapter(rules, k, e, a) == BT_SIGHT_FULL;
  const struct bt_str called = a ? bt_policy_called_of(e, a) : (struct bt_str){0};
  const uint32_t hidden = full && called.n ? hidden_of(rules, e, called, arena) : 0;
  if (hidden)
    return bt_arena_printf(arena, "%s: %.*s sees it, %u items of the card hidden", bt_kind_name((int)e->kind),
                           BT_STR_ARG(name), hidden);
  return bt_arena_printf(arena, "%s: %.*s sees %s", bt_kind_name((int)e->kind), BT_STR_ARG(name),
                         full ? "all of it" : "a stub");
}

static int compare_sights(struct comparing *c, const struct bt_entry *a, const struct bt_entry *b) {
  struct bt_trial *t = c->t;
  struct bt_case k;
  if (a->stream != BT_STREAM_CASE)
    return 0;
  int rc = bt_store_case(t->store, BT_NOW, a->case_id, &t->unit, &k);
  for (uint32_t i = 0; !rc && i < a->recipients.n; i++) {
    const struct bt_str name = a->recipients.v[i];
    if (bt_strs_has(&b->recipients, name))
      note(c, BT_TRY_SHOWN, sight(c, &t->before->rules, &k, a, name), sight(c, &t->after->rules, &k, b, name));
  }
  return rc == -BT_ABSENT ? 0 : rc;
}

static void compare_labels(struct comparing *c, const struct bt_entry *a, const struct bt_entry *b) {
  struct words was = {.arena = &c->t->unit}, would = {.arena = &c->t->unit};
  for (uint32_t i = 0; i < a->event.labels.n; i++)
    say(&was, "", a->event.labels.v[i]);
  for (uint32_t i = 0; i < b->event.labels.n; i++)
    say(&would, "", b->event.labels.v[i]);
  if (!bt_str_eq(was.text, would.text))
    note(c, BT_TRY_SHOWN, of_kind(&c->t->unit, a, was.text.n ? was.text : BT_LIT("no label")),
         of_kind(&c->t->unit, b, would.text.n ? would.text : BT_LIT("no label")));
}

/* The next entry of `d` from *at on that is of this kind; NULL: none. */
static const struct bt_entry *next_of(const struct bt_decision *d, uint32_t kind, uint32_t *at) {
  for (uint32_t i = *at; i < d->n; i++)
    if (d->v[i].kind == kind) {
      *at = i + 1;
      return &d->v[i];
    }
  return NULL;
}

static int compare_entries(struct comparing *c, const struct bt_twice *twice) {
  uint32_t at = 0;
  int rc = 0;
  for (uint32_t i = 0; i < twice->was.n && !rc; i++) {
    const struct bt_entry *a = &twice->was.v[i], *b = next_of(&twice->would, a->kind, &at);
    if (!b)
      continue; /* told as an event that no longer follows */
    compare_recipients(c, a, b);
    compare_labels(c, a, b);
    rc = compare_sights(c, a, b);
  }
  return rc;
}

/* ---- */

static int compare(struct comparing *c, const struct bt_twice *twice) {
  struct bt_arena *arena = &c->t->unit;
  const struct bt_decision *a = &twice->was, *b = &twice->would;
  const struct bt_receipt *r = &b->receipt;
  if (twice->revoked) {
    note(c, BT_TRY_REFUSED, BT_LIT("accepted"), BT_LIT("REVOKED: the adapter is not configured"));
    return 0;
  }
  if (r->code) {
    note(c, BT_TRY_REFUSED, BT_LIT("accepted"),
         bt_arena_printf(arena, "%s: %.*s%s%.*s", bt_code_name(-(int)r->code), BT_STR_ARG(r->text),
                         r->field.n ? ": " : "", BT_STR_ARG(r->field)));
    return 0;
  }
  note(c, BT_TRY_EVENTS, kinds_of(arena, a), kinds_of(arena, b));
  compare_words(c, twice, BT_TRY_ROUTED, say_route);
  compare_words(c, twice, BT_TRY_TIMED, say_times);
  return compare_entries(c, twice);
}

int bt_trial_compare(struct bt_trial *t, const struct bt_unit *unit, const struct bt_twice *twice) {
  struct comparing c = {.t = t, .unit = unit};
  int rc = compare(&c, twice);
  bool any = false;
  for (int i = 0; i < BT_TRY_WHATS; i++)
    any |= c.found[i];
  t->report->differ += any;
  t->report->same += !any;
  return rc ? rc : t->unit.exhausted || t->rows->exhausted ? -BT_NOMEM : 0;
}
