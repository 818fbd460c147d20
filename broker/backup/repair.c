/* Repair: what is left of a damaged data folder, in a new one. The old one is never written to. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backup/backup.h"
#include "backup/build.h"
#include "backup/lost.h"

enum { KEY_MAX = 4096, TRIES = 100, OPEN_FILES = 16 };

struct repairing {
  struct bt_task *w;
  const struct bt_repair_order *o;
  struct bt_repair_report *r;
  struct bt_walk walk;
  struct bt_build build;
  bool building, journal_begun;
  uint64_t needs_snapshot; /* the record cannot be made from entries before this one */
  char target[BT_PATH_SIZE];
};

/* ---- the plan ---- */

static void count(struct repairing *k, const struct bt_piece *p) {
  struct bt_repair_report *r = k->r;
  if (p->kind == BT_PIECE_ENTRY) {
    r->filled += p->from_backup;
    return;
  }
  r->segments += p->kind == BT_PIECE_SEGMENT;
  r->away += p->kind == BT_PIECE_AWAY;
  if (p->kind == BT_PIECE_BAD) {
    r->bad_first = r->bad++ ? r->bad_first : p->segment.first;
    r->bad_last = p->segment.last;
  }
  if (p->kind != BT_PIECE_SEGMENT)
    k->needs_snapshot = p->segment.last;
}

static int begin_journal(struct repairing *k) {
  if (k->journal_begun)
    return 0;
  k->journal_begun = true;
  const uint64_t epoch = k->walk.salvage ? bt_salvage_epoch(k->walk.salvage) : 0, other = k->walk.manifest.epoch;
  return bt_build_journal(&k->build, epoch > other ? epoch : other);
}

static int take(void *context, const struct bt_piece *p) {
  struct repairing *k = context;
  if (!k->building) {
    count(k, p);
    return 0;
  }
  if (p->kind == BT_PIECE_SEGMENT)
    return bt_build_segment(&k->build, k->walk.archive_dir, &p->segment);
  if (p->kind != BT_PIECE_ENTRY)
    return bt_build_away(&k->build, &p->segment);
  int rc = begin_journal(k);
  return rc < 0 ? rc : bt_build_add(&k->build, p->sequence, p->head, p->body);
}

static uint64_t greater(uint64_t a, uint64_t b) {
  return a > b ? a : b;
}

static int plan(struct repairing *k) {
  struct bt_repair_report *r = k->r;
  int rc = bt_walk(&k->walk, take, k, &r->last);
  if (rc < 0)
    return rc;
  r->highest = greater(greater(r->last, r->found.position), k->walk.salvage ? bt_salvage_highest(k->walk.salvage) : 0);
  return bt_lost_tell(&k->walk, r->last + 1, r->highest, r);
}

/* ---- the record ---- */

/* Reading a truncated file kills the process that does it: a child tries first. */
static bool is_readable(struct repairing *k, const char *dir, const struct bt_snapshot *s) {
  char probe[BT_PATH_SIZE], half[BT_PATH_SIZE], name[32];
  int status = 1;
  if (bt_path_join(probe, k->build.dir, "record") < 0)
    return false;
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    signal(SIGBUS, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
    _exit(bt_snapshot_copy(dir, s, probe) == 0 ? 0 : 1);
  }
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
    continue;
  (void)!bt_dir_remove(probe);
  snprintf(name, sizeof name, "record.new-%ld", (long)child);
  if (bt_path_join(half, k->build.dir, name) == 0)
    (void)!bt_dir_remove(half);
  return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int try_snapshot(struct repairing *k, const char *dir, const struct bt_snapshot *s) {
  uint64_t position;
  if (s->position > k->r->last || s->position < k->needs_snapshot)
    return -BT_ABSENT;
  if (!is_readable(k, dir, s))
    return -BT_CORRUPT;
  int rc = bt_build_record(&k->build, dir, s, &position);
  if (rc == 0) {
    k->r->snapshot = s->position;
  } else if (rc == -BT_CORRUPT || rc == -BT_ABSENT) {
    k->w->text[0] = '\0'; /* the next one may serve */
    char record[BT_PATH_SIZE];
    if (bt_path_join(record, k->build.dir, "record") == 0)
      (void)!bt_dir_remove(record);
  }
  return rc;
}

static int build_record(struct repairing *k) {
  struct bt_snapshot v[BT_SNAPSHOTS_MAX];
  const uint32_t n = bt_snapshot_list(k->o->data_dir, v);
  uint64_t position;
  int rc = -BT_ABSENT;
  for (uint32_t i = 0; i < n && (rc == -BT_ABSENT || rc == -BT_CORRUPT); i++)
    rc = try_snapshot(k, k->o->data_dir, &v[i]);
  for (uint32_t i = 0; i < k->walk.manifest.n_snapshots && (rc == -BT_ABSENT || rc == -BT_CORRUPT); i++)
    rc = try_snapshot(k, k->o->backup, &k->walk.manifest.snapshots[i].s);
  if (rc != -BT_ABSENT && rc != -BT_CORRUPT)
    return rc;
  if (k->needs_snapshot)
    return bt_task_fail(k->w, -BT_AWAY,
                        "entries up to %" PRIu64
                        " are in archive segments that are not here or damaged, and no snapshot "
                        "behind them serves: put them back, or name a backup",
                        k->needs_snapshot);
  return bt_build_record(&k->build, NULL, NULL, &position);
}

/* ---- the new folder ---- */

static int put_key(struct repairing *k) {
  char path[BT_PATH_SIZE], *bytes;
  size_t n;
  int rc = bt_path_join(path, k->o->data_dir, BT_BACKUP_KEY);
  if (rc == 0)
    rc = bt_file_get(path, KEY_MAX, &bytes, &n);
  if (rc < 0 && k->o->backup && (rc = bt_path_join(path, k->o->backup, BT_BACKUP_KEY)) == 0)
    rc = bt_file_get(path, KEY_MAX, &bytes, &n);
  if (rc < 0)
    return bt_task_fail(k->w, rc,
                        "%s cannot be read, and customers' identifiers are of no use without it: name a backup", path);
  rc = bt_build_key(&k->build, bytes, n);
  explicit_bzero(bytes, n);
  free(bytes);
  return rc;
}

static int build(struct repairing *k) {
  uint64_t last;
  k->building = true;
  int rc = bt_build_begin(&k->build, k->w, k->target);
  if (rc == 0)
    rc = bt_walk(&k->walk, take, k, &last);
  if (rc == 0)
    rc = begin_journal(k);
  if (rc == 0)
    rc = build_record(k);
  if (rc == 0)
    rc = put_key(k);
  if (rc == 0)
    rc = bt_build_end(&k->build);
  bt_build_drop(&k->build);
  return rc;
}

static uid_t new_owner;
static gid_t new_group;

static int give_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
  (void)st;
  (void)type;
  (void)ftw;
  return lchown(path, new_owner, new_group);
}

/* To whom the old one belongs: the repair may be root's, the broker is not. */
static void give(const char *from, const char *to) {
  struct stat st;
  if (stat(from, &st) != 0 || st.st_uid == geteuid())
    return;
  new_owner = st.st_uid;
  new_group = st.st_gid;
  (void)!nftw(to, give_one, OPEN_FILES, FTW_PHYS);
}

static int free_name(const char *dir, const char *word, char ret[BT_PATH_SIZE]) {
  for (int i = 0; i < TRIES; i++) {
    int n = i ? snprintf(ret, BT_PATH_SIZE, "%s.%s-%d", dir, word, i) : snprintf(ret, BT_PATH_SIZE, "%s.%s", dir, word);
    if (n < 0 || n >= BT_PATH_SIZE)
      return -BT_LIMIT;
    if (!bt_path_exists(ret))
      return 0;
  }
  return -BT_LIMIT;
}

/* At no moment is there no data folder. */
static int exchange(struct repairing *k, const char *dir) {
  char parent[BT_PATH_SIZE];
  int rc = free_name(dir, "damaged", k->r->kept);
  if (rc == 0)
    rc = bt_path_parent(parent, dir);
  if (rc < 0)
    return rc;
  if (renameat2(AT_FDCWD, k->target, AT_FDCWD, dir, RENAME_EXCHANGE) != 0)
    return bt_task_fail(k->w, -BT_IO, "the repaired data is in %s, and cannot take the place of %s: %s. Move it there",
                        k->target, dir, strerror(errno));
  if (rename(k->target, k->r->kept) != 0)
    snprintf(k->r->kept, sizeof k->r->kept, "%s", k->target);
  snprintf(k->r->repaired, sizeof k->r->repaired, "%s", dir);
  return bt_dir_sync(parent);
}

static int apply(struct repairing *k) {
  char dir[BT_PATH_SIZE];
  int rc = 0;
  snprintf(dir, sizeof dir, "%s", k->o->data_dir);
  for (size_t n = strlen(dir); n > 1 && dir[n - 1] == '/'; n--)
    dir[n - 1] = '\0';
  if (k->o->into)
    snprintf(k->target, sizeof k->target, "%s", k->o->into);
  else
    rc = free_name(dir, "repaired", k->target);
  if (rc == 0)
    rc = build(k);
  if (rc < 0)
    return rc;
  give(dir, k->target);
  if (!k->o->into)
    return exchange(k, dir);
  snprintf(k->r->repaired, sizeof k->r->repaired, "%s", k->target);
  return 0;
}

/* ---- */

static int claim(struct bt_task *w, const char *data_dir, struct bt_claim *ret) {
  char path[BT_PATH_SIZE];
  pid_t pid;
  int rc = bt_path_join(path, data_dir, "journal");
  if (rc == 0 && !bt_path_exists(path))
    return 0; /* nobody has it open */
  if (rc == 0)
    rc = bt_claim_take(ret, path, true, &pid);
  return rc == -BT_LOCKED ? bt_task_fail(w, rc, "process %ld has %s: stop the broker first", (long)pid, data_dir) : rc;
}

static int run(struct repairing *k) {
  int rc = bt_verify(k->o->data_dir, NULL, &k->r->found);
  if (rc < 0)
    return bt_task_fail(k->w, rc, "%s cannot be verified: %s", k->o->data_dir, bt_code_text(rc));
  if (k->r->found.ok)
    return 0;
  if (k->r->found.code == -BT_NEWER)
    return bt_task_fail(k->w, -BT_NEWER,
                        "it says that a newer version of the broker wrote it: use that one; where there "
                        "never was one, the number of its format has changed: restore a backup");
  if (k->r->found.code == -BT_FULL || k->r->found.code == -BT_NOMEM)
    return bt_task_fail(k->w, k->r->found.code, "it could not be verified: %s", bt_code_text(k->r->found.code));
  rc = bt_walk_open(&k->walk, k->w, k->o->data_dir, k->o->backup);
  if (rc == 0)
    rc = plan(k);
  if (rc == 0 && !k->r->last)
    rc = bt_task_fail(k->w, -BT_CORRUPT, "not one entry is left, here or in a backup that was named: restore a backup");
  if (rc == 0 && k->o->apply)
    rc = apply(k);
  bt_walk_close(&k->walk);
  return rc;
}

int bt_repair(struct bt_task *w, const struct bt_repair_order *o, struct bt_repair_report *ret) {
  struct repairing k = {.w = w, .o = o, .r = ret};
  struct bt_claim held = {.fd = -1};
  memset(ret, 0, sizeof *ret);
  int rc = claim(w, o->data_dir, &held);
  if (rc == 0)
    rc = run(&k);
  bt_claim_release(&held);
  return rc < 0 ? bt_task_fail(w, rc, "%s", bt_code_text(rc)) : 0;
}
