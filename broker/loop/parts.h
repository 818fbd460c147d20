/* Inside the loop: what its files share. Not for other rooms. */
#ifndef BT_LOOP_PARTS_H
#define BT_LOOP_PARTS_H

#include "core/timers.h"
#include "loop/chore.h"
#include "loop/loop.h"
#include "loop/retain.h"
#include "watch/command.h"

enum {
  BT_BATCH_ITEMS = 8192, /* requests decided in one batch at most; the rest is BUSY */
  BT_COLLECT_BYTES = 64 * 1024 * 1024,
  BT_DECIDE_BYTES = 256 * 1024 * 1024,
  BT_SEAT_BYTES = 64 * 1024 * 1024,    /* what one session may take of it: the others keep their room */
  BT_REQUEST_BYTES = 32 * 1024 * 1024, /* what one request may need of it at worst */
  BT_RELEASE_BYTES = 32 * 1024 * 1024,
  BT_RELOAD_BYTES = 16 * 1024 * 1024,
  BT_QUERY_BUDGET_US = 50 * 1000, /* for all that is asked in one round, and for what stale senders missed */
};

/* Events that a settle carries are keyed by adapter and delivery; a source key that an adapter chose cannot begin so.
 */
#define BT_SETTLE_KEY "\x1e"

/* A session as the batch leaves it: written back only once the batch is durable, so that a batch can be decided again.
 */
struct bt_seat {
  uint64_t session;
  struct bt_str adapter;
  uint64_t next_submit;
  bool busy;
  uint32_t items;
  size_t bytes; /* of the batch's memory that its requests took */
};

/* Something to tell a session once the batch is durable. What a stale sender missed is looked up then: for that its
 * department and the version that it knew. */
struct bt_reply {
  uint64_t session;
  struct bt_receipt receipt;
  struct bt_str department;
  uint64_t since_version;
  uint32_t turn; /* in the order they were decided */
  int64_t received_us;
};

struct bt_progress {
  uint64_t case_id, sequence;
};

/* What one adapter's settles in this batch come to. */
struct bt_tally {
  struct bt_str adapter;
  struct bt_verdict_request *v;
  uint32_t n, room;
  uint64_t newest;
  struct bt_settled *parts; /* as recorded: an entry each */
  uint32_t parts_n;
  struct bt_progress *progress; /* deliveries said to be still worked on: nothing to record */
  uint32_t progress_n, progress_room;
};

struct bt_batch {
  /* collected */
  struct {
    uint64_t session;
    int64_t received_us; /* monotonic */
    struct bt_frame frame;
  } * frames;
  uint32_t frames_n, frames_room;
  /* decided */
  struct bt_journal_record *records;
  uint32_t records_n, records_room;
  struct bt_reply *replies;
  uint32_t replies_n, replies_room;
  struct bt_seat *seats;
  uint32_t seats_n, seats_room;
  struct bt_tally *tallies;
  uint32_t tallies_n, tallies_room;
  struct bt_strs connected; /* snapshot for routing */
  struct bt_strs woken;     /* adapters with new deliveries; with repeats */
  uint32_t woken_room;
  int64_t now_us;           /* recorded time of the whole batch */
  int64_t received_us;      /* of the frame that is being decided */
  int64_t asked_us;         /* of the time for queries, what has been used */
  struct bt_counters tally; /* added to the counters once durable */
};

/* Recorded time; see time.c. */
struct bt_time {
  int64_t wall_us, boot_us;    /* both clocks when they were last taken to agree */
  int64_t now_us, now_boot_us; /* what was told last, and when */
  bool trouble;
  const char *why;
  int64_t since_us;     /* recorded time at which the trouble was seen */
  int64_t told_boot_us; /* when the log had it last */
};

enum { BT_STUCK_TOLD = 64 };

/* How far the timers that are due have been gone through; see fire.c. */
struct bt_firing {
  bool passed; /* timers up to `at` did not go away when they fired: not tried again before the next pass */
  struct bt_timer at;
  int64_t pass_us;     /* monotonic: when this pass began */
  uint64_t looked_at;  /* the record's position when next_due_us was looked up; UINT64_MAX: look again */
  int64_t next_due_us; /* INT64_MAX: none */
  struct bt_timer told[BT_STUCK_TOLD]; /* the last ones that the log has */
  uint32_t told_n;
  uint32_t stuck;         /* in this pass */
  int64_t stuck_since_us; /* recorded time */
  int64_t stuck_seen_us;  /* monotonic */
};

/* Room on the disk; see disk.c. */
struct bt_disk {
  bool low, full, told_full;
  uint64_t free;           /* bytes, when it was last looked at */
  int64_t since_us;        /* recorded time: since when not all is well; 0: it is */
  bool doubted;            /* it is tried again, and nothing was written so far */
  int64_t look_us, try_us; /* monotonic: when it is looked at, or written to, again */
};

/* What is wrong, and who was told; see watch.c. */
struct bt_watch {
  struct bt_alerts alerts;
  struct bt_command_runner runner;
  struct bt_arena arena;
  int64_t look_us; /* monotonic: when it is looked for again */
  uint64_t looked_to, told_lost;
  bool testing;
  int64_t started_us;                    /* monotonic */
  int64_t damaged_us, command_failed_us; /* recorded time; 0: not so */
};

/* How far the inboxes have been looked through for what is too old; see resync.c. */
enum { BT_RESYNC_KEY = 64, BT_RESYNC_TOLD = 16 };
struct bt_resync_told {
  char adapter[BT_RESYNC_KEY];
  int64_t at_us;
};
struct bt_resync_pass {
  bool under_way;
  int64_t next_us; /* recorded time: when the next pass begins */
  char key[BT_RESYNC_KEY];
  size_t key_n;
  struct bt_resync_told told[BT_RESYNC_TOLD];
};

enum { BT_REFUSAL_TEXT = 256 };

/* The last reload; see reload.c. */
struct bt_reloading {
  int64_t adopted_us, refused_us; /* wall; 0: never */
  uint32_t problems;
  char problem[BT_REFUSAL_TEXT];
  struct bt_config *retired; /* the generation before: freed with the next reload or the round */
};

struct bt_loop {
  struct bt_loop_parts parts;
  struct bt_control *control; /* NULL: none */
  struct bt_reloading reloading;
  const struct bt_rules *rules;
  struct bt_arena collect, decide, release;
  struct bt_batch batch;
  int64_t checkpoint_us; /* monotonic time of the last one */
  int64_t refresh_us;
  int64_t status_us;   /* monotonic time at which the service manager was told how it goes */
  int64_t extended_us; /* recorded time at which the calendars were last looked after */
  struct bt_time time;
  struct bt_firing firing;
  struct bt_retain retain;
  struct bt_resync_pass resync;
  struct bt_chores chores;
  struct bt_metrics *metrics; /* NULL: none are served */
  struct bt_disk disk;
  struct bt_watch watch;
  struct bt_drain drain;
  uint64_t busy_before_drain; /* the counter of events answered BUSY when it began */
  int failed;                 /* a commit outside of a batch failed: nothing more may be written or told */
};

/* An array in an arena with room for one more at its end; false past the limit. */
bool bt_room_for_one(struct bt_arena *arena, void *v_pointer, uint32_t n, uint32_t *room, size_t size);

/* settle.c, submit.c: decide one frame of the batch. 0; -BT_FULL: roll back, grow and decide the batch again;
 * -BT_NOMEM: no room in the arenas, the frame must be refused as BUSY; anything else is fatal. */
int bt_submit_decide(struct bt_loop *l, uint64_t session, const struct bt_submit *submit) BT_MUST_CHECK;
int bt_settle_decide(struct bt_loop *l, uint64_t session, const struct bt_settle *settle) BT_MUST_CHECK;
/* Verdicts of the broker's own on deliveries of an adapter: stubs settle themselves, what cannot be read is given up.
 */
int bt_settle_own(struct bt_loop *l, struct bt_str adapter, const uint64_t *sequences, uint32_t n, uint32_t verdict,
                  struct bt_str reason) BT_MUST_CHECK;
/* After the last frame: one entry for each adapter that settled anything. */
int bt_settle_finish(struct bt_loop *l) BT_MUST_CHECK;

/* request.c: one encoded event of an adapter, decided and, when accepted, recorded. *ret is set when 0 is returned, but
 * for its session. */
struct bt_incoming {
  bool carried; /* by a settle, and keyed by it */

  const struct bt_adapter *adapter;
  struct bt_str source_key, bytes;
  int64_t first_tried_at_us;
  bool has_cursor;
  struct bt_cursor cursor;
};
int bt_request_decide(struct bt_loop *l, const struct bt_incoming *in, struct bt_reply *ret) BT_MUST_CHECK;

/* batch.c */
int bt_batch_record(struct bt_loop *l,
                    const struct bt_entry *entry) BT_MUST_CHECK; /* encode, apply, append to the batch */
int bt_batch_adapter_entry(struct bt_loop *l,
                           struct bt_entry *entry) BT_MUST_CHECK; /* fills in sequence and stream, then records */
/* The same for several of one adapter, as one unit. */
int bt_batch_adapter_unit(struct bt_loop *l, struct bt_entry *v, uint32_t n) BT_MUST_CHECK;
int bt_batch_reply(struct bt_loop *l, uint64_t session, const struct bt_reply *reply) BT_MUST_CHECK;
struct bt_seat *bt_batch_seat(struct bt_loop *l, uint64_t session); /* NULL: the session is gone, or no room */

/* time.c: recorded time, never before that of the last entry. Looks at both clocks and notices when they disagree. */
int64_t bt_time_now(struct bt_loop *l);
/* Before the first entry of this process: is the wall clock what it was when the last one was written? */
void bt_time_start(struct bt_loop *l);
/* Tells the log of a trouble, on the edge and every hour. */
void bt_time_tell(struct bt_loop *l);
/* The wall clock is right, whatever it says. */
void bt_time_accept(struct bt_loop *l);

/* fire.c: what is due joins the batch, behind its requests. */
int bt_fire_due(struct bt_loop *l) BT_MUST_CHECK;
/* Milliseconds until something is due; -1: nothing is. */
long bt_fire_due_ms(struct bt_loop *l);
/* sweep.c: carries wide effects on to the next cases. *ret_first: offers have not all been given the downtime yet, and
 * nothing else fires before that. */
int bt_sweep_on(struct bt_loop *l, bool *ret_first) BT_MUST_CHECK;
/* resync.c: replaces deliveries that are too old by Resyncs, behind all else in the batch. */
int bt_resync_on(struct bt_loop *l) BT_MUST_CHECK;
void bt_resync_anew(struct bt_loop *l);         /* from the beginning: what it has made was rolled back */
long bt_resync_due_ms(const struct bt_loop *l); /* -1: nothing is under way */
/* retain.c. Before the first round; each round, behind its batch (idle: that was empty); when the loop ends. */
int bt_retain_start(struct bt_loop *l) BT_MUST_CHECK;
int bt_retain_on(struct bt_loop *l, bool idle) BT_MUST_CHECK;
long bt_retain_due_ms(const struct bt_loop *l);
void bt_retain_stop(struct bt_loop *l);
/* What is due is looked for anew: other settings hold. */
void bt_retain_adopt(struct bt_loop *l);
/* chore.c. Each round; when the loop ends. */
void bt_chore_on(struct bt_loop *l);
long bt_chore_due_ms(const struct bt_loop *l); /* -1: none runs, none is to begin soon */
void bt_chore_stop(struct bt_loop *l);
/* There is still room in the batch's memory for one more decision. */
bool bt_room_to_decide(const struct bt_loop *l);

/* own.c: entries of the broker's own, one unit, durable at once, outside of any batch. */
int bt_own_commit(struct bt_loop *l, struct bt_entry *v, uint32_t n) BT_MUST_CHECK;
/* Fills in what an entry on the broker's stream has, and records it with the batch. */
int bt_own_record(struct bt_loop *l, struct bt_entry *v, uint32_t n) BT_MUST_CHECK;
/* Notes a configuration in the journal, with the departments that it no longer has (in `arena`). Nothing where it is
 * the last one adopted. */
int bt_own_adopt(struct bt_loop *l, const struct bt_config *config, struct bt_arena *arena,
                 struct bt_strs *ret_gone) BT_MUST_CHECK;
/* DATA_DIR/adopted.conf: what runs, for who wants to compare. */
void bt_own_save(struct bt_loop *l);

/* disk.c */
void bt_disk_watch(struct bt_loop *l);
bool bt_disk_takes(const struct bt_loop *l); /* new events */
/* The batch's entries find room; where they do not the disk is taken for full. */
bool bt_disk_has_room(struct bt_loop *l);
void bt_disk_ran_out(struct bt_loop *l);
/* After a write that found no room: the record stands where the journal does, with nothing written. -BT_FULL where that
 * went well; anything else is fatal. */
int bt_disk_come_back(struct bt_loop *l) BT_MUST_CHECK;

/* watch.c */
void bt_watch_init(struct bt_loop *l);
void bt_watch_fini(struct bt_loop *l);
void bt_watch_round(struct bt_loop *l);
/* Other settings hold than these. */
void bt_watch_adopt(struct bt_loop *l, const struct bt_settings *before);
/* Bytes that do not hold together were met. */
void bt_watch_damaged(struct bt_loop *l);
/* The broker ends with this code. */
void bt_watch_last(struct bt_loop *l, int rc);

/* round.c */
int bt_round_decide(struct bt_loop *l) BT_MUST_CHECK;
/* The same after its commit found no room: what was decided is forgotten. */
int bt_round_decide_anew(struct bt_loop *l) BT_MUST_CHECK;
/* The record's map is full: drops its changes, gives it room, brings it back to where the journal stands. -BT_FULL: the
 * disk is; the record stands where the journal does all the same. */
int bt_round_grow(struct bt_loop *l) BT_MUST_CHECK;
/* -BT_FULL: the disk is; nothing of the batch was written, and the record stands where the journal does. */
int bt_round_commit(struct bt_loop *l) BT_MUST_CHECK;
void bt_round_release(struct bt_loop *l);
void bt_round_clear(struct bt_loop *l);

/* item.c: `attempt` is what the inbox counts. -BT_NOMEM: no room left in the arena. */
int bt_item_make(struct bt_loop *l, struct bt_arena *arena, const struct bt_adapter *adapter, uint64_t sequence,
                 const struct bt_inbox_row *row, struct bt_delivery_item *ret) BT_MUST_CHECK;

/* pump.c: sends what credit allows to a session that takes deliveries. A failure of a peer is none. */
int bt_pump_session(struct bt_loop *l, struct bt_session *s) BT_MUST_CHECK;

/* deliver.c: see outbox.h for what is kept per session. */
void bt_deliver_opened(void *loop, struct bt_session *s);
void bt_deliver_closed(void *loop, struct bt_session *s);
/* The adapter has new rows, or something of it was settled. */
void bt_deliver_wake(struct bt_loop *l, struct bt_str adapter);
/* A row of this adapter came in behind what may be out already. */
void bt_deliver_again(struct bt_loop *l, struct bt_str adapter, uint64_t case_id, uint64_t sequence);
void bt_deliver_settled(struct bt_loop *l, const struct bt_tally *t);
/* Sends what credit allows. Stubs that settle themselves come back with the next batch. */
int bt_deliver_pump(struct bt_loop *l) BT_MUST_CHECK;
void bt_deliver_own_done(struct bt_loop *l); /* that batch is durable */
/* Milliseconds until a held-back or unsettled delivery is due; -1: none. */
long bt_deliver_due_ms(struct bt_loop *l);

/* drain.c: nothing is out any more, or it has waited long enough. */
bool bt_drain_may_leave(struct bt_loop *l);

/* answer.c */
void bt_answer_queries(struct bt_loop *l);
/* Completes a STALE receipt with what its sender missed, in l->release. Where there is no time left it is told where to
 * ask for it. */
void bt_answer_missed(struct bt_loop *l, const struct bt_reply *reply, struct bt_receipt *receipt);

#endif
