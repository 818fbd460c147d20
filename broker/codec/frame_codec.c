#include "codec/frame_codec.h"

#include "baton/frame.pb-c.h"
#include "codec/maps.h"

/* --- from adapters -------------------------------------------------------------------------------------------------
 */

static bool adapters_send(uint32_t kind) {
  switch (kind) {
  case BT_FRAME_HELLO:
  case BT_FRAME_SUBMIT:
  case BT_FRAME_SETTLE:
  case BT_FRAME_QUERY:
  case BT_FRAME_CREDIT:
  case BT_FRAME_GOODBYE:
  case BT_FRAME_REPORT:
    return true;
  default:
    return false;
  }
}

static int refuse(int code, struct bt_str text, struct bt_str *ret_text) {
  *ret_text = text;
  return code;
}

static int check_submit(const struct bt_submit *submit, struct bt_str *ret_text) {
  for (uint32_t i = 0; i < submit->n; i++) {
    const struct bt_submit_item *item = &submit->v[i];
    if (item->event.n == 0 && !item->has_cursor)
      return refuse(-BT_INVALID, BT_LIT("submit.items: an item needs an event or a cursor"), ret_text);
    if (item->event.n != 0 && item->source_key.n == 0)
      return refuse(-BT_INVALID, BT_LIT("submit.items.source_key: is required with an event"), ret_text);
  }
  return 0;
}

static int check_settle(const struct bt_settle *settle, struct bt_str *ret_text) {
  for (uint32_t i = 0; i < settle->n; i++) {
    const struct bt_settle_item *item = &settle->v[i];
    if (item->verdict == BT_VERDICT_RETRY && item->retry_after_ms == 0)
      return refuse(-BT_INVALID, BT_LIT("settle.items.retry_after_ms: is required to retry"), ret_text);
    if (item->verdict != BT_VERDICT_ACK && item->events.n != 0)
      return refuse(-BT_INVALID, BT_LIT("settle.items.events: only go with an ack"), ret_text);
  }
  return 0;
}

/* Operators read it on their terminals: no control characters, neither of ASCII nor U+0080 to U+009F. */
static int check_report(const struct bt_report *report, struct bt_str *ret_text) {
  const struct bt_str *text = &report->text;
  for (size_t i = 0; i < text->n; i++) {
    unsigned char c = (unsigned char)text->p[i], before = i ? (unsigned char)text->p[i - 1] : 0;
    if (c < ' ' || c == 0x7f || (before == 0xc2 && c < 0xa0))
      return refuse(-BT_INVALID, BT_LIT("report.text: one line without control characters"), ret_text);
  }
  return 0;
}

/* Takes the body out of its box and checks what one field asks of another. */
static int open_box(const struct bt_frame_box *box, struct bt_frame *frame, struct bt_str *ret_text) {
  frame->kind = box->kind;
  switch (box->kind) {
  case BT_FRAME_HELLO:
    memcpy(&frame->hello, box->body, sizeof frame->hello);
    return 0;
  case BT_FRAME_SUBMIT:
    memcpy(&frame->submit, box->body, sizeof frame->submit);
    return check_submit(&frame->submit, ret_text);
  case BT_FRAME_SETTLE:
    memcpy(&frame->settle, box->body, sizeof frame->settle);
    return check_settle(&frame->settle, ret_text);
  case BT_FRAME_QUERY:
    memcpy(&frame->query, box->body, sizeof frame->query);
    if (frame->query.kind == BT_QUERY_NONE)
      return refuse(-BT_INVALID, BT_LIT("query.kind: is required"), ret_text);
    return 0;
  case BT_FRAME_CREDIT:
    memcpy(&frame->credit, box->body, sizeof frame->credit);
    return 0;
  case BT_FRAME_REPORT:
    memcpy(&frame->report, box->body, sizeof frame->report);
    return check_report(&frame->report, ret_text);
  default: /* BT_FRAME_GOODBYE: nothing else comes here */
    memcpy(&frame->goodbye, box->body, sizeof frame->goodbye);
    return 0;
  }
}

static int read_frame(const ProtobufCMessage *message, size_t size, struct bt_arena *arena, struct bt_frame *frame,
                      struct bt_str *ret_text) {
  struct bt_frame_box box = {0};
  struct bt_map_refusal refusal = {{"", 0}, {"", 0}};
  int rc = bt_map_read_wire(&bt_map_frame, message, size, arena, &box, &refusal);
  if (rc) {
    *ret_text = refusal.field.n == 0
                    ? refusal.text
                    : bt_arena_printf(arena, "%.*s: %.*s", BT_STR_ARG(refusal.field), BT_STR_ARG(refusal.text));
    return rc;
  }
  if (box.kind == BT_FRAME_NONE)
    return refuse(-BT_BAD_FRAME, BT_LIT("the frame has no kind"), ret_text);
  return open_box(&box, frame, ret_text);
}

int bt_frame_decode(struct bt_str bytes, struct bt_arena *arena, struct bt_frame *ret, struct bt_str *ret_text) {
  if (bytes.n > BT_MAX_FRAME)
    return refuse(-BT_LIMIT, BT_LIT("a frame is at most 64 KiB"), ret_text);
  ProtobufCMessage *message;
  int rc = bt_map_unpack(&bt_map_frame, bytes, arena, &message);
  if (rc)
    return refuse(rc == -BT_INVALID ? -BT_BAD_FRAME : rc, bt_map_unpack_text(rc), ret_text);
  const Baton__V1__Frame *parsed = (const Baton__V1__Frame *)message;
  if (parsed->protocol != BT_PROTOCOL)
    return refuse(-BT_BAD_PROTOCOL, BT_LIT("this broker speaks protocol 1"), ret_text);
  uint32_t kind = (uint32_t)parsed->kind_case;
  if (kind != BT_FRAME_NONE && !adapters_send(kind))
    return refuse(-BT_BAD_FRAME, BT_LIT("only the broker sends frames of this kind"), ret_text);
  struct bt_frame frame = {0};
  rc = read_frame(message, bytes.n, arena, &frame, ret_text);
  if (rc && kind == BT_FRAME_QUERY)
    frame = (struct bt_frame){.kind = kind, .query.id = parsed->query->id};
  if (rc == 0 || kind == BT_FRAME_QUERY)
    *ret = frame;
  return rc;
}

/* --- to adapters ---------------------------------------------------------------------------------------------------
 */

static void flatten_recorded(const struct bt_recorded *r, struct bt_recorded_flat *ret) {
  const struct bt_entry *e = r->entry;
  *ret = (struct bt_recorded_flat){
      .sequence = e->sequence,
      .recorded_at_us = e->recorded_at_us,
      .case_id = e->case_id,
      .ref = r->ref,
      .version = e->version,
      .customer = e->customer,
      .adapter = e->adapter,
      .event = e->event.kind != BT_KIND_NONE ? &e->event : NULL,
      .superseded_by = r->superseded_by,
      .stub = r->stub,
  };
}

static void flatten_item(const struct bt_delivery_item *d, struct bt_delivery_item_flat *ret) {
  *ret = (struct bt_delivery_item_flat){
      .sequence = d->sequence,
      .attempt = d->attempt,
      .gap = d->gap,
      .stub = d->stub,
      .redelivery = d->redelivery,
      .card = d->card,
      .digest = d->digest,
      .has_resync = d->has_resync,
      .resync = d->resync,
  };
  flatten_recorded(&d->recorded, &ret->recorded);
}

static void *flatten_delivery(const struct bt_deliveries *deliveries, struct bt_arena *arena) {
  struct bt_delivery_flat *flat = BT_NEW(arena, struct bt_delivery_flat);
  struct bt_delivery_item_flat *v = BT_NEW_ARRAY(arena, struct bt_delivery_item_flat, deliveries->n);
  if (!flat || !v)
    return NULL;
  for (uint32_t i = 0; i < deliveries->n; i++)
    flatten_item(&deliveries->v[i], &v[i]);
  *flat = (struct bt_delivery_flat){deliveries->n, v};
  return flat;
}

static bool flatten_case(struct bt_answer_flat *flat, struct bt_arena *arena) {
  flat->case_view = BT_NEW(arena, struct bt_case_view);
  if (!flat->case_view)
    return false;
  *flat->case_view =
      (struct bt_case_view){.c = *flat->answer.case_, .ref = flat->answer.ref, .hidden = flat->answer.hidden};
  return true;
}

static bool flatten_events(struct bt_answer_flat *flat, struct bt_arena *arena) {
  const struct bt_recordeds *events = &flat->answer.events;
  flat->events.v = BT_NEW_ARRAY(arena, struct bt_recorded_flat, events->n);
  if (!flat->events.v)
    return false;
  for (uint32_t i = 0; i < events->n; i++)
    flatten_recorded(&events->v[i], &flat->events.v[i]);
  flat->events.n = events->n;
  return true;
}

static void *flatten_answer(const struct bt_answer *answer, struct bt_arena *arena) {
  struct bt_answer_flat *flat = BT_NEW(arena, struct bt_answer_flat);
  if (!flat)
    return NULL;
  flat->answer = *answer;
  bool done = answer->kind == BT_QUERY_CASE      ? flatten_case(flat, arena)
              : answer->kind == BT_QUERY_HISTORY ? flatten_events(flat, arena)
                                                 : true;
  return done ? flat : NULL;
}

/* What a stale sender missed, as its table wants it. The flat items take the place of the others. */
static bool flatten_missed(struct bt_receipt *r, struct bt_arena *arena) {
  struct bt_recorded_flat *v = BT_NEW_ARRAY(arena, struct bt_recorded_flat, r->missed.n);
  if (!v)
    return false;
  for (uint32_t i = 0; i < r->missed.n; i++)
    flatten_recorded(&r->missed.v[i], &v[i]);
  r->missed.v = (struct bt_recorded *)(void *)v;
  return true;
}

static void *flatten_receipts(const struct bt_receipts *receipts, struct bt_arena *arena) {
  struct bt_receipts *flat = BT_NEW(arena, struct bt_receipts);
  struct bt_receipt *v = BT_NEW_ARRAY(arena, struct bt_receipt, receipts->n);
  if (!flat || !v)
    return NULL;
  for (uint32_t i = 0; i < receipts->n; i++) {
    v[i] = receipts->v[i];
    if (v[i].missed.n && !flatten_missed(&v[i], arena))
      return NULL;
  }
  *flat = (struct bt_receipts){receipts->n, v};
  return flat;
}

/* The body as its table wants it; NULL past the arena's limit. Bodies that are not flattened are only read. */
static void *body_of(const struct bt_frame *frame, struct bt_arena *arena) {
  switch (frame->kind) {
  case BT_FRAME_RECEIPT:
    return flatten_receipts(&frame->receipt, arena);
  case BT_FRAME_DELIVERY:
    return flatten_delivery(&frame->delivery, arena);
  case BT_FRAME_ANSWER:
    return flatten_answer(&frame->answer, arena);
  default: /* the members of the union share their address */
    return (void *)(uintptr_t)&frame->welcome;
  }
}

int bt_frame_encode(const struct bt_frame *frame, struct bt_arena *arena, struct bt_str *ret_bytes) {
  struct bt_frame_box box = {.protocol = BT_PROTOCOL, .kind = frame->kind, .body = body_of(frame, arena)};
  if (!box.body)
    return -BT_NOMEM;
  struct bt_str bytes;
  int rc = bt_map_write(&bt_map_frame, &box, BT_MAP_STORED, 0, 0, arena, &bytes);
  if (rc)
    return rc;
  if (bytes.n > BT_MAX_FRAME)
    return -BT_LIMIT;
  *ret_bytes = bytes;
  return 0;
}

size_t bt_receipt_size(const struct bt_receipt *r) {
  struct bt_receipt bare = *r;
  bare.missed = (struct bt_recordeds){0};
  size_t n = bt_map_bound(&bt_map_receipt, &bare, BT_MAP_STORED);
  for (uint32_t i = 0; i < r->missed.n; i++)
    n += bt_recorded_size(&r->missed.v[i]);
  return n;
}

size_t bt_delivery_item_size(const struct bt_delivery_item *d) {
  struct bt_delivery_item_flat flat;
  flatten_item(d, &flat);
  return bt_map_bound(&bt_map_delivery_item, &flat, BT_MAP_STORED);
}

size_t bt_recorded_size(const struct bt_recorded *r) {
  struct bt_recorded_flat flat;
  flatten_recorded(r, &flat);
  return bt_map_bound(&bt_map_recorded, &flat, BT_MAP_STORED);
}

size_t bt_scorecard_row_size(const struct bt_scorecard_row *r) {
  return bt_map_bound(&bt_map_scorecard_row, r, BT_MAP_STORED);
}

size_t bt_journey_size(const struct bt_journey_view *j, struct bt_arena *arena) {
  struct bt_str bytes;
  return bt_map_write(&bt_map_journey, j, BT_MAP_STORED, 0, 0, arena, &bytes) == 0 ? bytes.n : SIZE_MAX;
}
