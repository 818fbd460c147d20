/* The embedded engine of the journal: one LMDB environment.
 *
 * Database `entries`: sequence (8 bytes, big-endian) -> format (1 byte), length of the head (4), head, body, chain hash
 * (32). Database `meta`: `format` and `epoch` -> 8 bytes. Writes are appends with the default durability: a commit has
 * synced the pages before the root that names them. After a commit whose outcome is unknown nothing is ever appended
 * again: a failed sync is not remembered by the kernel, and the next one would seem to succeed. */
#include "journal/engine.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

enum { COMMITS_PER_READER_CHECK = 1024 };

static struct bt_str str_of(MDB_val v) {
  return (struct bt_str){v.mv_data, v.mv_size};
}

int bt_engine_entry_parse(struct bt_str value, struct bt_engine_entry *ret) {
  if (value.n < BT_ENTRY_OVERHEAD)
    return -BT_CORRUPT;
  if ((uint8_t)value.p[0] != BT_JOURNAL_FORMAT)
    return (uint8_t)value.p[0] > BT_JOURNAL_FORMAT ? -BT_NEWER : -BT_CORRUPT;
  size_t head = bt_get_u32(value.p + 1), texts = value.n - BT_ENTRY_OVERHEAD;
  if (head > texts)
    return -BT_CORRUPT;
  ret->head = (struct bt_str){value.p + 5, head};
  ret->body = (struct bt_str){value.p + 5 + head, texts - head};
  ret->chain = (const uint8_t *)value.p + value.n - BT_CHAIN_SIZE;
  return 0;
}

void bt_engine_chain(const uint8_t before[BT_CHAIN_SIZE], uint64_t sequence, struct bt_str head, struct bt_str body,
                     uint8_t ret_chain[BT_CHAIN_SIZE]) {
  crypto_generichash_state state;
  uint8_t fixed[12];
  bt_put_u64(fixed, sequence);
  bt_put_u32(fixed + 8, (uint32_t)head.n);
  crypto_generichash_init(&state, NULL, 0, BT_CHAIN_SIZE);
  crypto_generichash_update(&state, before, BT_CHAIN_SIZE);
  crypto_generichash_update(&state, fixed, sizeof(fixed));
  crypto_generichash_update(&state, (const uint8_t *)head.p, head.n);
  crypto_generichash_update(&state, (const uint8_t *)body.p, body.n);
  crypto_generichash_final(&state, ret_chain, BT_CHAIN_SIZE);
}

/* ---- reading ------------------------------------------------------------------------------------------------------
 */

int bt_engine_begin_read(struct bt_journal *j) {
  if (!bt_claim_is_ours(&j->claim))
    return -BT_USAGE;
  int rc = j->read ? mdb_txn_renew(j->read) : mdb_txn_begin(j->env, NULL, MDB_RDONLY, &j->read);
  if (rc == MDB_MAP_RESIZED) { /* the process that leads the journal has grown it */
    bt_engine_end_read(j, true);
    mdb_env_set_mapsize(j->env, 0);
    rc = mdb_txn_begin(j->env, NULL, MDB_RDONLY, &j->read);
  }
  return rc == 0 ? 0 : -BT_IO;
}

/* forget: also gives the reader's slot back, as growing the map asks for. */
void bt_engine_end_read(struct bt_journal *j, bool forget) {
  if (!j->read)
    return;
  if (forget)
    mdb_txn_abort(j->read);
  else
    mdb_txn_reset(j->read);
  if (forget)
    j->read = NULL;
}

int bt_engine_get(struct bt_journal *j, uint64_t sequence, struct bt_engine_entry *ret) {
  uint8_t bytes[8];
  bt_put_u64(bytes, sequence);
  MDB_val key = {sizeof(bytes), bytes}, value;
  int rc = mdb_get(j->read, j->entries, &key, &value);
  if (rc != 0)
    return rc == MDB_NOTFOUND ? -BT_ABSENT : rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND ? -BT_CORRUPT : -BT_IO;
  return bt_engine_entry_parse(str_of(value), ret);
}

/* The entry is what was appended: its hash follows from the one before. The first of a trimmed log has none before it.
 */
static int check_chain(struct bt_journal *j, uint64_t sequence, const struct bt_engine_entry *e) {
  uint8_t chain[BT_CHAIN_SIZE] = {0};
  struct bt_engine_entry before;
#ifdef BT_FLAW_NO_CHAIN
  return 0;
#endif
  if (sequence > 1 && sequence == j->first)
    return 0;
  int rc = sequence > 1 ? bt_engine_get(j, sequence - 1, &before) : 0;
  if (rc < 0)
    return rc == -BT_ABSENT ? -BT_CORRUPT : rc;
  bt_engine_chain(sequence > 1 ? before.chain : chain, sequence, e->head, e->body, chain);
  return memcmp(chain, e->chain, sizeof(chain)) == 0 ? 0 : -BT_CORRUPT;
}

int bt_journal_read(struct bt_journal *j, uint64_t sequence, struct bt_arena *arena, struct bt_journal_record *ret) {
  struct bt_engine_entry e;
  if (sequence > j->durable || sequence < j->first)
    return -BT_ABSENT;
  int rc = bt_engine_begin_read(j);
  if (rc < 0)
    return rc;
  rc = bt_engine_get(j, sequence, &e);
  if (rc == -BT_ABSENT)
    rc = -BT_CORRUPT; /* between the first and the last there is no hole */
  if (rc == 0)
    rc = check_chain(j, sequence, &e);

  if (rc == 0) {
    struct bt_str head = bt_arena_copy(arena, e.head), body = bt_arena_copy(arena, e.body);
    if (head.p && body.p)
      *ret = (struct bt_journal_record){sequence, head, body};
    else
      rc = -BT_NOMEM;
  }
  bt_engine_end_read(j, false);
  return rc;
}

uint64_t bt_journal_durable(const struct bt_journal *j) {
  return j->durable;
}

uint64_t bt_journal_first(const struct bt_journal *j) {
  return j->first;
}

uint64_t bt_journal_bytes(struct bt_journal *j) {
  MDB_envinfo info;
  MDB_stat stat;
  if (!bt_claim_is_ours(&j->claim) || mdb_env_info(j->env, &info) != 0 || mdb_env_stat(j->env, &stat) != 0)
    return 0;
  return ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
}

/* ---- writing ------------------------------------------------------------------------------------------------------
 */

static void abort_write(struct bt_journal *j) {
  mdb_txn_abort(j->write);
  j->write = NULL;
}

/* Nothing of the batch was written, for a cause that has a remedy. */
static bool is_full(struct bt_journal *j, int rc) {
  j->disk_full = rc == ENOSPC;
  return rc == ENOSPC || rc == MDB_MAP_FULL || rc == MDB_TXN_FULL;
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
  bt_engine_chain(j->pending_chain, r->sequence, r->head, r->body, j->pending_chain);
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
  return rc;
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
