/* The case record: what evolve makes of the journal, in LMDB.
 *
 * The store holds one open set of changes on top of the last checkpoint. Applying an entry changes that set; a
 * checkpoint makes it durable together with the position it stands at; a rollback drops it. It may lag the journal and
 * never leads it. No caller sees a transaction. One thread, one process (the pid is checked); one store per directory.
 *
 * Reads name a view: BT_NOW sees every applied entry; BT_AS_OF sees the last checkpoint and may be used for scans,
 * because it neither waits for the writer nor makes it wait. A scan gives way at least every 100 ms (see
 * bt_store_refresh). */
#ifndef BT_STORE_STORE_H
#define BT_STORE_STORE_H

#include "base/arena.h"
#include "base/code.h"
#include "base/dir.h"
#include "codec/record_codec.h"
#include "core/decide.h"
#include "core/standing.h"

struct bt_store;

enum { BT_RECORD_FORMAT = 3 }; /* PROTOCOL.md, section 13, says what changed */

struct bt_store_options {
  const char *dir;
  size_t map_size;
  bool expect_key;  /* the journal has entries: identifiers.key must be there, a new one would find nobody again */
  bool read_only;   /* verify beside a running broker: only BT_AS_OF */
  bool without_key; /* a record that is only compared: identifiers cannot be looked up, and no key is asked for */
};

enum bt_view { BT_NOW, BT_AS_OF };

enum bt_table {
  BT_T_CASES,       /* case id (8)                              -> case */
  BT_T_NUMBERS,     /* case number (8)                          -> case id (8) */
  BT_T_CUSTOMERS,   /* customer id (8)                          -> customer */
  BT_T_IDENTIFIERS, /* keyed hash (16)                          -> customer id (8) */
  BT_T_REFERENCES,  /* department 0x00 local id                 -> case id (8) */
  BT_T_CASES_OF,    /* customer (8) case id (8)                 -> nothing */
  BT_T_INBOX,       /* adapter 0x00 sequence (8)                -> inbox */
  BT_T_DEAD,        /* adapter 0x00 case (8) sequence (8)       -> dead */
  BT_T_SEEN,        /* adapter 0x00 source key                  -> seen */
  BT_T_SEEN_AGE,    /* until when (8) sequence (8)              -> the key in SEEN */
  BT_T_CURSORS,     /* adapter 0x00 source                      -> position */
  BT_T_ADAPTERS,    /* adapter                                  -> adapter */
  BT_T_STATS,       /* department 0x00 [peer 0x00] day (4)      -> stats; day: since 1970, UTC */
  BT_T_TIMERS,      /* due (8) case (8) kind (1) object (8)     -> nothing */
  BT_T_ADVISORIES,  /* advisory (8)                             -> advisory, until it has ended */
  BT_T_SWEEPS,      /* sweep (8)                                -> sweep, until it is done */
  BT_T_STANDING,    /* kind (1) since or due (8) case (8) object (8) -> the department that is to act */
  BT_T_AUDIT,       /* sequence (8) of an entry that an operator had made -> nothing */
  BT_T_META,        /* name                                     -> value */
  BT_T_COUNT
};
extern const char *const bt_table_names[BT_T_COUNT];

/* -BT_OLDER: a record of an older format, which bt_store_set_aside moves out of the way; the next open then begins an
 * empty one, for the journal to be replayed into. -BT_NEWER: one that this version must not touch. -BT_LOCKED,
 * -BT_CORRUPT, -BT_IO. *ret_text (may be NULL): a sentence for the log, static. */
int bt_store_open(const struct bt_store_options *options, struct bt_store **ret, const char **ret_text) BT_MUST_CHECK;
void bt_store_close(struct bt_store *s); /* drops changes that are not checkpointed; NULL is fine */

/* Renames the folder of a record that is not open to DIR.old-N, N being the first that is free. ret_path: BT_PATH_SIZE
 * bytes. -BT_LOCKED: a process has it. -BT_IO. */
int bt_store_set_aside(const char *dir, char *ret_path) BT_MUST_CHECK;

/* Sequence of the last entry that the view contains, its recorded time, and the next case number. */
uint64_t bt_store_position(struct bt_store *s, enum bt_view view);
int64_t bt_store_recorded_us(struct bt_store *s, enum bt_view view);
uint64_t bt_store_next_number(struct bt_store *s);

/* Applies the entry after bt_store_position(BT_NOW): evolve on its stream and every row that follows from it
 * (references, identifiers, timers, inbox rows, idempotency with its expiry, cursors, statistics, sweeps). Errors
 * stick: after -BT_FULL or any other, each further call fails the same way until a rollback. */
int bt_store_apply(struct bt_store *s, const struct bt_entry *entry) BT_MUST_CHECK;
int bt_store_checkpoint(struct bt_store *s) BT_MUST_CHECK;
void bt_store_rollback(struct bt_store *s);
int bt_store_grow(struct bt_store *s) BT_MUST_CHECK; /* doubles the map; right after a rollback */
/* A mark inside the open changes: undo takes back what was applied since, keep makes it part of them. One at a time. An
 * error that sticks is not taken back. */
int bt_store_mark(struct bt_store *s) BT_MUST_CHECK;
int bt_store_keep(struct bt_store *s) BT_MUST_CHECK;
void bt_store_undo(struct bt_store *s);
/* Entries applied since the last checkpoint. */
uint64_t bt_store_pending(const struct bt_store *s);
/* Moves BT_AS_OF to the newest checkpoint and lets go of old pages. Call it between chunks of a scan and once a second.
 */
void bt_store_refresh(struct bt_store *s);

/* The keyed hash under which an identifier is filed. The key is the file identifiers.key beside the record's folder,
 * made at first start: the folder can be rebuilt from the journal, the key cannot. */
void bt_store_identifier_key(const struct bt_store *s, struct bt_str domain, struct bt_str value, uint8_t ret_key[16]);
/* Plain BLAKE2b, 16 bytes: for content hashes and cards. */
void bt_store_digest(const void *bytes, size_t n, uint8_t ret_digest[16]);

/* Everything decide reads for this request, except: connected, superseded_* and next_sequence, which the loop fills in.
 */
int bt_store_scene(struct bt_store *s, const struct bt_request *request, struct bt_arena *arena,
                   struct bt_scene *ret) BT_MUST_CHECK;

/* The same for a timer that is due, a sweep that reaches a case, or neither: a case (0: none) with the last one that it
 * points to, and an advisory (0: none). */
int bt_store_scene_of(struct bt_store *s, uint64_t case_id, uint64_t advisory, struct bt_arena *arena,
                      struct bt_scene *ret) BT_MUST_CHECK;

/* The journeys of all cases up to BT_NOW. Borrowed until the next apply. */
const struct bt_figures *bt_store_figures(const struct bt_store *s);
/* Open cases by custodian up to BT_NOW, dormant ones left out. Borrowed until the next apply. */
struct bt_loads bt_store_loads(const struct bt_store *s);
/* How much stands open up to BT_NOW, for each department by kind, and in all. Sorted by name; a department may be in it
 * with nothing. Costs as much as there are departments. `v` is borrowed until the next apply or rollback. */
struct bt_standing_count {
  struct bt_str department;
  uint32_t n[BT_STANDING_COUNT]; /* by enum bt_standing_kind; [0] is unused */
};
struct bt_standing_counts {
  uint32_t n;
  const struct bt_standing_count *v;
  uint64_t total[BT_STANDING_COUNT];
};
void bt_store_standing(const struct bt_store *s, struct bt_standing_counts *ret);

/* One row each, decoded into `arena`. -BT_ABSENT, -BT_CORRUPT. */
int bt_store_case(struct bt_store *s, enum bt_view view, uint64_t id, struct bt_arena *arena,
                  struct bt_case *ret) BT_MUST_CHECK;
int bt_store_customer(struct bt_store *s, enum bt_view view, uint64_t id, struct bt_arena *arena,
                      struct bt_customer *ret) BT_MUST_CHECK;
int bt_store_number(struct bt_store *s, enum bt_view view, uint64_t number, uint64_t *ret_case) BT_MUST_CHECK;
int bt_store_reference(struct bt_store *s, enum bt_view view, const struct bt_reference *r,
                       uint64_t *ret_case) BT_MUST_CHECK;
int bt_store_identifier(struct bt_store *s, enum bt_view view, const uint8_t key[16],
                        uint64_t *ret_customer) BT_MUST_CHECK;
int bt_store_adapter(struct bt_store *s, enum bt_view view, struct bt_str adapter, struct bt_arena *arena,
                     struct bt_adapter_row *ret) BT_MUST_CHECK; /* a zeroed row where the adapter has none */
int bt_store_cursor(struct bt_store *s, enum bt_view view, struct bt_str adapter, struct bt_str source,
                    struct bt_arena *arena, struct bt_str *ret_position) BT_MUST_CHECK;
/* All days together, of the department alone. -BT_ABSENT where there are none. */
int bt_store_stats(struct bt_store *s, enum bt_view view, struct bt_str department, struct bt_arena *arena,
                   struct bt_stats_row *ret) BT_MUST_CHECK;
/* The days from..until, both included, of a department, or of the pair where `peer` is given. -BT_ABSENT where there
 * are none. The arena is for single rows: it is reset. */
int bt_store_stats_sum(struct bt_store *s, enum bt_view view, struct bt_str department, struct bt_str peer,
                       uint32_t from_day, uint32_t until_day, struct bt_arena *arena,
                       struct bt_stats_row *ret) BT_MUST_CHECK;
/* The next department after `after` (empty: the first) that has rows; whoever has a pair has days of its own. The name
 * lies in `buf`, which may hold `after`. -BT_ABSENT. */
enum { BT_STATS_NAME = 64 };
int bt_store_stats_next(struct bt_store *s, enum bt_view view, struct bt_str after, char buf[BT_STATS_NAME],
                        struct bt_str *ret) BT_MUST_CHECK;
/* The day of an instant. */
uint32_t bt_stats_day(int64_t at_us);
/* Adds one row's figures to another's. */
void bt_stats_add(struct bt_stats_row *to, const struct bt_stats_row *more);
int bt_store_inbox(struct bt_store *s, enum bt_view view, struct bt_str adapter, uint64_t sequence,
                   struct bt_arena *arena, struct bt_inbox_row *ret) BT_MUST_CHECK;

/* The delivery that stands for older ones of this case in an adapter's inbox: its sequence. -BT_ABSENT: none does. */
int bt_store_resync(struct bt_store *s, enum bt_view view, struct bt_str adapter, uint64_t case_id,
                    uint64_t *ret_sequence) BT_MUST_CHECK;

/* The first row at or after a place; -BT_ABSENT at the end. */
int bt_store_next_case(struct bt_store *s, enum bt_view view, uint64_t from, struct bt_arena *arena,
                       struct bt_case *ret) BT_MUST_CHECK;
int bt_store_next_case_of(struct bt_store *s, enum bt_view view, uint64_t customer, uint64_t from,
                          uint64_t *ret_case) BT_MUST_CHECK;
int bt_store_next_inbox(struct bt_store *s, enum bt_view view, struct bt_str adapter, uint64_t from,
                        struct bt_arena *arena, uint64_t *ret_sequence, struct bt_inbox_row *ret) BT_MUST_CHECK;
/* By case, and by sequence in a case. */
int bt_store_next_dead(struct bt_store *s, enum bt_view view, struct bt_str adapter, uint64_t from_case, uint64_t from,
                       struct bt_arena *arena, uint64_t *ret_sequence, struct bt_dead_row *ret) BT_MUST_CHECK;
int bt_store_dead(struct bt_store *s, enum bt_view view, struct bt_str adapter, uint64_t case_id, uint64_t sequence,
                  struct bt_arena *arena, struct bt_dead_row *ret) BT_MUST_CHECK;
/* The newest entry before `before` that an operator had made. -BT_ABSENT. */
int bt_store_audit(struct bt_store *s, enum bt_view view, uint64_t before, uint64_t *ret_sequence) BT_MUST_CHECK;
/* Did a delivery of this case to this adapter become a dead letter? */
bool bt_store_has_dead(struct bt_store *s, enum bt_view view, struct bt_str adapter, uint64_t case_id);
/* The first timer, in the order in which they fire, after `after` (NULL: of all). -BT_ABSENT. */
int bt_store_next_timer(struct bt_store *s, enum bt_view view, const struct bt_timer *after,
                        struct bt_timer *ret) BT_MUST_CHECK;
/* 0: this timer is there. -BT_ABSENT. */
int bt_store_timer(struct bt_store *s, enum bt_view view, const struct bt_timer *t) BT_MUST_CHECK;
/* What stands open of this kind, what waits longest (or is due first) before the rest: the row after `after`, of which
 * the department does not matter; NULL: the oldest of the kind. The department is borrowed until the next call; `ret`
 * may be `after`. -BT_ABSENT at the end of the kind, -BT_CORRUPT. */
int bt_store_next_standing(struct bt_store *s, enum bt_view view, enum bt_standing_kind kind,
                           const struct bt_standing *after, struct bt_standing *ret) BT_MUST_CHECK;
int bt_store_advisory(struct bt_store *s, enum bt_view view, uint64_t id, struct bt_arena *arena,
                      struct bt_advisory *ret) BT_MUST_CHECK;
/* Those that have not ended, by id, as of BT_NOW. Borrowed until the next apply or rollback. */
int bt_store_advisories(struct bt_store *s, const struct bt_advisory **ret, uint32_t *ret_n) BT_MUST_CHECK;
int bt_store_next_sweep(struct bt_store *s, enum bt_view view, uint64_t from, struct bt_arena *arena,
                        struct bt_sweep *ret) BT_MUST_CHECK;
/* All departments of the configuration that was adopted last, sorted. */
int bt_store_departments(struct bt_store *s, struct bt_arena *arena, struct bt_strs *ret) BT_MUST_CHECK;
/* The digest of the configuration that was adopted last. -BT_ABSENT. */
int bt_store_config_digest(struct bt_store *s, uint8_t ret_digest[16]) BT_MUST_CHECK;

/* Raw rows of a table in key order, for verify, export and counts. Borrowed bytes, valid during the call; `each` writes
 * nothing. Stops at the first non-zero result and returns it. A long scan of BT_AS_OF lets go of its snapshot every now
 * and then and goes on in the newest checkpoint. */
typedef int bt_store_each_fn(void *context, struct bt_str key, struct bt_str value);
int bt_store_each(struct bt_store *s, enum bt_view view, enum bt_table table, bt_store_each_fn *each,
                  void *context) BT_MUST_CHECK;
/* The row after `after` (empty: the first). Borrowed until the next call. -BT_ABSENT at the end. */
int bt_store_next_row(struct bt_store *s, enum bt_view view, enum bt_table table, struct bt_str after,
                      struct bt_str *ret_key, struct bt_str *ret_value) BT_MUST_CHECK;
/* Does a row of this table hold together: checksum, and a value that decodes? -BT_CORRUPT, -BT_NEWER. */
int bt_store_check_row(enum bt_table table, struct bt_str key, struct bt_str value,
                       struct bt_arena *arena) BT_MUST_CHECK;
/* BLAKE2b-256 over a view's keys and values: for each table its name and a zero byte, how many rows it has (8), and for
 * each row in key order the length of the key (4), of the value (4), the key and the value. Equal records have equal
 * sums. */
enum { BT_SUM_SIZE = 32 };
int bt_store_sum(struct bt_store *s, enum bt_view view, uint8_t ret[BT_SUM_SIZE]) BT_MUST_CHECK;
/* A compacted copy of the last checkpoint as a new folder, which a store can open. */
int bt_store_copy(struct bt_store *s, const char *dir) BT_MUST_CHECK;
uint64_t bt_store_count(struct bt_store *s, enum bt_view view, enum bt_table table);
uint64_t bt_store_bytes(struct bt_store *s); /* on disk in use */
/* Keeps so many bytes allocated on the disk behind those; see bt_ahead_keep. And what there is of it. */
int bt_store_reserve(struct bt_store *s, uint64_t bytes) BT_MUST_CHECK;
uint64_t bt_store_ahead(struct bt_store *s);

#endif
