/* Deliveries whose program wrote an event that was refused (STALE: the case has moved on), until they come again: then
 * the program is told, once, and can decide better. In memory, and of many the last: one that is not told is refused
 * again, and told then. */
#ifndef BATON_EXEC_REFUSED_H
#define BATON_EXEC_REFUSED_H

#include <stddef.h>
#include <stdint.h>

#include "baton.h"

enum { REFUSED_MOST = 256 };

struct refusal {
  uint64_t delivery; /* 0: none */
  uint64_t version;  /* of the case, where the broker told it */
  char code[32], text[224];
};

struct refused {
  struct refusal v[REFUSED_MOST];
  size_t next;
};

void refused_keep(struct refused *r, const baton_receipt *receipt);
/* delivery is 0 where there is none. Until the next call. */
const struct refusal *refused_find(struct refused *r, uint64_t delivery);
void refused_forget(struct refused *r, uint64_t delivery);

#endif
