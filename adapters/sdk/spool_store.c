/* The spool's tables: reading and changing. */
#include "spool_store.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "baton.h"

enum { PLACE_KEY = 1 + BT_SDK_SPOOL_HASH, PLACE_CHECK = 8 };
_Static_assert(PLACE_KEY + 8 + PLACE_CHECK == BT_SDK_SPOOL_PLACE, "what a place takes");

/* ---- Keys ---- */

static void position_key(uint64_t position, uint8_t to[8]) {
  for (int i = 0; i < 8; i++)
    to[i] = (uint8_t)(position >> (56 - 8 * i));
}

static uint64_t position_of(const void *bytes) {
  const uint8_t *b = bytes;
  uint64_t v = 0;
  for (int i = 0; i < 8; i++)
    v = v << 8 | b[i];
  return v;
}

static void place_key(const struct bt_sdk_spool_store *s, char kind, struct bt_sdk_bytes key, struct bt_sdk_bytes event,
                      uint8_t to[PLACE_KEY]) {
  to[0] = (uint8_t)kind;
  bt_sdk_spool_hash(&s->seal, kind, key, event, to + 1);
}

/* A place is the position and a keyed check over both, so that a flipped bit in it is noticed. */
static void place_value(const struct bt_sdk_spool_store *s, const uint8_t key[PLACE_KEY], uint64_t position,
                        uint8_t to[8 + PLACE_CHECK]) {
  uint8_t check[BT_SDK_SPOOL_HASH];
  position_key(position, to);
  bt_sdk_spool_hash(&s->seal, 'p', (struct bt_sdk_bytes){key, PLACE_KEY}, (struct bt_sdk_bytes){to, 8}, check);
  memcpy(to + 8, check, PLACE_CHECK);
}

static const char table_letter[] = {[BT_SDK_SPOOL_QUEUE] = 'q', [BT_SDK_SPOOL_REJECTS] = 'r'};

/* ---- Reading ---- */

static bool is_ours(struct bt_sdk_spool_store *s) {
  if (s->owner == getpid())
    return true;
  snprintf(s->error, sizeof s->error, "the spool belongs to another process");
  return false;
}

int bt_sdk_spool_view(struct bt_sdk_spool_store *s) {
  if (!is_ours(s))
    return -BATON_E_USAGE;
  int e = s->view ? mdb_txn_renew(s->view) : mdb_txn_begin(s->env, NULL, MDB_RDONLY, &s->view);
  return bt_sdk_spool_lmdb(s, e, "cannot be read");
}

void bt_sdk_spool_leave(struct bt_sdk_spool_store *s) {
  mdb_txn_reset(s->view);
}

static int open_record(struct bt_sdk_spool_store *s, enum bt_sdk_spool_table table, uint64_t position, MDB_val v,
                       uint8_t *buffer, struct bt_sdk_spool_record *ret) {
  if (v.mv_size > BT_SDK_SPOOL_RECORD_MAX + BT_SDK_SPOOL_SEAL || v.mv_size < BT_SDK_SPOOL_SEAL ||
      !bt_sdk_spool_open_up(&s->seal, table_letter[table], position, v.mv_data, v.mv_size, buffer) ||
      !bt_sdk_spool_decode(buffer, v.mv_size - BT_SDK_SPOOL_SEAL, ret))
    return bt_sdk_spool_damaged(s, "an entry is not what was written");
  return 0;
}

int bt_sdk_spool_next(struct bt_sdk_spool_store *s, enum bt_sdk_spool_table table, uint64_t after, uint8_t *buffer,
                      uint64_t *ret_position, struct bt_sdk_spool_record *ret) {
  uint8_t from[8];
  MDB_cursor *c;
  MDB_val k = {sizeof from, from}, v;
  position_key(after + 1, from);
  int e = mdb_cursor_open(s->view, s->tables[table], &c);
  if (e)
    return bt_sdk_spool_lmdb(s, e, "cannot be read");
  e = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE);
  mdb_cursor_close(c);
  if (e == MDB_NOTFOUND)
    return 0;
  if (e == 0 && k.mv_size != 8)
    return bt_sdk_spool_damaged(s, "an entry's number");
  int rc = bt_sdk_spool_lmdb(s, e, "cannot be read");
  if (rc < 0)
    return rc;
  *ret_position = position_of(k.mv_data);
  rc = open_record(s, table, *ret_position, v, buffer, ret);
  return rc < 0 ? rc : 1;
}

static int place_find(struct bt_sdk_spool_store *s, MDB_txn *txn, const uint8_t key[PLACE_KEY], uint64_t *ret) {
  uint8_t good[8 + PLACE_CHECK];
  MDB_val k = {PLACE_KEY, (void *)key}, v;
  int e = mdb_get(txn, s->tables[BT_SDK_SPOOL_PLACES], &k, &v);
  if (e == MDB_NOTFOUND)
    return 0;
  if (e)
    return bt_sdk_spool_lmdb(s, e, "cannot be read");
  uint64_t position = v.mv_size == sizeof good ? position_of(v.mv_data) : 0;
  place_value(s, key, position, good);
  if (v.mv_size != sizeof good || memcmp(v.mv_data, good, sizeof good) != 0)
    return bt_sdk_spool_damaged(s, "a place is not what was written");
  *ret = position;
  return 1;
}

int bt_sdk_spool_find(struct bt_sdk_spool_store *s, struct bt_sdk_bytes key, uint64_t *ret_position) {
  uint8_t place[PLACE_KEY];
  place_key(s, 'q', key, (struct bt_sdk_bytes){NULL, 0}, place);
  return place_find(s, s->txn ? s->txn : s->view, place, ret_position);
}

/* ---- Changing ---- */

void bt_sdk_spool_begin(struct bt_sdk_spool_store *s) {
  s->rc = !is_ours(s) ? -BATON_E_USAGE
          : s->broken ? -BATON_E_IO
                      : bt_sdk_spool_lmdb(s, mdb_txn_begin(s->env, NULL, 0, &s->txn), "cannot be changed");
}

static void change(struct bt_sdk_spool_store *s, int e) {
  if (s->rc == 0)
    s->rc = bt_sdk_spool_lmdb(s, e, "cannot be written");
}

static void place_put(struct bt_sdk_spool_store *s, const uint8_t key[PLACE_KEY], uint64_t position) {
  uint8_t value[8 + PLACE_CHECK];
  MDB_val k = {PLACE_KEY, (void *)key}, v = {sizeof value, value};
  place_value(s, key, position, value);
  change(s, mdb_put(s->txn, s->tables[BT_SDK_SPOOL_PLACES], &k, &v, 0));
}

static void erase(struct bt_sdk_spool_store *s, enum bt_sdk_spool_table table, const void *key, size_t n) {
  MDB_val k = {n, (void *)key};
  if (s->rc == 0)
    change(s, mdb_del(s->txn, s->tables[table], &k, NULL));
}

static void write_record(struct bt_sdk_spool_store *s, enum bt_sdk_spool_table table, uint64_t position,
                         const struct bt_sdk_spool_record *r) {
  uint8_t plain[BT_SDK_SPOOL_RECORD_MAX], key[8];
  size_t n = bt_sdk_spool_encode(r, plain);
  MDB_val k = {sizeof key, key}, v = {n + BT_SDK_SPOOL_SEAL, NULL};
  position_key(position, key);
  change(s, mdb_put(s->txn, s->tables[table], &k, &v, MDB_RESERVE | (table == BT_SDK_SPOOL_QUEUE ? MDB_APPEND : 0)));
  if (s->rc == 0)
    bt_sdk_spool_close_up(&s->seal, table_letter[table], position, plain, n, v.mv_data);
}

void bt_sdk_spool_add(struct bt_sdk_spool_store *s, const struct bt_sdk_spool_record *r) {
  uint8_t place[PLACE_KEY];
  if (s->rc)
    return;
  place_key(s, 'q', r->key, (struct bt_sdk_bytes){NULL, 0}, place);
  write_record(s, BT_SDK_SPOOL_QUEUE, ++s->last, r);
  if (s->rc == 0)
    place_put(s, place, s->last);
}

/* The reject of this key and content, if there is one. */
static void forget_reject(struct bt_sdk_spool_store *s, const struct bt_sdk_spool_record *r) {
  uint8_t place[PLACE_KEY], key[8];
  uint64_t position;
  place_key(s, 'r', r->key, r->event, place);
  int found = place_find(s, s->txn, place, &position);
  if (found < 0)
    s->rc = found;
  if (found != 1)
    return;
  position_key(position, key);
  erase(s, BT_SDK_SPOOL_REJECTS, key, sizeof key);
  erase(s, BT_SDK_SPOOL_PLACES, place, sizeof place);
}

/* The record at a position, within a change. */
static bool look(struct bt_sdk_spool_store *s, enum bt_sdk_spool_table table, uint64_t position, uint8_t *buffer,
                 struct bt_sdk_spool_record *ret) {
  uint8_t key[8];
  MDB_val k = {sizeof key, key}, v;
  position_key(position, key);
  int e = s->rc ? MDB_NOTFOUND : mdb_get(s->txn, s->tables[table], &k, &v);
  if (e == MDB_NOTFOUND)
    return false;
  change(s, e);
  if (s->rc == 0)
    s->rc = open_record(s, table, position, v, buffer, ret);
  return s->rc == 0;
}

void bt_sdk_spool_take_out(struct bt_sdk_spool_store *s, uint64_t position, const struct bt_sdk_spool_record *refusal) {
  uint8_t buffer[BT_SDK_SPOOL_RECORD_MAX], key[8], place[PLACE_KEY];
  struct bt_sdk_spool_record r;
  MDB_stat rejects;
  if (!look(s, BT_SDK_SPOOL_QUEUE, position, buffer, &r))
    return;
  position_key(position, key);
  place_key(s, 'q', r.key, (struct bt_sdk_bytes){NULL, 0}, place);
  erase(s, BT_SDK_SPOOL_QUEUE, key, sizeof key);
  erase(s, BT_SDK_SPOOL_PLACES, place, sizeof place);
  change(s, mdb_stat(s->txn, s->tables[BT_SDK_SPOOL_REJECTS], &rejects));
  if (s->rc == 0 && rejects.ms_entries > 0)
    forget_reject(s, &r);
  if (!refusal || s->rc)
    return;
  r.refused = true;
  r.refused_us = refusal->refused_us;
  r.code = refusal->code;
  r.field = refusal->field;
  r.text = refusal->text;
  place_key(s, 'r', r.key, r.event, place);
  write_record(s, BT_SDK_SPOOL_REJECTS, position, &r);
  if (s->rc == 0)
    place_put(s, place, position);
}

void bt_sdk_spool_drop_reject(struct bt_sdk_spool_store *s, uint64_t position) {
  uint8_t buffer[BT_SDK_SPOOL_RECORD_MAX];
  struct bt_sdk_spool_record r;
  if (look(s, BT_SDK_SPOOL_REJECTS, position, buffer, &r))
    forget_reject(s, &r);
}

int bt_sdk_spool_commit_change(struct bt_sdk_spool_store *s) {
  struct bt_sdk_spool_store before = {.used = s->used, .events = s->events, .rejects = s->rejects};
  if (s->rc == 0)
    s->rc = bt_sdk_spool_count(s, s->txn);
  if (s->rc) {
    bt_sdk_spool_abort_change(s);
  } else {
    s->rc = bt_sdk_spool_lmdb(s, mdb_txn_commit(s->txn), "cannot be written");
    s->txn = NULL;
  }
  if (s->rc) {
    s->used = before.used;
    s->events = before.events;
    s->rejects = before.rejects;
  }
  return s->rc;
}

void bt_sdk_spool_abort_change(struct bt_sdk_spool_store *s) {
  if (s->txn)
    mdb_txn_abort(s->txn);
  s->txn = NULL;
}
