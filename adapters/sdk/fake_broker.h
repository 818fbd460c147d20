/* A broker for tests of adapters, in the test's own process.
 *
 * It speaks the session part of the protocol: Hello, numbers, BUSY, receipts, idempotency by source key, deliveries,
 * settles, and answers as scripted. It knows nothing of cases: every event it is not told to refuse is accepted. It
 * listens on a port of 127.0.0.1 that the system chooses, with CURVE and a key pair of its own, and runs on its own
 * thread; key files for the adapter lie in a temporary folder until baton_fake_free. It admits any key (the real broker
 * does not).
 *
 * Threads: every function may be called from the test's thread. What it recorded is never moved or freed before
 * baton_fake_free, so pointers stay good. To wait for something, poll the baton and look again, with a bound. */
#ifndef BATON_FAKE_BROKER_H
#define BATON_FAKE_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct baton_fake baton_fake;

/* One item of a Submit as it came, also those that were refused or came again. */
struct baton_fake_submit {
  unsigned session; /* 1 for the first Hello that was welcomed */
  uint64_t number;
  char source_key[129];
  int64_t first_tried_at_us;
  uint8_t *event;
  size_t event_n;
  bool has_cursor;
  char source[65];
  uint8_t position[256];
  size_t position_n;
  int code;       /* that it was answered with */
  bool duplicate; /* its key was accepted before */
};

struct baton_fake_settle {
  unsigned session;
  uint64_t sequence;
  int verdict; /* baton_verdict */
  uint32_t retry_after_ms;
  char reason[257];
  size_t n_events;
  char *json; /* the whole SettleItem in proto3 JSON */
};

baton_fake *baton_fake_new(void); /* NULL: no socket, no folder, no memory */
void baton_fake_free(baton_fake *f);
const char *baton_fake_endpoint(const baton_fake *f);
const char *baton_fake_secret_key_file(const baton_fake *f);
const char *baton_fake_broker_key_file(const baton_fake *f);

/* ---- Script ---- */

/* The next n items that may be decided get this refusal. BUSY (6) makes every later item BUSY as well, until that
 * number comes again. */
void baton_fake_refuse(baton_fake *f, unsigned n, int code, uint32_t retry_after_ms);
/* The next n settles that carry events get this refusal. */
void baton_fake_refuse_settles(baton_fake *f, unsigned n, int code, uint32_t retry_after_ms);
/* The next n Hellos get this Fault. */
void baton_fake_refuse_hellos(baton_fake *f, unsigned n, int code, uint32_t retry_after_ms);
/* The next n Queries are answered with this refusal. */
void baton_fake_refuse_queries(baton_fake *f, unsigned n, int code);
/* What Welcome says from the next Hello on: an operator holds this adapter. */
void baton_fake_held(baton_fake *f, bool held);
/* Takes and records the next n Submit frames, but their receipts are lost. */
void baton_fake_lose_receipts(baton_fake *f, unsigned n);
/* While held, only the first item of each Submit frame is answered; the other answers go out, in order, when let go. */
void baton_fake_hold_answers(baton_fake *f, bool hold);
/* Forgets the session: whatever comes next is answered HELLO_FIRST. */
void baton_fake_forget(baton_fake *f);
/* Closes the socket and opens it again on the same port: connections break, sessions are gone. */
void baton_fake_restart(baton_fake *f);
/* Takes what comes and answers nothing. */
void baton_fake_mute(baton_fake *f, bool mute);
/* What Welcome says from the next Hello on. */
void baton_fake_max_in_flight(baton_fake *f, uint32_t n);
/* Sends one DeliveryItem, given in proto3 JSON; again after each Hello until it is settled. false: bad JSON. */
bool baton_fake_deliver(baton_fake *f, const char *json);
/* Sends these bytes as they are into the session, as a message of so many equal parts. */
void baton_fake_send(baton_fake *f, const void *bytes, size_t n, unsigned parts);
/* Every later Query but those for a cursor gets this Answer (proto3 JSON; the id is filled in). A CursorQuery is
 * answered with what was submitted last. false: bad JSON. */
bool baton_fake_answer(baton_fake *f, const char *json);

/* ---- What it saw ---- */

unsigned baton_fake_hellos(baton_fake *f);
unsigned baton_fake_sessions(baton_fake *f); /* Hellos that were welcomed */
unsigned baton_fake_goodbyes(baton_fake *f);
unsigned baton_fake_credits(baton_fake *f); /* Credit frames */
unsigned baton_fake_submit_frames(baton_fake *f);
unsigned baton_fake_queries(baton_fake *f);
size_t baton_fake_submits(baton_fake *f);
const struct baton_fake_submit *baton_fake_submit(baton_fake *f, size_t i); /* NULL: not so many */
/* Accepted for the first time, in their order: each source key once. */
size_t baton_fake_accepted(baton_fake *f);
const struct baton_fake_submit *baton_fake_accepted_at(baton_fake *f, size_t i);
/* Each Report, in proto3 JSON. */
size_t baton_fake_reports(baton_fake *f);
const char *baton_fake_report(baton_fake *f, size_t i);
size_t baton_fake_settles(baton_fake *f);
const struct baton_fake_settle *baton_fake_settle(baton_fake *f, size_t i);

#endif
