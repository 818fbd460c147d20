/* A baton against the fake broker, and what its callbacks saw. */
#ifndef BATON_TESTS_SDK_FIXTURE_H
#define BATON_TESTS_SDK_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "baton.h"
#include "fake_broker.h"

enum {
  BOUND_MS = 20000,
  BUSY = 6,
  HELLO_FIRST = 3,
  IN_USE = 4,
  OUT_OF_ORDER = 5,
  BAD_FRAME = 1,
  BAD_PROTOCOL = 2,
  CONFLICT = 24,
  INVALID = 20
};

struct fixture {
  baton_fake *fake;
  baton *b;
  unsigned receipts, duplicates, refusals, connected, disconnected, deliveries;
  int last_code, last_down;
  bool final;
  char keys[4096]; /* of the receipts, in order */
  char why[256], text[256], last_json[2048];
  uint64_t last_delivery, last_settled;
  baton_verdict verdict;
};

static void on_receipt(void *context, const baton_receipt *r) {
  struct fixture *f = context;
  f->receipts++;
  f->duplicates += r->duplicate;
  f->refusals += r->code != 0;
  f->last_code = r->code;
  f->last_settled = r->delivery;
  size_t n = strlen(f->keys);
  snprintf(f->keys + n, sizeof f->keys - n, "%s ", r->source_key);
  snprintf(f->last_json, sizeof f->last_json, "%s", r->json);
}

static baton_verdict on_delivery(void *context, const baton_delivery *d) {
  struct fixture *f = context;
  f->deliveries++;
  f->last_delivery = d->sequence;
  const char *text = baton_delivery_get(d, "recorded.event.note_added.text");
  snprintf(f->text, sizeof f->text, "%s/%s/%s", d->kind, d->ref, text ? text : "-");
  return f->verdict;
}

static void on_connected(void *context, const char *adapter, const char *department) {
  struct fixture *f = context;
  assert_string_equal(adapter, "fake-adapter");
  assert_string_equal(department, "fake-department");
  f->connected++;
}

static void on_disconnected(void *context, int code, const char *why, bool final) {
  struct fixture *f = context;
  f->disconnected++;
  f->last_down = code;
  f->final = final;
  snprintf(f->why, sizeof f->why, "%s", why);
}

static inline baton_options options_of(struct fixture *f) {
  return (baton_options){
      .endpoint = baton_fake_endpoint(f->fake),
      .secret_key_file = baton_fake_secret_key_file(f->fake),
      .broker_key_file = baton_fake_broker_key_file(f->fake),
      .software = "test 1",
      .credit = 16,
      .max_in_flight = 1000,
      .on_receipt = on_receipt,
      .on_delivery = on_delivery,
      .on_connected = on_connected,
      .on_disconnected = on_disconnected,
      .context = f,
  };
}

static inline int setup(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  char error[256];
  f->verdict = BATON_ACK;
  f->fake = baton_fake_new();
  assert_non_null(f->fake);
  baton_options o = options_of(f);
  f->b = baton_open(&o, error);
  assert_non_null(f->b);
  *state = f;
  return 0;
}

static inline int teardown(void **state) {
  struct fixture *f = *state;
  baton_close(f->b);
  baton_fake_free(f->fake);
  free(f);
  return 0;
}

static inline int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Polls until the condition holds, for at most BOUND_MS. */
#define POLL_UNTIL(f, condition)                                                                                       \
  do {                                                                                                                 \
    int64_t end_ms = now_ms() + BOUND_MS;                                                                              \
    while (!(condition) && now_ms() < end_ms)                                                                          \
      if (baton_poll((f)->b, 5) < 0)                                                                                   \
        break;                                                                                                         \
    assert_true(condition);                                                                                            \
  } while (0)

static inline baton_event *note(const char *text) {
  baton_event *e = baton_event_new("note_added");
  assert_non_null(e);
  assert_int_equal(baton_event_set(e, "locator.ref", "0000-1"), 0);
  assert_int_equal(baton_event_set(e, "text", text), 0);
  return e;
}

static inline void submit_from(struct fixture *f, unsigned from, unsigned n) {
  for (unsigned i = from; i < from + n; i++) {
    char key[32];
    snprintf(key, sizeof key, "k%03u", i);
    assert_int_equal(baton_submit(f->b, key, note(key), f), 0);
  }
}

/* Each key once, in the order of submission, and receipted in that order. */
static inline void assert_in_order(struct fixture *f, unsigned n) {
  char keys[4096] = "";
  assert_int_equal(baton_fake_accepted(f->fake), n);
  for (unsigned i = 0; i < n; i++) {
    char key[32];
    snprintf(key, sizeof key, "k%03u", i);
    assert_string_equal(baton_fake_accepted_at(f->fake, i)->source_key, key);
    snprintf(keys + strlen(keys), sizeof keys - strlen(keys), "%s ", key);
  }
  assert_string_equal(f->keys, keys);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
