/* A record from a snapshot. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "base/io.h"
#include "base/log.h"
#include "codec/event_codec.h"
#include "loop/snapshot.h"

/* ---- is it known? ---- */

enum { FOUND = 1, ENTRY_ARENA = 4 * 1024 * 1024 };

struct looking {
  const struct bt_snapshot *snapshot;
  struct bt_arena arena;
  bool same;
};

static int look(void *context, const struct bt_journal_record *record, const uint8_t chain[32]) {
  struct looking *k = context;
  struct bt_entry e;
  (void)chain;
  bt_arena_reset(&k->arena);
  int rc = bt_entry_decode(record->head, (struct bt_str){0}, &k->arena, &e);
  if (rc < 0 || e.kind != BT_SNAPSHOTTED || e.snapshotted.position != k->snapshot->position)
    return rc;
  k->same = bt_str_eq(e.snapshotted.digest, (struct bt_str){(const char *)k->snapshot->digest, BT_SUM_SIZE});
  return FOUND;
}

int bt_snapshot_known(struct bt_journal *journal, const struct bt_snapshot *s) {
  struct looking k = {.snapshot = s};
  bt_arena_init(&k.arena, ENTRY_ARENA);
  int rc = bt_journal_scan(journal, s->position + 1, bt_journal_durable(journal), false, look, &k);
  bt_arena_fini(&k.arena);
  if (rc == FOUND)
    return k.same ? 0 : -BT_CORRUPT;
  return rc < 0 ? rc : -BT_ABSENT;
}

/* ---- copying ---- */

static int copy_file(const char *from, const char *to) {
  static char bytes[1 << 20];
  int in = -1, out = -1, opened = bt_file_open(from, &in, NULL);
  if (opened == 0)
    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  ssize_t n = out >= 0 ? 1 : -1;
  while (n > 0 && (n = read(in, bytes, sizeof bytes)) > 0)
    if (!bt_io_write(out, bytes, (size_t)n))
      n = -1;
  int rc = n == 0 ? 0 : opened == -BT_ABSENT || opened == -BT_INVALID ? -BT_CORRUPT : bt_io_code();
  if (in >= 0)
    close(in);
  if (out >= 0 && close(out) != 0)
    rc = -BT_IO;
  return rc;
}

static int check_digest(const char *record, const struct bt_snapshot *s) {
  struct bt_store *store;
  uint8_t digest[BT_SUM_SIZE];
  int rc = bt_store_open(&(struct bt_store_options){.dir = record, .read_only = true}, &store, NULL);
  if (rc < 0)
    return rc;
  rc = bt_store_sum(store, BT_AS_OF, digest);
  if (rc == 0 && (bt_store_position(store, BT_AS_OF) != s->position || memcmp(digest, s->digest, sizeof digest) != 0))
    rc = -BT_CORRUPT;
  bt_store_close(store);
  return rc;
}

struct copying {
  const char *data_dir;
  const struct bt_snapshot *snapshot;
};

static int fill(const char *dir, const void *context) {
  const struct copying *c = context;
  char from[BT_PATH_SIZE], to[BT_PATH_SIZE];
  int n =
      snprintf(from, sizeof from, "%s/snapshots/%020" PRIu64 "/record/data.mdb", c->data_dir, c->snapshot->position);
  int rc = n < 0 || n >= BT_PATH_SIZE ? -BT_LIMIT : bt_path_join(to, dir, "data.mdb");
  if (rc == 0)
    rc = copy_file(from, to);
  return rc < 0 ? rc : check_digest(dir, c->snapshot);
}

int bt_snapshot_copy(const char *data_dir, const struct bt_snapshot *s, const char *record) {
  const struct copying c = {data_dir, s};
  return bt_dir_build(record, fill, &c);
}

/* ---- restoring ---- */

static const char *why_not(int rc) {
  switch (-rc) {
  case BT_ABSENT:
    return "no journal entry knows of it";
  case BT_OLDER:
    return "an older version of the broker wrote it, and only that one can read it";
  case BT_NEWER:
    return "a newer version of the broker wrote it";
  case BT_AWAY:
    return "archive segments that come after it are not here";
  default:
    return "it is not what was written";
  }
}

static void pass_by(const struct bt_snapshot *s, int rc) {
  bt_log(BT_LOG_ERROR, "snapshot-passed-by", BT_L_UINT("position", s->position), BT_L_TEXT("code", bt_code_name(rc)),
         BT_L_TEXT("text", why_not(rc)));
}

bool bt_snapshot_needs(struct bt_journal *journal, uint64_t position, struct bt_journal_segment *ret) {
  struct bt_journal_segment s = {0};
  while (bt_journal_segment(journal, s.last + 1, &s) == 0)
    if (!s.here && s.last > position) {
      *ret = s;
      return true;
    }
  return false;
}

int bt_snapshot_restore(const char *data_dir, struct bt_journal *journal, const char *record, uint64_t *ret_position) {
  struct bt_snapshot v[BT_SNAPSHOTS_MAX];
  struct bt_journal_segment missing;
  uint32_t n = bt_snapshot_list(data_dir, v);
  int rc = 0;
  *ret_position = 0;
  for (uint32_t i = 0; i < n && rc == 0 && !*ret_position; i++) {
    if (v[i].position >= bt_journal_durable(journal))
      continue;
    rc = bt_snapshot_needs(journal, v[i].position, &missing) ? -BT_AWAY : bt_snapshot_known(journal, &v[i]);
    if (rc == 0)
      rc = bt_snapshot_copy(data_dir, &v[i], record);
    if (rc == 0) {
      *ret_position = v[i].position;
    } else if (rc != -BT_FULL && rc != -BT_NOMEM && rc != -BT_LIMIT) {
      pass_by(&v[i], rc);
      rc = 0;
    }
  }
  return rc;
}
