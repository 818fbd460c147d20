/* What a mail is taken for. */
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "authres.h"
#include "case_text.h"
#include "codes.h"
#include "intake.h"
#include "notice.h"
#include "refs.h"

enum { QUERY_MS = 10000 };

/* A token of ours that it answers, by Message-ID or by the address it went to. */
static bool find_token(const struct intake *t, struct token *ret, char id[TOKEN_ID]) {
  static const char *const where[] = {"ids", "to"};
  for (size_t k = 0; k < 2; k++) {
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(t->mail, where[k]), i, v) {
      const char *text = json_string_value(v);
      if (!text || !token_id_read(&t->settings->key, text, ret))
        continue;
      snprintf(id, TOKEN_ID, k == 0 ? "<%.390s>" : "%.0s", text);
      return true;
    }
  }
  return false;
}

static void find_ref(struct intake *t) {
  const char *header = contact_get(t->mail, "ref");
  *t->ref = '\0';
  if (*header && strlen(header) < REF_TEXT)
    snprintf(t->ref, REF_TEXT, "%s", header);
  else
    refs_find(contact_get(t->mail, "subject"), t->ref);
}

static void begin_answer(struct intake *t, const char *id) {
  t->answer.token = t->token;
  snprintf(t->answer.from, sizeof t->answer.from, "%s", contact_get(t->mail, "from"));
  snprintf(t->answer.id, sizeof t->answer.id, "%s", id);
}

static void post_outcome(struct intake *t, const struct outcome *o, const char *ref) {
  struct mail m = {.ref = ref,
                   .subject = o->subject,
                   .text = o->text,
                   .token = o->token,
                   .in_reply_to = *t->answer.id ? t->answer.id : NULL,
                   .date_us = (int64_t)time(NULL) * 1000000};
  if (m.token.kind == TOKEN_REPLY) /* one for each mail that is answered */
    m.token.object = g_ascii_strtoull(t->key + 4 + 24, NULL, 16);
  if (post_reply(t->post, t->answer.from, &m) < 0)
    baton_log("warn", "reply-not-sent", "why", "too many wait to be sent", NULL);
}

static const char *ref_of_outcome(const struct intake *t, const json_t *view, char ret[REF_TEXT]) {
  const char *of_receipt = case_text_get(t->receipt, "ref"),
             *of_case = case_text_get(json_object_get(view, "case"), "ref");
  if (*of_receipt || *of_case)
    return *of_receipt ? of_receipt : of_case;
  refs_find(contact_get(t->mail, "subject"), ret);
  return ret;
}

void intake_tell_outcome(struct intake *t, int code, const json_t *view) {
  struct outcome o;
  char ref[REF_TEXT] = "";
  answer_outcome(&t->answer, code, t->receipt, view, t->department, &o);
  baton_log("info", "answered", "key", t->key, "code", baton_code_name(code), NULL);
  post_outcome(t, &o, ref_of_outcome(t, view, ref));
  g_free(o.text);
}

/* What cannot be decided by a word is explained once: a robot that answers everything hears nothing after that. */
static void explain(struct intake *t, const char *why) {
  if (t->token.kind != TOKEN_OFFER && t->token.kind != TOKEN_QUESTION)
    return;
  struct outcome o = {.token = {.kind = TOKEN_REPLY, .case_id = t->token.case_id}};
  char ref[REF_TEXT] = "";
  bool question = t->token.kind == TOKEN_QUESTION;
  snprintf(o.subject, sizeof o.subject, "Not decided yet");
  o.text =
      g_strdup_printf("%s\n\n%s", why,
                      question ? "To answer the question, reply to the mail that asked it, and begin with \"answer\".\n"
                               : notice_how_to_answer);
  if (!question) { /* this mail may be answered too */
    o.token = t->token;
    o.token.kind = TOKEN_OFFER_AGAIN;
  }
  post_outcome(t, &o, ref_of_outcome(t, NULL, ref));
  g_free(o.text);
}

static bool is_command(struct intake *t) {
  enum token_kind k = t->token.kind;
  bool asks = k == TOKEN_OFFER || k == TOKEN_OFFER_AGAIN || k == TOKEN_QUESTION;
  if (!asks)
    return false;
  command_read(contact_get(t->mail, "text"), &t->answer.command);
  return t->answer.command.kind != COMMAND_NONE && answer_fits(&t->answer);
}

static void on_card(void *user, int code, const char *json) {
  struct intake *t = user;
  if (t->phase != INTAKE_ASKED)
    return;
  json_decref(t->card);
  t->card = code == 0 && json ? json_loads(json, 0, NULL) : NULL;
  if (code < 0 || code == CODE_BUSY || code == CODE_INTERNAL)
    intake_hold(t, INTAKE_DECIDE, "the broker does not answer: %s", baton_code_name(code));
  else
    t->phase = INTAKE_SUBMIT;
}

static void decide_answer(struct intake *t) {
  t->sort = SORT_ANSWER;
  if (t->token.expires_s && t->token.expires_s < (int64_t)time(NULL)) {
    explain(t, "That mail is too old to be answered. The case says what is open now.");
    intake_end_mail(t, END_TAKEN, NULL);
  } else if (t->answer.command.wrong) {
    explain(t, t->answer.command.wrong);
    intake_end_mail(t, END_TAKEN, NULL);
  } else {
    char *query = answer_query(&t->answer);
    t->phase = query ? INTAKE_ASKED : INTAKE_SUBMIT;
    if (query && baton_ask(t->b, query, QUERY_MS, on_card, t) < 0)
      intake_hold(t, INTAKE_DECIDE, "the broker cannot be asked: %s", baton_error(t->b));
    g_free(query);
  }
}

/* Somebody who may act, in answer to a mail of ours: a command, or words for the case. */
static void decide_colleague(struct intake *t, const char *id) {
  begin_answer(t, id);
  if (is_command(t) && !(t->answer.command.wrong && t->token.kind == TOKEN_OFFER_AGAIN)) {
    decide_answer(t);
    return;
  }
  t->sort = SORT_NOTE;
  t->place = (struct place){.case_id = t->token.case_id, .ref = ""};
  t->phase = INTAKE_SUBMIT;
}

static void decide_returned(struct intake *t, const json_t *r) {
  struct token token;
  if (!json_is_true(json_object_get(r, "failed"))) {
    intake_end_mail(t, END_AUTOMATIC, "a report of a delay");
    return;
  }
  t->sort = SORT_RETURNED;
  t->is_ours = token_id_read(&t->settings->key, contact_get(r, "id"), &token);
  t->place = (struct place){.case_id = t->is_ours ? token.case_id : 0, .ref = t->ref};
  *t->ref = '\0';
  if (!t->is_ours && !refs_find(contact_get(r, "subject"), t->ref)) {
    intake_end_mail(t, END_AUTOMATIC, "a mail came back that names no case");
    return;
  }
  snprintf(t->trouble, sizeof t->trouble, "a mail %s came back undelivered (%.30s)",
           t->is_ours ? "to the department's people" : "to a customer", contact_get(r, "status"));
  t->phase = INTAKE_SUBMIT;
}

static void decide_contact(struct intake *t) {
  t->sort = SORT_CONTACT;
  find_ref(t);
  t->place = (struct place){.case_id = t->has_token ? t->token.case_id : 0, .ref = t->ref};
  t->place.by_sender = !t->place.case_id && !*t->ref;
  t->phase = INTAKE_SUBMIT;
}

/* The fields of our server, from the topmost down to the next Received: what stands below came with the mail. */
static bool is_proven(const struct intake *t, const char *from) {
  struct authres r = {.ours = 0};
  const char *id = t->settings->authserv_id, *at = strrchr(from, '@');
  size_t i;
  json_t *v;
  json_array_foreach(json_object_get(t->mail, "results"), i, v) {
    if (r.ours > 0 && !*json_string_value(v))
      break;
    authres_add(&r, json_string_value(v), id, at ? at + 1 : "");
  }
  return !*id || authres_proves(&r);
}

/* NULL: who wrote this may act; else why not. */
static const char *not_allowed(const struct intake *t, const char *from) {
  if (!*from || !settings_has(&t->settings->may_act, from))
    return "the sender is not in may_act";
  if (json_integer_value(json_object_get(t->mail, "senders")) != 1)
    return "it has more than one sender";
  return is_proven(t, from) ? NULL : "our mail server did not find that the sender's domain stands behind it";
}

void intake_noted(struct intake *t) {
  explain(t, "Your words are noted on the case, and decide nothing.");
}

void intake_decide(struct intake *t) {
  struct token loop;
  char id[TOKEN_ID] = "";
  const char *own = contact_get(t->mail, "loop"), *automatic = contact_get(t->mail, "automatic"),
             *from = contact_get(t->mail, "from"), *list = contact_get(t->mail, "list");
  const json_t *returned = json_object_get(t->mail, "returned");
  t->has_token = find_token(t, &t->token, id);
  const char *why = not_allowed(t, from);
  if (*own && token_read(&t->settings->key, own, strlen(own), &loop)) {
    intake_end_mail(t, END_AUTOMATIC, "our own mail came back");
  } else if (returned) {
    decide_returned(t, returned);
  } else if (*automatic || *own) {
    intake_end_mail(t, END_AUTOMATIC, *automatic ? automatic : "X-Baton-Loop: mail of another mailbox of Baton");
  } else if (*list && !settings_has(&t->settings->own_lists, list)) {
    intake_end_mail(t, END_AUTOMATIC, "a mailing list that is not among own_lists");
  } else if (t->has_token && !why) {
    decide_colleague(t, id);
  } else {
    if (t->has_token &&
        (t->token.kind == TOKEN_OFFER || t->token.kind == TOKEN_OFFER_AGAIN || t->token.kind == TOKEN_QUESTION))
      baton_log("warn", "not-allowed-to-act", "key", t->key, "why", why, "next", "taken as a contact", NULL);
    decide_contact(t);
  }
}

baton_event *intake_event(struct intake *t) {
  switch (t->sort) {
  case SORT_ANSWER:
    return answer_event(&t->answer, t->card);
  case SORT_NOTE:
    return contact_note(t->mail, &t->fetched, &t->place);
  case SORT_RETURNED:
    return contact_returned(t->mail, &t->fetched, &t->place, t->is_ours);
  default:
    return contact_event(t->settings, t->mail, &t->fetched, t->is_cut, &t->place);
  }
}
