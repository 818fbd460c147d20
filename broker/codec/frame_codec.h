/* Frames between adapter and broker, in C.
 *
 * Mirrors baton/frame.proto; see there for meaning, units and limits. Decoding knows the frames an adapter may send,
 * encoding those the broker may send. Hostile bytes: as in event_codec.h. */
#ifndef BT_CODEC_FRAME_CODEC_H
#define BT_CODEC_FRAME_CODEC_H

#include "base/arena.h"
#include "base/code.h"
#include "codec/record_codec.h"
#include "core/case.h"
#include "core/entry.h"

enum {
  BT_PROTOCOL = 1,
  BT_MAX_FRAME = 64 * 1024,
  BT_MAX_SETTLE_EVENTS = 8,
  BT_MAX_WINDOW = 4096,
  BT_MAX_ROWS = 200,
  BT_MAX_REPORT_TEXT = 256,
};

enum bt_frame_kind { /* field numbers in baton.v1.Frame */
                     BT_FRAME_NONE = 0,
                     BT_FRAME_HELLO = 2,
                     BT_FRAME_WELCOME = 3,
                     BT_FRAME_FAULT = 4,
                     BT_FRAME_SUBMIT = 5,
                     BT_FRAME_RECEIPT = 6,
                     BT_FRAME_DELIVERY = 7,
                     BT_FRAME_SETTLE = 8,
                     BT_FRAME_QUERY = 9,
                     BT_FRAME_ANSWER = 10,
                     BT_FRAME_CREDIT = 11,
                     BT_FRAME_GOODBYE = 12,
                     BT_FRAME_REPORT = 13
};

struct bt_hello {
  struct bt_str instance, software;
  uint32_t credit;
};
struct bt_welcome {
  struct bt_str adapter, department;
  struct bt_strs acts_for;
  uint64_t next_submit;
  uint32_t max_in_flight;
  bool receives, held;
  uint32_t idempotency_s;
  struct bt_str broker;
};
struct bt_fault {
  uint32_t code; /* a bt_code, positive */
  struct bt_str text;
  uint32_t retry_after_ms;
};
struct bt_submit_item {
  uint64_t number;
  struct bt_str source_key;
  int64_t first_tried_at_us;
  struct bt_str event; /* encoded; empty: only a cursor */
  bool has_cursor;
  struct bt_cursor cursor;
};
struct bt_submit {
  uint32_t n;
  struct bt_submit_item *v;
};
struct bt_receipts {
  uint32_t n;
  struct bt_receipt *v;
};
struct bt_delivery_item {
  uint64_t sequence;
  uint32_t attempt;
  bool gap;
  bool redelivery; /* an operator had it delivered again */
  struct bt_recorded recorded;
  const struct bt_card *card; /* NULL: none */
  struct bt_str digest;
  bool stub;
  bool has_resync; /* no event, but what stands for older deliveries */
  struct bt_resync {
    uint32_t replaced;
  } resync;
};
struct bt_deliveries {
  uint32_t n;
  struct bt_delivery_item *v;
};
struct bt_settle_item {
  uint64_t sequence;
  uint32_t verdict, retry_after_ms;
  struct bt_str reason;
  struct bt_strs events;
};
struct bt_settle {
  uint32_t n;
  struct bt_settle_item *v;
};
enum bt_health { BT_HEALTH_NONE, BT_HEALTH_WELL, BT_HEALTH_TROUBLED, BT_HEALTH_DOWN, BT_HEALTH_COUNT };
struct bt_spool {
  uint64_t events, bytes, limit_bytes;
  int64_t oldest_us;
  uint64_t rejects;
};
struct bt_report {
  uint32_t health; /* enum bt_health */
  struct bt_str text;
  int64_t text_at_us, since_us;
  bool has_spool;
  struct bt_spool spool;
};
enum bt_query_kind { /* field numbers in baton.v1.Query and Answer */
                     BT_QUERY_NONE = 0,
                     BT_QUERY_CASE = 16,
                     BT_QUERY_FIND = 17,
                     BT_QUERY_HISTORY = 18,
                     BT_QUERY_CARD = 19,
                     BT_QUERY_CASES = 20,
                     BT_QUERY_WHO_HANDLES = 21,
                     BT_QUERY_JOURNEYS = 22,
                     BT_QUERY_CURSOR = 23,
                     BT_QUERY_JOURNEY = 24,
                     BT_QUERY_SCORECARD = 25
};
struct bt_query {
  uint64_t id;
  struct bt_str department, page;
  uint32_t limit;
  bool break_glass;
  uint32_t kind;                   /* enum bt_query_kind */
  struct bt_locator locator;       /* CASE, HISTORY, CARD, JOURNEY */
  struct bt_identifier identifier; /* FIND */
  struct bt_str custodian, topic;  /* CASES; topic also WHO_HANDLES */
  struct bt_str offered_to;        /* CASES */
  uint32_t status;                 /* CASES */
  struct bt_str source;            /* CURSOR */
  struct bt_score_query {
    struct bt_str department, peer;
    int64_t from_us, until_us;
  } score; /* SCORECARD */
};
struct bt_case_row {
  uint64_t id;
  struct bt_str ref;
  uint32_t status;
  struct bt_str topic, title, custodian, offered_to;
  int64_t changed_at_us;
};
struct bt_case_rows {
  uint32_t n;
  struct bt_case_row *v;
};
struct bt_handler_row {
  struct bt_str department, handles;
  bool connected;
  struct bt_str why;
  bool open;
  int64_t opens_at_us;
  bool held_before;
  uint32_t load;
};
struct bt_handler_rows {
  uint32_t n;
  struct bt_handler_row *v;
};
struct bt_spread {
  double mean, median;
  uint64_t max;
};
struct bt_journeys {
  uint64_t cases, events;
  struct bt_spread custody_handoffs, sent_handoffs;
  uint64_t custody_never, sent_never, custody_bounced_cases, sent_bounced_cases, custody_bounces, sent_bounces;
  uint64_t resolved_cases, resolved_reopened, worked_cases, worked_reopened;
  int64_t waiting_customer_us, waiting_vendor_us, waiting_other_us;
  uint64_t clamped_gaps;
};
/* How one case came through the company. */
enum bt_came {
  BT_CAME_NONE,
  BT_CAME_OPENED,
  BT_CAME_ACCEPTED,
  BT_CAME_DIRECTED,
  BT_CAME_REPORTED,
  BT_CAME_REVIVED,
  BT_CAME_COUNT
};
enum bt_promise_outcome {
  BT_PROMISE_OUTCOME_NONE,
  BT_PROMISE_OUTCOME_OPEN,
  BT_PROMISE_OUTCOME_KEPT,
  BT_PROMISE_OUTCOME_LATE,
  BT_PROMISE_OUTCOME_BROKEN,
  BT_PROMISE_OUTCOME_WITHDRAWN,
  BT_PROMISE_OUTCOME_COUNT
};
struct bt_journey_stop {
  struct bt_str department;
  int64_t from_us, until_us;
  uint32_t came; /* enum bt_came */
  int64_t offered_us;
  bool bounce;
};
struct bt_journey_stops {
  uint32_t n;
  struct bt_journey_stop *v;
};
struct bt_journey_span {
  int64_t from_us, until_us;
  uint32_t pending_on;
};
struct bt_journey_spans {
  uint32_t n;
  struct bt_journey_span *v;
};
struct bt_journey_promise {
  uint64_t id;
  uint32_t type;
  struct bt_str holder;
  int64_t made_us, due_us;
  uint32_t outcome; /* enum bt_promise_outcome */
  int64_t ended_us, broken_us;
  uint32_t renegotiated;
};
struct bt_journey_promises {
  uint32_t n;
  struct bt_journey_promise *v;
};
struct bt_journey_question {
  uint64_t id;
  struct bt_str from, to;
  int64_t asked_us, due_us, answered_us;
  bool overdue, withdrawn;
};
struct bt_journey_questions {
  uint32_t n;
  struct bt_journey_question *v;
};
struct bt_journey_mark {
  uint32_t kind; /* enum bt_kind */
  int64_t at_us;
  struct bt_str department, other;
  uint32_t outcome, reason, cause, level, source, score;
  struct bt_str operator;
};
struct bt_journey_marks {
  uint32_t n;
  struct bt_journey_mark *v;
};
struct bt_journey_view {
  uint64_t case_id;
  struct bt_str ref, topic;
  uint32_t status;
  int64_t first_us, last_us;
  struct bt_journey_stops stops;
  struct bt_journey_spans waits, ends;
  struct bt_journey_promises promises;
  struct bt_journey_questions questions;
  struct bt_journey_marks marks;
  uint32_t events, clamped_gaps, hidden;
  bool cut;
};
struct bt_scorecard_row {
  struct bt_str department, peer;
  struct bt_stats_row score;
};
struct bt_scorecard_rows {
  uint32_t n;
  struct bt_scorecard_row *v;
};
struct bt_scorecard {
  int64_t from_us, until_us;
  struct bt_scorecard_rows rows;
};
struct bt_answer {
  uint64_t id;
  uint32_t code; /* a bt_code, positive */
  struct bt_str text;
  int64_t as_of_us;
  uint64_t as_of_sequence;
  struct bt_str next_page;
  uint32_t kind;                     /* enum bt_query_kind, selects what is filled in below; NONE with a refusal */
  const struct bt_case *case_;       /* CASE: all that policy allows */
  struct bt_str ref;                 /* CASE, HISTORY */
  uint32_t hidden;                   /* CASE: items that policy has taken out */
  uint64_t customer;                 /* FIND */
  struct bt_identifiers identifiers; /* FIND */
  struct bt_case_rows rows;          /* FIND, CASES */
  uint64_t case_id;                  /* HISTORY */
  struct bt_recordeds events;        /* HISTORY */
  const struct bt_card *card;        /* CARD */
  uint64_t offer;                    /* CARD */
  struct bt_str digest;              /* CARD */
  struct bt_str topic, owner;        /* WHO_HANDLES */
  struct bt_handler_rows handlers;   /* WHO_HANDLES */
  struct bt_journeys journeys;       /* JOURNEYS */
  struct bt_str source, position;    /* CURSOR */
  bool known;                        /* CURSOR */
  struct bt_journey_view journey;    /* JOURNEY */
  struct bt_scorecard scorecard;     /* SCORECARD */
};

struct bt_frame {
  uint32_t kind; /* enum bt_frame_kind; selects the member below */
  union {
    struct bt_hello hello;
    struct bt_welcome welcome;
    struct bt_fault fault;
    struct bt_submit submit;
    struct bt_receipts receipt;
    struct bt_deliveries delivery;
    struct bt_settle settle;
    struct bt_query query;
    struct bt_answer answer;
    uint32_t credit;       /* the window */
    struct bt_str goodbye; /* the reason */
    struct bt_report report;
  };
};

/* A frame from an adapter. -BT_BAD_PROTOCOL, -BT_BAD_FRAME (also for frames that only the broker sends),
 * -BT_UNKNOWN_FIELD, -BT_INVALID, -BT_LIMIT; *ret_text says what is wrong, in `arena`. An event inside an item is left
 * as bytes. Of a Query that is refused *ret has kind and id, where they can be read: it is answered under its id. */
int bt_frame_decode(struct bt_str bytes, struct bt_arena *arena, struct bt_frame *ret,
                    struct bt_str *ret_text) BT_MUST_CHECK;
/* A frame to an adapter. -BT_LIMIT where it would pass BT_MAX_FRAME, -BT_NOMEM. */
int bt_frame_encode(const struct bt_frame *frame, struct bt_arena *arena, struct bt_str *ret_bytes) BT_MUST_CHECK;

/* Encoded size of one item inside its frame, for filling frames up to BT_MAX_FRAME: an upper bound. */
size_t bt_receipt_size(const struct bt_receipt *r);
size_t bt_delivery_item_size(const struct bt_delivery_item *d);
size_t bt_recorded_size(const struct bt_recorded *r);
size_t bt_scorecard_row_size(const struct bt_scorecard_row *r);
/* Exactly, by encoding it into `arena`; SIZE_MAX where it does not fit there. */
size_t bt_journey_size(const struct bt_journey_view *j, struct bt_arena *arena);

#endif
