#include "backup/manifest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"

enum { MANIFEST_MAX = 256 << 20, HEX = 2 * BT_FILE_DIGEST + 1, TIME = 40 };

void bt_manifest_fini(struct bt_manifest *m) {
  free(m->v);
  *m = (struct bt_manifest){0};
}

int bt_manifest_add(struct bt_manifest *m, const struct bt_backup_segment *s) {
  if (m->n == m->room) {
    uint32_t room = m->room ? 2 * m->room : 64;
    void *v = realloc(m->v, room * sizeof *m->v);
    if (!v)
      return -BT_NOMEM;
    m->v = v;
    m->room = room;
  }
  m->v[m->n++] = *s;
  return 0;
}

void bt_manifest_add_snapshot(struct bt_manifest *m, const struct bt_backup_snapshot *s) {
  const uint32_t kept = m->n_snapshots < BT_SNAPSHOTS_KEPT - 1 ? m->n_snapshots : BT_SNAPSHOTS_KEPT - 1;
  memmove(m->snapshots + 1, m->snapshots, kept * sizeof *m->snapshots);
  m->snapshots[0] = *s;
  m->n_snapshots = kept + 1;
}

uint32_t bt_manifest_segment_of(const struct bt_manifest *m, uint64_t sequence) {
  uint32_t low = 0, high = m->n;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (m->v[middle].s.last < sequence)
      low = middle + 1;
    else
      high = middle;
  }
  return low < m->n && m->v[low].s.first <= sequence ? low : m->n;
}

/* ---- writing ---- */

static void put_file(FILE *f, const char *name, const struct bt_backup_file *file) {
  char hex[HEX];
  if (file->there)
    fprintf(f, "file %s %" PRIu64 " %s\n", name, file->bytes, bt_hex(hex, file->digest, BT_FILE_DIGEST));
}

static void put_segment(FILE *f, const struct bt_backup_segment *b) {
  char chain[HEX], digest[HEX];
  fprintf(f, "%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %s", b->s.here ? "segment" : "away", b->s.first, b->s.last,
          b->s.bytes, bt_hex(chain, b->s.after, BT_CHAIN));
  if (b->s.here)
    fprintf(f, " %s", bt_hex(digest, b->digest, BT_FILE_DIGEST));
  putc('\n', f);
}

static void put_lines(FILE *f, const struct bt_manifest *m) {
  char made[TIME], recorded[TIME], a[HEX], b[HEX];
  fprintf(f, "baton backup %d\nmade %s\nfrom %" PRIu64 "\nposition %" PRIu64 "\nrecorded %s\n", BT_BACKUP_FORMAT,
          bt_clock_format(m->made_us, made, sizeof made), m->from, m->position,
          bt_clock_format(m->recorded_us, recorded, sizeof recorded));
  fprintf(f, "before %s\nchain %s\nepoch %" PRIu64 "\n", bt_hex(a, m->before, BT_CHAIN), bt_hex(b, m->chain, BT_CHAIN),
          m->epoch);
  for (uint32_t i = 0; i < m->n; i++)
    put_segment(f, &m->v[i]);
  for (uint32_t i = 0; i < m->n_snapshots; i++)
    fprintf(f, "snapshot %" PRIu64 " %" PRId64 " %s %" PRIu64 " %s\n", m->snapshots[i].s.position,
            m->snapshots[i].s.recorded_us, bt_hex(a, m->snapshots[i].s.digest, BT_SUM_SIZE), m->snapshots[i].s.bytes,
            bt_hex(b, m->snapshots[i].digest, BT_FILE_DIGEST));
  put_file(f, BT_BACKUP_KEY, &m->key);
  put_file(f, BT_BACKUP_CONF, &m->conf);
}

int bt_manifest_write(struct bt_task *w, const char *dir, const struct bt_manifest *m) {
  char path[BT_PATH_SIZE], hex[HEX], *text = NULL;
  uint8_t digest[BT_FILE_DIGEST];
  size_t n = 0;
  FILE *f = open_memstream(&text, &n);
  if (!f)
    return -BT_NOMEM;
  put_lines(f, m);
  fflush(f);
  bt_file_digest_of(text, n, digest);
  fprintf(f, "end %s\n", bt_hex(hex, digest, BT_FILE_DIGEST));
  int rc = fclose(f) == 0 ? bt_path_join(path, dir, "manifest") : -BT_NOMEM;
  if (rc == 0)
    rc = bt_file_put(path, text, n);
  free(text);
  return rc < 0 ? bt_task_fail(w, rc, "%s/manifest: %s", dir, bt_code_text(rc)) : 0;
}

/* ---- reading ---- */

static bool take_time(const char *text, int64_t *ret) {
  return bt_clock_parse(bt_str(text), ret) == 0;
}

static bool take_segment(struct bt_manifest *m, const char *line, bool here) {
  struct bt_backup_segment b = {.s = {.here = here}};
  char chain[HEX] = "", digest[HEX] = "";
  const char *rest = strchr(line, ' ');
  int n = sscanf(rest ? rest : "", "%" SCNu64 " %" SCNu64 " %" SCNu64 " %64s %64s", &b.s.first, &b.s.last, &b.s.bytes,
                 chain, digest);
  if (n != (here ? 5 : 4) || !bt_unhex(chain, b.s.after, BT_CHAIN) ||
      (here && !bt_unhex(digest, b.digest, BT_FILE_DIGEST)) || b.s.last < b.s.first || !b.s.first ||
      (m->n && m->v[m->n - 1].s.last + 1 != b.s.first))
    return false;
  return bt_manifest_add(m, &b) == 0;
}

static bool take_snapshot(struct bt_manifest *m, const char *line) {
  struct bt_backup_snapshot b = {0};
  char record[HEX] = "", digest[HEX] = "";
  if (m->n_snapshots == BT_SNAPSHOTS_MAX ||
      sscanf(line, "snapshot %" SCNu64 " %" SCNd64 " %64s %" SCNu64 " %64s", &b.s.position, &b.s.recorded_us, record,
             &b.s.bytes, digest) != 5 ||
      !bt_unhex(record, b.s.digest, BT_SUM_SIZE) || !bt_unhex(digest, b.digest, BT_FILE_DIGEST))
    return false;
  m->snapshots[m->n_snapshots++] = b;
  return true;
}

static bool take_file(struct bt_manifest *m, const char *line) {
  char name[33] = "", digest[HEX] = "";
  struct bt_backup_file file = {.there = true};
  if (sscanf(line, "file %32s %" SCNu64 " %64s", name, &file.bytes, digest) != 3 ||
      !bt_unhex(digest, file.digest, BT_FILE_DIGEST))
    return false;
  if (strcmp(name, BT_BACKUP_KEY) == 0)
    m->key = file;
  else if (strcmp(name, BT_BACKUP_CONF) == 0)
    m->conf = file;
  return true;
}

static bool take_line(struct bt_manifest *m, const char *line) {
  char word[16] = "", value[80] = "";
  if (sscanf(line, "%15s %79s", word, value) != 2)
    return false;
  if (strcmp(word, "segment") == 0 || strcmp(word, "away") == 0)
    return take_segment(m, line, *word == 's');
  if (strcmp(word, "snapshot") == 0)
    return take_snapshot(m, line);
  if (strcmp(word, "file") == 0)
    return take_file(m, line);
  if (strcmp(word, "made") == 0)
    return take_time(value, &m->made_us);
  if (strcmp(word, "recorded") == 0)
    return take_time(value, &m->recorded_us);
  if (strcmp(word, "before") == 0)
    return bt_unhex(value, m->before, BT_CHAIN);
  if (strcmp(word, "chain") == 0)
    return bt_unhex(value, m->chain, BT_CHAIN);
  uint64_t *number = strcmp(word, "from") == 0       ? &m->from
                     : strcmp(word, "position") == 0 ? &m->position
                     : strcmp(word, "epoch") == 0    ? &m->epoch
                                                     : NULL;
  return number && sscanf(value, "%" SCNu64, number) == 1;
}

static bool take_all(struct bt_manifest *m, char *text) {
  for (char *line = text, *end; *line; line = end + 1) {
    end = strchr(line, '\n');
    if (!end)
      return false;
    *end = '\0';
    if (!take_line(m, line))
      return false;
  }
  return m->from && m->position >= m->from && m->n && m->v[m->n - 1].s.last == m->position &&
         memcmp(m->v[m->n - 1].s.after, m->chain, BT_CHAIN) == 0;
}

static int parse(struct bt_task *w, const char *path, char *text, size_t n, struct bt_manifest *m) {
  uint8_t digest[BT_FILE_DIGEST], said[BT_FILE_DIGEST];
  unsigned format = 0;
  char *end = n > 70 ? text + n - 69 : NULL; /* "end ", 64 digits, newline */
  if (sscanf(text, "baton backup %u\n", &format) != 1)
    return bt_task_fail(w, -BT_CORRUPT, "%s is not the manifest of a backup", path);
  if (format > BT_BACKUP_FORMAT)
    return bt_task_fail(w, -BT_NEWER, "%s was written by a newer version (format %u)", path, format);
  if (!end || memcmp(end, "end ", 4) != 0 || !bt_unhex(end + 4, said, BT_FILE_DIGEST))
    return bt_task_fail(w, -BT_CORRUPT, "%s does not end as a manifest does", path);
  bt_file_digest_of(text, (size_t)(end - text), digest);
  if (memcmp(digest, said, sizeof digest) != 0)
    return bt_task_fail(w, -BT_CORRUPT, "%s fails its own digest", path);
  *end = '\0';
  char *first = strchr(text, '\n');
  return first && take_all(m, first + 1) ? 0 : bt_task_fail(w, -BT_CORRUPT, "%s does not read as a manifest", path);
}

int bt_manifest_read(struct bt_task *w, const char *dir, struct bt_manifest *ret) {
  char path[BT_PATH_SIZE], *text;
  size_t n;
  struct bt_manifest m = {0};
  int rc = bt_path_join(path, dir, "manifest");
  if (rc == 0)
    rc = bt_file_get(path, MANIFEST_MAX, &text, &n);
  if (rc == -BT_ABSENT)
    return rc;
  if (rc < 0)
    return bt_task_fail(w, rc, "%s cannot be read: %s", path, bt_file_text(rc));
  rc = parse(w, path, text, n, &m);
  free(text);
  if (rc < 0)
    bt_manifest_fini(&m);
  else
    *ret = m;
  return rc;
}
