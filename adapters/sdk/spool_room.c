/* What the spool takes on the disk, and what the disk says. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "baton.h"
#include "spool_folder.h"
#include "spool_store.h"

/* NODE, HEAD: what LMDB puts around an entry and at the begin of a page. EXIT_PAGES stay free, so that a full disk does
 * not keep in what the broker has taken. */
enum { NODE = 20, HEAD = 16, EXIT_PAGES = 128 };

/* ---- Errors ---- */

const char *bt_sdk_spool_advice(const char *path, int e, char to[BT_SDK_SPOOL_ADVICE]) {
  static const char *const files[] = {"", "/data.mdb", "/lock.mdb", "/pid"};
  char file[BT_SDK_SPOOL_PATH];
  struct stat st;
  *to = '\0';
  if (e == EROFS)
    snprintf(to, BT_SDK_SPOOL_ADVICE, ": mount it for writing");
  else if (e == EMFILE || e == ENFILE)
    snprintf(to, BT_SDK_SPOOL_ADVICE, ": raise the limit (ulimit -n, LimitNOFILE)");
  else if (e == EACCES || e == EPERM)
    snprintf(to, BT_SDK_SPOOL_ADVICE, ": this is user %u, who must own it and may enter the folder it lies in",
             (unsigned)geteuid());
  for (size_t i = 0; (e == EACCES || e == EPERM) && i < sizeof files / sizeof *files; i++) {
    snprintf(file, sizeof file, "%s%s", path, files[i]);
    if (stat(file, &st) != 0 || st.st_uid == geteuid())
      continue;
    snprintf(to, BT_SDK_SPOOL_ADVICE, ": %s belongs to user %u, and this is user %u: start as that one, or chown -R",
             *files[i] ? files[i] + 1 : "it", (unsigned)st.st_uid, (unsigned)geteuid());
    break;
  }
  return to;
}

int bt_sdk_spool_damaged(struct bt_sdk_spool_store *s, const char *what) {
  s->broken = true;
  snprintf(s->error, sizeof s->error,
           "the spool in %.200s is damaged (%.60s). Nothing was deleted: move that folder away and keep it, and the "
           "adapter begins with an empty spool; --spooled with --spool.folder lists what can still be read of it",
           s->folder, what);
  return -BATON_E_IO;
}

int bt_sdk_spool_lmdb(struct bt_sdk_spool_store *s, int e, const char *what) {
  if (e == MDB_SUCCESS)
    return 0;
  char advice[BT_SDK_SPOOL_ADVICE];
  snprintf(s->error, sizeof s->error, "the spool in %.200s: %s: %s%s", s->folder, what, mdb_strerror(e),
           bt_sdk_spool_advice(s->folder, e, advice));
  s->map_full = e == MDB_MAP_FULL;
  switch (e) {
  case MDB_MAP_FULL:
  case MDB_TXN_FULL:
  case ENOSPC:
  case EDQUOT:
  case EFBIG:
    return -BATON_E_FULL;
  case ENOMEM:
    return -BATON_E_NOMEM;
  case MDB_CORRUPTED:
  case MDB_PAGE_NOTFOUND:
  case MDB_INVALID:
  case MDB_PANIC:
  case MDB_NOTFOUND:
    return bt_sdk_spool_damaged(s, mdb_strerror(e));
  default:
    s->broken = true; /* a failed sync is told once only: the next one would seem to succeed */
    return -BATON_E_IO;
  }
}

/* Keys are random, so the leaves fill at the same pace and split at the same time: they count as half empty always. */
static uint64_t places_pages(uint64_t entries, size_t page) {
  return entries == 0 ? 0 : 2 * entries * (NODE + BT_SDK_SPOOL_PLACE) / (page - HEAD) + 1;
}

int bt_sdk_spool_count(struct bt_sdk_spool_store *s, MDB_txn *txn) {
  uint64_t pages = 0, entries[BT_SDK_SPOOL_TABLES] = {0};
  for (int t = 0; t < BT_SDK_SPOOL_TABLES; t++) {
    MDB_stat st;
    int e = mdb_stat(txn, s->tables[t], &st);
    if (e)
      return bt_sdk_spool_lmdb(s, e, "cannot be read");
    s->page = st.ms_psize;
    uint64_t lie_on = st.ms_branch_pages + st.ms_leaf_pages + st.ms_overflow_pages;
    uint64_t may_take = t == BT_SDK_SPOOL_PLACES ? places_pages(st.ms_entries, st.ms_psize) : 0;
    pages += lie_on > may_take ? lie_on : may_take;
    entries[t] = st.ms_entries;
  }
  s->used = pages * s->page;
  s->events = entries[BT_SDK_SPOOL_QUEUE];
  s->rejects = entries[BT_SDK_SPOOL_REJECTS];
  return 0;
}

/* ---- Room ---- */

/* What is freed can be used again two changes later, and a change may touch many pages: the file may grow to half as
 * much again, and a little. */
uint64_t bt_sdk_spool_map_size(uint64_t limit) {
  return limit + limit / 2 + ((uint64_t)4 << 20);
}

/* A map that is much larger than what is in is full because somebody reads an old state of it: that passes. */
bool bt_sdk_spool_widen(struct bt_sdk_spool_store *s) {
  MDB_envinfo info;
  if (!s->map_full || !s->env || s->txn)
    return false;
  mdb_env_info(s->env, &info);
  if (bt_sdk_spool_map_size(s->used) + info.me_mapsize / 4 < info.me_mapsize)
    return false;
  if (s->view)
    mdb_txn_abort(s->view);
  s->view = NULL;
  s->map_full = false;
  return bt_sdk_spool_lmdb(s, mdb_env_set_mapsize(s->env, info.me_mapsize + info.me_mapsize / 4), "cannot grow") == 0;
}

uint64_t bt_sdk_spool_cost(const struct bt_sdk_spool_store *s, size_t record) {
  size_t page = s->page, usable = page - HEAD, node = record + BT_SDK_SPOOL_SEAL + NODE;
  bool in_pages_of_its_own = node > usable / 2;
  uint64_t own = in_pages_of_its_own ? (node + HEAD + page - 1) / page * page + 2 * NODE : page / (usable / node);
  own += own / 32;                              /* branches above the leaves */
  return own + 2 * (NODE + BT_SDK_SPOOL_PLACE); /* leaves of random keys may be half empty */
}

/* Where the file system has no call for it, the C library writes to each block behind the end. 0 or an errno. */
static int allocate(int fd, uint64_t bytes) {
  struct stat st;
  if (fallocate(fd, 0, 0, (off_t)bytes) == 0)
    return 0;
  if (errno != EOPNOTSUPP || fstat(fd, &st) != 0 || (uint64_t)st.st_size >= bytes)
    return errno;
  return posix_fallocate(fd, st.st_size, (off_t)bytes - st.st_size);
}

int bt_sdk_spool_reserve(struct bt_sdk_spool_store *s, uint64_t bytes) {
  enum { STEP = 256 * 1024 };
  MDB_envinfo info;
  mdb_filehandle_t fd;
  mdb_env_info(s->env, &info);
  uint64_t file = ((uint64_t)info.me_last_pgno + 1) * s->page, more = 2 * bytes + EXIT_PAGES * s->page;
  if (file >= s->used + more) /* so much is free inside */
    return 0;
  uint64_t want = file + more;
  want = (want + STEP - 1) / STEP * STEP;
  if (want > info.me_mapsize)
    want = info.me_mapsize;
  if (want <= s->reserved || mdb_env_get_fd(s->env, &fd) != 0)
    return 0;
  int e = allocate(fd, want);
  if (e == ENOSPC || e == EDQUOT || e == EFBIG)
    return bt_sdk_spool_lmdb(s, e, "no room on the disk");
  if (e == 0)
    s->reserved = want;
  return 0; /* a file system that cannot at all: the commit will tell */
}

void bt_sdk_spool_readers(struct bt_sdk_spool_store *s) {
  int dead;
  mdb_reader_check(s->env, &dead);
}
