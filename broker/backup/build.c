#include "backup/build.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "base/file.h"
#include "base/io.h"

enum { BATCH = 4096, BATCH_BYTES = 8 << 20 };

int bt_build_begin(struct bt_build *b, struct bt_task *w, const char *dir) {
  *b = (struct bt_build){.w = w};
  b->made_dir = !bt_path_exists(dir);
  int rc = bt_dir_private(w, dir);
  if (rc < 0)
    return rc;
  if (!bt_dir_is_empty(dir))
    return bt_task_fail(w, -BT_USAGE, "%s is not empty: nothing is ever written over data that is there", dir);
  if (snprintf(b->dir, sizeof b->dir, "%s", dir) >= BT_PATH_SIZE)
    return -BT_LIMIT;
  rc = bt_path_join(b->archive, dir, "archive");
  if (rc == 0)
    rc = bt_path_join(b->journal_dir, dir, "journal.unfinished");
  if (rc == 0)
    rc = bt_path_join(b->record, dir, "record");
  b->batch = malloc(BATCH * sizeof *b->batch);
  b->bytes = malloc(BATCH_BYTES);
  if (rc == 0 && (!b->batch || !b->bytes))
    rc = -BT_NOMEM;
  b->begun = rc == 0;
  return rc;
}

/* ---- segments ---- */

static int note(struct bt_build *b, const struct bt_journal_segment *s) {
  if (b->n == b->room) {
    uint32_t room = b->room ? 2 * b->room : 64;
    void *v = realloc(b->v, room * sizeof *b->v);
    if (!v)
      return -BT_NOMEM;
    b->v = v;
    b->room = room;
  }
  b->v[b->n++] = *s;
  return 0;
}

int bt_build_away(struct bt_build *b, const struct bt_journal_segment *s) {
  return note(b, s);
}

static bool follows(const struct bt_build *b, const struct bt_segment *made, const struct bt_journal_segment *s) {
  static const uint8_t nothing[BT_CHAIN];
  const uint8_t *before = b->n ? b->v[b->n - 1].after : nothing;
  return memcmp(made->before, before, BT_CHAIN) == 0 && memcmp(made->after, s->after, BT_CHAIN) == 0 &&
         made->first == (b->n ? b->v[b->n - 1].last + 1 : 1);
}

int bt_build_segment(struct bt_build *b, const char *archive_dir, const struct bt_journal_segment *s) {
  char name[BT_SEGMENT_NAME_SIZE + 8], from[BT_PATH_SIZE], to[BT_PATH_SIZE];
  uint8_t digest[BT_FILE_DIGEST];
  struct bt_journal_segment noted = *s;
  struct bt_segment made;
  const char *text = "";
  bt_segment_name(s->first, s->last, name);
  int rc = bt_dir_make(b->archive);
  if (rc == 0)
    rc = bt_path_join(from, archive_dir, name);
  if (rc == 0)
    rc = bt_path_join(to, b->archive, name);
  if (rc == 0)
    rc = bt_file_copy(from, to, s->bytes, &noted.bytes, digest);
  if (rc < 0)
    text = rc == -BT_LIMIT ? "it is larger than it was" : bt_file_text(rc);
  if (rc == -BT_ABSENT)
    rc = -BT_AWAY;
  struct bt_archive *a = rc == 0 ? bt_archive_new(b->archive) : NULL;
  if (rc == 0)
    rc = a ? bt_archive_check(a, s->first, s->last, true, &made, &text, NULL) : -BT_NOMEM;
  bt_archive_free(a);
  if (rc == 0 && !follows(b, &made, s)) {
    rc = -BT_CORRUPT;
    text = "it does not follow the one before";
  }
  if (rc < 0)
    return bt_task_fail(b->w, rc, "segment %s: %s", name, *text ? text : bt_code_text(rc));
  noted.here = true;
  return note(b, &noted);
}

/* ---- the journal ---- */

static int open_journal(struct bt_build *b, bool read_only) {
  const char *text = "";
  int rc = bt_journal_open(
      &(struct bt_journal_options){.dir = b->journal_dir, .archive_dir = b->archive, .read_only = read_only},
      &b->journal, &text);
  return rc < 0 ? bt_task_fail(b->w, rc, "the new journal: %s", text) : 0;
}

int bt_build_journal(struct bt_build *b, uint64_t epoch) {
  uint64_t led;
  int rc = bt_journal_found(b->journal_dir, 0, epoch, b->v, b->n);
  if (rc < 0)
    return bt_task_fail(b->w, rc, "the new journal cannot be made: %s", bt_code_text(rc));
  rc = open_journal(b, false);
  return rc < 0 ? rc : bt_journal_lead(b->journal, &led);
}

static int flush(struct bt_build *b) {
  uint64_t durable;
  int rc = 0;
  if (!b->n_batch)
    return 0;
  do {
    rc = bt_journal_append(b->journal, b->batch, b->n_batch);
    if (rc == 0)
      rc = bt_journal_poll(b->journal, &durable);
  } while (rc == -BT_FULL && bt_journal_grow(b->journal) == 0);
  b->n_batch = 0;
  b->used = 0;
  return rc < 0 ? bt_task_fail(b->w, rc, "the new journal cannot be written: %s", bt_code_text(rc)) : 0;
}

static struct bt_str keep(struct bt_build *b, struct bt_str s) {
  char *to = b->bytes + b->used;
  if (s.n)
    memcpy(to, s.p, s.n);
  b->used += s.n;
  return (struct bt_str){to, s.n};
}

int bt_build_add(struct bt_build *b, uint64_t sequence, struct bt_str head, struct bt_str body) {
  int rc = 0;
  if (head.n + body.n > BATCH_BYTES)
    return -BT_LIMIT;
  if (b->n_batch == BATCH || b->used + head.n + body.n > BATCH_BYTES)
    rc = flush(b);
  if (rc < 0)
    return rc;
  b->batch[b->n_batch++] = (struct bt_journal_record){sequence, keep(b, head), keep(b, body)};
  return 0;
}

/* ---- the record ---- */

static void tell(void *context, uint64_t done, uint64_t of) {
  bt_task_tell(context, "record", done, of);
}

static int replay(struct bt_build *b, uint64_t *ret_position) {
  struct bt_store *s;
  const char *text = "";
  int rc = bt_store_open(&(struct bt_store_options){.dir = b->record, .without_key = true}, &s, &text);
  if (rc < 0)
    return bt_task_fail(b->w, rc, "the new record: %s", text);
  rc = bt_replay(b->journal, s, bt_journal_durable(b->journal), 0, tell, b->w);
  *ret_position = bt_store_position(s, BT_NOW);
  bt_store_close(s);
  return rc < 0 ? bt_task_fail(b->w, rc, "entry %" PRIu64 " cannot be applied: %s", *ret_position + 1, bt_code_text(rc))
                : 0;
}

int bt_build_record(struct bt_build *b, const char *snapshot_dir, const struct bt_snapshot *s, uint64_t *ret_position) {
  int rc = flush(b);
  if (rc < 0)
    return rc;
  bt_journal_close(b->journal);
  b->journal = NULL;
  rc = open_journal(b, true);
  if (rc == 0 && s) {
    bt_task_tell(b->w, "snapshot", 0, 1);
    rc = bt_snapshot_copy(snapshot_dir, s, b->record);
    if (rc == -BT_OLDER) /* the entries may be all there */
      return rc;
    if (rc < 0)
      return bt_task_fail(b->w, rc, "the snapshot at %" PRIu64 ": %s", s->position, bt_code_text(rc));
  }
  if (rc == 0)
    rc = replay(b, ret_position);
  bt_journal_close(b->journal);
  b->journal = NULL;
  return rc;
}

/* ---- the end ---- */

int bt_build_key(struct bt_build *b, const void *bytes, size_t n) {
  char path[BT_PATH_SIZE];
  int rc = bt_path_join(path, b->dir, BT_BACKUP_KEY);
  if (rc == 0)
    rc = bt_file_put(path, bytes, n);
  return rc < 0 ? bt_task_fail(b->w, rc, "%s/%s: %s", b->dir, BT_BACKUP_KEY, bt_code_text(rc)) : 0;
}

int bt_build_end(struct bt_build *b) {
  char path[BT_PATH_SIZE];
  int rc = bt_dir_sync_all(b->record);
  if (rc == 0)
    rc = bt_dir_sync_all(b->journal_dir);
  if (rc == 0)
    rc = bt_path_join(path, b->dir, "journal");
  if (rc == 0 && rename(b->journal_dir, path) != 0)
    rc = bt_io_code();
  if (rc == 0)
    rc = bt_dir_sync(b->dir);
  if (rc < 0)
    return bt_task_fail(b->w, rc, "%s: %s", b->dir, bt_code_text(rc));
  b->begun = false;
  return 0;
}

void bt_build_drop(struct bt_build *b) {
  static const char *const made[] = {"archive", "record", "journal.unfinished", "snapshots"};
  char path[BT_PATH_SIZE];
  bt_journal_close(b->journal);
  for (size_t i = 0; b->begun && i < sizeof made / sizeof *made; i++)
    if (bt_path_join(path, b->dir, made[i]) == 0)
      (void)!bt_dir_remove(path);
  if (b->begun && bt_path_join(path, b->dir, BT_BACKUP_KEY) == 0)
    unlink(path);
  if (b->begun && b->made_dir)
    rmdir(b->dir);
  free(b->v);
  free(b->batch);
  free(b->bytes);
  *b = (struct bt_build){0};
}
