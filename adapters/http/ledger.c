#include "ledger.h"

#include <stdlib.h>
#include <string.h>

#include "in.h"

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(e) ((e)->lost = true)
#include <uthash.h>

struct entry {
  char *key, *receipt; /* receipt: JSON; NULL: none yet */
  struct item *waiters;
  bool accepted;
  bool lost;
  UT_hash_handle hh;
};

static void entry_free(struct entry *e) {
  free(e->key);
  free(e->receipt);
  free(e);
}

void ledger_fini(struct ledger *l) {
  struct entry *e, *next;
  HASH_ITER(hh, l->entries, e, next) {
    HASH_DEL(l->entries, e);
    entry_free(e);
  }
}

static struct entry *find(const struct ledger *l, const char *key) {
  struct entry *e;
  HASH_FIND_STR(l->entries, key, e);
  return e;
}

static void forget_oldest(struct ledger *l) {
  struct entry *e, *next;
  HASH_ITER(hh, l->entries, e, next) {
    if (HASH_COUNT(l->entries) <= l->most)
      return;
    if (e->waiters)
      continue;
    HASH_DEL(l->entries, e);
    entry_free(e);
  }
}

static struct entry *entry_new(struct ledger *l, const char *key) {
  struct entry *e = calloc(1, sizeof *e);
  if (!e || !(e->key = strdup(key))) {
    free(e);
    return NULL;
  }
  HASH_ADD_KEYPTR(hh, l->entries, e->key, strlen(e->key), e);
  if (e->lost) {
    entry_free(e);
    return NULL;
  }
  return e;
}

bool ledger_wait(struct ledger *l, const char *key, struct item *item) {
  struct entry *e = find(l, key);
  if (!e && !(e = entry_new(l, key)))
    return false;
  item->next = e->waiters;
  item->waits = true;
  e->waiters = item;
  forget_oldest(l);
  return true;
}

void ledger_leave(struct ledger *l, const char *key, struct item *item) {
  struct entry *e = item->waits ? find(l, key) : NULL;
  struct item **at = e ? &e->waiters : NULL;
  while (at && *at && *at != item)
    at = &(*at)->next;
  if (at && *at)
    *at = item->next;
  item->waits = false;
}

void ledger_forget(struct ledger *l, const char *key) {
  struct entry *e = find(l, key);
  if (!e || e->waiters || e->receipt)
    return;
  HASH_DEL(l->entries, e);
  entry_free(e);
}

/* What came in between is for who asks right then; it can be large. */
static char *without_missed(const char *json) {
  json_t *receipt = json_loads(json, 0, NULL);
  json_object_del(receipt, "missed");
  json_object_del(receipt, "missedPage");
  json_object_del(receipt, "number");
  char *text = receipt ? json_dumps(receipt, JSON_COMPACT) : NULL;
  json_decref(receipt);
  return text;
}

/* Two may wait for one key with other words each: a receipt is for those of its own submission. */
static struct item *take_waiters(struct entry *e, uintptr_t submission) {
  struct item **at = &e->waiters, *taken = NULL, *i;
  while ((i = *at)) {
    if (i->submission != submission) {
      at = &i->next;
      continue;
    }
    *at = i->next;
    i->waits = false;
    i->next = taken;
    taken = i;
  }
  return taken;
}

/* What was accepted stays so. A key that was used for other content says nothing of the event that it stands for. */
static void remember(struct entry *e, const baton_receipt *receipt) {
  if (receipt->code != 0 && (e->accepted || strcmp(receipt->code_name, "CONFLICT") == 0))
    return;
  free(e->receipt);
  e->receipt = without_missed(receipt->json);
  e->accepted = receipt->code == 0;
}

struct item *ledger_receipt(struct ledger *l, const baton_receipt *receipt) {
  struct entry *e = find(l, receipt->source_key);
  if (!e && !(e = entry_new(l, receipt->source_key)))
    return NULL;
  struct item *waiters = take_waiters(e, (uintptr_t)receipt->user);
  remember(e, receipt);
  ledger_forget(l, receipt->source_key);
  forget_oldest(l);
  return waiters;
}

bool ledger_find(const struct ledger *l, const char *key, const char **ret_json) {
  const struct entry *e = find(l, key);
  *ret_json = e ? e->receipt : NULL;
  return e;
}
