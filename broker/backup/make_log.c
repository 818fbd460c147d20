/* The log's part of a backup: where it begins, and segments from there. */
#include <inttypes.h>
#include <string.h>

#include "backup/making.h"

enum { SEGMENT_RAW = 16 << 20, TELL_EVERY = 4096 };

/* ---- where this run begins ---- */

/* Behind the last segment that is not here: what is before stays known by name. */
int bt_making_begin(struct making *k) {
  struct bt_journal_segment s = {0};
  uint64_t away = 0;
  while (bt_journal_segment(k->journal, s.last + 1, &s) == 0)
    if (!s.here)
      away = s.last;
  s = (struct bt_journal_segment){0};
  while (s.last < away && bt_journal_segment(k->journal, s.last + 1, &s) == 0) {
    struct bt_backup_segment b = {.s = s};
    b.s.here = false;
    int rc = bt_manifest_add(&k->m, &b);
    if (rc < 0)
      return rc;
  }
  k->m.from = k->next = away + 1;
  int rc = bt_journal_chain(k->journal, away, k->m.before);
  memcpy(k->m.chain, k->m.before, BT_CHAIN);
  return rc;
}

int bt_making_go_on(struct making *k) {
  uint8_t chain[BT_CHAIN];
  if (k->upto < k->m.position)
    return bt_task_fail(k->w, -BT_USAGE,
                        "the backup goes up to entry %" PRIu64 ", the journal only to %" PRIu64
                        ": it is an older state of the same data, or another's; use a new folder",
                        k->m.position, k->upto);
  int rc = bt_journal_chain(k->journal, k->m.position, chain);
  if (rc == -BT_AWAY)
    return bt_task_fail(k->w, rc,
                        "entry %" PRIu64
                        ", where the backup ends, is in an archive segment that was moved away: put it "
                        "back, or begin a backup in a new folder",
                        k->m.position);
  if (rc == 0 && memcmp(chain, k->m.chain, BT_CHAIN) != 0)
    return bt_task_fail(k->w, -BT_USAGE, "this folder holds the backup of another journal: use a new folder");
  k->next = k->m.position + 1;
  return rc;
}

/* ---- the log ---- */

static int add_segment(struct making *k, const struct bt_segment *made) {
  struct bt_backup_segment b = {.s = {made->first, made->last, 0, true, {0}}};
  char name[BT_SEGMENT_NAME_SIZE + 8], path[BT_PATH_SIZE];
  memcpy(b.s.after, made->after, BT_CHAIN);
  bt_segment_name(made->first, made->last, name);
  int rc = bt_path_join(path, k->archive_dir, name);
  if (rc == 0)
    rc = bt_file_digest(path, UINT64_MAX, &b.s.bytes, b.digest);
  if (rc == 0)
    rc = bt_manifest_add(&k->m, &b);
  if (rc < 0)
    return rc;
  k->report->segments++;
  k->report->bytes += b.s.bytes;
  memcpy(k->m.chain, made->after, BT_CHAIN);
  k->next = made->last + 1;
  return 0;
}

static int end_segment(struct making *k) {
  struct bt_segment made;
  int rc = bt_segment_end(k->writer, &made);
  k->writer = NULL;
  return rc < 0 ? rc : add_segment(k, &made);
}

static int add_entry(void *context, const struct bt_journal_record *r, const uint8_t chain[32]) {
  struct making *k = context;
  int rc = 0;
  (void)chain;
  if (!k->writer)
    rc = bt_segment_begin(k->archive_dir, r->sequence, k->m.chain, &k->writer);
  if (rc == 0)
    rc = bt_segment_add(k->writer, r->head, r->body);
  if (r->sequence % TELL_EVERY == 0)
    bt_task_tell(k->w, "journal", r->sequence, k->upto);
  if (rc == 0 && bt_segment_raw_bytes(k->writer) >= SEGMENT_RAW)
    rc = end_segment(k);
  return rc;
}

static int write_stretch(struct making *k, uint64_t upto) {
  int rc = bt_journal_scan(k->journal, k->next, upto, true, add_entry, k);
  if (rc == 0 && k->writer)
    rc = end_segment(k);
  bt_segment_drop(k->writer);
  k->writer = NULL;
  return rc < 0
             ? bt_task_fail(k->w, rc, "the journal cannot be copied behind entry %" PRIu64 ": %s", k->next - 1,
                            rc == -BT_AWAY ? "it is in an archive segment that was moved away: put it back, or begin "
                                             "a backup in a new folder"
                                           : bt_code_text(rc))
             : 0;
}

/* A segment of the archive that begins just here goes as it is. */
static int copy_segment(struct making *k, const struct bt_journal_segment *s) {
  char name[BT_SEGMENT_NAME_SIZE + 8], from[BT_PATH_SIZE], to[BT_PATH_SIZE];
  uint8_t digest[BT_FILE_DIGEST];
  uint64_t bytes;
  struct bt_segment made;
  const char *text = "";
  bt_segment_name(s->first, s->last, name);
  int rc = bt_path_join(from, k->own_archive, name);
  if (rc == 0)
    rc = bt_path_join(to, k->archive_dir, name);
  if (rc == 0)
    rc = bt_file_copy(from, to, UINT64_MAX, &bytes, digest);
  if (rc == 0)
    rc = bt_archive_check(k->archive, s->first, s->last, true, &made, &text, NULL);
  if (rc == 0 && (memcmp(made.before, k->m.chain, BT_CHAIN) != 0 || memcmp(made.after, s->after, BT_CHAIN) != 0))
    rc = -BT_CORRUPT;
  if (rc < 0)
    return bt_task_fail(k->w, rc, "archive segment %s cannot be copied: %s", name, *text ? text : bt_code_text(rc));
  bt_task_tell(k->w, "archive", s->last, k->upto);
  return add_segment(k, &made);
}

int bt_making_write_log(struct making *k) {
  int rc = 0;
  while (rc == 0 && k->next <= k->upto) {
    struct bt_journal_segment s;
    const int found = bt_journal_segment(k->journal, k->next, &s);
    if (found < 0 && found != -BT_ABSENT)
      return found;
    if (found == 0 && s.first == k->next && s.here && s.last <= k->upto)
      rc = copy_segment(k, &s);
    else
      rc = write_stretch(k, found == 0 && s.first > k->next && s.first <= k->upto ? s.first - 1 : k->upto);
  }
  return rc;
}
