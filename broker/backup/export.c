/* The log as JSON lines. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backup/backup.h"
#include "backup/manifest.h"
#include "codec/entry_json.h"

enum { EXPORT_FORMAT = 1, JOURNAL_FORMAT = 1, LINE_ARENA = 32 << 20, TELL_EVERY = 1024, KEY_MAX = 4096 };

struct exporting {
  struct bt_task *w;
  struct bt_arena arena;
  FILE *to;
  uint64_t from, upto, done;
};

static int put_entry(void *context, const struct bt_journal_record *r, const uint8_t chain[32]) {
  struct exporting *x = context;
  struct bt_json_entry e = {.sequence = r->sequence, .head = r->head, .body = r->body};
  memcpy(e.chain, chain, sizeof e.chain);
  bt_arena_reset(&x->arena);
  int rc = bt_entry_write_json(&e, &x->arena, x->to);
  x->done++;
  if (x->done % TELL_EVERY == 0)
    bt_task_tell(x->w, "export", r->sequence, x->upto);
  return rc == 0 && ferror(x->to) ? -BT_IO : rc;
}

static int take_key(struct bt_task *w, const char *data_dir, struct bt_json_header *h) {
  char path[BT_PATH_SIZE], *bytes;
  size_t n;
  int rc = bt_path_join(path, data_dir, BT_BACKUP_KEY);
  if (rc == 0)
    rc = bt_file_get(path, KEY_MAX, &bytes, &n);
  if (rc < 0)
    return bt_task_fail(w, rc, "%s: %s", path, bt_code_text(rc));
  if (n == sizeof h->key) {
    memcpy(h->key, bytes, n);
    h->has_key = true;
  }
  explicit_bzero(bytes, n);
  free(bytes);
  return h->has_key ? 0 : bt_task_fail(w, -BT_CORRUPT, "%s is no key", path);
}

/* Behind the last segment that is not here. */
static uint64_t first_here(struct bt_journal *j) {
  struct bt_journal_segment s = {0};
  uint64_t from = 1;
  while (bt_journal_segment(j, s.last + 1, &s) == 0)
    if (!s.here)
      from = s.last + 1;
  return from;
}

static int run(struct exporting *x, struct bt_journal *j, const struct bt_export_order *o) {
  struct bt_json_header h = {.format = EXPORT_FORMAT, .journal_format = JOURNAL_FORMAT};
  const uint64_t durable = bt_journal_durable(j);
  x->from = o->from ? o->from : first_here(j);
  x->upto = o->to ? o->to : durable;
  if (x->upto > durable || x->from > x->upto + 1)
    return bt_task_fail(x->w, -BT_USAGE, "the journal goes up to entry %" PRIu64, durable);
  h.from = x->from;
  h.to = x->upto;
  int rc = bt_journal_chain(j, x->from - 1, h.before);
  if (rc == 0 && o->with_key)
    rc = take_key(x->w, o->data_dir, &h);
  if (rc < 0)
    return bt_task_fail(x->w, rc, "entry %" PRIu64 ": %s", x->from - 1, bt_code_text(rc));
  bt_header_write_json(&h, x->to);
  if (x->from <= x->upto)
    rc = bt_journal_scan(j, x->from, x->upto, true, put_entry, x);
  if (rc == 0 && fflush(x->to) != 0)
    rc = -BT_IO;
  return rc < 0 ? bt_task_fail(x->w, rc, "entry %" PRIu64 ": %s", x->from + x->done, bt_code_text(rc)) : 0;
}

int bt_export(struct bt_task *w, const struct bt_export_order *o, FILE *to, uint64_t *ret_entries) {
  struct exporting x = {.w = w, .to = to};
  char dir[BT_PATH_SIZE], archive[BT_PATH_SIZE];
  struct bt_journal *j;
  const char *text = "";
  int rc = bt_path_join(dir, o->data_dir, "journal");
  if (rc == 0)
    rc = bt_path_join(archive, o->data_dir, "archive");
  if (rc == 0)
    rc =
        bt_journal_open(&(struct bt_journal_options){.dir = dir, .archive_dir = archive, .read_only = true}, &j, &text);
  if (rc < 0)
    return bt_task_fail(w, rc, "%s: %s", o->data_dir, *text ? text : bt_code_text(rc));
  bt_arena_init(&x.arena, LINE_ARENA);
  rc = run(&x, j, o);
  bt_arena_fini(&x.arena);
  bt_journal_close(j);
  *ret_entries = x.done;
  return rc;
}
