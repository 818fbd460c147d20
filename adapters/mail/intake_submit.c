/* A mail as an event on its way, and its receipt. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "codes.h"
#include "intake.h"

enum { QUERY_MS = 10000 };

static void on_view(void *user, int code, const char *json) {
  struct intake *t = user;
  if (t->phase != INTAKE_ASKED)
    return;
  json_t *view = code == 0 && json ? json_loads(json, 0, NULL) : NULL;
  intake_tell_outcome(t, t->receipt_code, view);
  json_decref(view);
  intake_end_mail(t, END_TAKEN, NULL);
}

/* Who has the case now, for the words to who came too late. */
static void ask_view(struct intake *t, int code) {
  char query[80];
  t->receipt_code = code;
  snprintf(query, sizeof query, "{\"case\":{\"locator\":{\"id\":\"%" PRIu64 "\"}}}", t->token.case_id);
  t->phase = INTAKE_ASKED;
  if (baton_ask(t->b, query, QUERY_MS, on_view, t) < 0)
    on_view(t, -BATON_E_BUSY, NULL);
}

void intake_submit(struct intake *t) {
  char at[32];
  size_t n = intake_position(t, at);
  baton_event *e = intake_event(t);
  if (!e && t->sort == SORT_ANSWER) {
    ask_view(t, CODE_NO_SUCH_OFFER); /* the card is another, or there is none */
    return;
  }
  if (!e) {
    intake_hold(t, INTAKE_SUBMIT, "no memory for an event");
    return;
  }
  int rc = t->cursor_due ? baton_submit_cursor(t->b, t->key, e, t->source, at, n, t) : baton_submit(t->b, t->key, e, t);
  if (rc == 0) {
    t->cursor_due = false;
    t->phase = INTAKE_SENT;
    return;
  }
  if (rc == -BATON_E_INVALID || rc == -BATON_E_LIMIT) { /* it would be no other the next time */
    intake_end_mail(t, END_REFUSED, baton_error(t->b));
    return;
  }
  if (rc == -BATON_E_BUSY)
    baton_event_free(e);
  intake_hold(t, INTAKE_SUBMIT, "an event cannot be sent: %.120s", baton_error(t->b));
}

static void answer_receipt(struct intake *t, const baton_receipt *r) {
  json_decref(t->receipt);
  t->receipt = json_loads(r->json, 0, NULL);
  if (answer_is_late(r->code)) {
    ask_view(t, r->code);
    return;
  }
  intake_tell_outcome(t, r->code == CODE_CONFLICT ? 0 : r->code, NULL);
  intake_end_mail(t, END_TAKEN, NULL);
}

/* The configuration is wrong, not this mail: every other would fare the same. */
static bool is_everybodys(const baton_receipt *r) {
  return r->code == CODE_NOT_GRANTED || r->code == CODE_UNKNOWN_DEPARTMENT || r->code == CODE_UNKNOWN_DOMAIN ||
         strcmp(r->field, "locator.topic") == 0;
}

void intake_receipt(struct intake *t, const baton_receipt *r) {
  char why[256];
  if (t->phase != INTAKE_SENT || r->user != t)
    return;
  snprintf(why, sizeof why, "%s: %.200s", r->code_name, r->text);
  if (r->code == CODE_INTERNAL || r->code == CODE_BUSY)
    intake_hold(t, INTAKE_SUBMIT, "the broker cannot take a mail: %.150s", why);
  else if (t->sort == SORT_ANSWER)
    answer_receipt(t, r);
  else if (r->code == 0 || r->code == CODE_CONFLICT) { /* CONFLICT: it was taken, and read in another way then */
    if (t->sort == SORT_NOTE)
      intake_noted(t);
    intake_end_mail(t, END_TAKEN, NULL);
  } else if (t->sort == SORT_CONTACT && !t->place.by_sender) {
    baton_log("info", "case-not-found", "key", t->key, "code", r->code_name, "next", "taken by its sender", NULL);
    t->place = (struct place){.ref = "", .by_sender = true};
    t->phase = INTAKE_SUBMIT;
  } else if (is_everybodys(r))
    intake_hold(t, INTAKE_SUBMIT, "the broker takes no mail: %.150s", why);
  else {
    snprintf(t->trouble, sizeof t->trouble, "a mail was refused: %.150s", why);
    intake_end_mail(t, END_REFUSED, why);
  }
}
