/* What the files of the store share: keys, rows and the sticky way of writing.
 *
 * bt_now_* work on BT_NOW for what applies an entry. They return nothing that must be checked: a failure sticks in the
 * kv layer, whatever follows does nothing, and the apply returns it at its end. Private to this room. */
#ifndef BT_STORE_PRIVATE_H
#define BT_STORE_PRIVATE_H

#include "base/bytes.h"
#include "store/kv.h"

enum {
  BT_KEY_SIZE = 512,
  BT_SECRET_SIZE = 32,
  BT_CHECK_SIZE = 8,
  BT_RAW_MAX = 4096,
  BT_TABLE_NAME_SIZE = 16,
  BT_OPEN_ADVISORIES = 64
};

/* The position and what goes with it. */
struct bt_mark {
  uint64_t position, next_number;
  int64_t recorded_us;
};

/* What a department has in hand, as it was. */
struct bt_tally {
  uint32_t cases;                       /* open ones that it holds, dormant ones left out */
  uint32_t standing[BT_STANDING_COUNT]; /* by kind; [0] stays 0 */
};
/* All lists by department, sorted by name. The first two are what is handed out. */
struct bt_tallies {
  uint32_t n, room;
  struct bt_load *loads;
  struct bt_standing_count *standing;
  struct bt_tally *saved, *marked; /* as of the checkpoint, of the mark */
};

struct bt_store {
  struct bt_kv *kv;
  struct bt_mark now, saved;                                /* with and without what is not checkpointed */
  struct bt_arena arena;                                    /* of one apply */
  struct bt_mark marked;                                    /* now, as of bt_store_mark */
  struct bt_figures figures, figures_saved, figures_marked; /* over all cases: now, as of the checkpoint, of the mark */
  uint64_t bins[3][2 * BT_FIGURES_BINS];
  struct bt_tallies tallies;
  bool advisories_known; /* the open ones, decoded */
  uint32_t advisories_n;
  struct bt_advisory advisories[BT_OPEN_ADVISORIES];
  struct bt_arena advisories_arena;
  int64_t next_expiry_us; /* no row of SEEN_AGE is older; INT64_MIN: not known */
  uint8_t secret[BT_SECRET_SIZE];
};

/* Reads the mark of a view. An empty record has one too. */
int bt_mark_read(struct bt_store *s, enum bt_view view, struct bt_mark *ret) BT_MUST_CHECK;
void bt_mark_write(struct bt_store *s, const struct bt_mark *mark);

/* The key file beside the record's folder. `must_exist`: identifiers are filed under it already. */
int bt_secret_load(const char *record_dir, bool must_exist, uint8_t ret_secret[BT_SECRET_SIZE]) BT_MUST_CHECK;

/* ---- keys: n is 0 when a part is too long, and such a key is nowhere
 * ------------------------------------------------- */

struct bt_key {
  size_t n;
  char bytes[BT_KEY_SIZE];
};
struct bt_str bt_key_u64(struct bt_key *k, uint64_t v);
struct bt_str bt_key_pair(struct bt_key *k, uint64_t a, uint64_t b);
struct bt_str bt_key_name_u64(struct bt_key *k, struct bt_str name, uint64_t v);              /* name 0x00 v */
struct bt_str bt_key_name_pair(struct bt_key *k, struct bt_str name, uint64_t a, uint64_t b); /* name 0x00 a b */
struct bt_str bt_key_names(struct bt_key *k, struct bt_str name, struct bt_str other);        /* name 0x00 other */
struct bt_str bt_key_timer(struct bt_key *k, const struct bt_timer *t); /* due (8) case (8) kind (1) object (8) */

/* department 0x00 day, or department 0x00 peer 0x00 day. */
struct bt_str bt_key_stats(struct bt_key *k, struct bt_str department, struct bt_str peer, uint32_t day);

/* ---- raw rows: small values that are no message ---- */

/* Behind the value stand 8 bytes of SipHash-2-4, with a key of zeros, over the table's name and a zero byte, the length
 * of the key (2), the key and the value. */

int bt_raw_read(struct bt_store *s, enum bt_view view, enum bt_table table, struct bt_str key,
                struct bt_str *ret) BT_MUST_CHECK;
int bt_raw_read_u64(struct bt_store *s, enum bt_view view, enum bt_table table, struct bt_str key,
                    uint64_t *ret) BT_MUST_CHECK;
/* A stored row -> its value. -BT_CORRUPT. */
int bt_raw_open(enum bt_table table, struct bt_str key, struct bt_str stored, struct bt_str *ret) BT_MUST_CHECK;
void bt_now_put_raw(struct bt_store *s, enum bt_table table, struct bt_str key, struct bt_str value);
void bt_now_put_u64(struct bt_store *s, enum bt_table table, struct bt_str key, uint64_t value);
void bt_now_delete(struct bt_store *s, enum bt_table table, struct bt_str key);

/* ---- message rows
 * ---------------------------------------------------------------------------------------------------- */

/* bt_read_case(s, view, table, key, arena, ret): -BT_ABSENT, -BT_CORRUPT, ...
 * bt_now_get_case(s, table, key, ret): false where absent or failed, *ret is then zeroed. In s->arena.
 * bt_now_put_case(s, table, key, row).  And so on for each row of the codec. */
#define BT_ROW_DECLARE(name, type)                                                                                     \
  int bt_read_##name(struct bt_store *s, enum bt_view view, enum bt_table table, struct bt_str key,                    \
                     struct bt_arena *arena, type *ret) BT_MUST_CHECK;                                                 \
  bool bt_now_get_##name(struct bt_store *s, enum bt_table table, struct bt_str key, type *ret);                       \
  void bt_now_put_##name(struct bt_store *s, enum bt_table table, struct bt_str key, const type *row);
BT_RECORD_TYPES(BT_ROW_DECLARE)
#undef BT_ROW_DECLARE

/* ---- parts of an apply
 * ------------------------------------------------------------------------------------------------- */

void bt_apply_case(struct bt_store *s, const struct bt_entry *e);
void bt_apply_topic(struct bt_store *s, const struct bt_entry *e);
void bt_apply_broker(struct bt_store *s, const struct bt_entry *e);

void bt_timer_put(struct bt_store *s, const struct bt_timer *t);
void bt_timer_delete(struct bt_store *s, const struct bt_timer *t);
struct bt_timers {
  uint32_t n;
  struct bt_timer v[BT_MAX_TIMERS];
};
/* Writes the difference between the timers that the case had and those it has now. */
void bt_timers_follow(struct bt_store *s, const struct bt_timers *before, const struct bt_case *c);

/* Writes the difference between what stood open in the case and what does now. */
void bt_standing_follow(struct bt_store *s, const struct bt_case *was, const struct bt_case *now);

/* Puts the case, or what stands open, in (1) or takes it out (-1). */
void bt_tally_case(struct bt_store *s, const struct bt_case *c, int by);
void bt_tally_standing(struct bt_store *s, const struct bt_standing *x, int by);
int bt_tallies_load(struct bt_store *s) BT_MUST_CHECK;
void bt_tallies_save(struct bt_store *s);   /* writes what has changed since the checkpoint */
void bt_tallies_keep(struct bt_tallies *l); /* it is durable */
void bt_tallies_rollback(struct bt_tallies *l);
void bt_tallies_mark(struct bt_tallies *l);
void bt_tallies_undo(struct bt_tallies *l);
void bt_tallies_fini(struct bt_tallies *l);

int bt_figures_load(struct bt_store *s) BT_MUST_CHECK;
void bt_figures_save(struct bt_store *s);
void bt_apply_settled(struct bt_store *s, const struct bt_entry *e, struct bt_adapter_row *adapter);
/* apply_resynced.c: one row of the inbox takes the place of older ones of its case. */
void bt_apply_resynced(struct bt_store *s, const struct bt_entry *e, struct bt_adapter_row *adapter);
/* A dead letter that stood for others goes back to the inbox. True: as a row of its own, at this sequence; false: a
 * younger row of its case stands for all of them. */
bool bt_revive_resync(struct bt_store *s, struct bt_str name, uint64_t case_id, uint64_t sequence, uint32_t replaced,
                      struct bt_adapter_row *adapter);
/* A row of an adapter's inbox goes: where it stood for others, nothing does any more. */
void bt_forget_resync(struct bt_store *s, struct bt_str name, const struct bt_inbox_row *row,
                      struct bt_adapter_row *adapter);
void bt_apply_requeued(struct bt_store *s, const struct bt_entry *e, struct bt_adapter_row *adapter);
void bt_apply_dead_dropped(struct bt_store *s, const struct bt_entry *e);
void bt_apply_audit(struct bt_store *s, const struct bt_entry *e);
void bt_apply_seen(struct bt_store *s, const struct bt_entry *e);
/* before: the case as it was until this entry. */
void bt_apply_stats(struct bt_store *s, const struct bt_entry *e, const struct bt_case *before);

#endif
