#include "answer.h"

#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "case_text.h"
#include "codes.h"
#include "notice.h"
#include "words.h"

enum { ACTOR_MAX = 64 };

bool answer_fits(const struct answer *a) {
  enum command_kind k = a->command.kind;
  return a->token.kind == TOKEN_QUESTION ? k == COMMAND_ANSWER : k == COMMAND_ACCEPT || k == COMMAND_REFUSE;
}

char *answer_query(const struct answer *a) {
  return a->command.kind == COMMAND_ACCEPT
             ? g_strdup_printf("{\"card\":{\"locator\":{\"id\":\"%" PRIu64 "\"}}}", a->token.case_id)
             : NULL;
}

static bool set(baton_event *e, const char *path, const char *value) {
  return !*value || baton_event_set(e, path, value) == 0;
}

static bool set_number(baton_event *e, const char *path, uint64_t value) {
  char text[24];
  snprintf(text, sizeof text, "%" PRIu64, value);
  return set(e, path, text);
}

static bool set_common(baton_event *e, const struct answer *a) {
  char actor[256];
  snprintf(actor, sizeof actor, "%s", a->from);
  words_cut(actor, ACTOR_MAX + 1);
  return set_number(e, "locator.id", a->token.case_id) && set(e, "actor", actor);
}

/* The digest, where the card is that of the offer that was read. */
static const char *digest_of(const struct answer *a, const json_t *card) {
  const json_t *view = json_object_get(card, "card");
  const char *digest = case_text_get(view, "digest");
  gsize n = 0;
  guchar *bytes = g_base64_decode(digest, &n);
  bool same = n >= TOKEN_DIGEST && memcmp(bytes, a->token.digest, TOKEN_DIGEST) == 0 &&
              (uint64_t)case_text_number(view, "offer") == a->token.object;
  g_free(bytes);
  return same ? digest : NULL;
}

static baton_event *acceptance(const struct answer *a, const json_t *card) {
  const char *digest = digest_of(a, card);
  baton_event *e = digest ? baton_event_new("handoff_accepted") : NULL;
  if (e && set_common(e, a) && set_number(e, "expected_version", a->token.version) &&
      set_number(e, "handoff_accepted.offer", a->token.object) && set(e, "handoff_accepted.digest", digest) &&
      set(e, "handoff_accepted.read_back", a->command.text))
    return e;
  baton_event_free(e);
  return NULL;
}

static baton_event *refusal(const struct answer *a) {
  baton_event *e = baton_event_new("handoff_refused");
  if (e && set_common(e, a) && set_number(e, "expected_version", a->token.version) &&
      set_number(e, "handoff_refused.offer", a->token.object) && set(e, "handoff_refused.reason", a->command.reason) &&
      set(e, "handoff_refused.right_department", a->command.department) &&
      set(e, "handoff_refused.text", a->command.text))
    return e;
  baton_event_free(e);
  return NULL;
}

static baton_event *reply(const struct answer *a) {
  baton_event *e = baton_event_new("question_answered");
  if (e && set_common(e, a) && set_number(e, "question_answered.question", a->token.object) &&
      set(e, "question_answered.text", a->command.text))
    return e;
  baton_event_free(e);
  return NULL;
}

baton_event *answer_event(const struct answer *a, const json_t *card) {
  switch (a->command.kind) {
  case COMMAND_ACCEPT:
    return acceptance(a, card);
  case COMMAND_REFUSE:
    return refusal(a);
  case COMMAND_ANSWER:
    return reply(a);
  default:
    return NULL;
  }
}

/* ---- What became of it ---- */

bool answer_is_late(int code) {
  return code == CODE_NO_SUCH_OFFER || code == CODE_NOT_OFFERED || code == CODE_WRONG_CARD;
}

static void tell_done(const struct answer *a, struct outcome *to) {
  static const char *const subject[] = {"", "Accepted", "Refused", "Answered"};
  static const char *const text[] = {"", "You have accepted the case. It is with your department now.\n",
                                     "You have refused the case. It is not with your department.\n",
                                     "Your answer stands on the case, and whoever asked is told.\n"};
  snprintf(to->subject, sizeof to->subject, "%s", subject[a->command.kind]);
  to->text = g_strdup(text[a->command.kind]);
}

static void tell_stale(const struct answer *a, const json_t *receipt, struct outcome *to) {
  size_t i;
  json_t *r;
  GString *text = g_string_new("Not done yet: something has happened on this case since that mail was sent:\n\n");
  json_array_foreach(json_object_get(receipt, "missed"), i, r) case_text_event(text, r);
  g_string_append(text, "\nThe offer is as it was. If you still want the same, reply to this mail.\n\n");
  g_string_append(text, notice_how_to_answer);
  snprintf(to->subject, sizeof to->subject, "Please look again");
  to->text = g_string_free(text, FALSE);
  to->token = a->token; /* the same offer, decided on the case as it is now */
  to->token.version = (uint64_t)case_text_number(receipt, "version");
}

static void tell_late(const json_t *view, const char *department, struct outcome *to) {
  const json_t *c = json_object_get(view, "case");
  const char *holder = case_text_get(c, "custodian"), *offered = case_text_get(json_object_get(c, "offer"), "to");
  snprintf(to->subject, sizeof to->subject, "Too late");
  if (!*holder)
    to->text =
        g_strdup("The offer is gone: it was withdrawn, has expired or was answered. Your reply changes nothing.\n");
  else if (strcmp(holder, department) == 0)
    to->text = g_strdup("The offer is gone: your department has the case already.\n");
  else
    to->text = g_strdup_printf(
        "The offer is gone: it was withdrawn, has expired or was answered. The case is with %s now%s%s.\n", holder,
        *offered ? ", and is offered to " : "", offered);
}

void answer_outcome(const struct answer *a, int code, const json_t *receipt, const json_t *view, const char *department,
                    struct outcome *to) {
  *to = (struct outcome){.token = {.kind = TOKEN_REPLY, .case_id = a->token.case_id}};
  if (code == 0)
    tell_done(a, to);
  else if (code == CODE_STALE)
    tell_stale(a, receipt, to);
  else if (answer_is_late(code))
    tell_late(view, department, to);
  else if (code == CODE_NOT_OPEN || code == CODE_NOT_YOURS) {
    snprintf(to->subject, sizeof to->subject, "Too late");
    to->text = g_strdup("The question is not open any more: it was answered or withdrawn.\n");
  } else {
    snprintf(to->subject, sizeof to->subject, "Not done");
    to->text =
        g_strdup_printf("Your reply was not taken: %s (%s).\n", case_text_get(receipt, "text"), baton_code_name(code));
  }
}
