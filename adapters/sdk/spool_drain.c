/* From the spool to the broker, and out of the spool with the receipts. */
#include <stdlib.h>
#include <string.h>

#include "spool.h"
#include "text.h"

enum {
  PUT_OFF_MS = 50, /* taking out waits for company */
  FAILED_MS = 1000,
  INTERNAL_FIRST_MS = 500,
  INTERNAL_CAP_MS = 60000,
  READERS_MS = 60000
};

/* ---- Out of the spool ---- */

static bool room_for_one(void **list, size_t n, size_t *room, size_t size) {
  if (n < *room)
    return true;
  size_t more = *room ? 2 * *room : 64;
  void *grown = realloc(*list, more * size);
  if (!grown)
    return false;
  *list = grown;
  *room = more;
  return true;
}

bool bt_sdk_spool_judged(const struct bt_sdk_spool *s, uint64_t position) {
  for (size_t i = 0; i < s->n_verdicts; i++)
    if (s->verdicts[i].position == position)
      return true;
  return false;
}

/* What is written must be read again: a byte of no character is a question mark. */
static char *as_text(const char *from) {
  char *copy = strdup(from);
  for (char *p = copy; p && *p;) {
    size_t n = bt_sdk_utf8_first(p);
    if (n == 0)
      *p = '?';
    p += n ? n : 1;
  }
  return copy;
}

static struct bt_sdk_bytes bounded(const char *text, size_t most) {
  size_t n = text ? strlen(text) : 0;
  if (n > most) /* not in the middle of a character */
    for (n = most; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
      n--;
  return (struct bt_sdk_bytes){text, n};
}

size_t bt_sdk_spool_take_verdicts(struct bt_sdk_spool *s, size_t most) {
  size_t n = s->n_verdicts < most ? s->n_verdicts : most;
  for (size_t i = 0; i < n; i++) {
    const struct bt_sdk_spool_verdict *v = &s->verdicts[i];
    struct bt_sdk_spool_record refusal = {.refused_us = v->at_us,
                                          .code = v->code,
                                          .field = bounded(v->field, BT_SDK_SPOOL_FIELD_MAX),
                                          .text = bounded(v->text, BT_SDK_SPOOL_TEXT_MAX)};
    bt_sdk_spool_take_out(&s->store, v->position, v->code ? &refusal : NULL);
  }
  return n;
}

void bt_sdk_spool_forget_verdicts(struct bt_sdk_spool *s, size_t n) {
  for (size_t i = 0; i < n; i++) {
    free(s->verdicts[i].field);
    free(s->verdicts[i].text);
  }
  s->n_verdicts -= n;
  if (s->n_verdicts)
    memmove(s->verdicts, s->verdicts + n, s->n_verdicts * sizeof *s->verdicts);
}

/* A disk without room may still have enough for a smaller change. */
static void take_out(struct bt_sdk_spool *s, int64_t now_ms) {
  bt_sdk_spool_begin(&s->store);
  size_t n = bt_sdk_spool_take_verdicts(s, s->batch);
  int rc = bt_sdk_spool_commit_change(&s->store);
  if (rc == 0) {
    bt_sdk_spool_forget_verdicts(s, n);
    s->batch = s->batch < BT_SDK_WINDOW_MAX ? 2 * s->batch : BT_SDK_WINDOW_MAX;
    s->verdicts_since_ms = now_ms;
    return;
  }
  bool again = s->batch > 1 || bt_sdk_spool_widen(&s->store);
  if (!again)
    bt_sdk_spool_watch_full(s, "no room on the disk to take events out");
  s->change_due_ms = again ? now_ms : now_ms + FAILED_MS;
  s->batch = s->batch > 1 ? s->batch / 2 : 1;
}

static int64_t take_out_due(const struct bt_sdk_spool *s) {
  if (s->n_verdicts == 0 || s->store.broken)
    return INT64_MAX;
  bool soon = s->seen.full || s->n_verdicts >= BT_SDK_WINDOW_MAX;
  int64_t due = soon ? 0 : s->verdicts_since_ms + PUT_OFF_MS;
  return due > s->change_due_ms ? due : s->change_due_ms;
}

/* ---- Receipts ---- */

static struct bt_sdk_spool_later *later_find(struct bt_sdk_spool *s, uint64_t position) {
  for (size_t i = 0; i < s->n_later; i++)
    if (s->later[i].position == position)
      return &s->later[i];
  return NULL;
}

static void again_later(struct bt_sdk_spool *s, const struct bt_sdk_item *item) {
  struct bt_sdk_spool_later *l = later_find(s, item->spooled);
  if (!l) {
    if (!room_for_one((void **)&s->later, s->n_later, &s->later_room, sizeof *s->later))
      return; /* it stays on disk, and goes out after the next start */
    l = &s->later[s->n_later++];
    *l = (struct bt_sdk_spool_later){.position = item->spooled, .put_us = item->first_tried_us};
    if (s->n_later == 1)
      baton_log("warn", "spool-event-put-off", "key", item->source_key, "why",
                "the broker failed on it; it is tried again, and the rest goes on", NULL);
  }
  l->out = false;
  l->due_ms = bt_sdk_mono_ms() + baton_backoff_ms(++l->attempt, INTERNAL_FIRST_MS, INTERNAL_CAP_MS);
}

bool bt_sdk_spool_receipted(baton *b, const struct bt_sdk_item *item, const Baton__V1__ReceiptItem *r) {
  struct bt_sdk_spool *s = b->spool;
  s->under_way--;
  if (r->code == BATON__V1__CODE__CODE_INTERNAL) {
    again_later(s, item);
    return false;
  }
  struct bt_sdk_spool_later *l = later_find(s, item->spooled);
  if (l)
    *l = s->later[--s->n_later];
  s->seen.taken++;
  if (!room_for_one((void **)&s->verdicts, s->n_verdicts, &s->verdicts_room, sizeof *s->verdicts))
    return true; /* after the next start it is a duplicate, or refused once more */
  if (s->n_verdicts == 0)
    s->verdicts_since_ms = bt_sdk_mono_ms();
  struct bt_sdk_spool_verdict v = {.position = item->spooled, .at_us = bt_sdk_wall_us(), .code = (int)r->code};
  if (v.code) {
    v.field = as_text(r->field);
    v.text = as_text(r->text);
    bt_sdk_spool_watch_reject(s, item->source_key, v.code, r->field);
  }
  s->verdicts[s->n_verdicts++] = v;
  return true;
}

/* ---- To the broker ---- */

/* Others submit too: a full spool leaves them a quarter of the window. */
static size_t share(const baton *b) {
  size_t most = b->options.max_in_flight - b->options.max_in_flight / 4;
  return most ? most : 1;
}

static bool has_window(const baton *b) {
  return b->spool->under_way < share(b) && b->n_items < b->options.max_in_flight;
}

/* Without memory for it, it is the next one still. */
static int hand_on(baton *b, uint64_t after, uint64_t *ret_position) {
  uint8_t buffer[BT_SDK_SPOOL_RECORD_MAX];
  struct bt_sdk_spool_record r;
  uint64_t position;
  int rc = bt_sdk_spool_next(&b->spool->store, BT_SDK_SPOOL_QUEUE, after, buffer, &position, &r);
  if (rc != 1)
    return rc;
  /* What was put in while the clock was ahead would be refused as of the future: it was not put in later than now. */
  int64_t now_us = bt_sdk_wall_us(), put_us = r.put_us < now_us ? r.put_us : now_us;
  rc = bt_sdk_submit_stored(b, r.key.at, r.key.n, r.event.at, r.event.n, put_us, position);
  if (rc < 0)
    return rc;
  b->spool->under_way++;
  *ret_position = position;
  return 1;
}

static void hand_on_put_off(baton *b, int64_t now_ms) {
  struct bt_sdk_spool *s = b->spool;
  uint64_t position;
  for (size_t i = 0; i < s->n_later && has_window(b); i++) {
    struct bt_sdk_spool_later *l = &s->later[i];
    if (!l->out && l->due_ms <= now_ms)
      l->out = hand_on(b, l->position - 1, &position) == 1;
  }
}

static bool has_more(const struct bt_sdk_spool *s) {
  return s->fed < s->store.last && s->n_later < BT_SDK_SPOOL_LATER_MAX;
}

static void feed(baton *b, int64_t now_ms) {
  struct bt_sdk_spool *s = b->spool;
  if (b->state != BT_SDK_WELCOME || s->stopping || (!has_more(s) && s->n_later == 0) || !has_window(b) ||
      bt_sdk_spool_view(&s->store) < 0)
    return;
  hand_on_put_off(b, now_ms);
  int rc = 1;
  while (rc == 1 && has_more(s) && has_window(b))
    rc = hand_on(b, s->fed, &s->fed);
  if (rc == 0) /* the last positions were given to rejects */
    s->fed = s->store.last;
  bt_sdk_spool_leave(&s->store);
}

/* ---- The loop ---- */

void bt_sdk_spool_tick(baton *b, int64_t now_ms) {
  struct bt_sdk_spool *s = b->spool;
  if (!s || s->store.broken)
    return;
  if (take_out_due(s) <= now_ms)
    take_out(s, now_ms);
  feed(b, now_ms);
  bt_sdk_spool_watch(b, now_ms);
  if (now_ms - s->readers_ms >= READERS_MS) {
    bt_sdk_spool_readers(&s->store);
    s->readers_ms = now_ms;
  }
}

int64_t bt_sdk_spool_due(const baton *b) {
  const struct bt_sdk_spool *s = b->spool;
  int64_t due = s ? take_out_due(s) : INT64_MAX;
  if (!s || s->store.broken || b->state != BT_SDK_WELCOME || s->stopping || !has_window(b))
    return due;
  if (has_more(s))
    return 0;
  for (size_t i = 0; i < s->n_later; i++)
    if (!s->later[i].out && s->later[i].due_ms < due)
      due = s->later[i].due_ms;
  return due;
}

void bt_sdk_spool_stop(baton *b) {
  struct bt_sdk_spool *s = b->spool;
  if (!s)
    return;
  s->stopping = true;
  for (int tries = 0; s->n_verdicts > 0 && !s->store.broken && tries < 16; tries++)
    take_out(s, bt_sdk_mono_ms());
}

bool bt_sdk_spool_broken(const baton *b, const char **ret_why) {
  if (!b->spool || !b->spool->store.broken)
    return false;
  *ret_why = b->spool->store.error;
  return true;
}
