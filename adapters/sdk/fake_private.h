/* The inside of the fake broker. `lock` guards everything but the socket, which belongs to the thread. */
#ifndef BATON_FAKE_PRIVATE_H
#define BATON_FAKE_PRIVATE_H

#include <pthread.h>
#include <stdint.h>

#include "baton/frame.pb-c.h"
#include "fake_broker.h"

struct fake_refusal {
  unsigned left;
  int code;
  uint32_t retry_after_ms;
};

struct fake_list { /* of pointers */
  void **v;
  size_t n, room;
};

struct fake_delivery {
  Baton__V1__DeliveryItem *item;
  bool sent, settled;
};

struct fake_raw {
  unsigned parts;
  size_t n;
  uint8_t bytes[];
};

struct baton_fake {
  pthread_t thread;
  pthread_mutex_t lock;
  void *zmq, *socket;
  int wake; /* eventfd: something was asked of the thread */
  bool stop, restart, mute, hold, held_by_operator;
  char endpoint[64], folder[64], secret_file[96], broker_file[96];
  char broker_secret[41];

  uint8_t peer[256]; /* routing id of the session */
  size_t peer_n;     /* 0: none */
  uint32_t max_in_flight;
  uint64_t next_number, next_sequence;
  bool busy;
  unsigned lose_receipts;
  struct fake_refusal submits_refused, settles_refused, hellos_refused, queries_refused;
  Baton__V1__Answer *answer;

  unsigned hellos, sessions, goodbyes, credits, submit_frames, queries;
  struct fake_list submits, accepted, settles, deliveries, reports, raw, held;
};

void fake_wake(baton_fake *f); /* the thread looks again */
/* Handles one frame from `peer`; called with the lock held. */
void fake_frame(baton_fake *f, const uint8_t *peer, size_t peer_n, const uint8_t *bytes, size_t n);

/* ---- fake_send.c; called with the lock held ---- */
bool fake_list_add(struct fake_list *l, void *p);
void fake_send(baton_fake *f, const uint8_t *peer, size_t peer_n, Baton__V1__Frame *frame);
void fake_send_fault(baton_fake *f, const uint8_t *peer, size_t peer_n, int code, uint32_t retry_after_ms);
void fake_send_receipts(baton_fake *f, Baton__V1__ReceiptItem **items, size_t n);
/* Keeps them until answers are let go. */
void fake_hold_receipts(baton_fake *f, Baton__V1__ReceiptItem **items, size_t n);
/* Sends what is there to be delivered in the session, and what a test put together. */
void fake_send_deliveries(baton_fake *f);
void fake_send_raw(baton_fake *f);

#endif
