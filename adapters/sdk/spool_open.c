/* The spool's folder, key and environment: opened, made where there is none, looked through. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "baton.h"
#include "spool_folder.h"
#include "spool_store.h"

enum { VERSION = 1, META = 1 + BT_SDK_SPOOL_ID + BT_SDK_SPOOL_HASH };

static const char *const table_names[BT_SDK_SPOOL_TABLES] = {"queue", "rejects", "places", "meta"};
static const char meta_name[] = "spool";

static int refuse(struct bt_sdk_spool_store *s, int code, const char *what) {
  char why[BT_SDK_SPOOL_ERROR];
  snprintf(why, sizeof why, "%s", what);
  snprintf(s->error, sizeof s->error, "spool.folder %.200s: %.280s", s->folder, why);
  return -code;
}

static int env_open(const char *folder, unsigned flags, uint64_t limit, MDB_env **ret) {
  MDB_env *env;
  int e = mdb_env_create(&env);
  if (e)
    return e;
  e = mdb_env_set_maxdbs(env, BT_SDK_SPOOL_TABLES);
  if (e == 0 && limit)
    e = mdb_env_set_mapsize(env, bt_sdk_spool_map_size(limit));
  if (e == 0)
    e = mdb_env_open(env, folder, flags | MDB_NOTLS, 0600);
  if (e) {
    mdb_env_close(env);
    return e;
  }
  *ret = env;
  return 0;
}

/* ---- Making ---- */

static void meta_check(const struct bt_sdk_spool_seal *seal, uint8_t to[META]) {
  struct bt_sdk_bytes nothing = {"", 0};
  to[0] = VERSION;
  memcpy(to + 1, seal->id, BT_SDK_SPOOL_ID);
  bt_sdk_spool_hash(seal, 'm', (struct bt_sdk_bytes){to, 1}, nothing, to + 1 + BT_SDK_SPOOL_ID);
}

static int fill(const char *folder, void *context) {
  struct bt_sdk_spool_store *s = context;
  uint8_t meta[META];
  MDB_val k = {sizeof meta_name - 1, (void *)meta_name}, v = {sizeof meta, meta};
  MDB_dbi tables[BT_SDK_SPOOL_TABLES];
  MDB_env *env;
  MDB_txn *txn;
  pid_t nobody;
  int fd = bt_sdk_spool_claim(folder, &nobody); /* makes the file */
  if (fd < 0)
    return -errno;
  close(fd);
  int e = env_open(folder, 0, 1, &env);
  if (e)
    return e > 0 ? -e : -EIO;
  e = mdb_txn_begin(env, NULL, 0, &txn);
  for (int t = 0; e == 0 && t < BT_SDK_SPOOL_TABLES; t++)
    e = mdb_dbi_open(txn, table_names[t], MDB_CREATE, &tables[t]);
  randombytes_buf(s->seal.id, sizeof s->seal.id);
  meta_check(&s->seal, meta);
  e = e ? e : mdb_put(txn, tables[BT_SDK_SPOOL_META], &k, &v, 0);
  e = e ? e : mdb_txn_commit(txn);
  mdb_env_close(env);
  return e > 0 ? -e : e < 0 ? -EIO : 0;
}

static int make(struct bt_sdk_spool_store *s) {
  int rc = bt_sdk_spool_build(s->folder, fill, s);
  if (rc == 0 || rc == -EEXIST || rc == -ENOTEMPTY) /* there: another process was first, or it holds something else */
    return 0;
  char why[280], advice[BT_SDK_SPOOL_ADVICE];
  snprintf(why, sizeof why, "cannot be made: %.120s%s", strerror(-rc), bt_sdk_spool_advice(s->folder, -rc, advice));
  return refuse(s, rc == -ENOSPC ? BATON_E_FULL : BATON_E_IO, why);
}

/* ---- Opening ---- */

static int claim(struct bt_sdk_spool_store *s) {
  pid_t holder;
  char why[280], advice[BT_SDK_SPOOL_ADVICE];
  s->claim = bt_sdk_spool_claim(s->folder, &holder);
  int e = errno;
  if (s->claim >= 0)
    return 0;
  if (e != EWOULDBLOCK)
    snprintf(why, sizeof why, "cannot be claimed: %.120s%s", strerror(e), bt_sdk_spool_advice(s->folder, e, advice));
  else
    snprintf(why, sizeof why, "process %ld has this spool: one adapter, one folder (stop that process first)",
             (long)holder);
  return refuse(s, e == EWOULDBLOCK ? BATON_E_BUSY : BATON_E_IO, why);
}

static int meta_read(struct bt_sdk_spool_store *s, MDB_txn *txn) {
  MDB_val k = {sizeof meta_name - 1, (void *)meta_name}, v;
  uint8_t good[META];
  int e = mdb_get(txn, s->tables[BT_SDK_SPOOL_META], &k, &v);
  if (e)
    return bt_sdk_spool_lmdb(s, e, "its first entry");
  const uint8_t *meta = v.mv_data;
  if (v.mv_size != META || meta[0] != VERSION)
    return refuse(s, BATON_E_INVALID, "was written by another version of this library");
  memcpy(s->seal.id, meta + 1, BT_SDK_SPOOL_ID);
  meta_check(&s->seal, good);
  if (memcmp(good, meta, META) != 0)
    return refuse(
        s, BATON_E_INVALID,
        "was written with another key than that in spool.key_file: give it its own key back (without it nobody "
        "can read it; to begin with an empty spool, move the folder away)");
  return 0;
}

static int last_position(struct bt_sdk_spool_store *s, MDB_txn *txn, enum bt_sdk_spool_table table) {
  MDB_cursor *c;
  MDB_val k, v;
  uint64_t position = 0;
  int e = mdb_cursor_open(txn, s->tables[table], &c);
  if (e)
    return bt_sdk_spool_lmdb(s, e, "cannot be read");
  e = mdb_cursor_get(c, &k, &v, MDB_LAST);
  mdb_cursor_close(c);
  for (size_t i = 0; e == 0 && i < 8 && i < k.mv_size; i++)
    position = position << 8 | ((const uint8_t *)k.mv_data)[i];
  if (position > s->last)
    s->last = position;
  return e == MDB_NOTFOUND ? 0 : bt_sdk_spool_lmdb(s, e, "cannot be read");
}

/* More may be in than the limit is now, and must find the room to go out. */
static int leave_room(struct bt_sdk_spool_store *s) {
  MDB_envinfo info;
  uint64_t wanted = bt_sdk_spool_map_size(s->used);
  mdb_env_info(s->env, &info);
  return wanted <= info.me_mapsize ? 0 : bt_sdk_spool_lmdb(s, mdb_env_set_mapsize(s->env, wanted), "cannot be opened");
}

int bt_sdk_spool_env(struct bt_sdk_spool_store *s, unsigned flags, uint64_t limit) {
  MDB_txn *txn;
  int rc = bt_sdk_spool_lmdb(s, env_open(s->folder, flags, limit, &s->env), "cannot be opened");
  rc = rc ? rc : bt_sdk_spool_lmdb(s, mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn), "cannot be read");
  if (rc)
    return rc;
  for (int t = 0; rc == 0 && t < BT_SDK_SPOOL_TABLES; t++)
    rc = bt_sdk_spool_lmdb(s, mdb_dbi_open(txn, table_names[t], 0, &s->tables[t]), "lacks a table");
  rc = rc ? rc : meta_read(s, txn);
  rc = rc ? rc : bt_sdk_spool_count(s, txn);
  rc = rc ? rc : last_position(s, txn, BT_SDK_SPOOL_QUEUE);
  rc = rc ? rc : last_position(s, txn, BT_SDK_SPOOL_REJECTS);
  if (rc) {
    mdb_txn_abort(txn);
    return rc;
  }
  rc = bt_sdk_spool_lmdb(s, mdb_txn_commit(txn), "cannot be read"); /* keeps the handles of the tables */
  return rc || flags & MDB_RDONLY ? rc : leave_room(s);
}

static int prepare_key(struct bt_sdk_spool_store *s, const char *file, bool is_there, bool read_only) {
  uint8_t key[BT_SDK_SPOOL_KEY_BYTES];
  if (bt_sdk_spool_inside(s->folder, file))
    return refuse(s, BATON_E_INVALID, "spool.key_file lies inside: keep the key elsewhere, or who has one has both");
  if (!is_there && read_only)
    return refuse(s, BATON_E_INVALID, "there is no spool yet: the adapter makes it when it starts");
  int rc = bt_sdk_spool_key(file, !is_there, key, s->error);
  if (rc == 0)
    bt_sdk_spool_seal_init(&s->seal, key);
  sodium_memzero(key, sizeof key);
  return rc;
}

/* 1: it is there; 0: it is not; or a negative code: who knows. */
static int look_for(struct bt_sdk_spool_store *s) {
  char data[BT_SDK_SPOOL_PATH], why[280], advice[BT_SDK_SPOOL_ADVICE];
  struct stat st;
  snprintf(data, sizeof data, "%s/data.mdb", s->folder);
  if (stat(data, &st) == 0)
    return st.st_size > 0 ? 1 : bt_sdk_spool_damaged(s, "its file is empty");
  int e = errno;
  if (e == ENOENT || e == ENOTDIR)
    return 0;
  snprintf(why, sizeof why, "cannot be looked into: %.120s%s", strerror(e), bt_sdk_spool_advice(s->folder, e, advice));
  return refuse(s, BATON_E_IO, why);
}

int bt_sdk_spool_store_open(struct bt_sdk_spool_store *s, const struct bt_sdk_spool_options *o, bool read_only) {
  *s = (struct bt_sdk_spool_store){.claim = -1, .owner = getpid()};
  snprintf(s->folder, sizeof s->folder, "%s", o->folder);
  if (sodium_init() < 0)
    return refuse(s, BATON_E_IO, "no random numbers");
  if (strlen(o->folder) >= sizeof s->folder - sizeof "/data.mdb")
    return refuse(s, BATON_E_INVALID, "the name is too long");
  int there = look_for(s);
  int rc = there < 0 ? there : prepare_key(s, o->key_file, there, read_only);
  if (rc == 0 && !there) {
    rc = make(s);
    there = rc ? rc : look_for(s);
    if (there == 0)
      rc = refuse(s, BATON_E_INVALID, "holds other files: name a folder of its own, or an empty one");
    rc = there < 0 ? there : rc;
  }
  if (rc == 0 && read_only)
    bt_sdk_spool_tell_crashes(s);
  rc = rc || read_only ? rc : claim(s);
  rc = rc || read_only ? rc : bt_sdk_spool_verify(s);
  return rc ? rc : bt_sdk_spool_env(s, read_only ? MDB_RDONLY : 0, o->limit);
}

void bt_sdk_spool_store_close(struct bt_sdk_spool_store *s) {
  if (s->env && s->owner == getpid()) { /* in a child of the process that opened it, it must not be touched */
    bt_sdk_spool_abort_change(s);
    if (s->view)
      mdb_txn_abort(s->view);
    mdb_env_close(s->env);
  }
  if (s->claim >= 0)
    close(s->claim);
  sodium_memzero(&s->seal, sizeof s->seal);
  *s = (struct bt_sdk_spool_store){.claim = -1};
}
