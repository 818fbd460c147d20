/* Verdicts on their way to the broker. */
#include <stdlib.h>
#include <string.h>

#include "sdk.h"
#include "text.h"

enum {
  REASON_MAX = 256,
  RETRY_DEFAULT_MS = 1000,
  RETRY_MAX_MS = 86400000,
  SETTLE_OVERHEAD = 48,
  EVENT_OVERHEAD = 8,
  BUSY_FIRST_MS = 100,
  BUSY_CAP_MS = 5000
};

static void settle_free(struct bt_sdk_settle *s) {
  if (!s)
    return;
  for (size_t i = 0; i < s->n_events; i++)
    free(s->events[i].data);
  free(s->events);
  free(s->reason);
  free(s);
}

void bt_sdk_settle_free(baton *b) {
  for (struct bt_sdk_settle *s = b->settles, *next; s; s = next) {
    next = s->next;
    settle_free(s);
  }
}

struct bt_sdk_settle *bt_sdk_settle_find(baton *b, uint64_t sequence) {
  struct bt_sdk_settle *s = b->settles;
  while (s && (s->sequence != sequence || s->verdict == BATON_IN_PROGRESS))
    s = s->next;
  return s;
}

bool bt_sdk_settle_pending(const baton *b) {
  const struct bt_sdk_settle *s = b->settles;
  while (s && s->state == BT_SDK_AWAITS_DELIVERY)
    s = s->next;
  return s;
}

static void append(baton *b, struct bt_sdk_settle *s, bool here) {
  struct bt_sdk_settle **end = &b->settles;
  while (*end)
    end = &(*end)->next;
  s->state = here ? BT_SDK_QUEUED : BT_SDK_AWAITS_DELIVERY;
  *end = s;
}

static void take_out(baton *b, struct bt_sdk_settle *s) {
  struct bt_sdk_settle **at = &b->settles;
  while (*at != s)
    at = &(*at)->next;
  *at = s->next;
  settle_free(s);
}

/* ---- What the adapter says ---- */

static struct bt_sdk_open *unsettled(baton *b, uint64_t sequence) {
  struct bt_sdk_open *open = bt_sdk_open_find(b, sequence);
  if (open && !bt_sdk_settle_find(b, sequence))
    return open;
  bt_sdk_fail(b, BATON_E_INVALID, "delivery %llu is not open: unknown, or settled before",
              (unsigned long long)sequence);
  return NULL;
}

int baton_settle(baton *b, uint64_t sequence, baton_verdict verdict, uint32_t retry_after_ms, const char *reason) {
  if (verdict < BATON_ACK || verdict > BATON_IN_PROGRESS)
    return bt_sdk_fail(b, BATON_E_INVALID, "no such verdict: %d", (int)verdict);
  bool reasoned = reason && *reason && (verdict == BATON_RETRY || verdict == BATON_REJECT);
  if (reasoned && (strlen(reason) > REASON_MAX || !bt_sdk_utf8_valid(reason, strlen(reason))))
    return bt_sdk_fail(b, BATON_E_INVALID, "reason wants at most %d bytes of UTF-8", REASON_MAX);
  struct bt_sdk_open *open = unsettled(b, sequence);
  if (!open)
    return -BATON_E_INVALID;
  struct bt_sdk_settle *s = calloc(1, sizeof *s);
  if (!s || (reasoned && !(s->reason = strdup(reason)))) {
    settle_free(s);
    return bt_sdk_fail(b, BATON_E_NOMEM, "out of memory");
  }
  s->sequence = sequence;
  s->verdict = verdict;
  if (verdict == BATON_RETRY)
    s->retry_after_ms = retry_after_ms == 0             ? RETRY_DEFAULT_MS
                        : retry_after_ms > RETRY_MAX_MS ? RETRY_MAX_MS
                                                        : retry_after_ms;
  append(b, s, open->here);
  if (verdict != BATON_IN_PROGRESS)
    bt_sdk_open_remove(b, sequence);
  return 0;
}

static int pack_events(baton *b, struct bt_sdk_settle *s, baton_event **events, size_t n) {
  size_t bytes = SETTLE_OVERHEAD;
  s->events = calloc(n, sizeof *s->events);
  if (!s->events)
    return bt_sdk_fail(b, BATON_E_NOMEM, "out of memory");
  for (size_t i = 0; i < n; i++) {
    int rc = bt_sdk_event_pack(b, events[i], &s->events[i].data, &s->events[i].len);
    if (rc < 0)
      return rc;
    s->n_events++;
    bytes += s->events[i].len + EVENT_OVERHEAD;
  }
  if (bytes > BT_SDK_FRAME_FILL)
    return bt_sdk_fail(b, BATON_E_LIMIT, "the events have more than %d bytes together", BT_SDK_FRAME_FILL);
  return 0;
}

static int settle_with(baton *b, uint64_t sequence, baton_event **events, size_t n) {
  if (n == 0 || n > BT_SDK_SETTLE_EVENTS)
    return bt_sdk_fail(b, BATON_E_LIMIT, "a settle carries 1 to %d events", BT_SDK_SETTLE_EVENTS);
  for (size_t i = 0; i < n; i++)
    if (!events[i])
      return bt_sdk_fail(b, BATON_E_INVALID, "event %zu is missing", i);
  struct bt_sdk_open *open = unsettled(b, sequence);
  if (!open)
    return -BATON_E_INVALID;
  struct bt_sdk_settle *s = calloc(1, sizeof *s);
  if (!s)
    return bt_sdk_fail(b, BATON_E_NOMEM, "out of memory");
  s->sequence = sequence;
  s->verdict = BATON_ACK;
  int rc = pack_events(b, s, events, n);
  if (rc < 0) {
    settle_free(s);
    return rc;
  }
  append(b, s, open->here);
  return 0;
}

int baton_settle_with(baton *b, uint64_t sequence, baton_event **events, size_t n) {
  int rc = settle_with(b, sequence, events, n);
  for (size_t i = 0; i < n; i++)
    baton_event_free(events[i]);
  return rc;
}

/* ---- Sending ---- */

static size_t settle_size(const struct bt_sdk_settle *s) {
  size_t n = SETTLE_OVERHEAD + (s->reason ? strlen(s->reason) : 0);
  for (size_t i = 0; i < s->n_events; i++)
    n += s->events[i].len + EVENT_OVERHEAD;
  return n;
}

static void to_wire(const struct bt_sdk_settle *s, Baton__V1__SettleItem *to) {
  baton__v1__settle_item__init(to);
  to->sequence = s->sequence;
  to->verdict = (Baton__V1__Verdict)s->verdict;
  to->retry_after_ms = s->retry_after_ms;
  if (s->reason)
    to->reason = s->reason;
  to->events = s->events;
  to->n_events = s->n_events;
}

static bool is_due(const struct bt_sdk_settle *s, int64_t now_ms) {
  return s->state == BT_SDK_QUEUED && s->not_before_ms <= now_ms;
}

/* Events wait for their receipt; a bare verdict is done with (should it get lost, the delivery comes again). */
static void sent(baton *b, struct bt_sdk_settle **batch, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (batch[i]->n_events)
      batch[i]->state = BT_SDK_AWAITS_RECEIPT;
    else
      take_out(b, batch[i]);
  }
}

static bool send_some(baton *b, int64_t now_ms) {
  Baton__V1__SettleItem items[BT_SDK_FRAME_ITEMS], *list[BT_SDK_FRAME_ITEMS];
  struct bt_sdk_settle *batch[BT_SDK_FRAME_ITEMS];
  Baton__V1__Settle settle = BATON__V1__SETTLE__INIT;
  Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
  size_t bytes = 0, n = 0;
  for (struct bt_sdk_settle *s = b->settles; s && n < BT_SDK_FRAME_ITEMS; s = s->next) {
    if (!is_due(s, now_ms))
      continue;
    if (n > 0 && bytes + settle_size(s) > BT_SDK_FRAME_FILL)
      break;
    bytes += settle_size(s);
    to_wire(s, &items[n]);
    list[n] = &items[n];
    batch[n++] = s;
  }
  settle.items = list;
  settle.n_items = n;
  frame.kind_case = BATON__V1__FRAME__KIND_SETTLE;
  frame.settle = &settle;
  if (n == 0 || !bt_sdk_send(b, &frame))
    return false;
  sent(b, batch, n);
  return true;
}

void bt_sdk_settle_tick(baton *b, int64_t now_ms) {
  while (b->state == BT_SDK_WELCOME && send_some(b, now_ms))
    ;
}

int64_t bt_sdk_settle_due(const baton *b) {
  int64_t due = INT64_MAX;
  for (const struct bt_sdk_settle *s = b->settles; s; s = s->next)
    if (s->state == BT_SDK_QUEUED && s->not_before_ms < due)
      due = s->not_before_ms;
  return due;
}

/* A new session: the broker delivers again what it has no verdict for. What was never sent waits for that; what was
 * sent with events may be committed already, and only asking again brings the receipts. */
void bt_sdk_settle_restart(baton *b) {
  for (size_t i = 0; i < b->n_open; i++)
    b->open[i].here = false;
  for (struct bt_sdk_settle *s = b->settles, *next; s; s = next) {
    next = s->next;
    if (s->verdict == BATON_IN_PROGRESS) {
      take_out(b, s);
      continue;
    }
    bool was_sent = s->state == BT_SDK_AWAITS_RECEIPT || s->carried;
    s->state = was_sent ? BT_SDK_QUEUED : BT_SDK_AWAITS_DELIVERY;
    s->carried = was_sent;
    s->not_before_ms = 0;
  }
}

/* ---- Receipts ---- */

void bt_sdk_settle_receipt(baton *b, const Baton__V1__ReceiptItem *r) {
  struct bt_sdk_settle *s = bt_sdk_settle_find(b, r->delivery);
  bool first = s && s->n_events > 0; /* the receipts of further events find it gone */
  if (first && r->code == BATON__V1__CODE__CODE_BUSY) {
    s->state = BT_SDK_QUEUED;
    s->not_before_ms = bt_sdk_mono_ms() + r->retry_after_ms + baton_backoff_ms(1, BUSY_FIRST_MS, BUSY_CAP_MS);
    return;
  }
  if (first && bt_sdk_is_about_session((int)r->code)) {
    bt_sdk_receipt_restart(b, r);
    return;
  }
  if (first)
    take_out(b, s);
  if (r->code == BATON__V1__CODE__CODE_OK || r->code == BATON__V1__CODE__CODE_UNKNOWN_DELIVERY)
    bt_sdk_open_remove(b, r->delivery);
  else if (!b->options.on_receipt &&
           baton_settle(b, r->delivery, BATON_REJECT, 0, "the events with it were refused") < 0)
    return; /* not open any more */
  bt_sdk_tell_receipt(b, r, "", NULL);
}
