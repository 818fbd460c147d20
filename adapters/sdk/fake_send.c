/* What the fake broker sends, and its lists. */
#include <stdlib.h>
#include <zmq.h>

#include "fake_private.h"

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

void fake_send(baton_fake *f, const uint8_t *peer, size_t peer_n, Baton__V1__Frame *frame) {
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

void fake_send_fault(baton_fake *f, const uint8_t *peer, size_t peer_n, int code, uint32_t retry_after_ms) {
  Baton__V1__Fault fault = BATON__V1__FAULT__INIT;
  Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
  fault.code = (Baton__V1__Code)code;
  fault.text = (char *)"as scripted";
  fault.retry_after_ms = retry_after_ms;
  frame.kind_case = BATON__V1__FRAME__KIND_FAULT;
  frame.fault = &fault;
  fake_send(f, peer, peer_n, &frame);
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
    fake_send(f, f->peer, f->peer_n, &frame);
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

void fake_send_receipts(baton_fake *f, Baton__V1__ReceiptItem **items, size_t n) {
  Baton__V1__Receipt receipt = BATON__V1__RECEIPT__INIT;
  Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
  receipt.n_items = n;
  receipt.items = items;
  frame.kind_case = BATON__V1__FRAME__KIND_RECEIPT;
  frame.receipt = &receipt;
  fake_send(f, f->peer, f->peer_n, &frame);
}

void fake_hold_receipts(baton_fake *f, Baton__V1__ReceiptItem **items, size_t n) {
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
