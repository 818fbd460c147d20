/* The answers about one journey, and about how departments did. */
#include "baton/frame.pb-c.h"
#include "codec/maps.h"

static const struct bt_map_row stop[] = {
    BT_ROW(struct bt_journey_stop, 1, department, NAME, 0, 0), BT_ROW(struct bt_journey_stop, 2, from_us, TIME, 0, 0),
    BT_ROW(struct bt_journey_stop, 3, until_us, TIME, 0, 0),   BT_ROW(struct bt_journey_stop, 4, came, PLAIN, 0, 0),
    BT_ROW(struct bt_journey_stop, 5, offered_us, TIME, 0, 0), BT_ROW(struct bt_journey_stop, 6, bounce, PLAIN, 0, 0),
};
static const struct bt_map stop_map = {BT_MAP_OF(struct bt_journey_stop, baton__v1__journey_stop__descriptor, stop)};

static const struct bt_map_row span[] = {
    BT_ROW(struct bt_journey_span, 1, from_us, TIME, 0, 0),
    BT_ROW(struct bt_journey_span, 2, until_us, TIME, 0, 0),
    BT_ROW(struct bt_journey_span, 3, pending_on, PLAIN, 0, 0),
};
static const struct bt_map span_map = {BT_MAP_OF(struct bt_journey_span, baton__v1__journey_span__descriptor, span)};

static const struct bt_map_row promise[] = {
    BT_ROW(struct bt_journey_promise, 1, id, PLAIN, 0, 0),
    BT_ROW(struct bt_journey_promise, 2, type, PLAIN, 0, 0),
    BT_ROW(struct bt_journey_promise, 3, holder, NAME, 0, 0),
    BT_ROW(struct bt_journey_promise, 4, made_us, TIME, 0, 0),
    BT_ROW(struct bt_journey_promise, 5, due_us, TIME, 0, 0),
    BT_ROW(struct bt_journey_promise, 6, outcome, PLAIN, 0, 0),
    BT_ROW(struct bt_journey_promise, 7, ended_us, TIME, 0, 0),
    BT_ROW(struct bt_journey_promise, 8, broken_us, TIME, 0, 0),
    BT_ROW(struct bt_journey_promise, 9, renegotiated, PLAIN, 0, 0),
};
static const struct bt_map promise_map = {
    BT_MAP_OF(struct bt_journey_promise, baton__v1__journey_promise__descriptor, promise)};

static const struct bt_map_row question[] = {
    BT_ROW(struct bt_journey_question, 1, id, PLAIN, 0, 0),
    BT_ROW(struct bt_journey_question, 2, from, NAME, 0, 0),
    BT_ROW(struct bt_journey_question, 3, to, NAME, 0, 0),
    BT_ROW(struct bt_journey_question, 4, asked_us, TIME, 0, 0),
    BT_ROW(struct bt_journey_question, 5, due_us, TIME, 0, 0),
    BT_ROW(struct bt_journey_question, 6, answered_us, TIME, 0, 0),
    BT_ROW(struct bt_journey_question, 7, overdue, PLAIN, 0, 0),
    BT_ROW(struct bt_journey_question, 8, withdrawn, PLAIN, 0, 0),
};
static const struct bt_map question_map = {
    BT_MAP_OF(struct bt_journey_question, baton__v1__journey_question__descriptor, question)};

static const struct bt_map_row mark[] = {
    BT_ROW(struct bt_journey_mark, 1, kind, PLAIN, 0, 0),      BT_ROW(struct bt_journey_mark, 2, at_us, TIME, 0, 0),
    BT_ROW(struct bt_journey_mark, 3, department, NAME, 0, 0), BT_ROW(struct bt_journey_mark, 4, other, NAME, 0, 0),
    BT_ROW(struct bt_journey_mark, 5, outcome, PLAIN, 0, 0),   BT_ROW(struct bt_journey_mark, 6, reason, PLAIN, 0, 0),
    BT_ROW(struct bt_journey_mark, 7, cause, PLAIN, 0, 0),     BT_ROW(struct bt_journey_mark, 8, level, PLAIN, 0, 0),
    BT_ROW(struct bt_journey_mark, 9, source, PLAIN, 0, 0),    BT_ROW(struct bt_journey_mark, 10, score, PLAIN, 0, 0),
    BT_ROW(struct bt_journey_mark, 11, operator, TEXT, 0, 0),
};
static const struct bt_map mark_map = {BT_MAP_OF(struct bt_journey_mark, baton__v1__journey_mark__descriptor, mark)};

static const struct bt_map_row journey[] = {
    BT_ROW(struct bt_journey_view, 1, case_id, PLAIN, 0, 0),
    BT_ROW(struct bt_journey_view, 2, ref, TEXT, 0, 0),
    BT_ROW(struct bt_journey_view, 3, topic, TOPIC, 0, 0),
    BT_ROW(struct bt_journey_view, 4, status, PLAIN, 0, 0),
    BT_ROW(struct bt_journey_view, 5, first_us, TIME, 0, 0),
    BT_ROW(struct bt_journey_view, 6, last_us, TIME, 0, 0),
    BT_ROW_SUB(struct bt_journey_view, 7, stops, stop_map, 0, 0),
    BT_ROW_SUB(struct bt_journey_view, 8, waits, span_map, 0, 0),
    BT_ROW_SUB(struct bt_journey_view, 9, ends, span_map, 0, 0),
    BT_ROW_SUB(struct bt_journey_view, 10, promises, promise_map, 0, 0),
    BT_ROW_SUB(struct bt_journey_view, 11, questions, question_map, 0, 0),
    BT_ROW_SUB(struct bt_journey_view, 12, marks, mark_map, 0, 0),
    BT_ROW(struct bt_journey_view, 13, events, PLAIN, 0, 0),
    BT_ROW(struct bt_journey_view, 14, clamped_gaps, PLAIN, 0, 0),
    BT_ROW(struct bt_journey_view, 15, hidden, PLAIN, 0, 0),
    BT_ROW(struct bt_journey_view, 16, cut, PLAIN, 0, 0),
};
const struct bt_map bt_map_journey = {BT_MAP_OF(struct bt_journey_view, baton__v1__journey_view__descriptor, journey)};

static const struct bt_map score_map = {BT_MAP_OF(struct bt_stats_row, baton__v1__score__descriptor, bt_stats_rows)};

static const struct bt_map_row scorecard_row[] = {
    BT_ROW(struct bt_scorecard_row, 1, department, NAME, 0, 0),
    BT_ROW(struct bt_scorecard_row, 2, peer, NAME, 0, 0),
    BT_ROW_SUB(struct bt_scorecard_row, 3, score, score_map, 0, 0),
};
const struct bt_map bt_map_scorecard_row = {
    BT_MAP_OF(struct bt_scorecard_row, baton__v1__scorecard_row__descriptor, scorecard_row)};

static const struct bt_map_row scorecard[] = {
    BT_ROW(struct bt_scorecard, 1, from_us, TIME, 0, 0),
    BT_ROW(struct bt_scorecard, 2, until_us, TIME, 0, 0),
    BT_ROW_SUB(struct bt_scorecard, 3, rows, bt_map_scorecard_row, 0, 0),
};
const struct bt_map bt_map_scorecard = {
    BT_MAP_OF(struct bt_scorecard, baton__v1__scorecard_view__descriptor, scorecard)};
