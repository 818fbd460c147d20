/* What the fake broker answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "fake_private.h"
#include "json.h"

enum { MAX_IN_FLIGHT = 1024, IDEMPOTENCY_S = 86400 };

bool fake_list_add(struct fake_list *l, void *p) {
  if (l->n == l->room) {
    size_t room = l->room ? 2 * l->room : 64;
    void **grown = realloc(l->v, room * sizeof *grown);
    if (!grown)
      return false;
    l->v = grown;
    l->room = room;
  }
  l->v[l->n++] = p;
  return true;
}

static void send_to(baton_fake *f, const uint8_t *peer, size_t peer_n, Baton__V1__Frame *frame) {
  frame->protocol = 1;
  size_t n = baton__v1__frame__get_packed_size(frame);
  uint8_t *bytes = f->mute ? NULL : malloc(n);
  if (!bytes)
    return;
  baton__v1__frame__pack(frame, bytes);
  if (zmq_send(f->socket, peer, peer_n, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
    zmq_send(f->socket, bytes, n, ZMQ_DONTWAIT);
  free(bytes);
}

static void send_fault(baton_fake *f, const uint8_t *peer, size_t peer_n, int code, uint32_t retry_after_ms) {
  Baton__V1__Fault fault = BATON__V1__FAULT__INIT;
  Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
  fault.code = (Baton__V1__Code)code;
  fault.text = (char *)"as scripted";
  fault.retry_after_ms = retry_after_ms;
  frame.kind_case = BATON__V1__FRAME__KIND_FAULT;
  frame.fault = &fault;
  send_to(f, peer, peer_n, &frame);
}

static bool refused(struct fake_refusal *r) {
  return r->left > 0 && r->left-- > 0;
}

/* ---- Session ---- */

static void hello(baton_fake *f, const uint8_t *peer, size_t peer_n) {
  Baton__V1__Welcome welcome = BATON__V1__WELCOME__INIT;
  Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
  f->hellos++;
  if (refused(&f->hellos_refused)) {
    send_fault(f, peer, peer_n, f->hellos_refused.code, f->hellos_refused.retry_after_ms);
    return;
  }
  memcpy(f->peer, peer, peer_n);
  f->peer_n = peer_n;
  f->next_number = 1;
  f->busy = false;
  f->sessions++;
  welcome.adapter = (char *)"fake-adapter";
  welcome.department = (char *)"fake-department";
  welcome.next_submit = 1;
  welcome.max_in_flight = f->max_in_flight ? f->max_in_flight : MAX_IN_FLIGHT;
  welcome.receives = true;
  welcome.idempotency_s = IDEMPOTENCY_S;
  frame.kind_case = BATON__V1__FRAME__KIND_WELCOME;
  frame.welcome = &welcome;
  send_to(f, peer, peer_n, &frame);
  for (size_t i = 0; i < f->deliveries.n; i++)
    ((struct fake_delivery *)f->deliveries.v[i])->sent = false;
  fake_send_deliveries(f);
}

void fake_send_deliveries(baton_fake *f) {
  for (size_t i = 0; f->peer_n && i < f->deliveries.n; i++) {
    struct fake_delivery *d = f->deliveries.v[i];
    Baton__V1__Delivery delivery = BATON__V1__DELIVERY__INIT;
    Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
    if (d->sent || d->settled)
      continue;
    d->item->attempt++;
    delivery.n_items = 1;
    delivery.items = &d->item;
    frame.kind_case = BATON__V1__FRAME__KIND_DELIVERY;
    frame.delivery = &delivery;
    d->sent = true;
    send_to(f, f->peer, f->peer_n, &frame);
  }
}

static void send_all(baton_fake *f, struct fake_list *l) {
  for (size_t at = 0; f->peer_n && at < l->n; at++) {
    struct fake_raw *raw = l->v[at];
    zmq_send(f->socket, f->peer, f->peer_n, ZMQ_SNDMORE);
    for (unsigned i = 0; i < raw->parts; i++)
      zmq_send(f->socket, raw->bytes, raw->n, i + 1 < raw->parts ? ZMQ_SNDMORE : 0);
    free(raw);
  }
  if (f->peer_n)
    l->n = 0;
}

void fake_send_raw(baton_fake *f) {
  send_all(f, &f->raw);
  if (!f->hold)
    send_all(f, &f->held);
}

static void send_receipts(baton_fake *f, Baton__V1__ReceiptItem **items, size_t n) {
  Baton__V1__Receipt receipt = BATON__V1__RECEIPT__INIT;
  Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
  receipt.n_items = n;
  receipt.items = items;
  frame.kind_case = BATON__V1__FRAME__KIND_RECEIPT;
  frame.receipt = &receipt;
  send_to(f, f->peer, f->peer_n, &frame);
}

static void hold_receipts(baton_fake *f, Baton__V1__ReceiptItem **items, size_t n) {
  Baton__V1__Receipt receipt = BATON__V1__RECEIPT__INIT;
  Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
  receipt.n_items = n;
  receipt.items = items;
  frame.protocol = 1;
  frame.kind_case = BATON__V1__FRAME__KIND_RECEIPT;
  frame.receipt = &receipt;
  size_t size = baton__v1__frame__get_packed_size(&frame);
  struct fake_raw *raw = malloc(sizeof *raw + size);
  if (!raw || !fake_list_add(&f->held, raw))
    abort();
  raw->parts = 1;
  raw->n = baton__v1__frame__pack(&frame, raw->bytes);
}

/* ---- Submit ---- */

static struct baton_fake_submit *record(baton_fake *f, const Baton__V1__SubmitItem *item) {
  struct baton_fake_submit *s = calloc(1, sizeof *s);
  if (!s || !(s->event = malloc(item->event.len + 1)) || !fake_list_add(&f->submits, s))
    abort(); /* a test without memory has no result */
  s->session = f->sessions;
  s->number = item->number;
  snprintf(s->source_key, sizeof s->source_key, "%s", item->source_key);
  s->first_tried_at_us = item->first_tried_at_us;
  s->event_n = item->event.len;
  if (s->event_n)
    memcpy(s->event, item->event.data, s->event_n);
  s->has_cursor = item->cursor != NULL;
  if (item->cursor && item->cursor->position.len <= sizeof s->position) {
    snprintf(s->source, sizeof s->source, "%s", item->cursor->source);
    s->position_n = item->cursor->position.len;
    if (s->position_n)
      memcpy(s->position, item->cursor->position.data, s->position_n);
  }
  return s;
}

static const struct baton_fake_submit *known(const baton_fake *f, const char *source_key) {
  for (size_t i = 0; i < f->accepted.n; i++) {
    const struct baton_fake_submit *s = f->accepted.v[i];
    if (*source_key && strcmp(s->source_key, source_key) == 0)
      return s;
  }
  return NULL;
}

/* The rules of PROTOCOL.md, section 4. */
static int judge(baton_fake *f, struct baton_fake_submit *s) {
  const struct baton_fake_submit *old = known(f, s->source_key);
  if (s->number != f->next_number)
    return f->busy && s->number > f->next_number ? BATON__V1__CODE__CODE_BUSY : BATON__V1__CODE__CODE_OUT_OF_ORDER;
  if (refused(&f->submits_refused)) {
    f->busy = f->submits_refused.code == BATON__V1__CODE__CODE_BUSY;
    f->next_number += !f->busy;
    return f->submits_refused.code;
  }
  f->busy = false;
  f->next_number++;
  s->duplicate = old != NULL;
  if (old && (old->event_n != s->event_n || memcmp(old->event, s->event, s->event_n) != 0))
    return BATON__V1__CODE__CODE_CONFLICT;
  if (!old && !fake_list_add(&f->accepted, s))
    abort();
  return BATON__V1__CODE__CODE_OK;
}

static void submit(baton_fake *f, const Baton__V1__Submit *submit_frame) {
  size_t n = submit_frame->n_items;
  Baton__V1__ReceiptItem *items = calloc(n + 1, sizeof *items), **list = calloc(n + 1, sizeof *list);
  if (!items || !list)
    abort();
  f->submit_frames++;
  for (size_t i = 0; i < n; i++) {
    struct baton_fake_submit *s = record(f, submit_frame->items[i]);
    s->code = judge(f, s);
    list[i] = &items[i];
    baton__v1__receipt_item__init(&items[i]);
    items[i].number = s->number;
    items[i].code = (Baton__V1__Code)s->code;
    items[i].duplicate = s->duplicate;
    if (s->code == BATON__V1__CODE__CODE_OK) {
      items[i].sequence = items[i].case_ = ++f->next_sequence;
      items[i].version = 1;
      items[i].ref = (char *)"0000-1";
      items[i].found = BATON__V1__FOUND__FOUND_NEW;
    } else {
      items[i].text = (char *)"as scripted";
      items[i].retry_after_ms = f->submits_refused.retry_after_ms;
    }
  }
  if (f->lose_receipts > 0)
    f->lose_receipts--;
  else
    send_receipts(f, list, f->hold && n > 1 ? 1 : n);
  if (f->hold && n > 1)
    hold_receipts(f, list + 1, n - 1);
  free(items);
  free(list);
}

/* ---- Settle ---- */

static void mark_settled(baton_fake *f, const Baton__V1__SettleItem *item) {
  for (size_t i = 0; i < f->deliveries.n; i++) {
    struct fake_delivery *d = f->deliveries.v[i];
    if (d->item->sequence == item->sequence && item->verdict != BATON__V1__VERDICT__VERDICT_IN_PROGRESS)
      d->settled = true;
  }
}

static void settle_one(baton_fake *f, const Baton__V1__SettleItem *item) {
  struct baton_fake_settle *s = calloc(1, sizeof *s);
  if (!s || !fake_list_add(&f->settles, s) || !(s->json = bt_sdk_json_text(&item->base)))
    abort();
  s->session = f->sessions;
  s->sequence = item->sequence;
  s->verdict = (int)item->verdict;
  s->retry_after_ms = item->retry_after_ms;
  s->n_events = item->n_events;
  snprintf(s->reason, sizeof s->reason, "%s", item->reason);
  bool refuse = item->n_events > 0 && refused(&f->settles_refused);
  if (!refuse)
    mark_settled(f, item);
  for (size_t i = 0; i < (refuse ? 1 : item->n_events); i++) {
    Baton__V1__ReceiptItem receipt = BATON__V1__RECEIPT_ITEM__INIT, *list = &receipt;
    receipt.delivery = item->sequence;
    receipt.code = (Baton__V1__Code)(refuse ? f->settles_refused.code : 0);
    receipt.retry_after_ms = refuse ? f->settles_refused.retry_after_ms : 0;
    receipt.sequence = refuse ? 0 : ++f->next_sequence;
    send_receipts(f, &list, 1);
  }
}

/* ---- Query ---- */

static void answer_cursor(const baton_fake *f, const char *source, Baton__V1__CursorView *view) {
  view->source = (char *)source;
  for (size_t i = f->submits.n; i > 0 && !view->known; i--) {
    struct baton_fake_submit *s = f->submits.v[i - 1];
    if (s->has_cursor && s->code != BATON__V1__CODE__CODE_BUSY && strcmp(s->source, source) == 0) {
      view->known = true;
      view->position = (ProtobufCBinaryData){.len = s->position_n, .data = s->position};
    }
  }
}

static void query(baton_fake *f, const Baton__V1__Query *q) {
  Baton__V1__Answer answer = BATON__V1__ANSWER__INIT;
  Baton__V1__CursorView view = BATON__V1__CURSOR_VIEW__INIT;
  Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
  f->queries++;
  if (q->kind_case == BATON__V1__QUERY__KIND_CURSOR) {
    answer_cursor(f, q->cursor->source, &view);
    answer.kind_case = BATON__V1__ANSWER__KIND_CURSOR;
    answer.cursor = &view;
  } else if (f->answer) {
    answer = *f->answer;
  } else {
    answer.code = BATON__V1__CODE__CODE_NOT_FOUND;
  }
  answer.id = q->id;
  frame.kind_case = BATON__V1__FRAME__KIND_ANSWER;
  frame.answer = &answer;
  send_to(f, f->peer, f->peer_n, &frame);
}

static void in_session(baton_fake *f, const Baton__V1__Frame *frame) {
  switch (frame->kind_case) {
  case BATON__V1__FRAME__KIND_SUBMIT:
    submit(f, frame->submit);
    break;
  case BATON__V1__FRAME__KIND_SETTLE:
    for (size_t i = 0; i < frame->settle->n_items; i++)
      settle_one(f, frame->settle->items[i]);
    break;
  case BATON__V1__FRAME__KIND_QUERY:
    query(f, frame->query);
    break;
  case BATON__V1__FRAME__KIND_CREDIT:
    f->credits++;
    break;
  case BATON__V1__FRAME__KIND_GOODBYE:
    f->goodbyes++;
    f->peer_n = 0;
    break;
  default:
    send_fault(f, f->peer, f->peer_n, BATON__V1__CODE__CODE_BAD_FRAME, 0);
    break;
  }
}

void fake_frame(baton_fake *f, const uint8_t *peer, size_t peer_n, const uint8_t *bytes, size_t n) {
  Baton__V1__Frame *frame = baton__v1__frame__unpack(NULL, n, bytes);
  if (!frame || frame->protocol != 1)
    send_fault(f, peer, peer_n, BATON__V1__CODE__CODE_BAD_FRAME, 0);
  else if (frame->kind_case == BATON__V1__FRAME__KIND_HELLO)
    hello(f, peer, peer_n);
  else if (f->peer_n != peer_n || memcmp(f->peer, peer, peer_n) != 0)
    send_fault(f, peer, peer_n, BATON__V1__CODE__CODE_HELLO_FIRST, 0);
  else
    in_session(f, frame);
  if (frame)
    baton__v1__frame__free_unpacked(frame, NULL);
}
