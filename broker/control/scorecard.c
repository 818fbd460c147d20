/* How departments did over a period: all of them in a table, or one in words and its pairs in a table. */
#include <inttypes.h>

#include "base/clock.h"
#include "control/command.h"
#include "control/out_text.h"

#define DAY_US (INT64_C(86400) * 1000000)

enum { DEFAULT_WIDTH = 100, MOST_DAYS = 36500 };

/* ---- the period ---- */

static int parse_date(struct bt_call *call, const char *key, int64_t *ret_us) {
  struct bt_str value = bt_call_option(call, key);
  if (!value.p)
    return 0;
  struct bt_str midnight = bt_arena_printf(call->arena, "%.*sT00:00:00Z", BT_STR_ARG(value));
  if (value.n != 10 || bt_clock_parse(midnight, ret_us) < 0 || *ret_us < 0)
    return bt_call_refuse(call, BT_USAGE, "%s= takes a date, like 2026-03-01", key);
  return 0;
}

static int take_period(struct bt_call *call, struct bt_score_query *q) {
  uint64_t days;
  int rc = bt_call_number(call, "days", 0, MOST_DAYS, &days);
  if (rc == 0)
    rc = parse_date(call, "from", &q->from_us);
  if (rc == 0)
    rc = parse_date(call, "until", &q->until_us);
  if (rc < 0)
    return rc;
  if (days && q->from_us)
    return bt_call_refuse(call, BT_USAGE, "days= and from= both say where the period begins: give one of them");
  int64_t today = bt_clock_wall_us() / DAY_US;
  int64_t last = q->until_us ? q->until_us / DAY_US : today;
  if (days)
    q->from_us = last >= (int64_t)days ? (last - (int64_t)days + 1) * DAY_US : 0;
  if (q->until_us)
    q->until_us += DAY_US; /* the day that was named counts */
  if (q->until_us && q->until_us <= q->from_us)
    return bt_call_refuse(call, BT_USAGE, "until= lies before the beginning of the period");
  return 0;
}

/* ---- asking ---- */

/* All rows, over as many pages as it takes. */
static int ask_all(struct bt_call *call, const struct bt_score_query *score, struct bt_answer *ret) {
  struct bt_query q = {.kind = BT_QUERY_SCORECARD, .limit = BT_MAX_ROWS, .score = *score};
  struct bt_scorecard_rows all = {0};
  int64_t until_us = bt_clock_mono_us() + BT_ASK_LIST_US;
  do {
    int rc = bt_call_ask(call, &q, until_us - bt_clock_mono_us(), ret);
    if (rc < 0)
      return rc;
    const struct bt_scorecard_rows *page = &ret->scorecard.rows;
    struct bt_scorecard_row *v = BT_NEW_ARRAY(call->arena, struct bt_scorecard_row, all.n + page->n);
    if (!v)
      return -BT_LIMIT;
    if (all.n)
      memcpy(v, all.v, all.n * sizeof *v);
    if (page->n)
      memcpy(v + all.n, page->v, page->n * sizeof *v);
    all = (struct bt_scorecard_rows){all.n + page->n, v};
    q.page = ret->next_page;
  } while (ret->next_page.n && bt_clock_mono_us() < until_us);
  ret->scorecard.rows = all;
  return ret->next_page.n ? bt_call_refuse(call, BT_BUSY, "more days than can be added up in time: ask for fewer") : 0;
}

/* ---- figures ---- */

static struct bt_out_value mean(uint64_t sum_us, uint64_t n) {
  return n ? bt_out_span((int64_t)(sum_us / n)) : bt_out_none();
}
static struct bt_out_value score(uint64_t sum, uint64_t n) {
  return n ? bt_out_real((double)sum / (double)n) : bt_out_none();
}
static struct bt_out_value longest(uint64_t us, uint64_t n) {
  return n ? bt_out_span((int64_t)us) : bt_out_none();
}

/* Every figure by its name in frame.proto; times as means and maxima. */
static void put_json(struct bt_call *call, const char *name, const struct bt_scorecard_rows *rows, bool pairs) {
#define COLUMN_COUNT(member) {#member, BT_OUT_NUMBER, BT_OUT_PLAIN},
#define COLUMN_SUM(member)
#define COLUMN_MAX(member)
#define COLUMN(number, member, kind) COLUMN_##kind(member)
  static const struct bt_out_column columns[] = {{"department", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"peer", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"mean_time_to_accept", BT_OUT_SPAN, BT_OUT_PLAIN},
                                                 {"longest_time_to_accept", BT_OUT_SPAN, BT_OUT_PLAIN},
                                                 {"mean_time_to_answer", BT_OUT_SPAN, BT_OUT_PLAIN},
                                                 {"longest_time_to_answer", BT_OUT_SPAN, BT_OUT_PLAIN},
                                                 {"mean_feedback_internal", BT_OUT_REAL, BT_OUT_PLAIN},
                                                 {"mean_feedback_external", BT_OUT_REAL, BT_OUT_PLAIN},
                                                 BT_STATS_FIELDS(COLUMN)};
#define VALUE_COUNT(member) bt_out_number(s->member),
#define VALUE_SUM(member)
#define VALUE_MAX(member)
#define VALUE(number, member, kind) VALUE_##kind(member)
  BT_OUT_TABLE(call->out, name, columns);
  for (uint32_t i = 0; i < rows->n; i++) {
    const struct bt_stats_row *s = &rows->v[i].score;
    if ((rows->v[i].peer.n != 0) == pairs)
      BT_OUT_ROW(call->out, bt_out_text(rows->v[i].department), bt_out_text(rows->v[i].peer),
                 mean(s->accept_wait_us, s->accept_waits), longest(s->accept_wait_max_us, s->accept_waits),
                 mean(s->answer_wait_us, s->answer_waits), longest(s->answer_wait_max_us, s->answer_waits),
                 score(s->feedback_internal_sum, s->feedback_internal),
                 score(s->feedback_external_sum, s->feedback_external), BT_STATS_FIELDS(VALUE));
  }
}

static void put_table(struct bt_call *call, const struct bt_scorecard_rows *rows) {
  static const struct bt_out_column columns[] = {
      {"department", BT_OUT_TEXT, BT_OUT_WRAP}, {"offers", BT_OUT_NUMBER, BT_OUT_PLAIN},
      {"taken", BT_OUT_NUMBER, BT_OUT_PLAIN},   {"refused", BT_OUT_NUMBER, BT_OUT_PLAIN},
      {"expired", BT_OUT_NUMBER, BT_OUT_PLAIN}, {"to_take", BT_OUT_SPAN, BT_OUT_PLAIN},
      {"to_answer", BT_OUT_SPAN, BT_OUT_PLAIN}, {"kept", BT_OUT_NUMBER, BT_OUT_PLAIN},
      {"broken", BT_OUT_NUMBER, BT_OUT_PLAIN},  {"raised", BT_OUT_NUMBER, BT_OUT_PLAIN},
      {"inside", BT_OUT_REAL, BT_OUT_PLAIN},    {"outside", BT_OUT_REAL, BT_OUT_PLAIN}};
  BT_OUT_TABLE(call->out, "departments", columns);
  for (uint32_t i = 0; i < rows->n; i++) {
    const struct bt_stats_row *s = &rows->v[i].score;
    BT_OUT_ROW(call->out, bt_out_text(rows->v[i].department), bt_out_number(s->offers_received),
               bt_out_number(s->accepted), bt_out_number(s->refused), bt_out_number(s->expired),
               mean(s->accept_wait_us, s->accept_waits), mean(s->answer_wait_us, s->answer_waits),
               bt_out_number(s->promises_kept + s->promises_kept_late), bt_out_number(s->promises_broken),
               bt_out_number(s->escalations), score(s->feedback_internal_sum, s->feedback_internal),
               score(s->feedback_external_sum, s->feedback_external));
  }
  bt_out_note(call->out,
              BT_LIT("Offers made to each; to take, to answer: mean time; kept and broken: promises; raised: "
                     "escalations to it; inside, outside: mean rating of 1 to 10 by departments and customers."));
}

static void put_pairs(struct bt_call *call, const struct bt_scorecard_rows *rows) {
  static const struct bt_out_column columns[] = {
      {"from", BT_OUT_TEXT, BT_OUT_WRAP},       {"to", BT_OUT_TEXT, BT_OUT_WRAP},
      {"offers", BT_OUT_NUMBER, BT_OUT_PLAIN},  {"taken", BT_OUT_NUMBER, BT_OUT_PLAIN},
      {"refused", BT_OUT_NUMBER, BT_OUT_PLAIN}, {"expired", BT_OUT_NUMBER, BT_OUT_PLAIN},
      {"to_take", BT_OUT_SPAN, BT_OUT_PLAIN},   {"back", BT_OUT_NUMBER, BT_OUT_PLAIN},
      {"asked", BT_OUT_NUMBER, BT_OUT_PLAIN},   {"answered", BT_OUT_NUMBER, BT_OUT_PLAIN},
      {"to_answer", BT_OUT_SPAN, BT_OUT_PLAIN}, {"rating", BT_OUT_REAL, BT_OUT_PLAIN}};
  BT_OUT_TABLE(call->out, "pairs", columns);
  for (uint32_t i = 0; i < rows->n; i++) {
    const struct bt_stats_row *s = &rows->v[i].score;
    if (rows->v[i].peer.n)
      BT_OUT_ROW(call->out, bt_out_text(rows->v[i].department), bt_out_text(rows->v[i].peer),
                 bt_out_number(s->offers_received), bt_out_number(s->accepted), bt_out_number(s->refused),
                 bt_out_number(s->expired), mean(s->accept_wait_us, s->accept_waits), bt_out_number(s->bounces),
                 bt_out_number(s->questions_received), bt_out_number(s->questions_answered),
                 mean(s->answer_wait_us, s->answer_waits), score(s->feedback_internal_sum, s->feedback_internal));
  }
  bt_out_note(call->out, BT_LIT("From: who offered or asked; to: who was to take or to answer; back: cases handed back "
                                "to where they came from; rating: of the latter by the former."));
}

/* ---- one department in words ---- */

#define N PRIu64

static void say(struct bt_call *call, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void say(struct bt_call *call, const char *key, const char *format, ...) {
  va_list args;
  va_start(args, format);
  bt_out_pair(call->out, key, bt_out_text(bt_arena_vprintf(call->arena, format, args)));
  va_end(args);
}

/* ", on average 12 min, at most 2.0 h", or nothing. */
static struct bt_str pace(struct bt_call *call, uint64_t sum_us, uint64_t n, uint64_t most_us) {
  if (!n)
    return (struct bt_str){0};
  const struct bt_out_value average = mean(sum_us, n), most = longest(most_us, n);
  return bt_arena_printf(call->arena, ", on average after %.*s, at most %.*s",
                         BT_STR_ARG(bt_out_value_text(call->arena, &average)),
                         BT_STR_ARG(bt_out_value_text(call->arena, &most)));
}

static struct bt_str reasons(struct bt_call *call, const struct bt_stats_row *s) {
  const struct {
    uint64_t n;
    const char *name;
  } all[] = {{s->refused_wrong_department, bt_refusal_name(BT_REFUSAL_WRONG_DEPARTMENT)},
             {s->refused_no_capacity, bt_refusal_name(BT_REFUSAL_NO_CAPACITY)},
             {s->refused_missing_information, bt_refusal_name(BT_REFUSAL_MISSING_INFORMATION)},
             {s->refused_closed, bt_refusal_name(BT_REFUSAL_CLOSED)},
             {s->refused_other, bt_refusal_name(BT_REFUSAL_OTHER)}};
  struct bt_str words = {0};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (all[i].n)
      words = bt_arena_printf(call->arena, "%.*s%s%" N " %s", BT_STR_ARG(words), words.n ? ", " : " (", all[i].n,
                              all[i].name);
  return words.n ? bt_arena_printf(call->arena, "%.*s)", BT_STR_ARG(words)) : words;
}

static struct bt_str rating(struct bt_call *call, uint64_t sum, uint64_t n) {
  return n ? bt_arena_printf(call->arena, "%.1f of 10 from %" N, (double)sum / (double)n, n) : BT_LIT("no rating");
}

static void put_words(struct bt_call *call, const struct bt_stats_row *s) {
  say(call, "cases", "%" N " opened, %" N " resolved, %" N " reopened, %" N " came back to it", s->cases_opened,
      s->resolved, s->cases_reopened, s->bounces);
  say(call, "customers", "%" N " contacts, %" N " failed attempts", s->contacts, s->attempts);
  say(call, "offered_to_it", "%" N ": accepted %" N "%.*s; refused %" N "%.*s; not answered %" N "; countered %" N,
      s->offers_received, s->accepted,
      BT_STR_ARG(pace(call, s->accept_wait_us, s->accept_waits, s->accept_wait_max_us)), s->refused,
      BT_STR_ARG(reasons(call, s)), s->expired, s->countered);
  say(call, "moved_to_it", "%" N " by the broker's decision, %" N " by another system", s->directed, s->reported_in);
  say(call, "offered_by_it", "%" N ", of which withdrawn %" N, s->offers_made, s->withdrawn);
  say(call, "questions_to_it", "%" N ": answered %" N "%.*s; overdue %" N, s->questions_received, s->questions_answered,
      BT_STR_ARG(pace(call, s->answer_wait_us, s->answer_waits, s->answer_wait_max_us)), s->questions_overdue);
  say(call, "questions_by_it", "%" N, s->questions_asked);
  say(call, "promises",
      "%" N " made; kept %" N " in time, %" N " late; broken %" N "; renegotiated %" N "; withdrawn %" N,
      s->promises_made, s->promises_kept, s->promises_kept_late, s->promises_broken, s->promises_renegotiated,
      s->promises_withdrawn);
  say(call, "work", "%" N " started, %" N " finished, %" N " failed, %" N " lapsed; %" N " conflicts", s->work_started,
      s->work_finished, s->work_failed, s->work_lapsed, s->conflicts);
  say(call, "escalations", "%" N " raised to it, %" N " reminders", s->escalations, s->reminders);
  say(call, "feedback", "by departments %.*s, by customers %.*s",
      BT_STR_ARG(rating(call, s->feedback_internal_sum, s->feedback_internal)),
      BT_STR_ARG(rating(call, s->feedback_external_sum, s->feedback_external)));
}

/* ---- the command ---- */

/* "2026-03-01 to 2026-03-31". */
static struct bt_str period(struct bt_call *call, const struct bt_scorecard *card) {
  char from[40], until[40];
  bt_clock_format(card->from_us, from, sizeof from);
  bt_clock_format(card->until_us - DAY_US, until, sizeof until);
  if (!card->from_us)
    return bt_arena_printf(call->arena, "until %.10s", until);
  return bt_arena_printf(call->arena, "%.10s to %.10s", from, until);
}

static void put_text(struct bt_call *call, const struct bt_answer *a) {
  const struct bt_scorecard_rows *rows = &a->scorecard.rows;
  const bool one = call->args.n == 1;
  call->width = call->width ? call->width : DEFAULT_WIDTH;
  if (one)
    bt_out_pair(call->out, "department", bt_out_text(call->args.v[0]));
  bt_out_pair(call->out, "days", bt_out_text(period(call, &a->scorecard)));
  bt_out_pair(call->out, "as_of", bt_out_time(a->as_of_us));
  if (!one) {
    put_table(call, rows);
    return;
  }
  for (uint32_t i = 0; i < rows->n; i++)
    if (!rows->v[i].peer.n)
      put_words(call, &rows->v[i].score);
  put_pairs(call, rows);
}

/* A department that is configured no more still has its past. */
static bool is_known(const struct bt_call *call, struct bt_str department, const struct bt_answer *a) {
  static const struct bt_stats_row nothing;
  const struct bt_scorecard_rows *rows = &a->scorecard.rows;
  return bt_rules_department(&call->context->config->rules, department) || rows->n > 1 ||
         (rows->n == 1 && memcmp(&rows->v[0].score, &nothing, sizeof nothing) != 0);
}

int bt_cmd_scorecard(struct bt_call *call) {
  struct bt_score_query q = {0};
  struct bt_answer a;
  const bool one = call->args.n == 1;
  if (one)
    q.department = call->args.v[0];
  int rc = take_period(call, &q);
  if (rc == 0)
    rc = ask_all(call, &q, &a);
  if (rc < 0)
    return rc;
  if (one && !is_known(call, q.department, &a))
    return bt_call_refuse(call, BT_UNKNOWN_DEPARTMENT,
                          "no department of this name is configured: show departments lists them");
  if (!call->json) {
    put_text(call, &a);
    return 0;
  }
  bt_out_pair(call->out, "from", bt_out_time(a.scorecard.from_us));
  bt_out_pair(call->out, "until", bt_out_time(a.scorecard.until_us));
  bt_out_pair(call->out, "as_of", bt_out_time(a.as_of_us));
  put_json(call, "departments", &a.scorecard.rows, false);
  put_json(call, "pairs", &a.scorecard.rows, true);
  return 0;
}
