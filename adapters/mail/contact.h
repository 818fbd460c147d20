/* Makes events of mail. */
#ifndef MAIL_CONTACT_H
#define MAIL_CONTACT_H

#include <jansson.h>

#include "baton.h"
#include "settings.h"
#include "wire.h"

/* Where a mail belongs: by the case's number, else by ref, else by the sender and the topic. */
struct place {
  uint64_t case_id; /* 0: unknown */
  const char *ref;  /* "": unknown */
  bool by_sender;
};

/* A ContactLogged. mail: what was read (read.h); NULL: it could not be. NULL: no memory. */
baton_event *contact_event(const struct settings *s, const json_t *mail, const struct wire_mail *fetched, bool is_cut,
                           const struct place *place);
/* Words of a colleague, kept on the case. */
baton_event *contact_note(const json_t *mail, const struct wire_mail *fetched, const struct place *place);
/* A mail to the customer, or to a colleague, came back. */
baton_event *contact_returned(const json_t *mail, const struct wire_mail *fetched, const struct place *place,
                              bool is_ours);
const char *contact_get(const json_t *mail, const char *key); /* "" where there is none */

#endif
