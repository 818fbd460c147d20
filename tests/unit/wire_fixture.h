/* A broker's wire with two adapters in its rules, and clients that speak to it over real sockets.
 *
 * Frames are put together and taken apart here by hand, so that these tests do not lean on the codec they talk to.
 * Everything waits by polling, with a bound. The broker's clock is `now_us` and moves only when a test moves it. */
#ifndef BT_TESTS_WIRE_FIXTURE_H
#define BT_TESTS_WIRE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "base/clock.h"
#include "wire/keys.h"
#include "wire/wire.h"

enum { PATIENCE_S = 10 };

struct keys {
  char public_key[41], secret[41];
};

struct fixture {
  struct keys broker, key[2]; /* the broker's; those of "crm" and "pbx" */
  struct bt_adapter adapters[2];
  struct bt_str acts_for[1];
  struct bt_rules rules;
  struct bt_counters counters;
  struct bt_arena arena;
  struct bt_wire *wire;
  void *context;    /* the clients' */
  void *clients[8]; /* those to close at the end, also after a test that failed */
  unsigned client_count;
  int64_t now_us;
  uint64_t opened, closed; /* ids of the last sessions */
  bool hold_next;
  struct bt_inbound inbound; /* the last frame for the loop */
  unsigned inbounds;
};

/* A frame from the broker: which, and the fields of it that these tests look at, by number. */
struct reply {
  unsigned kind;
  uint64_t number[16];
  char text[16][80];
};

struct bytes {
  uint8_t b[256];
  size_t n;
};

static inline struct keys keys_new(void) {
  struct keys k;
  assert_int_equal(bt_wire_keypair(k.public_key, k.secret), 0);
  return k;
}

static inline void fixture_opened(void *context, struct bt_session *s) {
  struct fixture *f = context;
  f->opened = s->id;
  s->held = f->hold_next;
}

static inline void fixture_closed(void *context, struct bt_session *s) {
  struct fixture *f = context;
  f->closed = s->id;
}

/* A file in a fresh folder with this text; the caller unlinks it. */
static inline void file_make(char path[64], const char *text) {
  strcpy(path, "/tmp/wire-key-XXXXXX");
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
  close(fd);
}

static inline void fixture_rules(struct fixture *f) {
  static const char *const names[] = {"crm", "pbx"};
  for (int i = 0; i < 2; i++) {
    f->key[i] = keys_new();
    struct bt_adapter *a = &f->adapters[i];
    *a = (struct bt_adapter){.name = bt_str(names[i]), .department = BT_LIT("sales"), .receives = true};
    a->acts_for = (struct bt_strs){1, f->acts_for};
    zmq_z85_decode(a->key, f->key[i].public_key);
  }
  f->acts_for[0] = BT_LIT("sales");
  f->rules.adapters.n = 2;
  f->rules.adapters.v = f->adapters;
  f->rules.idempotency_us = 3600 * BT_SECOND_US;
}

static inline int fixture_start(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  char file[64];
  const char *text = "";
  f->broker = keys_new();
  fixture_rules(f);
  file_make(file, f->broker.secret);
  f->now_us = 1000 * BT_SECOND_US;
  bt_arena_init(&f->arena, 16 * 1024 * 1024);
  struct bt_wire_options options = {.endpoint = "tcp://127.0.0.1:*",
                                    .secret_key_file = file,
                                    .max_in_flight = 256,
                                    .takeover_after_us = 6 * BT_SECOND_US,
                                    .io_threads = 1};
  int code = bt_wire_open(&options, &f->rules, &f->counters, &f->wire, &text);
  unlink(file);
  if (code)
    print_error("%s\n", text);
  assert_int_equal(code, 0);
  bt_wire_on_open(f->wire, fixture_opened, f);
  bt_wire_on_close(f->wire, fixture_closed, f);
  f->counters = (struct bt_counters){0}; /* the start-up probe counted too */
  f->context = zmq_ctx_new();
  *state = f;
  return 0;
}

static inline int fixture_stop(void **state) {
  struct fixture *f = *state;
  for (unsigned i = 0; i < f->client_count; i++)
    if (f->clients[i])
      zmq_close(f->clients[i]);
  zmq_ctx_term(f->context);
  bt_wire_close(f->wire);
  bt_arena_fini(&f->arena);
  free(f);
  return 0;
}

static inline void set_int(void *socket, int option, int value) {
  assert_int_equal(zmq_setsockopt(socket, option, &value, sizeof value), 0);
}

static inline void *client_new(struct fixture *f, const struct keys *k) {
  assert_true(f->client_count < sizeof f->clients / sizeof *f->clients);
  void *s = zmq_socket(f->context, ZMQ_DEALER);
  assert_non_null(s);
  f->clients[f->client_count++] = s;
  set_int(s, ZMQ_LINGER, 0);
  if (k) {
    zmq_setsockopt(s, ZMQ_CURVE_SERVERKEY, f->broker.public_key, 41);
    zmq_setsockopt(s, ZMQ_CURVE_PUBLICKEY, k->public_key, 41);
    zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, k->secret, 41);
  }
  return s;
}

static inline void client_close(struct fixture *f, void *client) {
  for (unsigned i = 0; i < f->client_count; i++)
    if (f->clients[i] == client)
      f->clients[i] = NULL;
  zmq_close(client);
}

static inline void *client_connect(struct fixture *f, const struct keys *k) {
  void *s = client_new(f, k);
  assert_int_equal(zmq_connect(s, bt_wire_endpoint(f->wire)), 0);
  return s;
}

/* One round of the broker's loop. */
static inline void fixture_turn(struct fixture *f) {
  assert_true(bt_wire_wait(f->wire, NULL, 0, 5) >= 0);
  int code;
  do {
    struct bt_inbound in;
    code = bt_wire_receive(f->wire, f->now_us, &f->arena, &in);
    assert_true(code >= 0 || code == -BT_AGAIN);
    if (code == 0) {
      f->inbound = in;
      f->inbounds++;
    }
  } while (code >= 0);
}

#define TURN_UNTIL(f, condition)                                                                                       \
  do {                                                                                                                 \
    int64_t until_ = bt_clock_mono_us() + PATIENCE_S * BT_SECOND_US;                                                   \
    while (!(condition) && bt_clock_mono_us() < until_)                                                                \
      fixture_turn(f);                                                                                                 \
    assert_true(condition);                                                                                            \
  } while (0)

static inline uint64_t varint(const uint8_t **p, const uint8_t *end) {
  uint64_t v = 0;
  for (unsigned shift = 0; *p < end && shift < 64; shift += 7) {
    uint8_t b = *(*p)++;
    v |= (uint64_t)(b & 0x7f) << shift;
    if (b < 0x80)
      break;
  }
  return v;
}

/* Walks the fields of one message: the frame itself (depth 0), then what is in it. */
static inline void reply_parse(struct reply *r, const uint8_t *p, const uint8_t *end, int depth) {
  while (p < end) {
    uint64_t tag = varint(&p, end), value = varint(&p, end);
    unsigned field = (unsigned)(tag >> 3);
    assert_true(field < 16 && ((tag & 7) == 0 || ((tag & 7) == 2 && value <= (uint64_t)(end - p))));
    if ((tag & 7) == 0) {
      r->number[field] = depth ? value : r->number[field];
      continue;
    }
    if (depth)
      snprintf(r->text[field], sizeof r->text[field], "%.*s", (int)value, (const char *)p);
    else {
      r->kind = field;
      reply_parse(r, p, p + value, 1);
    }
    p += value;
  }
}

/* true: the client had a message. */
static inline bool client_take(void *client, struct reply *ret) {
  uint8_t b[4096];
  int n = zmq_recv(client, b, sizeof b, ZMQ_DONTWAIT);
  if (n < 0)
    return false;
  assert_true((size_t)n <= sizeof b);
  memset(ret, 0, sizeof *ret);
  reply_parse(ret, b, b + n, 0);
  return true;
}

static inline struct reply client_reply(struct fixture *f, void *client) {
  struct reply r;
  bool got = false;
  TURN_UNTIL(f, got || (got = client_take(client, &r)));
  return r;
}

static inline void client_send(void *client, const void *p, size_t n) {
  assert_int_equal(zmq_send(client, p, n, 0), n);
}

/* Frame { protocol, kind { inner } } */
static inline struct bytes frame_make(unsigned protocol, unsigned kind, const void *inner, size_t n) {
  struct bytes f = {.n = 4 + n};
  assert_true(n < 128);
  uint8_t head[] = {0x08, (uint8_t)protocol, (uint8_t)(kind << 3 | 2), (uint8_t)n};
  memcpy(f.b, head, 4);
  if (n)
    memcpy(f.b + 4, inner, n);
  return f;
}

static inline struct bytes hello_make(uint8_t instance, unsigned credit) {
  uint8_t inner[2 + 16 + 2 + 4 + 3] = {0x0a, 16};
  memset(inner + 2, instance, 16);
  memcpy(inner + 18, "\x12\x04test\x18", 7);
  if (credit < 128) {
    inner[25] = (uint8_t)credit;
    return frame_make(1, BT_FRAME_HELLO, inner, 26);
  }
  inner[25] = (uint8_t)(credit | 0x80);
  inner[26] = (uint8_t)(credit >> 7);
  return frame_make(1, BT_FRAME_HELLO, inner, 27);
}

static inline struct bytes query_make(uint8_t id) { /* WhoHandles "a" */
  uint8_t inner[] = {0x08, id, 0xaa, 0x01, 3, 0x0a, 1, 'a'};
  return frame_make(1, BT_FRAME_QUERY, inner, sizeof inner);
}

static inline struct reply client_hello(struct fixture *f, void *client, uint8_t instance) {
  struct bytes hello = hello_make(instance, 10);
  client_send(client, hello.b, hello.n);
  return client_reply(f, client);
}

/* A connected adapter with a session. */
static inline void *client_session(struct fixture *f, int adapter, uint8_t instance) {
  void *client = client_connect(f, &f->key[adapter]);
  assert_int_equal(client_hello(f, client, instance).kind, BT_FRAME_WELCOME);
  return client;
}

static inline void assert_fault(struct reply r, int code) {
  assert_int_equal(r.kind, BT_FRAME_FAULT);
  assert_int_equal(r.number[1], code);
  assert_true(r.text[2][0] != '\0');
}

/* Still answered: a query comes through to the loop. */
static inline void assert_session_lives(struct fixture *f, void *client) {
  unsigned before = f->inbounds;
  struct bytes query = query_make(7);
  client_send(client, query.b, query.n);
  TURN_UNTIL(f, f->inbounds == before + 1);
  assert_int_equal(f->inbound.frame.kind, BT_FRAME_QUERY);
}

#endif
