#include "spool_record.h"

#include <string.h>

#include "text.h"

enum { VERSION = 1, WAITS = 1, REFUSED = 2 };

/* ---- Out ---- */

static uint8_t *put_int(uint8_t *to, uint64_t v, size_t bytes) {
  for (size_t i = bytes; i > 0; i--, v >>= 8)
    to[i - 1] = (uint8_t)v;
  return to + bytes;
}

static uint8_t *put_bytes(uint8_t *to, struct bt_sdk_bytes b) {
  if (b.n)
    memcpy(to, b.at, b.n);
  return to + b.n;
}

size_t bt_sdk_spool_encode(const struct bt_sdk_spool_record *r, uint8_t *to) {
  uint8_t *p = put_int(to, VERSION, 1);
  p = put_int(p, r->refused ? REFUSED : WAITS, 1);
  p = put_int(p, (uint64_t)r->put_us, 8);
  p = put_bytes(put_int(p, r->key.n, 1), r->key);
  if (r->refused) {
    p = put_int(p, (uint64_t)r->refused_us, 8);
    p = put_int(p, (uint64_t)r->code, 2);
    p = put_bytes(put_int(p, r->field.n, 1), r->field);
    p = put_bytes(put_int(p, r->text.n, 2), r->text);
  }
  return (size_t)(put_bytes(p, r->event) - to);
}

/* ---- In ---- */

struct reader {
  const uint8_t *p;
  size_t left;
  bool bad;
};

static uint64_t get_int(struct reader *r, size_t bytes) {
  uint64_t v = 0;
  if (r->left < bytes) {
    r->bad = true;
    return 0;
  }
  for (size_t i = 0; i < bytes; i++)
    v = v << 8 | r->p[i];
  r->p += bytes;
  r->left -= bytes;
  return v;
}

static struct bt_sdk_bytes get_bytes(struct reader *r, size_t n, size_t most) {
  struct bt_sdk_bytes b = {r->p, n};
  if (n > r->left || n > most) {
    r->bad = true;
    return (struct bt_sdk_bytes){r->p, 0};
  }
  r->p += n;
  r->left -= n;
  return b;
}

static bool is_text(struct bt_sdk_bytes b) {
  return bt_sdk_utf8_valid(b.at, b.n) && !(b.n && memchr(b.at, '\0', b.n));
}

bool bt_sdk_spool_decode(const void *bytes, size_t n, struct bt_sdk_spool_record *ret) {
  struct reader r = {.p = bytes, .left = n};
  struct bt_sdk_spool_record to = {0};
  r.bad = get_int(&r, 1) != VERSION;
  uint64_t kind = get_int(&r, 1);
  to.refused = kind == REFUSED;
  to.put_us = (int64_t)get_int(&r, 8);
  to.key = get_bytes(&r, get_int(&r, 1), BT_SDK_SPOOL_KEY_MAX);
  if (to.refused) {
    to.refused_us = (int64_t)get_int(&r, 8);
    to.code = (int)get_int(&r, 2);
    to.field = get_bytes(&r, get_int(&r, 1), BT_SDK_SPOOL_FIELD_MAX);
    to.text = get_bytes(&r, get_int(&r, 2), BT_SDK_SPOOL_TEXT_MAX);
  }
  to.event = get_bytes(&r, r.left, BT_SDK_SPOOL_EVENT_MAX);
  if (r.bad || (kind != WAITS && kind != REFUSED) || to.key.n == 0 || !is_text(to.key) || !is_text(to.field) ||
      !is_text(to.text))
    return false;
  *ret = to;
  return true;
}
