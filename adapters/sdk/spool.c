/* Putting events into the spool. */
#include "spool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

struct bt_sdk_spool *bt_sdk_spool_open(const struct bt_sdk_spool_options *o, char *error) {
  struct bt_sdk_spool *s = calloc(1, sizeof *s);
  snprintf(error, BT_SDK_SPOOL_ERROR, "out of memory");
  if (!s)
    return NULL;
  s->limit = o->limit;
  s->batch = BT_SDK_WINDOW_MAX;
  s->staged = calloc(BT_SDK_SPOOL_STAGED_MAX, sizeof *s->staged);
  if (s->staged && bt_sdk_spool_store_open(&s->store, o, false) == 0) {
    s->seen.draining = s->store.events > 0;
    s->seen.since_ms = bt_sdk_mono_ms();
    return s;
  }
  if (s->staged)
    snprintf(error, BT_SDK_SPOOL_ERROR, "%s", s->store.error);
  bt_sdk_spool_close(s);
  return NULL;
}

static void clear_staged(struct bt_sdk_spool *s) {
  for (size_t i = 0; i < s->n_staged; i++) {
    free(s->staged[i].key);
    free(s->staged[i].event);
  }
  s->n_staged = 0;
  s->staged_cost = 0;
  s->staged_again = false;
}

void bt_sdk_spool_close(struct bt_sdk_spool *s) {
  if (!s)
    return;
  if (s->staged)
    bt_sdk_spool_store_close(&s->store);
  clear_staged(s);
  bt_sdk_spool_forget_verdicts(s, s->n_verdicts);
  free(s->verdicts);
  free(s->later);
  free(s->staged);
  free(s);
}

bool baton_has_spool(const baton *b) {
  return b->spool != NULL;
}

uint64_t bt_sdk_spool_waiting(const struct bt_sdk_spool *s) {
  return s->store.events - s->n_verdicts;
}

uint64_t baton_spooled(const baton *b) {
  return b->spool ? bt_sdk_spool_waiting(b->spool) + b->spool->n_staged : 0;
}

/* ---- Put ---- */

static uint64_t short_hash(const struct bt_sdk_spool *s, struct bt_sdk_bytes key) {
  uint8_t hash[BT_SDK_SPOOL_HASH];
  uint64_t v;
  bt_sdk_spool_hash(&s->store.seal, 's', key, (struct bt_sdk_bytes){NULL, 0}, hash);
  memcpy(&v, hash, sizeof v);
  return v;
}

static int same_key(baton *b, bool same) {
  return same ? 1
              : bt_sdk_fail(b, BATON_E_INVALID,
                            "this source key waits in the spool with other content: each event wants a key of its own");
}

static bool same_bytes(struct bt_sdk_bytes x, const void *at, size_t n) {
  return x.n == n && memcmp(x.at, at, n) == 0;
}

/* 1: it is in already; 0: it is not; or a negative code. */
static int is_in(baton *b, const struct bt_sdk_spool_staged *e) {
  struct bt_sdk_spool *s = b->spool;
  struct bt_sdk_bytes key = {e->key, strlen(e->key)};
  for (size_t i = 0; i < s->n_staged; i++)
    if (s->staged[i].hash == e->hash && strcmp(s->staged[i].key, e->key) == 0)
      return same_key(
          b, same_bytes((struct bt_sdk_bytes){e->event, e->event_n}, s->staged[i].event, s->staged[i].event_n));
  uint8_t buffer[BT_SDK_SPOOL_RECORD_MAX];
  struct bt_sdk_spool_record r;
  uint64_t position;
  int rc = bt_sdk_spool_view(&s->store);
  if (rc == 0) {
    rc = bt_sdk_spool_find(&s->store, key, &position);
    /* One that has its receipt is no longer in, whatever the disk says: its key may come again, and gets its own. */
    if (rc == 1 && bt_sdk_spool_judged(s, position)) {
      s->staged_again = true;
      rc = 0;
    }
    if (rc == 1)
      rc = bt_sdk_spool_next(&s->store, BT_SDK_SPOOL_QUEUE, position - 1, buffer, &position, &r);
    bt_sdk_spool_leave(&s->store);
  }
  if (rc < 0)
    return bt_sdk_fail(b, -rc, "%s", s->store.error);
  return rc == 0 ? 0 : same_key(b, same_bytes(r.event, e->event, e->event_n));
}

static int check_key(baton *b, const char *key) {
  size_t n = key ? strlen(key) : 0;
  if (n == 0 || n > BT_SDK_SPOOL_KEY_MAX || !bt_sdk_utf8_valid(key, n))
    return bt_sdk_fail(b, BATON_E_INVALID, "source_key wants 1 to %d bytes of UTF-8", BT_SDK_SPOOL_KEY_MAX);
  return 0;
}

static int full(baton *b, const char *why) {
  bt_sdk_spool_watch_full(b->spool, why);
  return bt_sdk_fail(b, BATON_E_FULL, "the spool is full (%s): nothing more is taken until the broker has taken some",
                     why);
}

static int has_room(baton *b, uint64_t cost) {
  struct bt_sdk_spool *s = b->spool;
  char why[160];
  if (s->n_staged == BT_SDK_SPOOL_STAGED_MAX)
    return full(b, "too many events between two commits");
  enum { BEGUN = 3 }; /* pages of which an event takes the first byte */
  if (s->store.used + s->staged_cost + cost + BEGUN * s->store.page <= s->limit)
    return 0;
  snprintf(why, sizeof why, "%" PRIu64 " events and %" PRIu64 " rejects take %" PRIu64 " of %" PRIu64 " MB",
           s->store.events, s->store.rejects, (s->store.used + (1 << 20) - 1) >> 20, s->limit >> 20);
  return full(b, why);
}

static int stage(baton *b, const char *source_key, const baton_event *event) {
  struct bt_sdk_spool *s = b->spool;
  struct bt_sdk_spool_staged e = {.put_us = bt_sdk_wall_us()};
  int rc = check_key(b, source_key);
  rc = rc ? rc : bt_sdk_event_pack(b, event, &e.event, &e.event_n);
  if (rc == 0 && !(e.key = strdup(source_key)))
    rc = bt_sdk_fail(b, BATON_E_NOMEM, "out of memory");
  uint64_t cost = rc ? 0 : bt_sdk_spool_cost(&s->store, 11 + strlen(e.key) + e.event_n);
  if (rc == 0) {
    e.hash = short_hash(s, (struct bt_sdk_bytes){e.key, strlen(e.key)});
    rc = is_in(b, &e);
  }
  rc = rc ? rc : has_room(b, cost);
  if (rc) {
    free(e.key);
    free(e.event);
    return rc < 0 ? rc : 0;
  }
  s->staged[s->n_staged++] = e;
  s->staged_cost += cost;
  return 0;
}

static int usable(baton *b) {
  if (!b->spool)
    return bt_sdk_fail(b, BATON_E_USAGE, "this adapter has no spool: its configuration has no spool.folder");
  if (b->spool->store.broken)
    return bt_sdk_fail(b, BATON_E_IO, "%s", b->spool->store.error);
  return 0;
}

int baton_spool_put(baton *b, const char *source_key, baton_event *event) {
  int rc = usable(b);
  if (rc == 0)
    rc = event ? stage(b, source_key, event) : bt_sdk_fail(b, BATON_E_INVALID, "no event");
  baton_event_free(event);
  return rc;
}

/* ---- Commit ---- */

/* What has its receipt leaves in the same change: one wait for the disk instead of two. It must, where its key comes in
 * again: a key has one place. */
static int write_staged(struct bt_sdk_spool *s) {
  int rc = bt_sdk_spool_reserve(&s->store, s->staged_cost);
  if (rc)
    return rc;
  uint64_t last = s->store.last;
  bt_sdk_spool_begin(&s->store);
  size_t judged = bt_sdk_spool_take_verdicts(s, s->staged_again ? s->n_verdicts : s->batch);
  for (size_t i = 0; i < s->n_staged; i++) {
    const struct bt_sdk_spool_staged *e = &s->staged[i];
    bt_sdk_spool_add(&s->store, &(struct bt_sdk_spool_record){.put_us = e->put_us,
                                                              .key = {e->key, strlen(e->key)},
                                                              .event = {e->event, e->event_n}});
  }
  rc = bt_sdk_spool_commit_change(&s->store);
  if (rc == 0)
    bt_sdk_spool_forget_verdicts(s, judged);
  else
    s->store.last = last;
  return rc;
}

int baton_spool_commit(baton *b) {
  int rc = usable(b);
  if (rc == 0 && b->inside)
    rc = bt_sdk_fail(b, BATON_E_USAGE, "not from inside a callback");
  struct bt_sdk_spool *s = b->spool;
  if (rc || s->n_staged == 0)
    return rc;
  rc = write_staged(s);
  clear_staged(s);
  s->seen.disk_full = rc == -BATON_E_FULL;
  if (s->seen.disk_full)
    return full(b, "no room on the disk");
  return rc ? bt_sdk_fail(b, -rc, "%s", s->store.error) : 0;
}
