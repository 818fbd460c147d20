#include "backup/walk.h"

#include <string.h>

enum { TELL_EVERY = 4096 };

int bt_walk_open(struct bt_walk *k, struct bt_task *w, const char *data_dir, const char *backup_dir) {
  char path[BT_PATH_SIZE];
  *k = (struct bt_walk){.w = w};
  int rc = bt_path_join(k->archive_dir, data_dir, "archive");
  if (rc == 0)
    rc = bt_path_join(path, data_dir, "journal/data.mdb");
  if (rc == 0)
    rc = bt_salvage_open(w, path, &k->salvage);
  if (rc == -BT_ABSENT)
    rc = 0;
  if (rc == 0 && !(k->archive = bt_archive_new(k->archive_dir)))
    rc = -BT_NOMEM;
  if (rc < 0 || !backup_dir)
    return rc;
  rc = bt_manifest_read(w, backup_dir, &k->manifest);
  if (rc == -BT_ABSENT)
    return bt_task_fail(w, -BT_USAGE, "%s is no backup: there is no manifest in it", backup_dir);
  if (rc == 0)
    rc = bt_path_join(k->backup_dir, backup_dir, "archive");
  if (rc == 0 && !(k->backup = bt_archive_new(k->backup_dir)))
    rc = -BT_NOMEM;
  return rc;
}

void bt_walk_close(struct bt_walk *k) {
  bt_salvage_close(k->salvage);
  bt_archive_free(k->archive);
  bt_archive_free(k->backup);
  bt_manifest_fini(&k->manifest);
}

struct place {
  uint64_t next;
  uint8_t chain[32];
  bool entries;               /* have begun */
  uint64_t in_first, in_last; /* the segment that entries are now read from; 0: none */
  uint8_t in_after[32];
};

static bool continues(const struct place *p, struct bt_str head, struct bt_str body, const uint8_t stored[32],
                      uint8_t ret[32]) {
  bt_chain_next(p->chain, p->next, head, body, ret);
  return memcmp(ret, stored, 32) == 0;
}

/* ---- entries, one by one ---- */

static int put_entry(struct place *p, bt_walk_fn *each, void *context, struct bt_str head, struct bt_str body,
                     const uint8_t chain[32], bool from_backup) {
  const struct bt_piece piece = {
      .kind = BT_PIECE_ENTRY, .sequence = p->next, .head = head, .body = body, .from_backup = from_backup};
  int rc = each(context, &piece);
  memcpy(p->chain, chain, 32);
  p->entries = true;
  p->next++;
  return rc;
}

/* 1: it was there. */
static int from_journal(struct bt_walk *k, struct place *p, bt_walk_fn *each, void *context) {
  struct bt_salvaged e;
  uint8_t chain[32];
  int rc;
  for (uint32_t n = 0; k->salvage && (rc = bt_salvage_get(k->salvage, p->next, n, &e)) != -BT_ABSENT; n++)
    if (rc == 0 && continues(p, e.head, e.body, e.chain, chain)) {
      rc = put_entry(p, each, context, e.head, e.body, chain, false);
      return rc < 0 ? rc : 1;
    }
  return 0;
}

static int from_archive(struct bt_archive *a, const struct bt_journal_segment *s, struct place *p, bt_walk_fn *each,
                        void *context, bool backup) {
  struct bt_archived e;
  uint8_t chain[32];
  if (bt_archive_read(a, s->first, s->last, s->after, p->next, &e) < 0 || !continues(p, e.head, e.body, e.chain, chain))
    return 0;
  int rc = put_entry(p, each, context, e.head, e.body, chain, backup);
  return rc < 0 ? rc : 1;
}

static int from_backup(struct bt_walk *k, struct place *p, bt_walk_fn *each, void *context) {
  const uint32_t i = k->backup ? bt_manifest_segment_of(&k->manifest, p->next) : 0;
  if (!k->backup || i == k->manifest.n || !k->manifest.v[i].s.here)
    return 0;
  return from_archive(k->backup, &k->manifest.v[i].s, p, each, context, true);
}

/* A segment behind entries is read entry by entry. */
static int from_own_segment(struct bt_walk *k, struct place *p, bt_walk_fn *each, void *context) {
  struct bt_segment made;
  if (!p->entries)
    return 0;
  if (!p->in_last || p->next > p->in_last) {
    const uint64_t last = bt_archive_find(k->archive_dir, p->next);
    if (!last || bt_archive_check(k->archive, p->next, last, false, &made, NULL, NULL) < 0)
      return 0;
    p->in_first = made.first;
    p->in_last = made.last;
    memcpy(p->in_after, made.after, 32);
  }
  struct bt_journal_segment s = {p->in_first, p->in_last, 0, true, {0}};
  memcpy(s.after, p->in_after, 32);
  return from_archive(k->archive, &s, p, each, context, false);
}

/* ---- whole segments ---- */

static int put_segment(struct place *p, bt_walk_fn *each, void *context, enum bt_piece_kind kind,
                       const struct bt_journal_segment *s) {
  const struct bt_piece piece = {.kind = kind, .segment = *s};
  int rc = each(context, &piece);
  memcpy(p->chain, s->after, 32);
  p->next = s->last + 1;
  return rc < 0 ? rc : 1;
}

static int whole_segment(struct bt_walk *k, struct place *p, bt_walk_fn *each, void *context) {
  struct bt_segment made;
  const uint64_t last = p->entries ? 0 : bt_archive_find(k->archive_dir, p->next);
  if (!last || bt_archive_check(k->archive, p->next, last, true, &made, NULL, NULL) < 0 ||
      memcmp(made.before, p->chain, 32) != 0)
    return 0;
  struct bt_journal_segment s = {made.first, made.last, made.bytes, true, {0}};
  memcpy(s.after, made.after, 32);
  return put_segment(p, each, context, BT_PIECE_SEGMENT, &s);
}

static bool find_known(struct bt_walk *k, uint64_t first, struct bt_journal_segment *ret, bool *ret_file) {
  struct bt_segment made;
  const uint64_t last = bt_archive_find(k->archive_dir, first);
  const uint32_t i = k->backup ? bt_manifest_segment_of(&k->manifest, first) : 0;
  *ret_file = last > 0;
  if (k->salvage && bt_salvage_segment(k->salvage, first, ret)) {
    ret->here = false;
  } else if (last && bt_archive_check(k->archive, first, last, false, &made, NULL, NULL) == 0) {
    *ret = (struct bt_journal_segment){made.first, made.last, made.bytes, false, {0}};
    memcpy(ret->after, made.after, 32);
  } else if (k->backup && i < k->manifest.n && k->manifest.v[i].s.first == first) {
    *ret = k->manifest.v[i].s;
    ret->here = false;
  } else {
    return false;
  }
  return true;
}

static int look_only(void *context, const struct bt_piece *piece) {
  (void)context;
  (void)piece;
  return 0;
}

/* All that the segment held is still in the journal's pages or in the backup. */
static bool is_elsewhere(struct bt_walk *k, const struct place *from, const struct bt_journal_segment *s) {
  struct place p = *from;
  while (p.next <= s->last)
    if (from_journal(k, &p, look_only, NULL) != 1 && from_backup(k, &p, look_only, NULL) != 1)
      return false;
  return memcmp(p.chain, s->after, 32) == 0;
}

/* Nobody has it, but where it ends is known: history has a gap there, and the state has none. */
static int known_segment(struct bt_walk *k, struct place *p, bt_walk_fn *each, void *context) {
  struct bt_journal_segment s;
  bool file;
  if (p->entries || !find_known(k, p->next, &s, &file) || is_elsewhere(k, p, &s))
    return 0;
  return put_segment(p, each, context, file ? BT_PIECE_BAD : BT_PIECE_AWAY, &s);
}

int bt_walk(struct bt_walk *k, bt_walk_fn *each, void *context, uint64_t *ret_last) {
  static int (*const places[])(struct bt_walk *, struct place *, bt_walk_fn *,
                               void *) = {whole_segment, known_segment, from_journal, from_own_segment, from_backup};
  struct place p = {.next = 1};
  int rc = 1;
  while (rc == 1) {
    rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof places / sizeof *places; i++)
      rc = places[i](k, &p, each, context);
    if (p.next % TELL_EVERY == 0)
      bt_task_tell(k->w, "entries", p.next, k->salvage ? bt_salvage_highest(k->salvage) : p.next);
  }
  *ret_last = p.next - 1;
  return rc;
}
