#include "contact.h"

#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "words.h"

enum { TEXT_MAX = 4096, NOTES_MAX = 1200, ACTOR_MAX = 64 };

const char *contact_get(const json_t *mail, const char *key) {
  const char *v = json_string_value(json_object_get(mail, key));
  return v ? v : "";
}

static void set(baton_event *e, const char *path, const char *value) {
  char error[256];
  if (*value && baton_event_put(e, path, value, error) < 0)
    baton_log("warn", "field-left-out", "why", error, NULL);
}

static void set_number(baton_event *e, const char *path, int64_t value) {
  char text[24];
  snprintf(text, sizeof text, "%" PRId64, value);
  set(e, path, value > 0 ? text : "");
}

/* When the server got it: what a mail says of its date is anybody's guess. */
static void set_when(baton_event *e, const struct wire_mail *fetched) {
  int64_t us = wire_time_us(fetched->received);
  set_number(e, "occurred_at_us", us < (int64_t)time(NULL) * 1000000 ? us : 0);
}

static void add_attachments(GString *to, const json_t *mail) {
  size_t i;
  json_t *a;
  json_array_foreach(json_object_get(mail, "attachments"), i, a) {
    const char *name = contact_get(a, "name"), *sum = contact_get(a, "sha256");
    g_string_append_printf(to, "[Attachment: %s, %s", *name ? name : "without name", contact_get(a, "type"));
    if (*sum)
      g_string_append_printf(to, ", %" JSON_INTEGER_FORMAT " bytes, sha256 %s",
                             json_integer_value(json_object_get(a, "bytes")), sum);
    g_string_append(to, "]\n");
    if (to->len > NOTES_MAX - 300) {
      g_string_append(to, "[More attachments]\n");
      return;
    }
  }
  json_int_t more = json_integer_value(json_object_get(mail, "more"));
  if (more > 0)
    g_string_append_printf(to, "[%" JSON_INTEGER_FORMAT " more attachments]\n", more);
}

static void add_cut(GString *to, const json_t *mail, const struct wire_mail *fetched, bool is_cut) {
  const char *why = contact_get(mail, "cut");
  if (is_cut)
    g_string_append_printf(
        to, "[Cut: the mail has %" PRIu64 " bytes, and only its beginning was read; the whole is in the mailbox]\n",
        fetched->size);
  if (*why)
    g_string_append_printf(to, "[Cut: %s; the whole is in the mailbox]\n", why);
}

static char *summary(const json_t *mail, const struct wire_mail *fetched, bool is_cut) {
  GString *to = g_string_new(NULL), *notes = g_string_new(NULL);
  const char *name = contact_get(mail, "name"), *from = contact_get(mail, "from");
  char *text = g_strdup(contact_get(mail, "text"));
  g_string_append_printf(to, "From: %.200s%s<%s>\nSubject: %.300s\n\n", name, *name ? " " : "", from,
                         contact_get(mail, "subject"));
  add_attachments(notes, mail);
  add_cut(notes, mail, fetched, is_cut);
  if (!mail)
    g_string_append(notes, "[This mail could not be read. It is in the mailbox: please look at it there.]\n");
  static const char too_long[] = "\n[Cut: the text goes on in the mailbox]";
  size_t room = TEXT_MAX - to->len - notes->len - sizeof too_long - 2;
  bool fits = strlen(text) < room;
  words_cut(text, room);
  g_string_append(to, text);
  g_string_append(to, fits ? "" : too_long);
  if (notes->len > 0)
    g_string_append_printf(to, "\n\n%s", notes->str);
  g_string_free(notes, TRUE);
  g_free(text);
  char *whole = g_utf8_make_valid(to->str, (gssize)to->len); /* "%.200s" may have cut a character */
  g_string_free(to, TRUE);
  words_cut(whole, TEXT_MAX);
  return g_strchomp(whole);
}

static const char *topic_of(const struct settings *s, const json_t *mail) {
  const char *to[32];
  size_t n = 0, i;
  json_t *address;
  json_array_foreach(json_object_get(mail, "to"), i, address) if (n < 32 && json_is_string(address)) to[n++] =
      json_string_value(address);
  return settings_topic(s, to, n, contact_get(mail, "subject"));
}

static void set_place(baton_event *e, const struct place *place) {
  if (place->case_id)
    set_number(e, "locator.id", (int64_t)place->case_id);
  else
    set(e, "locator.ref", place->ref);
}

static void set_sender(baton_event *e, const struct settings *s, const json_t *mail) {
  const char *from = contact_get(mail, "from");
  if (*from && strlen(from) <= 128) {
    set(e, "locator.identifier.domain", s->domain);
    set(e, "locator.identifier.value", from);
  }
  set(e, "locator.topic", topic_of(s, mail));
}

baton_event *contact_event(const struct settings *s, const json_t *mail, const struct wire_mail *fetched, bool is_cut,
                           const struct place *place) {
  baton_event *e = baton_event_new("contact_logged");
  if (!e)
    return NULL;
  char *text = summary(mail, fetched, is_cut);
  set(e, "contact_logged.channel", "EMAIL");
  set(e, "contact_logged.direction", "INBOUND");
  set(e, "contact_logged.summary", text);
  set_when(e, fetched);
  if (place->by_sender)
    set_sender(e, s, mail);
  else
    set_place(e, place);
  g_free(text);
  return e;
}

baton_event *contact_note(const json_t *mail, const struct wire_mail *fetched, const struct place *place) {
  baton_event *e = baton_event_new("note_added");
  if (!e)
    return NULL;
  char *text = summary(mail, fetched, false), actor[256];
  snprintf(actor, sizeof actor, "%s", contact_get(mail, "from"));
  words_cut(actor, ACTOR_MAX + 1);
  set(e, "note_added.text", text);
  set(e, "actor", actor);
  set_when(e, fetched);
  set_place(e, place);
  g_free(text);
  return e;
}

baton_event *contact_returned(const json_t *mail, const struct wire_mail *fetched, const struct place *place,
                              bool is_ours) {
  const json_t *r = json_object_get(mail, "returned");
  baton_event *e = baton_event_new(is_ours ? "note_added" : "attempt_failed");
  if (!e)
    return NULL;
  char *text = g_strdup_printf("A mail to %s was not delivered (%s): %s", contact_get(r, "recipient"),
                               contact_get(r, "status"), contact_get(r, "subject"));
  if (is_ours) {
    set(e, "note_added.text", text);
  } else {
    set(e, "attempt_failed.route", "email");
    set(e, "attempt_failed.channel", "EMAIL");
    set(e, "attempt_failed.error_code", contact_get(r, "status"));
    set(e, "attempt_failed.detail", text);
  }
  set_when(e, fetched);
  set_place(e, place);
  g_free(text);
  return e;
}
