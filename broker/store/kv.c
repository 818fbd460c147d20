#include "store/kv.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/io.h"
#include "store/kv_private.h"

enum { REFRESHES_PER_READER_CHECK = 64 };

static MDB_val val_of(struct bt_str s) {
  return (MDB_val){s.n, (void *)s.p};
}

static struct bt_str str_of(MDB_val v) {
  return (struct bt_str){v.mv_data, v.mv_size};
}

int bt_kv_code(int e) {
  switch (e) {
  case 0:
    return 0;
  case MDB_NOTFOUND:
    return -BT_ABSENT;
  case MDB_MAP_FULL:
  case MDB_TXN_FULL:
  case ENOSPC:
  case EDQUOT:
    return -BT_FULL;
  case MDB_CORRUPTED:
  case MDB_PAGE_NOTFOUND:
  case MDB_INVALID:
    return -BT_CORRUPT;
  case MDB_VERSION_MISMATCH:
    return -BT_NEWER;
  case ENOMEM:
    return -BT_NOMEM;
  default:
    return -BT_IO;
  }
}

int bt_kv_fail(struct bt_kv *kv, int error) {
  if (!kv->error)
    kv->error = error;
  return error;
}

int bt_kv_error(const struct bt_kv *kv) {
  return kv->error;
}

static int fail_write(struct bt_kv *kv, int e) {
  kv->disk_full = bt_io_is_full(e);
  return bt_kv_fail(kv, bt_kv_code(e));
}

/* ---- transactions -------------------------------------------------------------------------------------------------
 */

static void close_cursors(struct bt_kv_txn *t) {
  for (int i = 0; i < BT_T_COUNT; i++) {
    if (t->cursors[i])
      mdb_cursor_close(t->cursors[i]);
    t->cursors[i] = NULL;
  }
}

static void drop(struct bt_kv_txn *t) {
  close_cursors(t);
  if (t->txn)
    mdb_txn_abort(t->txn);
  if (t->outer)
    mdb_txn_abort(t->outer);
  t->txn = t->outer = NULL;
  t->live = false;
}

static int begin_now(struct bt_kv *kv, struct bt_kv_txn *t) {
  if (kv->read_only)
    return -BT_USAGE;
  int e = mdb_txn_begin(kv->env, NULL, 0, &t->txn);
  if (e != 0) {
    t->txn = NULL;
    return fail_write(kv, e);
  }
  t->live = true;
  return 0;
}

static int begin_as_of(struct bt_kv *kv, struct bt_kv_txn *t) {
  int e = t->txn ? mdb_txn_renew(t->txn) : mdb_txn_begin(kv->env, NULL, MDB_RDONLY, &t->txn);
  if (e == MDB_MAP_RESIZED) { /* the process that writes has grown it */
    drop(t);
    mdb_env_set_mapsize(kv->env, 0);
    e = mdb_txn_begin(kv->env, NULL, MDB_RDONLY, &t->txn);
  }
  t->live = e == 0;
  return bt_kv_code(e);
}

static int enter(struct bt_kv *kv, enum bt_view view) {
  struct bt_kv_txn *t = &kv->views[view];
  if (!bt_claim_is_ours(&kv->claim))
    return -BT_USAGE;
  if (view == BT_NOW && kv->error)
    return kv->error;
  if (t->live)
    return 0;
  return view == BT_NOW ? begin_now(kv, t) : begin_as_of(kv, t);
}

static int cursor_of(struct bt_kv *kv, enum bt_view view, enum bt_table table, MDB_cursor **ret) {
  int rc = enter(kv, view);
  if (rc < 0)
    return rc;
  struct bt_kv_txn *t = &kv->views[view];
  if (!t->cursors[table]) {
    int e = mdb_cursor_open(t->txn, kv->tables[table], &t->cursors[table]);
    if (e != 0) {
      t->cursors[table] = NULL;
      return bt_kv_code(e);
    }
  }
  *ret = t->cursors[table];
  return 0;
}

/* ---- rows ---------------------------------------------------------------------------------------------------------
 */

int bt_kv_get(struct bt_kv *kv, enum bt_view view, enum bt_table table, struct bt_str key, struct bt_str *ret) {
  MDB_cursor *cursor;
  if (key.n == 0 || key.n > BT_MAX_KEY)
    return -BT_ABSENT;
  int rc = cursor_of(kv, view, table, &cursor);
  if (rc < 0)
    return rc;
  MDB_val k = val_of(key), v;
  rc = bt_kv_code(mdb_cursor_get(cursor, &k, &v, MDB_SET));
  if (rc == 0)
    *ret = str_of(v);
  return rc;
}

int bt_kv_next(struct bt_kv *kv, enum bt_view view, enum bt_table table, struct bt_str key, bool behind,
               struct bt_str *ret_key, struct bt_str *ret_value) {
  MDB_cursor *cursor;
  int rc = cursor_of(kv, view, table, &cursor);
  if (rc < 0)
    return rc;
  MDB_val k = val_of(key), v;
  int e = mdb_cursor_get(cursor, &k, &v, key.n ? MDB_SET_RANGE : MDB_FIRST);
  if (e == 0 && behind && bt_str_eq(str_of(k), key))
    e = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
  if (e != 0)
    return bt_kv_code(e);
  *ret_key = str_of(k);
  *ret_value = str_of(v);
  return 0;
}

int bt_kv_before(struct bt_kv *kv, enum bt_view view, enum bt_table table, struct bt_str key, struct bt_str *ret_key,
                 struct bt_str *ret_value) {
  MDB_cursor *cursor;
  int rc = cursor_of(kv, view, table, &cursor);
  if (rc < 0)
    return rc;
  MDB_val k = val_of(key), v;
  int e = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
  e = mdb_cursor_get(cursor, &k, &v, e == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
  if (e != 0)
    return bt_kv_code(e);
  *ret_key = str_of(k);
  *ret_value = str_of(v);
  return 0;
}

int bt_kv_put(struct bt_kv *kv, enum bt_table table, struct bt_str key, struct bt_str value) {
  MDB_cursor *cursor;
  if (key.n == 0 || key.n > BT_MAX_KEY)
    return bt_kv_fail(kv, -BT_LIMIT);
  int rc = cursor_of(kv, BT_NOW, table, &cursor);
  if (rc < 0)
    return rc;
  MDB_val k = val_of(key), v = val_of(value);
  int e = mdb_cursor_put(cursor, &k, &v, 0);
  return e == 0 ? 0 : fail_write(kv, e);
}

int bt_kv_delete(struct bt_kv *kv, enum bt_table table, struct bt_str key) {
  MDB_cursor *cursor;
  if (key.n == 0 || key.n > BT_MAX_KEY)
    return 0;
  int rc = cursor_of(kv, BT_NOW, table, &cursor);
  if (rc < 0)
    return rc;
  MDB_val k = val_of(key), v;
  int e = mdb_cursor_get(cursor, &k, &v, MDB_SET);
  if (e == MDB_NOTFOUND)
    return 0;
  if (e == 0)
    e = mdb_cursor_del(cursor, 0);
  return e == 0 ? 0 : fail_write(kv, e);
}

/* ---- marks: a transaction inside the open one
 * ------------------------------------------------------------------------
 */

int bt_kv_mark(struct bt_kv *kv) {
  struct bt_kv_txn *t = &kv->views[BT_NOW];
  int rc = enter(kv, BT_NOW);
  if (rc < 0)
    return rc;
  if (t->outer)
    return -BT_USAGE;
  close_cursors(t);
  t->outer = t->txn;
  int e = mdb_txn_begin(kv->env, t->outer, 0, &t->txn);
  if (e == 0)
    return 0;
  t->txn = t->outer;
  t->outer = NULL;
  return fail_write(kv, e);
}

int bt_kv_keep(struct bt_kv *kv) {
  struct bt_kv_txn *t = &kv->views[BT_NOW];
  if (kv->error)
    return kv->error;
  close_cursors(t);
  int e = mdb_txn_commit(t->txn);
  t->txn = t->outer;
  t->outer = NULL;
  return e == 0 ? 0 : fail_write(kv, e);
}

void bt_kv_undo(struct bt_kv *kv) {
  struct bt_kv_txn *t = &kv->views[BT_NOW];
  if (!t->outer)
    return;
  close_cursors(t);
  mdb_txn_abort(t->txn);
  t->txn = t->outer;
  t->outer = NULL;
}

/* ---- the whole ----------------------------------------------------------------------------------------------------
 */

int bt_kv_commit(struct bt_kv *kv) {
  struct bt_kv_txn *t = &kv->views[BT_NOW];
  if (!bt_claim_is_ours(&kv->claim))
    return -BT_USAGE;
  if (kv->error)
    return kv->error;
  if (!t->live)
    return 0;
  close_cursors(t);
  int e = mdb_txn_commit(t->txn);
  t->txn = NULL;
  t->live = false;
  if (e != 0)
    return fail_write(kv, e);
  bt_kv_grow_early(kv);
  return 0;
}

void bt_kv_rollback(struct bt_kv *kv) {
  if (!bt_claim_is_ours(&kv->claim))
    return;
  drop(&kv->views[BT_NOW]);
  kv->error = 0;
}

int bt_kv_grow(struct bt_kv *kv) {
  MDB_envinfo info;
  if (!bt_claim_is_ours(&kv->claim) || kv->read_only || kv->views[BT_NOW].txn)
    return -BT_USAGE;
  if (kv->disk_full)
    return -BT_FULL;
  drop(&kv->views[BT_AS_OF]);
  if (mdb_env_info(kv->env, &info) != 0)
    return -BT_IO;
  return mdb_env_set_mapsize(kv->env, info.me_mapsize * 2) == 0 ? 0 : -BT_IO;
}

void bt_kv_refresh(struct bt_kv *kv) {
  struct bt_kv_txn *t = &kv->views[BT_AS_OF];
  if (!bt_claim_is_ours(&kv->claim))
    return;
  if (t->live) {
    close_cursors(t);
    mdb_txn_reset(t->txn);
    t->live = false;
  }
  /* A reader of another process that died keeps old pages from being reused until somebody looks. */
  if (++kv->refreshes % REFRESHES_PER_READER_CHECK == 0)
    mdb_reader_check(kv->env, NULL);
}

uint64_t bt_kv_count(struct bt_kv *kv, enum bt_view view, enum bt_table table) {
  MDB_stat stat;
  if (enter(kv, view) < 0 || mdb_stat(kv->views[view].txn, kv->tables[table], &stat) != 0)
    return 0;
  return stat.ms_entries;
}

uint64_t bt_kv_bytes(struct bt_kv *kv) {
  MDB_envinfo info;
  MDB_stat stat;
  if (!bt_claim_is_ours(&kv->claim) || mdb_env_info(kv->env, &info) != 0 || mdb_env_stat(kv->env, &stat) != 0)
    return 0;
  return ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
}

int bt_kv_copy(struct bt_kv *kv, const char *dir) {
  int rc = enter(kv, BT_AS_OF); /* takes notice of a map that its writer has grown */
  if (rc < 0)
    return rc;
  rc = mkdir(dir, 0700) == 0 ? bt_kv_code(mdb_env_copy2(kv->env, dir, MDB_CP_COMPACT)) : -BT_IO;
  bt_kv_refresh(kv);
  return rc;
}
