/* What every connection begins with: limits of time, and a look whether the server takes writes. */
#ifndef BATON_POSTGRES_SESSION_H
#define BATON_POSTGRES_SESSION_H

#include "link.h"

enum { SESSION_COMMANDS = 3 };

/* Fills in that many commands; their values live until the next call. */
int session_commands(const struct link_to *to, struct command *c);
/* Judges the job that began with them and went on with more. false: the link was refused, with what is wrong; ddl is
 * the file that brings the tables which commands from number `part` on look at. lineage: 48 bytes, "SYSTEM:TIMELINE".
 */
bool session_good(struct link *l, const struct answer *a, int part, const char *ddl, char *lineage);

#endif
