/* The record as a whole: opening, position, checkpoint and rollback. */
#include "store/store.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/clock.h"
#include "store/private.h"

/* One apply decodes, evolves and encodes a few rows of at most 16 KiB each. */
enum { APPLY_ARENA = 8 * 1024 * 1024 };

/* ---- the mark -------------------------------------------------------------------------------------------------------
 */

static int read_meta(struct bt_store *s, enum bt_view view, struct bt_str name, uint64_t fallback, uint64_t *ret) {
  int rc = bt_raw_read_u64(s, view, BT_T_META, name, ret);
  if (rc == -BT_ABSENT) {
    *ret = fallback;
    rc = 0;
  }
  return rc;
}

int bt_mark_read(struct bt_store *s, enum bt_view view, struct bt_mark *ret) {
  uint64_t recorded;
  struct bt_mark m;
  int rc = read_meta(s, view, BT_LIT("position"), 0, &m.position);
  if (rc == 0)
    rc = read_meta(s, view, BT_LIT("next_number"), 1, &m.next_number);
  if (rc == 0)
    rc = read_meta(s, view, BT_LIT("recorded_us"), 0, &recorded);
  if (rc < 0)
    return rc;
  m.recorded_us = (int64_t)recorded;
  *ret = m;
  return 0;
}

void bt_mark_write(struct bt_store *s, const struct bt_mark *mark) {
  bt_now_put_u64(s, BT_T_META, BT_LIT("position"), mark->position);
  bt_now_put_u64(s, BT_T_META, BT_LIT("next_number"), mark->next_number);
  bt_now_put_u64(s, BT_T_META, BT_LIT("recorded_us"), (uint64_t)mark->recorded_us);
}

/* ---- the figures over all cases: in memory, written with the mark
 * -----------------------------------------------------
 */

int bt_figures_load(struct bt_store *s) {
  struct bt_figures stored;
  struct bt_figures *const all[] = {&s->figures, &s->figures_saved, &s->figures_marked};
  for (int i = 0; i < 3; i++)
    bt_figures_init(all[i], s->bins[i]);
  bt_arena_reset(&s->arena);
  int rc = bt_read_figures(s, BT_AS_OF, BT_T_META, BT_LIT("figures"), &s->arena, &stored);
  if (rc == -BT_ABSENT)
    return 0;
  if (rc == 0) {
    bt_figures_copy(&s->figures, &stored);
    bt_figures_copy(&s->figures_saved, &stored);
  }
  return rc;
}

void bt_figures_save(struct bt_store *s) {
  bt_arena_reset(&s->arena);
  bt_now_put_figures(s, BT_T_META, BT_LIT("figures"), &s->figures);
}

const struct bt_figures *bt_store_figures(const struct bt_store *s) {
  return &s->figures;
}

/* ---- opening --------------------------------------------------------------------------------------------------------
 */

/* A record that was only just made has no format yet. */
static int put_format(struct bt_store *s, bool read_only, const char **ret_text) {
  uint64_t format;
  *ret_text = "the record's format is not readable";
  int rc = bt_raw_read_u64(s, BT_AS_OF, BT_T_META, BT_LIT("format"), &format);
  if (rc != -BT_ABSENT)
    return rc;
  if (bt_kv_count(s->kv, BT_AS_OF, BT_T_META) != 0)
    return -BT_CORRUPT;
  if (read_only)
    return 0;
  bt_now_put_u64(s, BT_T_META, BT_LIT("format"), BT_RECORD_FORMAT);
  rc = bt_kv_commit(s->kv);
  bt_kv_refresh(s->kv);
  return rc;
}

static int open_in(struct bt_store *s, const struct bt_store_options *o, const char **ret_text) {
  int rc = bt_kv_open(o, &s->kv, ret_text);
  if (rc < 0)
    return rc;
  rc = put_format(s, o->read_only, ret_text);
  if (rc < 0)
    return rc;
  *ret_text = "the record's position is not readable";
  rc = bt_mark_read(s, BT_AS_OF, &s->saved);
  if (rc < 0)
    return rc;
  s->now = s->saved;
  *ret_text = "the record's figures are not readable";
  rc = bt_figures_load(s);
  if (rc == 0)
    rc = bt_tallies_load(s);
  if (rc < 0)
    return rc;
  if (!o->read_only && !o->without_key) {
    *ret_text = "identifiers.key beside the record is missing, has another size than 32 bytes, or others may read it";
    rc = bt_secret_load(o->dir, o->expect_key || bt_kv_count(s->kv, BT_AS_OF, BT_T_IDENTIFIERS) != 0, s->secret);
  }
  bt_kv_refresh(s->kv);
  return rc;
}

int bt_store_open(const struct bt_store_options *options, struct bt_store **ret, const char **ret_text) {
  const char *ignored;
  const char **text = ret_text ? ret_text : &ignored;
  *text = "no memory";
  if (sodium_init() < 0)
    return -BT_IO;
  struct bt_store *s = calloc(1, sizeof(*s));
  if (!s)
    return -BT_NOMEM;
  bt_arena_init(&s->arena, APPLY_ARENA);
  bt_arena_init(&s->advisories_arena, APPLY_ARENA);
  s->next_expiry_us = INT64_MIN;
  int rc = open_in(s, options, text);
  if (rc < 0) {
    bt_store_close(s);
    return rc;
  }
  *ret = s;
  return 0;
}

void bt_store_close(struct bt_store *s) {
  if (!s)
    return;
  bt_kv_close(s->kv);
  bt_arena_fini(&s->arena);
  bt_arena_fini(&s->advisories_arena);
  bt_tallies_fini(&s->tallies);
  sodium_memzero(s->secret, sizeof(s->secret));
  free(s);
}

/* ---- position, checkpoint, rollback
 * ----------------------------------------------------------------------------------- */

static struct bt_mark mark_of(struct bt_store *s, enum bt_view view) {
  struct bt_mark m = s->saved;
  if (view == BT_NOW)
    return s->now;
  /* An unreadable mark is told by what reads rows; the last one that was written stands in. */
  if (bt_mark_read(s, view, &m) < 0)
    m = s->saved;
  return m;
}

uint64_t bt_store_position(struct bt_store *s, enum bt_view view) {
  return mark_of(s, view).position;
}

int64_t bt_store_recorded_us(struct bt_store *s, enum bt_view view) {
  return mark_of(s, view).recorded_us;
}

uint64_t bt_store_next_number(struct bt_store *s) {
  return s->now.next_number;
}

uint64_t bt_store_pending(const struct bt_store *s) {
  return s->now.position - s->saved.position;
}

int bt_store_checkpoint(struct bt_store *s) {
  if (bt_store_pending(s) > 0) {
    bt_mark_write(s, &s->now);
    bt_figures_save(s);
    bt_tallies_save(s);
  }
  int rc = bt_kv_commit(s->kv);
  if (rc == 0) {
    s->saved = s->now;
    bt_figures_copy(&s->figures_saved, &s->figures);
    bt_tallies_keep(&s->tallies);
  }
  return rc;
}

/* What is known beside the rows is read again. */
static void forget_known(struct bt_store *s) {
  s->next_expiry_us = INT64_MIN;
  s->advisories_known = false;
}

void bt_store_rollback(struct bt_store *s) {
  bt_kv_rollback(s->kv);
  s->now = s->saved;
  bt_figures_copy(&s->figures, &s->figures_saved);
  bt_tallies_rollback(&s->tallies);
  forget_known(s);
}

int bt_store_mark(struct bt_store *s) {
  s->marked = s->now;
  bt_figures_copy(&s->figures_marked, &s->figures);
  bt_tallies_mark(&s->tallies);
  return bt_kv_mark(s->kv);
}

int bt_store_keep(struct bt_store *s) {
  return bt_kv_keep(s->kv);
}

void bt_store_undo(struct bt_store *s) {
  bt_kv_undo(s->kv);
  s->now = s->marked;
  bt_figures_copy(&s->figures, &s->figures_marked);
  bt_tallies_undo(&s->tallies);
  forget_known(s);
}

int bt_store_grow(struct bt_store *s) {
  return bt_kv_grow(s->kv);
}

void bt_store_refresh(struct bt_store *s) {
  bt_kv_refresh(s->kv);
}

/* ---- raw rows of a table
 * ------------------------------------------------------------------------------------------------ */

enum { ROWS_PER_LOOK = 64, SNAPSHOT_US = 50 * 1000 };

int bt_store_next_row(struct bt_store *s, enum bt_view view, enum bt_table table, struct bt_str after,
                      struct bt_str *ret_key, struct bt_str *ret_value) {
  return bt_kv_next(s->kv, view, table, after, true, ret_key, ret_value);
}

int bt_store_each(struct bt_store *s, enum bt_view view, enum bt_table table, bt_store_each_fn *each, void *context) {
  struct bt_key last = {.n = 0};
  struct bt_str key, value;
  int64_t since = bt_clock_mono_us();
  for (uint32_t i = 1;; i++) {
    int rc = bt_kv_next(s->kv, view, table, (struct bt_str){last.bytes, last.n}, true, &key, &value);
    if (rc < 0)
      return rc == -BT_ABSENT ? 0 : rc;
    memcpy(last.bytes, key.p, last.n = key.n);
    rc = each(context, key, value);
    if (rc != 0)
      return rc;
    if (view == BT_AS_OF && i % ROWS_PER_LOOK == 0 && bt_clock_mono_us() - since > SNAPSHOT_US) {
      bt_kv_refresh(s->kv);
      since = bt_clock_mono_us();
    }
  }
}

uint64_t bt_store_count(struct bt_store *s, enum bt_view view, enum bt_table table) {
  return bt_kv_count(s->kv, view, table);
}

uint64_t bt_store_bytes(struct bt_store *s) {
  return bt_kv_bytes(s->kv);
}

int bt_store_reserve(struct bt_store *s, uint64_t bytes) {
  return bt_kv_reserve(s->kv, bytes);
}

uint64_t bt_store_ahead(struct bt_store *s) {
  return bt_kv_ahead(s->kv);
}

int bt_store_copy(struct bt_store *s, const char *dir) {
  return bt_kv_copy(s->kv, dir);
}
