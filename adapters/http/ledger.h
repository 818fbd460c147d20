/* What became of the last events that came in here, by source key, and which requests wait to hear it.
 *
 * In memory: after a restart an event is asked about by sending it again, which the broker answers as it did the first
 * time. The oldest are forgotten, but for those that somebody waits for. */
#ifndef BATON_HTTP_LEDGER_H
#define BATON_HTTP_LEDGER_H

#include <stdbool.h>
#include <stddef.h>

#include "baton.h"

struct entry;
struct item;

struct ledger {
  struct entry *entries; /* oldest first */
  size_t most;
};

void ledger_fini(struct ledger *l);
/* The item waits for this key's receipt. false: no memory. */
bool ledger_wait(struct ledger *l, const char *key, struct item *item);
void ledger_leave(struct ledger *l, const char *key, struct item *item);
/* It was not taken after all. */
void ledger_forget(struct ledger *l, const char *key);
/* Keeps the receipt; what waited for it: a list by item->next. */
struct item *ledger_receipt(struct ledger *l, const baton_receipt *receipt);
/* Whether the key is known; *ret_json: its receipt without what came in between (borrowed), NULL: on its way. */
bool ledger_find(const struct ledger *l, const char *key, const char **ret_json);

#endif
