/* Opening, making and closing the environment behind the tables. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/bytes.h"
#include "store/kv_private.h"

static const size_t default_map_size = (size_t)256 << 20;

const char *const bt_table_names[BT_T_COUNT] = {
    [BT_T_CASES] = "cases",
    [BT_T_NUMBERS] = "numbers",
    [BT_T_CUSTOMERS] = "customers",
    [BT_T_IDENTIFIERS] = "identifiers",
    [BT_T_REFERENCES] = "references",
    [BT_T_CASES_OF] = "cases_of",
    [BT_T_INBOX] = "inbox",
    [BT_T_DEAD] = "dead",
    [BT_T_SEEN] = "seen",
    [BT_T_SEEN_AGE] = "seen_age",
    [BT_T_CURSORS] = "cursors",
    [BT_T_ADAPTERS] = "adapters",
    [BT_T_STATS] = "stats",
    [BT_T_TIMERS] = "timers",
    [BT_T_ADVISORIES] = "advisories",
    [BT_T_SWEEPS] = "sweeps",
    [BT_T_STANDING] = "standing",
    [BT_T_AUDIT] = "audit",
    [BT_T_META] = "meta",
};

static int open_env(const char *dir, size_t map_size, unsigned flags, MDB_env **ret) {
  MDB_env *env;
  if (mdb_env_create(&env) != 0)
    return -BT_NOMEM;
  int e = mdb_env_set_maxdbs(env, BT_T_COUNT);
  if (e == 0)
    e = mdb_env_set_mapsize(env, map_size ? map_size : default_map_size);
  if (e == 0)
    e = mdb_env_open(env, dir, flags | MDB_NOTLS, 0600);
  if (e != 0) {
    mdb_env_close(env);
    errno = e > 0 ? e : 0; /* the system's, for whoever tells of it */
    return bt_kv_code(e);
  }
  *ret = env;
  return 0;
}

static int open_tables(MDB_env *env, unsigned txn_flags, unsigned flags, MDB_dbi tables[BT_T_COUNT]) {
  MDB_txn *txn;
  int e = mdb_txn_begin(env, NULL, txn_flags, &txn);
  if (e != 0)
    return bt_kv_code(e);
  for (int i = 0; e == 0 && i < BT_T_COUNT; i++)
    e = mdb_dbi_open(txn, bt_table_names[i], flags, &tables[i]);
  if (e != 0) {
    mdb_txn_abort(txn);
    return e == MDB_NOTFOUND ? -BT_CORRUPT : bt_kv_code(e);
  }
  return bt_kv_code(mdb_txn_commit(txn));
}

static int fill_folder(const char *dir, const void *map_size) {
  MDB_dbi tables[BT_T_COUNT];
  MDB_env *env = NULL;
  int rc = open_env(dir, *(const size_t *)map_size, 0, &env);
  if (rc < 0)
    return rc;
  rc = open_tables(env, 0, MDB_CREATE, tables);
  mdb_env_close(env);
  return rc;
}

/* A file shorter than its pages kills the process when a missing page is touched; zeroed pages are merely corrupt.
 * Pages that were never written at its end may be missing for good reason, so shortness itself is no error. */
static int fill_up(struct bt_kv *kv) {
  mdb_filehandle_t fd;
  uint64_t need = bt_kv_bytes(kv);
  if (need == 0 || mdb_env_get_fd(kv->env, &fd) != 0)
    return -BT_IO;
  off_t have = lseek(fd, 0, SEEK_END);
  if (have < 0 || ((uint64_t)have < need && ftruncate(fd, (off_t)need) != 0))
    return -BT_IO;
  return 0;
}

static int open_in(struct bt_kv *kv, const struct bt_store_options *o, const char **ret_text) {
  *ret_text = "the record's folder cannot be claimed";
  int rc = bt_claim_take(&kv->claim, o->dir, !o->read_only, NULL);
  if (rc == -BT_LOCKED)
    *ret_text = "another process has the record: is a broker running on this data folder?";
  if (rc < 0)
    return rc;
  *ret_text = "the record's environment does not open";
  /* The broker reads here and there: with read-ahead a row costs as many pages as the disk's setting says. */
  unsigned flags = o->read_only ? MDB_RDONLY : MDB_NORDAHEAD;
  rc = open_env(o->dir, o->map_size, flags, &kv->env);
  if (rc == 0 && !o->read_only)
    rc = fill_up(kv);
  if (rc < 0)
    return rc;
  if ((rc = bt_format_check(kv->env, ret_text)))
    return rc;
  *ret_text = "the record lacks a table: move its folder away, and it is made again from the journal";
  return open_tables(kv->env, MDB_RDONLY, 0, kv->tables);
}

static int make_if_absent(const struct bt_store_options *o, const char **ret_text) {
  char data[BT_PATH_SIZE];
  *ret_text = "the record's folder cannot be made";
  int rc = bt_path_join(data, o->dir, "data.mdb");
  const int there = rc == 0 ? bt_path_look(data) : rc;
  if (there < 0)
    *ret_text = "the record's folder cannot be looked into";
  if (there)
    return there < 0 ? there : 0;
  if (o->read_only) {
    *ret_text = "there is no record in this folder";
    return -BT_ABSENT;
  }
  /* Whole or not at all: a half-made environment would never open again. */
  rc = bt_dir_build(o->dir, fill_folder, &o->map_size);
  /* Another process was first: then it is there. */
  return rc == -BT_LOCKED && bt_path_exists(data) ? 0 : rc;
}

int bt_kv_open(const struct bt_store_options *options, struct bt_kv **ret, const char **ret_text) {
  int rc = make_if_absent(options, ret_text);
  if (rc < 0)
    return rc;
  struct bt_kv *kv = calloc(1, sizeof(*kv));
  if (!kv)
    return -BT_NOMEM;
  kv->read_only = options->read_only;
  kv->claim.fd = -1;
  rc = open_in(kv, options, ret_text);
  if (rc < 0) {
    bt_kv_close(kv);
    return rc;
  }
  if (!kv->read_only) /* a file that outgrew the configured map has just room for itself */
    bt_kv_grow_early(kv);
  *ret = kv;
  return 0;
}

/* An eighth is far more than what comes between two commits. Where it fails, a write will say so. */
void bt_kv_grow_early(struct bt_kv *kv) {
  MDB_envinfo info;
  if (mdb_env_info(kv->env, &info) == 0 && bt_kv_bytes(kv) > info.me_mapsize - info.me_mapsize / 8)
    (void)!bt_kv_grow(kv);
}

int bt_kv_reserve(struct bt_kv *kv, uint64_t bytes) {
  mdb_filehandle_t fd;
  if (kv->read_only || !bt_claim_is_ours(&kv->claim) || mdb_env_get_fd(kv->env, &fd) != 0)
    return -BT_USAGE;
  return bt_ahead_keep(&kv->ahead, fd, bt_kv_bytes(kv), bytes);
}

uint64_t bt_kv_ahead(struct bt_kv *kv) {
  return bt_ahead_of(&kv->ahead, bt_kv_bytes(kv));
}

void bt_kv_close(struct bt_kv *kv) {
  if (!kv)
    return;
  /* In a child of the process that opened it the environment must not be touched. */
  if (bt_claim_is_ours(&kv->claim) && kv->env) {
    bt_kv_rollback(kv);
    bt_kv_refresh(kv);
    if (kv->views[BT_AS_OF].txn)
      mdb_txn_abort(kv->views[BT_AS_OF].txn);
    mdb_env_close(kv->env);
  }
  bt_claim_release(&kv->claim);
  free(kv);
}
