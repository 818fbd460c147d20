/* How far a source was read: the cursor that the broker keeps, as text.
 *
 *   1 INCARNATION SENT LOW SAID LINEAGE MARK
 *
 * SENT: the last position that the broker has decided on. LOW: the first that is not settled yet on this side (its
 * receipt, or its line in the rejects, is missing); SENT + 1 where all is. SAID: seconds since 1970. LINEAGE: the
 * cluster's system identifier and timeline; MARK: what the row at SENT had as its created_at ("-": none). The last
 * three show whether the database is still the one that was read. */
#ifndef BATON_POSTGRES_PLACE_H
#define BATON_POSTGRES_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#define PLACE_MAX 200

struct place {
  bool known;
  int64_t incarnation, sent, low, said_s;
  char lineage[48], mark[32];
};

/* json: the broker's answer to a cursor query. false: not a cursor of ours. One that does not exist leaves `known`
 * false. */
bool place_read(struct place *p, const char *json);
bool place_parse(struct place *p, const char *text);
int place_write(const struct place *p, char to[PLACE_MAX]);

#endif
