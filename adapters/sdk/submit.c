/* Events on their way to the broker: kept until receipted, sent in order. */
#include <stdlib.h>
#include <string.h>

#include "sdk.h"
#include "text.h"

enum {
  ITEM_OVERHEAD = 64, /* tags and numbers of one item, generously */
  STALE_MS = 5000,    /* for the answers that a BUSY left due */
  SOURCE_KEY_MAX = 128,
  SOURCE_MAX = 64,
  POSITION_MAX = 256
};

void bt_sdk_item_free(struct bt_sdk_item *item) {
  if (!item)
    return;
  free(item->source_key);
  free(item->event);
  free(item->source);
  free(item->position);
  free(item);
}

void bt_sdk_submit_free(baton *b) {
  for (struct bt_sdk_item *item = b->first, *next; item; item = next) {
    next = item->next;
    bt_sdk_item_free(item);
  }
}

size_t bt_sdk_item_size(const struct bt_sdk_item *item) {
  return item->event_n + strlen(item->source_key) + (item->source ? strlen(item->source) : 0) + item->position_n +
         ITEM_OVERHEAD;
}

/* ---- Taking events ---- */

static int check(baton *b, const char *source_key, const baton_event *event, const char *source, size_t position_n) {
  size_t n = source_key ? strlen(source_key) : 0;
  if (!event && !source)
    return bt_sdk_fail(b, BATON_E_INVALID, "neither an event nor a cursor");
  if ((event && n == 0) || n > SOURCE_KEY_MAX || !bt_sdk_utf8_valid(source_key ? source_key : "", n))
    return bt_sdk_fail(b, BATON_E_INVALID, "source_key wants 1 to %d bytes of UTF-8", SOURCE_KEY_MAX);
  if (source && (strlen(source) > SOURCE_MAX || !bt_sdk_utf8_valid(source, strlen(source))))
    return bt_sdk_fail(b, BATON_E_INVALID, "source wants at most %d bytes of UTF-8", SOURCE_MAX);
  if (position_n > POSITION_MAX)
    return bt_sdk_fail(b, BATON_E_LIMIT, "a position has at most %d bytes", POSITION_MAX);
  return 0;
}

static struct bt_sdk_item *item_new(const char *source_key, const char *source, const void *position, size_t n) {
  struct bt_sdk_item *item = calloc(1, sizeof *item);
  if (!item)
    return NULL;
  item->source_key = strdup(source_key ? source_key : "");
  if (source) {
    item->source = strdup(source);
    item->position = malloc(n ? n : 1);
    item->position_n = n;
  }
  if (!item->source_key || (source && (!item->source || !item->position))) {
    bt_sdk_item_free(item);
    return NULL;
  }
  if (source && n)
    memcpy(item->position, position, n);
  return item;
}

static void append(baton *b, struct bt_sdk_item *item) {
  if (b->last)
    b->last->next = item;
  else
    b->first = item;
  b->last = item;
  if (!b->unsent)
    b->unsent = item;
  b->n_items++;
  b->unsent_bytes += bt_sdk_item_size(item);
}

static int take(baton *b, const char *source_key, const baton_event *event, const char *source, const void *position,
                size_t n, void *user) {
  int rc = check(b, source_key, event, source, n);
  if (rc < 0)
    return rc;
  struct bt_sdk_item *item = item_new(source_key, source, position, n);
  if (!item)
    return bt_sdk_fail(b, BATON_E_NOMEM, "out of memory");
  rc = event ? bt_sdk_event_pack(b, event, &item->event, &item->event_n) : 0;
  if (rc < 0) {
    bt_sdk_item_free(item);
    return rc;
  }
  item->first_tried_us = bt_sdk_wall_us();
  item->user = user;
  append(b, item);
  return 0;
}

int bt_sdk_submit_stored(baton *b, const char *source_key, size_t key_n, const void *event, size_t event_n,
                         int64_t first_tried_us, uint64_t position) {
  struct bt_sdk_item *item = calloc(1, sizeof *item);
  if (item) {
    item->source_key = strndup(source_key, key_n);
    item->event = malloc(event_n ? event_n : 1);
  }
  if (!item || !item->source_key || !item->event) {
    bt_sdk_item_free(item);
    return bt_sdk_fail(b, BATON_E_NOMEM, "out of memory");
  }
  if (event_n)
    memcpy(item->event, event, event_n);
  item->event_n = event_n;
  item->first_tried_us = first_tried_us;
  item->spooled = position;
  append(b, item);
  return 0;
}

int baton_submit_cursor(baton *b, const char *source_key, baton_event *event, const char *source, const void *position,
                        size_t n, void *user) {
  if (b->n_items >= b->options.max_in_flight)
    return bt_sdk_fail(b, BATON_E_BUSY, "%zu events wait for their receipts", b->n_items);
  int rc = b->state == BT_SDK_REFUSED ? bt_sdk_fail(b, BATON_E_CLOSED, "the broker refused this adapter for good")
                                      : take(b, source_key, event, source, position, n, user);
  baton_event_free(event);
  /* A full frame need not wait for the next poll. */
  if (rc == 0 && (b->n_items - b->n_sent >= BT_SDK_FRAME_ITEMS || b->unsent_bytes >= BT_SDK_FRAME_FILL))
    bt_sdk_submit_tick(b, bt_sdk_mono_ms());
  return rc;
}

int baton_submit(baton *b, const char *source_key, baton_event *event, void *user) {
  if (!event)
    return bt_sdk_fail(b, BATON_E_INVALID, "no event");
  return baton_submit_cursor(b, source_key, event, NULL, NULL, 0, user);
}

size_t baton_in_flight(const baton *b) {
  return b->n_items;
}

/* ---- Sending ---- */

struct packet {
  Baton__V1__Submit submit;
  Baton__V1__SubmitItem items[BT_SDK_FRAME_ITEMS], *list[BT_SDK_FRAME_ITEMS];
  Baton__V1__Cursor cursors[BT_SDK_FRAME_ITEMS];
};

static void packet_add(struct packet *p, const struct bt_sdk_item *item, uint64_t number) {
  size_t i = p->submit.n_items++;
  Baton__V1__SubmitItem *to = p->list[i] = &p->items[i];
  baton__v1__submit_item__init(to);
  to->number = number;
  to->source_key = item->source_key;
  to->first_tried_at_us = item->first_tried_us;
  to->event = (ProtobufCBinaryData){.len = item->event_n, .data = item->event};
  if (item->source) {
    baton__v1__cursor__init(&p->cursors[i]);
    p->cursors[i].source = item->source;
    p->cursors[i].position = (ProtobufCBinaryData){.len = item->position_n, .data = item->position};
    to->cursor = &p->cursors[i];
  }
}

/* Sends one frame with as many items as fit. false: nothing more to send now. */
static bool send_some(baton *b) {
  struct packet p;
  size_t bytes = 0;
  struct bt_sdk_item *end = b->unsent;
  baton__v1__submit__init(&p.submit);
  p.submit.items = p.list;
  while (end && p.submit.n_items < BT_SDK_FRAME_ITEMS && b->n_sent + p.submit.n_items < b->window &&
         (bytes == 0 || bytes + bt_sdk_item_size(end) <= BT_SDK_FRAME_FILL)) {
    packet_add(&p, end, b->next_number + p.submit.n_items);
    bytes += bt_sdk_item_size(end);
    end = end->next;
  }
  Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
  frame.kind_case = BATON__V1__FRAME__KIND_SUBMIT;
  frame.submit = &p.submit;
  if (p.submit.n_items == 0 || !bt_sdk_send(b, &frame))
    return false;
  if (b->n_sent == 0)
    b->owed_since_ms = b->sent_ms;
  for (; b->unsent != end; b->unsent = b->unsent->next) {
    b->unsent->number = b->next_number++;
    b->n_sent++;
  }
  b->unsent_bytes -= bytes;
  return true;
}

void bt_sdk_submit_tick(baton *b, int64_t now_ms) {
  if (b->state != BT_SDK_WELCOME)
    return;
  if (b->busy_until_ms) {
    if (now_ms < b->busy_until_ms)
      return;
    /* Until every answer to the withdrawn numbers is in, a late BUSY could not be told from an answer to the new try.
     */
    if (b->stale > 0) {
      if (now_ms > b->busy_until_ms + STALE_MS)
        bt_sdk_restart(b, BATON_E_TIMEOUT, "the broker left submitted events without an answer", 0);
      return;
    }
    b->busy_until_ms = 0;
  }
  while (b->unsent && send_some(b))
    ;
}

int64_t bt_sdk_submit_due(const baton *b) {
  if (b->busy_until_ms)
    return b->stale > 0 ? b->busy_until_ms + STALE_MS + 1 : b->busy_until_ms;
  return b->unsent && b->n_sent < b->window ? 0 : INT64_MAX;
}

/* A new session: everything without a receipt goes again, in order, with new numbers. */
void bt_sdk_submit_restart(baton *b, uint64_t next_number) {
  b->unsent_bytes = 0;
  for (struct bt_sdk_item *item = b->first; item; item = item->next) {
    item->number = 0;
    b->unsent_bytes += bt_sdk_item_size(item);
  }
  b->unsent = b->first;
  b->n_sent = 0;
  b->next_number = next_number;
  b->busy_until_ms = 0;
  b->stale = 0;
}
