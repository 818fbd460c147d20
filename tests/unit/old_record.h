/* Makes a record look like one of an older format, as PROTOCOL.md tells of them: its number, and the tables that it
 * had. Format 1 had no timers, sweeps and advisories; 1 and 2 had neither what stands open nor an audit. */
#ifndef BT_TESTS_OLD_RECORD_H
#define BT_TESTS_OLD_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <lmdb.h>
#include <sodium.h>

static inline bool old_record_drop(MDB_txn *txn, const char *table) {
  MDB_dbi dbi;
  return mdb_dbi_open(txn, table, 0, &dbi) == 0 && mdb_drop(txn, dbi, 1) == 0;
}

/* The value (8) and SipHash-2-4 over table, 0, length of the key (2), key, value. */
static inline bool old_record_put_format(MDB_txn *txn, uint64_t format) {
  static const unsigned char no_secret[crypto_shorthash_KEYBYTES];
  unsigned char bytes[] = "meta\0\0\006format--------", stored[8 + crypto_shorthash_BYTES];
  const size_t n = sizeof bytes - 1;
  MDB_val key = {6, "format"}, value = {sizeof stored, stored};
  MDB_dbi meta;
  for (int i = 0; i < 8; i++)
    bytes[n - 8 + (size_t)i] = stored[i] = (unsigned char)(format >> (56 - 8 * i));
  crypto_shorthash(stored + 8, bytes, n, no_secret);
  return mdb_dbi_open(txn, "meta", 0, &meta) == 0 && mdb_put(txn, meta, &key, &value, 0) == 0;
}

/* dir: the folder of a record that nobody has open. format: 1 or 2, or a newer one, which keeps its tables. */
static inline bool old_record_make(const char *dir, uint64_t format) {
  static const char *const since_2[] = {"timers", "sweeps", "advisories"}, *const since_3[] = {"standing", "audit"};
  MDB_env *env;
  MDB_txn *txn;
  bool good = sodium_init() >= 0 && mdb_env_create(&env) == 0 && mdb_env_set_maxdbs(env, 64) == 0 &&
              mdb_env_set_mapsize(env, 64 << 20) == 0 && mdb_env_open(env, dir, 0, 0600) == 0 &&
              mdb_txn_begin(env, NULL, 0, &txn) == 0;
  if (!good)
    return false;
  for (size_t i = 0; good && format < 2 && i < sizeof since_2 / sizeof *since_2; i++)
    good = old_record_drop(txn, since_2[i]);
  for (size_t i = 0; good && format < 3 && i < sizeof since_3 / sizeof *since_3; i++)
    good = old_record_drop(txn, since_3[i]);
  good = good && old_record_put_format(txn, format) && mdb_txn_commit(txn) == 0;
  mdb_env_close(env);
  return good;
}

#endif
