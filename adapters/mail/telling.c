#include "telling.h"

#include <stdio.h>
#include <string.h>

#include "case_text.h"

const char notice_how_to_answer[] = "To answer, reply to this mail. The first line of your reply is one of:\n\n"
                                    "  accept\n"
                                    "  refuse no capacity\n"
                                    "  refuse wrong department NAME\n"
                                    "  refuse missing information WHAT\n"
                                    "  refuse closed\n"
                                    "  refuse WHY\n\n"
                                    "What you write behind \"accept\" is kept as what you have understood.\n";

static bool is_us(const struct telling *t, const char *key) {
  return strcmp(case_text_get(t->body, key), t->n->department) == 0;
}

static void add_card(struct telling *t) {
  const json_t *card = t->card ? t->card : json_object_get(json_object_get(t->asked, "card"), "card");
  if (!card)
    return;
  g_string_append(t->text, "\n----\n");
  case_text_card(t->text, card);
}

/* What is promised stands on the card alone. */
static const char *promise_text(const struct telling *t) {
  size_t i;
  json_t *p;
  int64_t id = case_text_number(t->body, "promise");
  json_array_foreach(json_object_get(json_object_get(json_object_get(t->asked, "card"), "card"), "promised"), i,
                     p) if (case_text_number(p, "id") == id) return case_text_get(p, "text");
  return "";
}

static const char *title(const struct telling *t) {
  const char *title = case_text_get(t->card, "title"), *topic = case_text_get(t->card, "topic");
  return *title ? title : *topic ? topic : "a case without a title";
}

static void begin_token(struct telling *t, enum token_kind kind, uint64_t object) {
  int64_t recorded_s = case_text_number(t->recorded, "recordedAtUs") / 1000000;
  t->token = (struct token){.kind = kind,
                            .case_id = t->case_id,
                            .object = object,
                            .version = t->version,
                            .expires_s = recorded_s + t->n->settings->token_days * 86400};
  memcpy(t->token.digest, t->digest, TOKEN_DIGEST);
}

/* ---- The kinds; each returns whether there is anything to tell ---- */

static bool tell_offer(struct telling *t) {
  bool directed = strcmp(t->name, "HandoffDirected") == 0;
  uint64_t offer = directed ? (uint64_t)case_text_number(t->body, "offer") : t->sequence;
  if (!t->card || !is_us(t, "to"))
    return false;
  if (json_is_true(json_object_get(t->body, "moved"))) {
    snprintf(t->subject, sizeof t->subject, "Yours now: %.120s", title(t));
    g_string_append_printf(t->text, "The case is with %s now. Nobody is asked for it any more.\n", t->n->department);
    begin_token(t, TOKEN_TELLS, t->sequence);
  } else {
    const char *by = case_text_time(case_text_number(t->body, "deadlineUs"));
    snprintf(t->subject, sizeof t->subject, "Offer: %.120s", title(t));
    g_string_append_printf(t->text, "%s offers this case to %s%s%s. %s holds it until you accept.\n\n",
                           case_text_get(t->body, "from"), t->n->department, *by ? ", to be answered by " : "", by,
                           case_text_get(t->body, "from"));
    g_string_append(t->text, notice_how_to_answer);
    begin_token(t, TOKEN_OFFER, offer);
  }
  add_card(t);
  return true;
}

static bool tell_report(struct telling *t) {
  if (!t->card || !is_us(t, "to"))
    return false;
  snprintf(t->subject, sizeof t->subject, "Yours now: %.120s", title(t));
  g_string_append_printf(t->text, "The case was moved from %s to %s.\n", case_text_get(t->body, "from"),
                         t->n->department);
  begin_token(t, TOKEN_TELLS, t->sequence);
  add_card(t);
  return true;
}

static bool tell_question(struct telling *t) {
  if (!is_us(t, "to"))
    return false;
  const char *by = case_text_time(case_text_number(t->body, "dueUs"));
  snprintf(t->subject, sizeof t->subject, "Question of %.40s", t->department);
  g_string_append_printf(t->text,
                         "%s asks%s%s:\n\n%s\n\nTo answer, reply to this mail. The first line of your reply begins with"
                         " \"answer\":\n\n  answer TEXT\n",
                         t->department, *by ? ", and wants to know by " : "", by, case_text_get(t->body, "text"));
  begin_token(t, TOKEN_QUESTION, t->sequence);
  add_card(t);
  return true;
}

static bool tell_promise(struct telling *t) {
  bool broken = strcmp(t->name, "PromiseBroken") == 0;
  if (!is_us(t, "holder"))
    return false;
  snprintf(t->subject, sizeof t->subject, broken ? "Promise broken" : "Promise at risk");
  g_string_append_printf(
      t->text,
      broken ? "A promise to the customer that %s holds was due at %s and has not been kept. It is still owed.\n"
             : "A promise to the customer that %s holds is due at %s and has not been kept yet.\n",
      t->n->department, case_text_time(case_text_number(t->body, "dueUs")));
  if (*promise_text(t))
    g_string_append_printf(t->text, "\n%s\n", promise_text(t));
  begin_token(t, TOKEN_TELLS, t->sequence);
  add_card(t);
  return true;
}

static bool tell_escalation(struct telling *t) {
  if (!is_us(t, "to"))
    return false;
  char *cause = case_text_word(case_text_get(t->body, "cause"), 1);
  const char *over = case_text_get(t->body, "over"), *next = case_text_time(case_text_number(t->body, "nextUs"));
  bool reminder = strcmp(t->name, "Reminded") == 0;
  snprintf(t->subject, sizeof t->subject, reminder ? "Reminder: nobody has acted" : "Escalated: %.60s", cause);
  if (reminder)
    g_string_append_printf(t->text, "What was raised to %s still waits for somebody to act.\n", t->n->department);
  else
    g_string_append_printf(t->text, "This was raised to %s: %s.%s%s%s\n", t->n->department, cause,
                           *over ? " Who did not act: " : "", over, *over ? "." : "");
  if (*next)
    g_string_append_printf(t->text, "If nobody acts, it goes on at %s.\n", next);
  const json_t *journey = json_object_get(t->body, "card");
  t->card = journey ? journey : t->card;
  begin_token(t, TOKEN_TELLS, t->sequence);
  add_card(t);
  g_free(cause);
  return true;
}

static bool tell_advisory(struct telling *t) {
  size_t i;
  json_t *way;
  const char *until = case_text_time(case_text_number(t->body, "untilUs"));
  if (strcmp(t->department, t->n->department) == 0)
    return false; /* its own words */
  snprintf(t->subject, sizeof t->subject, "Known trouble: %.120s", case_text_get(t->body, "topic"));
  g_string_append_printf(t->text, "%s announces on %s%s%s:\n\n%s\n", t->department, case_text_get(t->body, "topic"),
                         *until ? ", until " : "", until, case_text_get(t->body, "text"));
  const json_t *ways = json_object_get(t->body, "alternatives");
  if (json_array_size(ways) > 0)
    g_string_append(t->text, "\nWhat to do instead:\n");
  json_array_foreach(ways, i, way) g_string_append_printf(t->text, "  %s\n", json_string_value(way));
  begin_token(t, TOKEN_TELLS, t->sequence);
  return true;
}

const struct telling_kind telling_kinds[] = {
    {"HandoffOffered", "handoffOffered", NOTICE_OFFERS, tell_offer, false},
    {"HandoffDirected", "handoffDirected", NOTICE_OFFERS, tell_offer, false},
    {"HandoffReported", "handoffReported", NOTICE_OFFERS, tell_report, false},
    {"QuestionAsked", "questionAsked", NOTICE_QUESTIONS, tell_question, true},
    {"PromiseAtRisk", "promiseAtRisk", NOTICE_PROMISES, tell_promise, true},
    {"PromiseBroken", "promiseBroken", NOTICE_PROMISES, tell_promise, true},
    {"Escalated", "escalated", NOTICE_ESCALATIONS, tell_escalation, false},
    {"Reminded", "reminded", NOTICE_ESCALATIONS, tell_escalation, false},
    {"AdvisoryIssued", "advisoryIssued", NOTICE_ADVISORIES, tell_advisory, false},
    {NULL, NULL, 0, NULL, false},
};
