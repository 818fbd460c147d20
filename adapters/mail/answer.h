/* What people answer to our mail by reply: accept, refuse, answer. The event it makes, and the words in which they hear
 * what became of it. */
#ifndef MAIL_ANSWER_H
#define MAIL_ANSWER_H

#include <jansson.h>
#include <stdbool.h>

#include "baton.h"
#include "command.h"
#include "token.h"

struct answer {
  struct token token;
  struct command command;
  char from[129];
  char id[TOKEN_ID]; /* of our mail that was answered, with brackets */
};

/* Whether such an answer fits what was asked. */
bool answer_fits(const struct answer *a);
/* The query for the card that an acceptance must name; NULL where none is needed. Free with g_free. */
char *answer_query(const struct answer *a);
/* The event. card: the Answer to that query, or NULL. NULL: the offer is gone, or another card. */
baton_event *answer_event(const struct answer *a, const json_t *card);

/* The offer is not there any more, as it was; who has the case is worth asking. */
bool answer_is_late(int code);

struct outcome {
  char subject[120];
  char *text;         /* free with g_free */
  struct token token; /* with which it can be tried again; kind TOKEN_REPLY where not */
};
/* receipt: the item in JSON; NULL where nothing was sent in (gone). view: the Answer about the case, or NULL. */
void answer_outcome(const struct answer *a, int code, const json_t *receipt, const json_t *view, const char *department,
                    struct outcome *ret);

#endif
