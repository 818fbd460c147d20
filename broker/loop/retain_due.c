/* What of the journal and the record is due to be copied away. */
#include "loop/retain.h"

#include "base/clock.h"
#include "codec/event_codec.h"
#include "loop/parts.h"

enum { ENTRY_ARENA = 4 * 1024 * 1024 };

static const struct bt_settings *settings_of(const struct bt_loop *l) {
  return &l->parts.config->settings;
}

int bt_retain_recorded_us(struct bt_loop *l, uint64_t sequence, int64_t *ret) {
  struct bt_journal_record record;
  struct bt_entry e;
  struct bt_arena arena;
  bt_arena_init(&arena, ENTRY_ARENA);
  int rc = bt_journal_read(l->parts.journal, sequence, &arena, &record);
  if (rc == 0)
    rc = bt_entry_decode(record.head, (struct bt_str){0}, &arena, &e);
  if (rc == 0)
    *ret = e.recorded_at_us;
  bt_arena_fini(&arena);
  return rc;
}

/* As far as a record can be made again without what is cut: two snapshots cover it, where there are two. */
static uint64_t may_cut(const struct bt_loop *l) {
  const struct bt_retain *r = &l->retain;
  return r->n ? r->snapshots[r->n - 1].position : 0;
}

static bool snapshot_due(const struct bt_loop *l, int64_t now_us) {
  const struct bt_settings *s = settings_of(l);
  const struct bt_retain *r = &l->retain;
  const uint64_t from = r->n ? r->snapshots[0].position : 0;
  const uint64_t at = bt_store_position(l->parts.store, BT_NOW) - bt_store_pending(l->parts.store);
  const int64_t from_us = r->n ? r->snapshots[0].recorded_us : r->first_us;
  /* The entry that tells of the last snapshot is no news. */
  if (at <= from + 1)
    return false;
  return (s->snapshot_every_events && at - from >= s->snapshot_every_events) ||
         (s->snapshot_every_us && now_us - from_us >= s->snapshot_every_us);
}

/* The first entry that is in no segment was recorded so long ago. */
static bool is_old(struct bt_loop *l, int64_t now_us) {
  struct bt_retain *r = &l->retain;
  const int64_t keep_us = settings_of(l)->journal_keep_us;
  const uint64_t oldest = bt_journal_sealed(l->parts.journal) + 1;
  if (!keep_us)
    return false;
  if (r->oldest != oldest && bt_retain_recorded_us(l, oldest, &r->oldest_us) == 0)
    r->oldest = oldest;
  return r->oldest == oldest && now_us - r->oldest_us > keep_us;
}

static bool is_large(struct bt_loop *l) {
  const uint64_t keep = settings_of(l)->journal_keep_bytes;
  return keep && bt_journal_entry_bytes(l->parts.journal) > keep;
}

static bool may_seal(const struct bt_loop *l, uint64_t upto) {
  const struct bt_retain *r = &l->retain;
  return upto > bt_journal_sealed(l->parts.journal) && (upto != r->not_yet_upto || bt_clock_mono_us() >= r->not_yet_us);
}

enum bt_retain_job bt_retain_due(struct bt_loop *l, uint64_t *ret_upto, int64_t *ret_before_us) {
  const int64_t now_us = bt_time_now(l);
  *ret_upto = may_cut(l);
  *ret_before_us = 0;
  if (l->retain.prune)
    return BT_RETAIN_PRUNE;
  if (snapshot_due(l, now_us))
    return BT_RETAIN_SNAPSHOT;
  if (!may_seal(l, *ret_upto))
    return BT_RETAIN_NOTHING;
  if (is_large(l))
    return BT_RETAIN_SEAL;
  *ret_before_us = now_us - settings_of(l)->journal_keep_us;
  return is_old(l, now_us) ? BT_RETAIN_SEAL : BT_RETAIN_NOTHING;
}
