/* The embedded engine of the journal: one LMDB environment.
 *
 * Database `entries`: sequence (8 bytes, big-endian) -> format (1 byte), length of the head (4), head, body, chain hash
 * (32). Database `meta`: `format` and `epoch` -> 8 bytes. Writes are appends with the default durability: a commit has
 * synced the pages before the root that names them. After a commit whose outcome is unknown nothing is ever appended
 * again: a failed sync is not remembered by the kernel, and the next one would seem to succeed. */
#include "base/io.h"
#include "journal/engine.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

enum {
  COMMITS_PER_READER_CHECK = 1024,
  /* Entries that a commit deletes while a cut is under way: more than it adds, or it would never end. */
  TRIM_AT_LEAST = 64,
  TRIM_PER_ENTRY = 4
};

static void abort_write(struct bt_journal *j) {
  mdb_txn_abort(j->write);
  j->write = NULL;
}

/* Nothing of the batch was written, for a cause that has a remedy. */
static bool is_full(struct bt_journal *j, int rc) {
  j->disk_full = bt_io_is_full(rc);
  return j->disk_full || rc == MDB_MAP_FULL || rc == MDB_TXN_FULL;
}

static int fail(struct bt_journal *j, int rc, int code) {
  if (is_full(j, rc))
    return -BT_FULL;
  j->broken = -code;
  return -code;
}

static int check_epoch(struct bt_journal *j) {
  MDB_val key = {5, "epoch"}, value;
  int rc = mdb_get(j->write, j->meta, &key, &value);
  if (rc != 0 || value.mv_size != 8)
    return fail(j, rc, BT_IO);
  return bt_get_u64(value.mv_data) == j->epoch ? 0 : -BT_FENCED;
}

static int begin_write(struct bt_journal *j) {
  int rc = mdb_txn_begin(j->env, NULL, 0, &j->write);
  if (rc != 0) {
    j->write = NULL;
    return fail(j, rc, BT_IO);
  }
  return 0;
}

static int put_entry(struct bt_journal *j, const struct bt_journal_record *r) {
  uint8_t bytes[8];
  bt_put_u64(bytes, r->sequence);
  MDB_val key = {sizeof(bytes), bytes}, value = {BT_ENTRY_OVERHEAD + r->head.n + r->body.n, NULL};
  int rc = mdb_cursor_put(j->cursor, &key, &value, MDB_APPEND | MDB_RESERVE);
  if (rc != 0)
    return fail(j, rc, BT_IO);
  uint8_t *to = value.mv_data;
  to[0] = BT_JOURNAL_FORMAT;
  bt_put_u32(to + 1, (uint32_t)r->head.n);
  if (r->head.n)
    memcpy(to + 5, r->head.p, r->head.n);
  if (r->body.n)
    memcpy(to + 5 + r->head.n, r->body.p, r->body.n);
  bt_chain_next(j->pending_chain, r->sequence, r->head, r->body, j->pending_chain);
  memcpy(to + 5 + r->head.n + r->body.n, j->pending_chain, BT_CHAIN_SIZE);
  return 0;
}

static int put_all(struct bt_journal *j, const struct bt_journal_record *v, uint32_t n) {
  int rc = check_epoch(j);
  if (rc < 0)
    return rc;
  if (mdb_cursor_open(j->write, j->entries, &j->cursor) != 0)
    return fail(j, ENOMEM, BT_IO);
  memcpy(j->pending_chain, j->chain, BT_CHAIN_SIZE);
  for (uint32_t i = 0; rc == 0 && i < n; i++)
    rc = put_entry(j, &v[i]);
  mdb_cursor_close(j->cursor);
  j->pending_first = j->first;
  int trimmed = rc == 0 && !j->no_trim ? bt_engine_trim(j, TRIM_AT_LEAST + TRIM_PER_ENTRY * n) : 0;
  j->no_trim = trimmed != 0;
  return trimmed ? fail(j, trimmed, BT_IO) : rc;
}

static bool is_next_batch(const struct bt_journal *j, const struct bt_journal_record *v, uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    if (v[i].sequence != j->durable + 1 + i || v[i].head.n > BT_MAX_PART || v[i].body.n > BT_MAX_PART)
      return false;
  return n > 0;
}

/* The bytes are copied here already. What goes wrong with them is told by poll, where the caller looks for it. */
int bt_journal_append(struct bt_journal *j, const struct bt_journal_record *v, uint32_t n) {
  if (j->broken)
    return j->broken;
  if (j->outstanding || j->epoch == 0 || !bt_claim_is_ours(&j->claim) || !is_next_batch(j, v, n))
    return -BT_USAGE;
  j->put_error = begin_write(j);
  if (j->put_error == 0) {
    j->put_error = put_all(j, v, n);
    if (j->put_error < 0)
      abort_write(j);
  }
  j->outstanding = n;
  return 0;
}

int bt_journal_poll(struct bt_journal *j, uint64_t *ret_durable) {
  if (!bt_claim_is_ours(&j->claim))
    return -BT_USAGE;
  if (j->broken && !j->outstanding)
    return j->broken;
  uint32_t n = j->outstanding;
  j->outstanding = 0;
  if (n && j->put_error < 0)
    return j->put_error;
  if (n) {
    int rc = mdb_txn_commit(j->write);
    j->write = NULL;
    if (rc != 0)
      return fail(j, rc, BT_LOST);
    j->durable += n;
    j->first = j->pending_first;
    /* A reader that died keeps old pages from being reused until somebody looks. */
    if (++j->commits % COMMITS_PER_READER_CHECK == 0)
      mdb_reader_check(j->env, NULL);
    memcpy(j->chain, j->pending_chain, BT_CHAIN_SIZE);
  }
  *ret_durable = j->durable;
  return 0;
}

int bt_journal_lead(struct bt_journal *j, uint64_t *ret_epoch) {
  uint8_t bytes[8];
  MDB_val key = {5, "epoch"}, value;
  if (j->broken)
    return j->broken;
  if (j->read_only || j->outstanding || !bt_claim_is_ours(&j->claim))
    return -BT_USAGE;
  int rc = begin_write(j);
  if (rc < 0)
    return rc;
  rc = mdb_get(j->write, j->meta, &key, &value);
  uint64_t epoch = rc == 0 && value.mv_size == 8 ? bt_get_u64(value.mv_data) + 1 : 1;
  bt_put_u64(bytes, epoch);
  value = (MDB_val){sizeof(bytes), bytes};
  rc = mdb_put(j->write, j->meta, &key, &value, 0);
  if (rc != 0) {
    abort_write(j);
    return fail(j, rc, BT_IO);
  }
  rc = mdb_txn_commit(j->write);
  j->write = NULL;
  if (rc != 0)
    return fail(j, rc, BT_IO);
  *ret_epoch = j->epoch = epoch;
  return 0;
}

int bt_journal_grow(struct bt_journal *j) {
  MDB_envinfo info;
  if (j->outstanding || j->read_only || !bt_claim_is_ours(&j->claim))
    return -BT_USAGE;
  if (j->disk_full)
    return -BT_FULL;
  bt_engine_end_read(j, true);
  if (mdb_env_info(j->env, &info) != 0 || mdb_env_set_mapsize(j->env, info.me_mapsize * 2) != 0)
    return -BT_IO;
  return 0;
}
