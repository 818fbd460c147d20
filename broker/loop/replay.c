#include "loop/replay.h"

#include "codec/event_codec.h"

enum { CHECKPOINT_EVERY = 8192, ENTRY_ARENA = 4 * 1024 * 1024 };

struct replay {
  struct bt_store *store;
  uint64_t upto;
  uint32_t checkpoint_every;
  bool never; /* checkpoints: what is replayed stays open */
  bt_replay_progress_fn *progress;
  void *context;
  struct bt_arena arena; /* of one entry */
};

static int checkpoint(struct replay *r) {
  int rc = bt_store_checkpoint(r->store);
  if (rc == 0 && r->progress)
    r->progress(r->context, bt_store_position(r->store, BT_NOW), r->upto);
  return rc;
}

static int apply_one(void *context, const struct bt_journal_record *record, const uint8_t chain[32]) {
  struct replay *r = context;
  struct bt_entry entry;
  (void)chain;
  bt_arena_reset(&r->arena);
  int rc = bt_entry_decode(record->head, record->body, &r->arena, &entry);
  if (rc < 0)
    return rc;
  entry.sequence = record->sequence;
  rc = bt_store_apply(r->store, &entry);
  if (rc == 0 && !r->never && bt_store_pending(r->store) >= r->checkpoint_every)
    rc = checkpoint(r);
  return rc;
}

static int replay_once(struct replay *r, struct bt_journal *journal) {
  uint64_t from = bt_store_position(r->store, BT_NOW) + 1;
  if (from <= r->upto) {
    int rc = bt_journal_scan(journal, from, r->upto, true, apply_one, r);
    if (rc < 0)
      return rc;
  }
  return !r->never && bt_store_pending(r->store) > 0 ? checkpoint(r) : 0;
}

int bt_replay(struct bt_journal *journal, struct bt_store *store, uint64_t upto, uint32_t checkpoint_every,
              bt_replay_progress_fn *progress, void *context) {
  struct replay r = {.store = store,
                     .upto = upto,
                     .checkpoint_every = checkpoint_every ? checkpoint_every : CHECKPOINT_EVERY,
                     .progress = progress,
                     .context = context};
  bt_arena_init(&r.arena, ENTRY_ARENA);
  int rc = replay_once(&r, journal);
  while (rc == -BT_FULL) {
    bt_store_rollback(store);
    /* A transaction can also be too large by itself. */
    r.checkpoint_every = (r.checkpoint_every + 1) / 2;
    rc = bt_store_grow(store);
    if (rc == 0)
      rc = replay_once(&r, journal);
    else if (rc == -BT_FULL) /* the disk's: a larger map does not help */
      break;
  }
  bt_arena_fini(&r.arena);
  return rc;
}

int bt_replay_open(struct bt_journal *journal, struct bt_store *store, uint64_t upto) {
  struct replay r = {.store = store, .upto = upto, .never = true};
  bt_arena_init(&r.arena, ENTRY_ARENA);
  int rc = replay_once(&r, journal);
  bt_arena_fini(&r.arena);
  return rc;
}
