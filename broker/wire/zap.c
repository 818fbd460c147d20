#include "wire/zap.h"

#include <string.h>
#include <zmq.h>

#include "base/bytes.h"
#include "wire/socket.h"

/* Frames of a request: version, request id, domain, address, routing id, mechanism, credentials (CURVE: the key). */
enum { F_VERSION, F_REQUEST, F_DOMAIN, F_ADDRESS, F_ROUTING, F_MECHANISM, F_KEY, F_COUNT };
enum { FIELD_SIZE = 256 };

struct request {
  uint8_t bytes[F_COUNT][FIELD_SIZE];
  size_t size[F_COUNT];
  unsigned frames; /* as many as came, also beyond F_COUNT */
  bool cut;        /* a field was longer than any that is ours */
};

const struct bt_adapter *bt_zap_adapter(const struct bt_rules *rules, const uint8_t key[32]) {
  const struct bt_adapter *adapter = bt_rules_adapter_by_key(rules, key);
#ifdef BT_FLAW_ADMIT_ANYONE
  if (!adapter && rules->adapters.n)
    adapter = &rules->adapters.v[0];
#endif
  return adapter;
}

/* true: a whole request was taken off the socket, well formed or not (a REP socket must answer each). */
static bool request_receive(void *zap, struct request *r) {
  memset(r, 0, sizeof *r);
  zmq_msg_t part;
  zmq_msg_init(&part);
  bool more = true;
  while (more && zmq_msg_recv(&part, zap, ZMQ_DONTWAIT) >= 0) {
    size_t n = zmq_msg_size(&part);
    if (n > FIELD_SIZE)
      r->cut = true;
    else if (r->frames < F_COUNT) {
      memcpy(r->bytes[r->frames], zmq_msg_data(&part), n);
      r->size[r->frames] = n;
    }
    r->frames++;
    more = zmq_msg_more(&part);
  }
  zmq_msg_close(&part);
  return r->frames > 0;
}

static bool field_is(const struct request *r, int field, const char *text) {
  return r->size[field] == strlen(text) && memcmp(r->bytes[field], text, r->size[field]) == 0;
}

static bool request_valid(const struct request *r) {
  return !r->cut && r->frames == F_COUNT && field_is(r, F_VERSION, "1.0") && field_is(r, F_DOMAIN, BT_ZAP_DOMAIN) &&
         field_is(r, F_MECHANISM, "CURVE") && r->size[F_KEY] == 32;
}

/* A lost answer is a refusal: the handshake then times out. */
static void reply(void *zap, const struct request *r, const char *status, const char *text, const char *user_id) {
  zmq_send(zap, "1.0", 3, ZMQ_SNDMORE | ZMQ_DONTWAIT);
  zmq_send(zap, r->bytes[F_REQUEST], r->size[F_REQUEST], ZMQ_SNDMORE | ZMQ_DONTWAIT);
  zmq_send(zap, status, strlen(status), ZMQ_SNDMORE | ZMQ_DONTWAIT);
  zmq_send(zap, text, strlen(text), ZMQ_SNDMORE | ZMQ_DONTWAIT);
  zmq_send(zap, user_id, strlen(user_id), ZMQ_SNDMORE | ZMQ_DONTWAIT);
  zmq_send(zap, "", 0, ZMQ_DONTWAIT);
}

int bt_zap_answer(void *zap, const struct bt_rules *rules, struct bt_counters *counters, uint8_t *ret_refused_key) {
  struct request r;
  if (!request_receive(zap, &r))
    return 0;
  if (ret_refused_key)
    memset(ret_refused_key, 0, 32);
  if (request_valid(&r) && bt_zap_adapter(rules, r.bytes[F_KEY])) {
    char user_id[65];
    reply(zap, &r, "200", "", bt_hex(user_id, r.bytes[F_KEY], 32));
    return 1;
  }
  reply(zap, &r, "400", "not granted", ""); /* deny by default, whatever it was */
  if (ret_refused_key && r.size[F_KEY] == 32)
    memcpy(ret_refused_key, r.bytes[F_KEY], 32);
  if (counters)
    counters->handshakes_refused++;
  return 1;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool bt_zap_user_key(const char *user_id, uint8_t ret_key[32]) {
  if (!user_id || strlen(user_id) != 64)
    return false;
  uint8_t key[32];
  for (int i = 0; i < 32; i++) {
    int high = hex_digit(user_id[2 * i]), low = hex_digit(user_id[2 * i + 1]);
    if (high < 0 || low < 0)
      return false;
    key[i] = (uint8_t)(high << 4 | low);
  }
  memcpy(ret_key, key, sizeof key);
  return true;
}
