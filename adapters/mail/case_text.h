/* A card, and what has happened, in words for people. */
#ifndef MAIL_CASE_TEXT_H
#define MAIL_CASE_TEXT_H

#include <glib.h>
#include <jansson.h>

/* "2026-11-22 14:00 UTC"; "" for 0. The text is valid until the fourth next call. */
const char *case_text_time(int64_t us);
/* Members of proto3 JSON: a text, "" where there is none; a number, also where it is written as text. */
const char *case_text_get(const json_t *o, const char *key);
int64_t case_text_number(const json_t *o, const char *key);
/* "PROMISE_TYPE_CALLBACK" to "callback"; skip: words of the prefix. */
char *case_text_word(const char *name, int skip);

void case_text_card(GString *to, const json_t *card);
/* A line for an event: what, who, when. */
void case_text_event(GString *to, const json_t *recorded);

#endif
