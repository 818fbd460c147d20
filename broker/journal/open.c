/* Opening, making and closing the environment. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "journal/engine.h"

static const size_t default_map_size = (size_t)256 << 20;

int bt_engine_open(const char *dir, size_t map_size, unsigned flags, MDB_env **ret) {
  MDB_env *env;
  if (mdb_env_create(&env) != 0)
    return -BT_NOMEM;
  int rc = mdb_env_set_maxdbs(env, 2);
  if (rc == 0)
    rc = mdb_env_set_mapsize(env, map_size ? map_size : default_map_size);
  if (rc == 0)
    rc = mdb_env_open(env, dir, flags | MDB_NOTLS, 0600);
  if (rc != 0) {
    mdb_env_close(env);
    errno = rc > 0 ? rc : 0; /* the system's, for whoever tells of it */
    return rc == MDB_INVALID || rc == MDB_CORRUPTED ? -BT_CORRUPT : rc == MDB_VERSION_MISMATCH ? -BT_NEWER : -BT_IO;
  }
  *ret = env;
  return 0;
}

/* Both databases, and the format. */
static int fill(MDB_env *env) {
  MDB_txn *txn;
  MDB_dbi entries, meta;
  uint8_t bytes[8];
  bt_put_u64(bytes, BT_JOURNAL_FORMAT);
  MDB_val key = {6, "format"}, value = {sizeof(bytes), bytes};
  if (mdb_txn_begin(env, NULL, 0, &txn) != 0)
    return -BT_IO;
  if (mdb_dbi_open(txn, "entries", MDB_CREATE, &entries) != 0 || mdb_dbi_open(txn, "meta", MDB_CREATE, &meta) != 0 ||
      mdb_put(txn, meta, &key, &value, 0) != 0) {
    mdb_txn_abort(txn);
    return -BT_IO;
  }
  return mdb_txn_commit(txn) == 0 ? 0 : -BT_IO;
}

static int fill_folder(const char *dir, const void *map_size) {
  MDB_env *env = NULL;
  int rc = bt_engine_open(dir, *(const size_t *)map_size, 0, &env);
  if (rc < 0)
    return rc;
  rc = fill(env);
  mdb_env_close(env);
  return rc;
}

/* A file shorter than its pages kills the process when a missing page is touched; zeroed pages are merely corrupt.
 * Pages that were never written at its end may be missing for good reason, so shortness itself is no error. */
static int fill_up(struct bt_journal *j) {
  mdb_filehandle_t fd;
  uint64_t need = bt_journal_bytes(j);
  if (need == 0 || mdb_env_get_fd(j->env, &fd) != 0)
    return -BT_IO;
  off_t have = lseek(fd, 0, SEEK_END);
  if (have < 0 || ((uint64_t)have < need && ftruncate(fd, (off_t)need) != 0))
    return -BT_IO;
  return 0;
}

static int open_databases(struct bt_journal *j) {
  MDB_txn *txn;
  MDB_val key = {6, "format"}, value;
  if (mdb_txn_begin(j->env, NULL, MDB_RDONLY, &txn) != 0)
    return -BT_IO;
  int rc = -BT_CORRUPT;
  if (mdb_dbi_open(txn, "entries", 0, &j->entries) == 0 && mdb_dbi_open(txn, "meta", 0, &j->meta) == 0 &&
      mdb_get(txn, j->meta, &key, &value) == 0 && value.mv_size == 8)
    rc = bt_get_u64(value.mv_data) > BT_JOURNAL_FORMAT ? -BT_NEWER : 0;
  /* A commit, so that the handles outlive the transaction. */
  if (mdb_txn_commit(txn) != 0)
    return -BT_IO;
  return rc;
}

static int key_at(MDB_cursor *cursor, MDB_cursor_op op, uint64_t *ret) {
  MDB_val key, value;
  int rc = mdb_cursor_get(cursor, &key, &value, op);
  if (rc == MDB_NOTFOUND)
    return -BT_ABSENT;
  if (rc != 0 || key.mv_size != 8)
    return -BT_CORRUPT;
  *ret = bt_get_u64(key.mv_data);
  return 0;
}

/* No entries: the first one of all comes next, or the one behind what lies in segments. */
static int begin_behind_cut(struct bt_journal *j) {
  int rc = bt_engine_cut(j, &j->durable, j->chain);
  if (rc == -BT_ABSENT)
    j->durable = 0;
  j->first = j->durable + 1;
  if (rc == 0)
    rc = bt_engine_find_sealed(j);
  return rc == -BT_ABSENT ? 0 : rc;
}

/* Where the log begins and ends, and the chain hash that the next entry follows. */
static int find_ends(struct bt_journal *j) {
  MDB_cursor *cursor;
  int rc = bt_engine_begin_read(j);
  if (rc < 0)
    return rc;
  if (mdb_cursor_open(j->read, j->entries, &cursor) != 0) {
    bt_engine_end_read(j, false);
    return -BT_IO;
  }
  rc = key_at(cursor, MDB_FIRST, &j->first);
  if (rc == 0)
    rc = key_at(cursor, MDB_LAST, &j->durable);
  mdb_cursor_close(cursor);
  if (rc == 0)
    rc = bt_engine_find_sealed(j);
  if (rc == 0) {
    struct bt_engine_entry last;
    rc = bt_engine_get(j, j->durable, &last);
    if (rc == 0)
      memcpy(j->chain, last.chain, BT_CHAIN_SIZE);
  } else if (rc == -BT_ABSENT) {
    rc = begin_behind_cut(j);
  }
  bt_engine_end_read(j, false);
  return rc;
}

static int open_in(struct bt_journal *j, const struct bt_journal_options *o, const char **ret_text) {
  *ret_text = "the journal's folder cannot be claimed";
  int rc = bt_claim_take(&j->claim, o->dir, !o->read_only, NULL);
  if (rc == -BT_LOCKED)
    *ret_text = "another process has the journal: is a broker running on this data folder?";
  if (rc < 0)
    return rc;
  *ret_text = "the journal's environment does not open";
  /* The broker reads here and there: with read-ahead an entry costs as many pages as the disk's setting says. A long
   * scan asks for them itself. */
  rc = bt_engine_open(o->dir, o->map_size, o->read_only ? MDB_RDONLY : MDB_NORDAHEAD, &j->env);
  if (rc == 0 && !o->read_only)
    rc = fill_up(j);
  if (rc < 0)
    return rc;
  *ret_text = "the journal lacks its databases, or is of another format";
  rc = open_databases(j);
  if (rc < 0)
    return rc;
  *ret_text = "the journal's last entry does not hold together";
  return find_ends(j);
}

int bt_journal_reserve(struct bt_journal *j, uint64_t bytes) {
  mdb_filehandle_t fd;
  if (j->read_only || !bt_claim_is_ours(&j->claim) || mdb_env_get_fd(j->env, &fd) != 0)
    return -BT_USAGE;
  return bt_ahead_keep(&j->ahead, fd, bt_journal_bytes(j), bytes);
}

uint64_t bt_journal_ahead(struct bt_journal *j) {
  return bt_ahead_of(&j->ahead, bt_journal_bytes(j));
}

int bt_journal_open(const struct bt_journal_options *options, struct bt_journal **ret, const char **ret_text) {
  char data[BT_PATH_SIZE];
  const char *ignored;
  const char **text = ret_text ? ret_text : &ignored;
  *text = "the journal's folder cannot be made";
  if (sodium_init() < 0)
    return -BT_IO;
  int rc = bt_path_join(data, options->dir, "data.mdb");
  const int there = rc == 0 ? bt_path_look(data) : rc;
  if (there < 0) {
    *text = "the journal's folder cannot be looked into";
    return there;
  }
  if (!there) {
    if (options->read_only) {
      *text = "there is no journal in this folder";
      return -BT_ABSENT;
    }
    /* Whole or not at all: a half-made environment would never open again. */
    rc = bt_dir_build(options->dir, fill_folder, &options->map_size);
    /* Another process was first: then it is there. */
    if (rc == -BT_LOCKED && bt_path_exists(data))
      rc = 0;
  }
  if (rc < 0)
    return rc;
  struct bt_journal *j = calloc(1, sizeof(*j));
  if (!j)
    return -BT_NOMEM;
  j->read_only = options->read_only;
  j->claim.fd = -1;
  if (options->archive_dir) {
    j->archive = bt_archive_new(options->archive_dir);
    snprintf(j->archive_dir, sizeof j->archive_dir, "%s", options->archive_dir);
  }
  rc = options->archive_dir && !j->archive ? -BT_NOMEM : open_in(j, options, text);
  if (rc < 0) {
    bt_journal_close(j);
    return rc;
  }
  *ret = j;
  return 0;
}

void bt_journal_close(struct bt_journal *j) {
  if (!j)
    return;
  /* In a child of the process that opened it the environment must not be touched. */
  if (bt_claim_is_ours(&j->claim) && j->env) {
    bt_engine_end_read(j, true);
    if (j->write)
      mdb_txn_abort(j->write);
    mdb_env_close(j->env);
  }
  bt_claim_release(&j->claim);
  bt_archive_free(j->archive);
  free(j);
}
