/* Is a backup what was written? */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "archive/archive.h"
#include "backup/backup.h"
#include "backup/manifest.h"
#include "base/file.h"

static int check_file(struct bt_task *w, const char *dir, const char *name, uint64_t bytes,
                      const uint8_t digest[BT_FILE_DIGEST]) {
  char path[BT_PATH_SIZE];
  uint8_t found[BT_FILE_DIGEST];
  uint64_t size;
  int rc = bt_path_join(path, dir, name);
  if (rc == 0)
    rc = bt_file_digest(path, bytes, &size, found);
  if (rc < 0)
    return bt_task_fail(w, -BT_CORRUPT, "%s of the backup: %s", name,
                        rc == -BT_LIMIT ? "it is larger than what was written" : bt_file_text(rc));
  if (size != bytes || memcmp(found, digest, sizeof found) != 0)
    return bt_task_fail(w, -BT_CORRUPT, "%s of the backup is not what was written: it fails its digest", name);
  return 0;
}

static int check_segment(struct bt_task *w, const char *dir, struct bt_archive *a, const struct bt_backup_segment *b,
                         const uint8_t before[BT_CHAIN]) {
  char name[BT_SEGMENT_NAME_SIZE + 8], path[BT_SEGMENT_NAME_SIZE + 24];
  struct bt_segment made;
  const char *text = "its chain does not go on from the one before";
  bt_segment_name(b->s.first, b->s.last, name);
  snprintf(path, sizeof path, "archive/%s", name);
  int rc = check_file(w, dir, path, b->s.bytes, b->digest);
  if (rc < 0)
    return rc;
  rc = bt_archive_check(a, b->s.first, b->s.last, true, &made, &text, NULL);
  if (rc == 0 && (memcmp(made.before, before, BT_CHAIN) != 0 || memcmp(made.after, b->s.after, BT_CHAIN) != 0))
    rc = -BT_CORRUPT;
  return rc < 0 ? bt_task_fail(w, rc, "%s of the backup: %s", path, text) : 0;
}

static int check_all(struct bt_task *w, const char *dir, struct bt_archive *a, const struct bt_manifest *m,
                     struct bt_backup_report *r) {
  const uint8_t *before = m->before;
  int rc = 0;
  for (uint32_t i = 0; rc == 0 && i < m->n; i++) {
    if (m->v[i].s.here) {
      rc = check_segment(w, dir, a, &m->v[i], before);
      before = m->v[i].s.after;
      r->segments++;
      r->bytes += m->v[i].s.bytes;
    }
    bt_task_tell(w, "archive", m->v[i].s.last, m->position);
  }
  for (uint32_t i = 0; rc == 0 && i < m->n_snapshots; i++) {
    char path[80];
    snprintf(path, sizeof path, "snapshots/%020" PRIu64 "/record/data.mdb", m->snapshots[i].s.position);
    rc = check_file(w, dir, path, m->snapshots[i].s.bytes, m->snapshots[i].digest);
    r->bytes += m->snapshots[i].s.bytes;
  }
  if (rc == 0)
    rc = check_file(w, dir, BT_BACKUP_KEY, m->key.bytes, m->key.digest);
  return rc == 0 && m->conf.there ? check_file(w, dir, BT_BACKUP_CONF, m->conf.bytes, m->conf.digest) : rc;
}

int bt_backup_check(struct bt_task *w, const char *dir, struct bt_backup_report *ret) {
  struct bt_manifest m = {0};
  char archive[BT_PATH_SIZE];
  *ret = (struct bt_backup_report){0};
  int rc = bt_manifest_read(w, dir, &m);
  if (rc == 0)
    rc = bt_path_join(archive, dir, "archive");
  struct bt_archive *a = rc == 0 ? bt_archive_new(archive) : NULL;
  if (rc == 0)
    rc = a ? check_all(w, dir, a, &m, ret) : -BT_NOMEM;
  ret->from = m.from;
  ret->position = m.position;
  ret->entries = m.position ? m.position - m.from + 1 : 0;
  ret->recorded_us = m.recorded_us;
  ret->snapshot = m.snapshots[0].s.position;
  bt_archive_free(a);
  bt_manifest_fini(&m);
  return rc;
}
