/* A journal made anew, whose beginning lies in segments. */
#include <stdio.h>

#include "base/bytes.h"
#include "journal/engine.h"

struct founding {
  size_t map_size;
  uint64_t epoch;
  const struct bt_journal_segment *v;
  uint32_t n;
};

static int put_number(MDB_txn *txn, MDB_dbi meta, const char *name, uint64_t number) {
  uint8_t bytes[8];
  MDB_val key = {strlen(name), (void *)(uintptr_t)name}, value = {sizeof bytes, bytes};
  bt_put_u64(bytes, number);
  return mdb_put(txn, meta, &key, &value, 0);
}

static int put_rows(MDB_txn *txn, const struct founding *f) {
  MDB_dbi entries, meta;
  int rc = mdb_dbi_open(txn, "entries", MDB_CREATE, &entries);
  if (rc == 0)
    rc = mdb_dbi_open(txn, "meta", MDB_CREATE, &meta);
  if (rc == 0)
    rc = put_number(txn, meta, "format", BT_JOURNAL_FORMAT);
  if (rc == 0)
    rc = put_number(txn, meta, "epoch", f->epoch);
  for (uint32_t i = 0; rc == 0 && i < f->n; i++) {
    struct bt_engine_segment s = {f->v[i].first, f->v[i].last, f->v[i].bytes, {0}};
    memcpy(s.after, f->v[i].after, BT_CHAIN_SIZE);
    rc = bt_engine_put_segment(txn, meta, &s);
  }
  if (rc == 0 && f->n)
    rc = bt_engine_put_cut(txn, meta, f->v[f->n - 1].last, f->v[f->n - 1].after);
  return rc;
}

static int fill(const char *dir, const void *context) {
  const struct founding *f = context;
  MDB_env *env;
  MDB_txn *txn;
  int rc = bt_engine_open(dir, f->map_size, 0, &env);
  if (rc < 0)
    return rc;
  rc = mdb_txn_begin(env, NULL, 0, &txn);
  if (rc == 0) {
    rc = put_rows(txn, f);
    if (rc == 0)
      rc = mdb_txn_commit(txn);
    else
      mdb_txn_abort(txn);
  }
  mdb_env_close(env);
  return rc == 0 ? 0 : -BT_IO;
}

int bt_journal_found(const char *dir, size_t map_size, uint64_t epoch, const struct bt_journal_segment *v, uint32_t n) {
  const struct founding f = {map_size, epoch, v, n};
  for (uint32_t i = 0; i < n; i++)
    if (v[i].last < v[i].first || (i && v[i].first != v[i - 1].last + 1))
      return -BT_USAGE;
  return bt_dir_build(dir, fill, &f);
}
