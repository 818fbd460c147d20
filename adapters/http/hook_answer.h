/* Events in a system's answer: {"events":[{"handoffAccepted":{...},"expectedVersion":"7"}]}. */
#ifndef BATON_HTTP_HOOK_ANSWER_H
#define BATON_HTTP_HOOK_ANSWER_H

#include "baton.h"

enum { HOOK_EVENTS_MAX = 8 };

struct hook_about {
  uint64_t case_id;       /* of the delivery; 0: of none */
  const char *department; /* whom it was for */
};

/* An event without a locator is about the case of the delivery, and all are the
 * department's. JSON without a member "events" has none,
 * as an empty list. 0; or -1, and a sentence in error (at least 256 bytes; it may hold words of the answer, of any
 * sort). The events are the caller's. */
int hook_answer_read(const char *text, size_t n, const struct hook_about *about,
                     baton_event *ret_event[HOOK_EVENTS_MAX], size_t *ret_n, char *error);

#endif
