/* Reading one entry, wherever it is: from the environment, or from the archive segment that it was cut into. */
#include "journal/engine.h"

#include <string.h>

#include "base/bytes.h"

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

int bt_engine_find(struct bt_journal *j, uint64_t sequence, struct bt_engine_entry *ret) {
  struct bt_engine_segment s;
  struct bt_archived e;
  int rc = bt_engine_get(j, sequence, ret);
  if (rc != -BT_ABSENT)
    return rc;
  rc = bt_engine_segment_of(j, sequence, &s);
  if (rc == 0)
    rc = j->archive ? bt_archive_read(j->archive, s.first, s.last, s.after, sequence, &e) : -BT_AWAY;
  if (rc == 0)
    *ret = (struct bt_engine_entry){e.head, e.body, e.chain};
  return rc == -BT_ABSENT ? -BT_CORRUPT : rc; /* between the first and the last there is no hole */
}

int bt_engine_chain_of(struct bt_journal *j, uint64_t sequence, uint8_t ret[BT_CHAIN_SIZE]) {
  struct bt_engine_entry e;
  struct bt_engine_segment s;
  uint64_t cut;
  memset(ret, 0, BT_CHAIN_SIZE);
  if (sequence == 0)
    return 0;
  int rc = bt_engine_get(j, sequence, &e);
  if (rc == -BT_ABSENT && bt_engine_cut(j, &cut, ret) == 0 && cut == sequence)
    return 0;
  if (rc == -BT_ABSENT && bt_engine_segment_of(j, sequence, &s) == 0 && s.last == sequence) {
    memcpy(ret, s.after, BT_CHAIN_SIZE);
    return 0;
  }
  if (rc == -BT_ABSENT)
    rc = bt_engine_find(j, sequence, &e);
  if (rc == 0)
    memcpy(ret, e.chain, BT_CHAIN_SIZE);
  return rc;
}

int bt_journal_chain(struct bt_journal *j, uint64_t sequence, uint8_t ret[BT_CHAIN_SIZE]) {
  int rc = bt_engine_begin_read(j);
  if (rc < 0)
    return rc;
  rc = bt_engine_chain_of(j, sequence, ret);
  bt_engine_end_read(j, false);
  return rc;
}

int bt_journal_epoch(struct bt_journal *j, uint64_t *ret) {
  MDB_val key = {5, "epoch"}, value;
  int rc = bt_engine_begin_read(j);
  if (rc < 0)
    return rc;
  rc = mdb_get(j->read, j->meta, &key, &value);
  if (rc == 0 || rc == MDB_NOTFOUND)
    *ret = rc == 0 && value.mv_size == 8 ? bt_get_u64(value.mv_data) : 0;
  bt_engine_end_read(j, false);
  return rc == 0 || rc == MDB_NOTFOUND ? 0 : -BT_IO;
}

/* The entry is what was appended: its hash follows from the one before. */
static int check_chain(struct bt_journal *j, uint64_t sequence, const struct bt_engine_entry *e) {
  uint8_t chain[BT_CHAIN_SIZE];
#ifdef BT_FLAW_NO_CHAIN
  return 0;
#endif
  int rc = bt_engine_chain_of(j, sequence - 1, chain);
  if (rc < 0)
    return rc;
  bt_chain_next(chain, sequence, e->head, e->body, chain);
  return memcmp(chain, e->chain, sizeof(chain)) == 0 ? 0 : -BT_CORRUPT;
}

static int read_entry(struct bt_journal *j, uint64_t sequence, struct bt_engine_entry *ret) {
  int rc = bt_engine_get(j, sequence, ret);
  if (rc == 0)
    return check_chain(j, sequence, ret);
  return rc == -BT_ABSENT ? bt_engine_find(j, sequence, ret) : rc; /* which has followed the chain there */
}

int bt_journal_read(struct bt_journal *j, uint64_t sequence, struct bt_arena *arena, struct bt_journal_record *ret) {
  struct bt_engine_entry e;
  if (sequence > j->durable || sequence == 0)
    return -BT_ABSENT;
  int rc = bt_engine_begin_read(j);
  if (rc < 0)
    return rc;
  rc = read_entry(j, sequence, &e);
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
