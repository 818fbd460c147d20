/* The words that events are put in: times, causes, concerns, clocks. */
#include "control/what.h"

#include <inttypes.h>

#include "base/clock.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const char *name_in(const char *const *names, size_t n, uint32_t value) {
  return value < n ? names[value] : "?";
}

const char *bt_words_channel(uint32_t channel) {
  static const char *const names[] = {"contact", "telephone", "e-mail", "web",     "chat",
                                      "letter",  "in person", "app",    "internal"};
  return name_in(names, COUNT(names), channel);
}

const char *bt_words_outcome(uint32_t outcome) {
  static const char *const names[] = {"served", "served", "dropped", "abandoned", "not reached"};
  return name_in(names, COUNT(names), outcome);
}

const char *bt_words_promise(uint32_t type) {
  static const char *const names[] = {"something", "a callback", "a visit", "an answer", "a refund", "something"};
  _Static_assert(COUNT(names) == BT_PROMISE_OTHER + 1, "every type has words");
  return name_in(names, COUNT(names), type);
}

struct bt_str bt_words_time(struct bt_arena *a, int64_t us) {
  char text[40]; /* "2026-03-02T08:00:00.000000Z", to the minute */
  if (!us)
    return (struct bt_str){0};
  bt_clock_format(us, text, sizeof text);
  return bt_arena_printf(a, "%.10s %.5sZ", text, text + 11);
}

struct bt_str bt_words_list(struct bt_arena *a, const struct bt_strs *names) {
  return bt_arena_join(a, names->v, names->n, BT_LIT(", "));
}

struct bt_str bt_words_around(struct bt_arena *a, const char *before, struct bt_str text, const char *after) {
  return text.n ? bt_arena_printf(a, "%s%.*s%s", before, S(text), after) : (struct bt_str){0};
}

struct bt_str bt_words_cause(struct bt_arena *a, uint32_t cause) {
  static const char *const words[] = {
      [BT_CAUSE_NONE] = "",
      [BT_CAUSE_ASKED] = "",
      [BT_CAUSE_NAMED] = "",
      [BT_CAUSE_TOPIC] = "chosen by topic",
      [BT_CAUSE_NO_WRONG_DOOR] = "opened where the topic is not handled",
      [BT_CAUSE_CONTACT] = "the customer came back",
      [BT_CAUSE_NEXT] = "the one asked before did not take it",
      [BT_CAUSE_RIGHT_DEPARTMENT] = "a refusal named it",
      [BT_CAUSE_FALLBACK] = "nobody else took it",
      [BT_CAUSE_MUST_TAKE] = "it must take what it is offered, and did not answer",
      [BT_CAUSE_OPENED] = "it was closed and has opened",
      [BT_CAUSE_WAITING] = "the customer waits until somebody opens",
      [BT_CAUSE_DROPPED] = "the line went dead while the case was on offer",
      [BT_CAUSE_COUNTERED] = "its counter-offer was accepted",
      [BT_CAUSE_DOWNTIME] = "the broker was down",
      [BT_CAUSE_GONE] = "the department is not configured any more",
      [BT_CAUSE_DUE] = "the time that was set has come",
      [BT_CAUSE_OFFER_FAILED] = "nobody is left to offer the case to",
      [BT_CAUSE_INFORMATION_MISSING] = "what a refusal asked for was not supplied",
      [BT_CAUSE_PROMISE_BROKEN] = "a promise was broken",
      [BT_CAUSE_QUESTION_OVERDUE] = "a question was not answered in time",
      [BT_CAUSE_REPEATS] = "attempts and contacts without progress",
      [BT_CAUSE_PING_PONG] = "handed to and fro, or on and on",
      [BT_CAUSE_FEEDBACK] = "the customer was not content",
      [BT_CAUSE_IDLE] = "nobody has touched the case for too long",
      [BT_CAUSE_CUSTOMER_DEADLINE] = "the customer's deadline has passed",
  };
  _Static_assert(COUNT(words) == BT_CAUSE_CUSTOMER_DEADLINE + 1, "every cause has words");
  if (cause >= COUNT(words)) /* of a later version */
    return bt_arena_printf(a, "cause %" PRIu32, cause);
  return bt_str(words[cause]);
}

struct bt_str bt_words_concern(struct bt_arena *a, uint32_t cause, uint64_t object, int64_t due_us) {
  static const struct {
    uint32_t cause;
    const char *before, *after;
    const char *due; /* NULL: the time says nothing more */
  } rows[] = {
      {BT_CAUSE_PROMISE_BROKEN, "promise #", " broken", "due"},
      {BT_CAUSE_QUESTION_OVERDUE, "question #", " not answered", "due"},
      {BT_CAUSE_OFFER_FAILED, "nobody left to take offer #", "", NULL},
      {BT_CAUSE_INFORMATION_MISSING, "what is missing for offer #", " not supplied", "due"},
      {BT_CAUSE_FEEDBACK, "feedback #", ", the customer was not content", NULL},
  };
  for (size_t i = 0; i < COUNT(rows); i++)
    if (rows[i].cause == cause)
      return bt_arena_printf(a, "%s%" PRIu64 "%s%.*s", rows[i].before, object, rows[i].after,
                             S(bt_words_around(a, " (due ", rows[i].due ? bt_words_time(a, due_us) : BT_LIT(""), ")")));
  struct bt_str why = bt_words_cause(a, cause);
  bool dated = cause == BT_CAUSE_IDLE || cause == BT_CAUSE_CUSTOMER_DEADLINE;
  return bt_arena_printf(a, "%.*s%.*s", S(why.n ? why : bt_str(bt_cause_name((int)cause))),
                         S(bt_words_around(a, " (", bt_words_time(a, dated ? due_us : 0), ")")));
}

static struct bt_str clock_words(struct bt_arena *a, const struct bt_clock *c) {
  struct bt_str number = c->object ? bt_arena_printf(a, " #%" PRIu64, c->object) : BT_LIT("");
  bool of_case = c->timer == BT_TIMER_CUSTOMER_DEADLINE; /* then the object is the case itself */
  return bt_arena_printf(a, "%s%.*s%.*s", of_case ? "the customer's deadline" : bt_timer_name((int)c->timer),
                         S(of_case ? BT_LIT("") : number), AT(" until ", c->due_us));
}

struct bt_str bt_words_clocks(struct bt_arena *a, const struct bt_clocks *clocks) {
  struct bt_strs stopped = {0, BT_NEW_ARRAY(a, struct bt_str, clocks->n)};
  struct bt_strs running = {0, BT_NEW_ARRAY(a, struct bt_str, clocks->n)};
  for (uint32_t i = 0; stopped.v && running.v && i < clocks->n; i++) {
    struct bt_strs *to = clocks->v[i].due_us ? &running : &stopped;
    to->v[to->n++] = clock_words(a, &clocks->v[i]);
  }
  struct bt_str stops = bt_words_list(a, &stopped), runs = bt_words_list(a, &running);
  return bt_arena_printf(a, "%.*s%.*s", S(bt_words_around(a, "; stopped: ", stops, "")),
                         S(bt_words_around(a, "; running again: ", runs, "")));
}
