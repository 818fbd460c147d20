/* Cutting the log at its beginning: which segments there are, and the deleting of what is in them.
 *
 * Database `meta`: `segment` 0x00 first (8) -> last (8), chain hash after it (32), bytes of the file (8); `cut` -> the
 * last entry that was deleted (8) and its chain hash (32), which the first one that is left follows. */
#include "base/bytes.h"
#include "base/io.h"
#include "journal/engine.h"

#include <stdio.h>
#include <string.h>

enum { KEY_SIZE = 16, CUT_SIZE = 8 + BT_CHAIN_SIZE, ROW_SIZE = 8 + BT_CHAIN_SIZE + 8 };
static const char prefix[8] = "segment";

static MDB_val segment_key(uint8_t bytes[KEY_SIZE], uint64_t first) {
  memcpy(bytes, prefix, sizeof prefix);
  bt_put_u64(bytes + sizeof prefix, first);
  return (MDB_val){KEY_SIZE, bytes};
}

static int parse(const MDB_val *key, const MDB_val *value, struct bt_engine_segment *ret) {
  if (key->mv_size != KEY_SIZE || memcmp(key->mv_data, prefix, sizeof prefix) != 0)
    return -BT_ABSENT;
  if (value->mv_size != ROW_SIZE)
    return -BT_CORRUPT;
  const uint8_t *p = value->mv_data;
  ret->first = bt_get_u64((const uint8_t *)key->mv_data + sizeof prefix);
  ret->last = bt_get_u64(p);
  memcpy(ret->after, p + 8, BT_CHAIN_SIZE);
  ret->bytes = bt_get_u64(p + 8 + BT_CHAIN_SIZE);
  return ret->first && ret->first <= ret->last ? 0 : -BT_CORRUPT;
}

/* The last segment that begins at or before `sequence`, or else the first one behind it. */
static int look_up(struct bt_journal *j, uint64_t sequence, bool before, struct bt_engine_segment *ret) {
  uint8_t bytes[KEY_SIZE];
  MDB_cursor *cursor;
  if (mdb_cursor_open(j->read, j->meta, &cursor) != 0)
    return -BT_IO;
  MDB_val key = segment_key(bytes, sequence), value;
  int rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
  if (before && (rc == MDB_NOTFOUND || key.mv_size != KEY_SIZE || memcmp(key.mv_data, bytes, KEY_SIZE) != 0))
    rc = mdb_cursor_get(cursor, &key, &value, rc == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
  if (rc == 0)
    rc = parse(&key, &value, ret);
  else
    rc = rc == MDB_NOTFOUND ? -BT_ABSENT : -BT_IO;
  mdb_cursor_close(cursor);
  return rc;
}

int bt_engine_segment_of(struct bt_journal *j, uint64_t sequence, struct bt_engine_segment *ret) {
  int rc = look_up(j, sequence, true, ret);
  return rc == 0 && ret->last < sequence ? -BT_ABSENT : rc;
}

int bt_engine_find_sealed(struct bt_journal *j) {
  struct bt_engine_segment s;
  int rc = look_up(j, UINT64_MAX, true, &s);
  j->sealed = rc == 0 ? s.last : 0;
  return rc == -BT_ABSENT ? 0 : rc;
}

int bt_engine_put_segment(MDB_txn *txn, MDB_dbi meta, const struct bt_engine_segment *s) {
  uint8_t bytes[KEY_SIZE], row[ROW_SIZE];
  MDB_val key = segment_key(bytes, s->first), value = {sizeof row, row};
  bt_put_u64(row, s->last);
  memcpy(row + 8, s->after, BT_CHAIN_SIZE);
  bt_put_u64(row + 8 + BT_CHAIN_SIZE, s->bytes);
  return mdb_put(txn, meta, &key, &value, 0);
}

int bt_engine_put_cut(MDB_txn *txn, MDB_dbi meta, uint64_t sequence, const uint8_t chain[BT_CHAIN_SIZE]) {
  uint8_t cut[CUT_SIZE];
  MDB_val key = {3, "cut"}, value = {sizeof cut, cut};
  bt_put_u64(cut, sequence);
  memcpy(cut + 8, chain, BT_CHAIN_SIZE);
  return mdb_put(txn, meta, &key, &value, 0);
}

int bt_engine_cut(struct bt_journal *j, uint64_t *ret_sequence, uint8_t ret_chain[BT_CHAIN_SIZE]) {
  MDB_val key = {3, "cut"}, value;
  int rc = mdb_get(j->read, j->meta, &key, &value);
  if (rc != 0)
    return rc == MDB_NOTFOUND ? -BT_ABSENT : -BT_IO;
  if (value.mv_size != CUT_SIZE)
    return -BT_CORRUPT;
  *ret_sequence = bt_get_u64(value.mv_data);
  memcpy(ret_chain, (const uint8_t *)value.mv_data + 8, BT_CHAIN_SIZE);
  return 0;
}

/* ---- what is known of segments ---- */

static void put_name(const struct bt_engine_segment *s, char ret[BT_JOURNAL_NAME_SIZE]) {
  char name[BT_SEGMENT_NAME_SIZE + 8];
  bt_segment_name(s->first, s->last, name);
  snprintf(ret, BT_JOURNAL_NAME_SIZE, "%s", name);
}

static bool is_here(const struct bt_journal *j, const struct bt_engine_segment *s) {
  char name[BT_JOURNAL_NAME_SIZE], path[BT_PATH_SIZE];
  put_name(s, name);
  return j->archive && bt_path_join(path, j->archive_dir, name) == 0 && bt_path_exists(path);
}

int bt_journal_segment(struct bt_journal *j, uint64_t from, struct bt_journal_segment *ret) {
  struct bt_engine_segment s;
  int rc = bt_engine_begin_read(j);
  if (rc < 0)
    return rc;
  rc = look_up(j, from, false, &s);
  bt_engine_end_read(j, false);
  if (rc == 0)
    *ret = (struct bt_journal_segment){s.first, s.last, s.bytes, is_here(j, &s), {0}};
  if (rc == 0)
    memcpy(ret->after, s.after, BT_CHAIN_SIZE);
  return rc;
}

void bt_journal_segment_name(struct bt_journal *j, uint64_t sequence, char ret[BT_JOURNAL_NAME_SIZE]) {
  struct bt_engine_segment s;
  *ret = '\0';
  if (bt_engine_begin_read(j) < 0)
    return;
  if (bt_engine_segment_of(j, sequence, &s) == 0)
    put_name(&s, ret);
  bt_engine_end_read(j, false);
}

uint64_t bt_journal_sealed(const struct bt_journal *j) {
  return j->sealed;
}

uint64_t bt_journal_entry_bytes(struct bt_journal *j) {
  MDB_stat stat;
  uint64_t bytes = 0;
  if (bt_engine_begin_read(j) < 0)
    return 0;
  if (mdb_stat(j->read, j->entries, &stat) == 0)
    bytes = (uint64_t)(stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages) * stat.ms_psize;
  bt_engine_end_read(j, false);
  return bytes;
}

/* ---- deleting ---- */

/* The newest entry always stays: where the log ends is found by it. */
static uint64_t may_go(const struct bt_journal *j) {
  return j->sealed < j->durable ? j->sealed : j->durable - 1;
}

bool bt_journal_has_to_trim(const struct bt_journal *j) {
  return j->epoch && j->sealed && j->durable && j->first <= may_go(j);
}

static int delete_first(struct bt_journal *j, MDB_cursor *cursor, uint8_t cut[CUT_SIZE], bool *ret_more) {
  MDB_val key, value;
  struct bt_engine_entry e;
  int rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
  if (rc != 0)
    return rc;
  uint64_t sequence = key.mv_size == 8 ? bt_get_u64(key.mv_data) : 0;
  if (sequence != j->pending_first || bt_engine_entry_parse((struct bt_str){value.mv_data, value.mv_size}, &e) < 0)
    return MDB_CORRUPTED;
  bt_put_u64(cut, sequence);
  memcpy(cut + 8, e.chain, BT_CHAIN_SIZE);
  rc = mdb_cursor_del(cursor, 0);
  if (rc == 0)
    j->pending_first++;
  *ret_more = j->pending_first <= may_go(j);
  return rc;
}

int bt_engine_trim(struct bt_journal *j, uint32_t n) {
  uint8_t cut[CUT_SIZE];
  MDB_cursor *cursor;
  bool more = true;
  if (!bt_journal_has_to_trim(j))
    return 0;
  int rc = mdb_cursor_open(j->write, j->entries, &cursor);
  if (rc != 0)
    return rc;
  for (uint32_t i = 0; rc == 0 && more && i < n; i++)
    rc = delete_first(j, cursor, cut, &more);
  mdb_cursor_close(cursor);
  MDB_val key = {3, "cut"}, value = {sizeof cut, cut};
  return rc ? rc : mdb_put(j->write, j->meta, &key, &value, 0);
}

/* ---- commits of their own ---- */

static int failed(struct bt_journal *j, int rc) {
  j->disk_full = bt_io_is_full(rc);
  if (j->disk_full || rc == MDB_MAP_FULL || rc == MDB_TXN_FULL)
    return -BT_FULL;
  j->broken = -BT_IO;
  return -BT_IO;
}

static int begin(struct bt_journal *j) {
  MDB_val key = {5, "epoch"}, value;
  if (j->broken)
    return j->broken;
  if (j->outstanding || j->epoch == 0 || !bt_claim_is_ours(&j->claim))
    return -BT_USAGE;
  int rc = mdb_txn_begin(j->env, NULL, 0, &j->write);
  if (rc != 0) {
    j->write = NULL;
    return failed(j, rc);
  }
  if (mdb_get(j->write, j->meta, &key, &value) == 0 && value.mv_size == 8 && bt_get_u64(value.mv_data) == j->epoch)
    return 0;
  mdb_txn_abort(j->write);
  j->write = NULL;
  return -BT_FENCED;
}

static int end(struct bt_journal *j, int rc) {
  if (rc == 0)
    rc = mdb_txn_commit(j->write);
  else
    mdb_txn_abort(j->write);
  j->write = NULL;
  return rc == 0 ? 0 : failed(j, rc);
}

int bt_journal_trim(struct bt_journal *j, uint32_t n) {
  if (!bt_journal_has_to_trim(j))
    return 0;
  int rc = begin(j);
  if (rc < 0)
    return rc;
  j->pending_first = j->first;
  rc = end(j, bt_engine_trim(j, n));
  if (rc == 0)
    j->first = j->pending_first;
  return rc;
}

/* The file is what the log holds between these two: its chain begins and ends as the log's does. */
static int check_file(struct bt_journal *j, uint64_t last, struct bt_segment *ret) {
  uint8_t before[BT_CHAIN_SIZE], after[BT_CHAIN_SIZE];
  int rc = bt_archive_check(j->archive, j->sealed + 1, last, false, ret, NULL, NULL);
  if (rc == 0)
    rc = bt_engine_begin_read(j);
  if (rc < 0)
    return rc;
  rc = bt_engine_chain_of(j, j->sealed, before);
  if (rc == 0)
    rc = bt_engine_chain_of(j, last, after);
  bt_engine_end_read(j, false);
  if (rc == 0 && (memcmp(before, ret->before, sizeof before) != 0 || memcmp(after, ret->after, sizeof after) != 0))
    rc = -BT_CORRUPT;
  return rc;
}

int bt_journal_cut(struct bt_journal *j, uint64_t upto, struct bt_journal_segment *ret) {
  struct bt_segment s;
  if (!j->archive || upto >= j->durable)
    return -BT_USAGE;
  const uint64_t last = bt_archive_find(j->archive_dir, j->sealed + 1);
  if (!last || last > upto)
    return -BT_AWAY;
  int rc = check_file(j, last, &s);
  if (rc == 0)
    rc = begin(j);
  if (rc < 0)
    return rc;
  struct bt_engine_segment row = {s.first, s.last, s.bytes, {0}};
  memcpy(row.after, s.after, BT_CHAIN_SIZE);
  rc = end(j, bt_engine_put_segment(j->write, j->meta, &row));
  if (rc < 0)
    return rc;
  j->sealed = last;
  *ret = (struct bt_journal_segment){s.first, s.last, s.bytes, true, {0}};
  memcpy(ret->after, s.after, BT_CHAIN_SIZE);
  return 0;
}
