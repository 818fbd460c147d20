/* What is out with one session: volatile, rebuilt from the inbox whenever a session opens.
 *
 * The inbox is read once from its beginning; `next` is how far. A case with a delivery out, or put off by the adapter,
 * is a lane: rows of that case are passed by, and the lane remembers the first of them. When the lane is free again its
 * next row is looked up from there. So cases overtake a blocked one, rows of one case never do, and what is kept is
 * bounded by the credit window and BT_MAX_LANES, whatever the inbox holds. */
#ifndef BT_LOOP_OUTBOX_H
#define BT_LOOP_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

enum { BT_MAX_LANES = 65536, BT_MAX_STUBS = 1024, BT_MAX_ROTTEN = 64 };

struct bt_lane {
  uint64_t case_id;      /* the key */
  uint64_t sequence;     /* the delivery that is out; 0: none */
  int64_t sent_us;       /* monotonic; when it went out, or was last said to be in progress */
  uint32_t sends;        /* how often that delivery went out in this session */
  int64_t not_before_us; /* recorded time: put off until then; 0: not */
  uint64_t waiting_from; /* the first row that was passed by; 0: none */
  bool ready;            /* in the list of lanes that may go on */
  struct bt_lane *prev, *next_ready;
  UT_hash_handle hh;
};

struct bt_outbox {
  struct bt_lane *lanes; /* by case */
  struct bt_lane *ready; /* first of the list */
  uint32_t out;          /* deliveries out */
  uint64_t next;         /* inbox rows before this sequence have been looked at */
  bool awake;            /* the inbox may hold more from `next` on */
  bool blocked;          /* the peer's queue was full */
  int64_t check_us;      /* monotonic: when lanes are looked at again */
  int64_t away_told_us;  /* recorded time: when the log had last that an archive segment is missed; 0: never */
  uint64_t *stubs;       /* sent as stubs: settle themselves with the next batch */
  uint32_t stubs_n;
  uint64_t rotten[BT_MAX_ROTTEN]; /* cannot be read any more: become dead letters with the next batch */
  uint32_t rotten_n;
};

struct bt_outbox *bt_outbox_new(void); /* NULL: no memory */
void bt_outbox_free(struct bt_outbox *o);

struct bt_lane *bt_outbox_lane(const struct bt_outbox *o, uint64_t case_id); /* NULL: none */
/* The case's lane, made where there is none; NULL: no memory, or BT_MAX_LANES. */
struct bt_lane *bt_outbox_need_lane(struct bt_outbox *o, uint64_t case_id);
/* Nothing is out any more: the lane goes on, is ready, or ends. */
void bt_outbox_free_lane(struct bt_outbox *o, struct bt_lane *lane);
/* Rows of this case from `sequence` on were passed by. */
void bt_outbox_pass(struct bt_lane *lane, uint64_t sequence);
/* Takes the first ready lane off the list; NULL: none. */
struct bt_lane *bt_outbox_take_ready(struct bt_outbox *o);
void bt_outbox_make_ready(struct bt_outbox *o, struct bt_lane *lane);
/* Forgets a lane that is empty: nothing out, nothing waiting, not put off. */
void bt_outbox_drop_if_idle(struct bt_outbox *o, struct bt_lane *lane);

#endif
