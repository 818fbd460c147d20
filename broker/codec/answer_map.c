/* Answers. The fields of most kinds lie in the one struct bt_answer. */
#include "baton/frame.pb-c.h"
#include "codec/maps.h"

/* bt_answer is the first member of bt_answer_flat, so that both are mapped from one address. */
typedef struct bt_answer_flat flat;

static const struct bt_map_row offer[] = {
    BT_ROW(struct bt_offer, 1, id, PLAIN, 0, 0),
    BT_ROW(struct bt_offer, 2, from, NAME, 0, 0),
    BT_ROW(struct bt_offer, 3, to, NAME, 0, 0),
    BT_ROW(struct bt_offer, 4, offered_at_us, TIME, 0, 0),
    BT_ROW(struct bt_offer, 5, deadline_us, TIME, 0, 0),
    BT_ROW(struct bt_offer, 6, topic, TOPIC, 0, 0),
    BT_ROW(struct bt_offer, 7, opens_at_us, TIME, 0, 0),
    BT_ROW(struct bt_offer, 8, counter_us, TIME, 0, 0),
    BT_ROW(struct bt_offer, 9, counter_type, PLAIN, 0, 0),
    BT_ROW(struct bt_offer, 10, counter_text, TEXT, 0, 0),
    BT_ROW(struct bt_offer, 11, asked, NAME, 0, 0),
};
static const struct bt_map offer_view = {BT_MAP_OF(struct bt_offer, baton__v1__offer_view__descriptor, offer)};

static const struct bt_map_row concern[] = {
    BT_ROW(struct bt_concern, 1, id, PLAIN, 0, 0),     BT_ROW(struct bt_concern, 2, cause, PLAIN, 0, 0),
    BT_ROW(struct bt_concern, 3, object, PLAIN, 0, 0), BT_ROW(struct bt_concern, 4, level, PLAIN, 0, 0),
    BT_ROW(struct bt_concern, 5, to, NAME, 0, 0),      BT_ROW(struct bt_concern, 6, next_us, TIME, 0, 0),
    BT_ROW(struct bt_concern, 7, times, PLAIN, 0, 0),
};
static const struct bt_map concern_view = {BT_MAP_OF(struct bt_concern, baton__v1__concern_view__descriptor, concern)};

static const struct bt_map_row case_rows[] = {
    BT_ROW(struct bt_case_view, 1, c.id, PLAIN, 0, 0),
    BT_ROW(struct bt_case_view, 2, ref, TEXT, 0, 0),
    BT_ROW(struct bt_case_view, 3, c.status, PLAIN, 0, 0),
    BT_ROW(struct bt_case_view, 4, c.pending_on, PLAIN, 0, 0),
    BT_ROW(struct bt_case_view, 5, c.topic, TOPIC, 0, 0),
    BT_ROW(struct bt_case_view, 6, c.title, TEXT, 0, 0),
    BT_ROW(struct bt_case_view, 7, c.need, TEXT, 0, 0),
    BT_ROW(struct bt_case_view, 8, c.priority, PLAIN, 0, 0),
    BT_ROW(struct bt_case_view, 9, c.customer, PLAIN, 0, 0),
    BT_ROW(struct bt_case_view, 10, c.custodian, NAME, 0, 0),
    BT_ROW(struct bt_case_view, 11, c.owner, NAME, 0, 0),
    BT_ROW(struct bt_case_view, 12, c.version, PLAIN, 0, 0),
    BT_ROW(struct bt_case_view, 13, c.opened_at_us, TIME, 0, 0),
    BT_ROW(struct bt_case_view, 14, c.changed_at_us, TIME, 0, 0),
    BT_ROW_SUB(struct bt_case_view, 15, c.offer, offer_view, 0, 0),
    BT_ROW_SUB(struct bt_case_view, 16, c.facts, bt_map_fact, 0, 0),
    BT_ROW_SUB(struct bt_case_view, 17, c.tried, bt_map_tried, 0, 0),
    BT_ROW_SUB(struct bt_case_view, 18, c.trail, bt_map_stop, 0, 0),
    BT_ROW(struct bt_case_view, 19, c.participants, NAME, 0, 0),
    BT_ROW(struct bt_case_view, 20, c.contacts, PLAIN, 0, 0),
    BT_ROW(struct bt_case_view, 21, c.linked_to, PLAIN, 0, 0),
    BT_ROW(struct bt_case_view, 22, c.dormant, PLAIN, 0, 0),
    BT_ROW(struct bt_case_view, 23, c.customer_deadline_us, TIME, 0, 0),
    BT_ROW_SUB(struct bt_case_view, 24, c.promises, bt_map_promise, 0, 0),
    BT_ROW_SUB(struct bt_case_view, 25, c.questions, bt_map_question, 0, 0),
    BT_ROW_SUB(struct bt_case_view, 26, c.work, bt_map_work, 0, 0),
    BT_ROW_SUB(struct bt_case_view, 27, c.concerns, concern_view, 0, 0),
    BT_ROW_SUB(struct bt_case_view, 28, c.advisories, bt_map_advisory_note, 0, 0),
    BT_ROW(struct bt_case_view, 29, c.merged_into, PLAIN, 0, 0),
    BT_ROW(struct bt_case_view, 30, c.merged, PLAIN, 0, 0),
    BT_ROW(struct bt_case_view, 31, c.links, PLAIN, 0, 0),
    BT_ROW(struct bt_case_view, 32, c.breaker, PLAIN, 0, 0),
    BT_ROW(struct bt_case_view, 33, c.pending_until_us, TIME, 0, 0),
    BT_ROW(struct bt_case_view, 34, hidden, PLAIN, 0, 0),
};
static const struct bt_map case_view = {BT_MAP_OF(struct bt_case_view, baton__v1__case_view__descriptor, case_rows)};

static const struct bt_map_row case_row[] = {
    BT_ROW(struct bt_case_row, 1, id, PLAIN, 0, 0),        BT_ROW(struct bt_case_row, 2, ref, TEXT, 0, 0),
    BT_ROW(struct bt_case_row, 3, status, PLAIN, 0, 0),    BT_ROW(struct bt_case_row, 4, topic, TOPIC, 0, 0),
    BT_ROW(struct bt_case_row, 5, title, TEXT, 0, 0),      BT_ROW(struct bt_case_row, 6, custodian, NAME, 0, 0),
    BT_ROW(struct bt_case_row, 7, offered_to, NAME, 0, 0), BT_ROW(struct bt_case_row, 8, changed_at_us, TIME, 0, 0),
};
static const struct bt_map case_row_map = {BT_MAP_OF(struct bt_case_row, baton__v1__case_row__descriptor, case_row)};

static const struct bt_map_row customer[] = {
    BT_ROW(flat, 1, answer.customer, PLAIN, 0, 0),
    BT_ROW_SUB(flat, 2, answer.identifiers, bt_map_identifier, 0, 0),
    BT_ROW_SUB(flat, 3, answer.rows, case_row_map, 0, 0),
};
static const struct bt_map customer_view = {BT_MAP_OF(flat, baton__v1__customer_view__descriptor, customer)};

static const struct bt_map_row history[] = {
    BT_ROW(flat, 1, answer.case_id, PLAIN, 0, 0),
    BT_ROW(flat, 2, answer.ref, TEXT, 0, 0),
    BT_ROW_SUB(flat, 3, events, bt_map_recorded, 0, 0),
};
static const struct bt_map history_view = {BT_MAP_OF(flat, baton__v1__history_view__descriptor, history)};

static const struct bt_map_row card[] = {
    BT_ROW_SUB(flat, 1, answer.card, bt_map_card, 0, BT_MAP_POINTER),
    BT_ROW(flat, 2, answer.offer, PLAIN, 0, 0),
    BT_ROW(flat, 3, answer.digest, BYTES, 0, 0),
};
static const struct bt_map card_view = {BT_MAP_OF(flat, baton__v1__card_view__descriptor, card)};

static const struct bt_map_row cases[] = {BT_ROW_SUB(flat, 1, answer.rows, case_row_map, 0, 0)};
static const struct bt_map cases_view = {BT_MAP_OF(flat, baton__v1__cases_view__descriptor, cases)};

static const struct bt_map_row handler_row[] = {
    BT_ROW(struct bt_handler_row, 1, department, NAME, 0, 0),
    BT_ROW(struct bt_handler_row, 2, handles, TOPIC, 0, 0),
    BT_ROW(struct bt_handler_row, 3, connected, PLAIN, 0, 0),
    BT_ROW(struct bt_handler_row, 4, why, TEXT, 0, 0),
    BT_ROW(struct bt_handler_row, 5, open, PLAIN, 0, 0),
    BT_ROW(struct bt_handler_row, 6, opens_at_us, TIME, 0, 0),
    BT_ROW(struct bt_handler_row, 7, held_before, PLAIN, 0, 0),
    BT_ROW(struct bt_handler_row, 8, load, PLAIN, 0, 0),
};
static const struct bt_map handler_row_map = {
    BT_MAP_OF(struct bt_handler_row, baton__v1__handler_row__descriptor, handler_row)};

static const struct bt_map_row who_handles[] = {
    BT_ROW(flat, 1, answer.topic, TOPIC, 0, 0),
    BT_ROW_SUB(flat, 2, answer.handlers, handler_row_map, 0, 0),
    BT_ROW(flat, 3, answer.owner, NAME, 0, 0),
};
static const struct bt_map who_handles_view = {BT_MAP_OF(flat, baton__v1__who_handles_view__descriptor, who_handles)};

static const struct bt_map_row spread[] = {
    BT_ROW(struct bt_spread, 1, mean, PLAIN, 0, 0),
    BT_ROW(struct bt_spread, 2, median, PLAIN, 0, 0),
    BT_ROW(struct bt_spread, 3, max, PLAIN, 0, 0),
};
static const struct bt_map spread_map = {BT_MAP_OF(struct bt_spread, baton__v1__spread__descriptor, spread)};

static const struct bt_map_row journeys[] = {
    BT_ROW(struct bt_journeys, 1, cases, PLAIN, 0, 0),
    BT_ROW(struct bt_journeys, 2, events, PLAIN, 0, 0),
    BT_ROW_SUB(struct bt_journeys, 3, custody_handoffs, spread_map, 0, 0),
    BT_ROW_SUB(struct bt_journeys, 4, sent_handoffs, spread_map, 0, 0),
    BT_ROW(struct bt_journeys, 5, custody_never, PLAIN, 0, 0),
    BT_ROW(struct bt_journeys, 6, sent_never, PLAIN, 0, 0),
    BT_ROW(struct bt_journeys, 7, custody_bounced_cases, PLAIN, 0, 0),
    BT_ROW(struct bt_journeys, 8, sent_bounced_cases, PLAIN, 0, 0),
    BT_ROW(struct bt_journeys, 9, custody_bounces, PLAIN, 0, 0),
    BT_ROW(struct bt_journeys, 10, sent_bounces, PLAIN, 0, 0),
    BT_ROW(struct bt_journeys, 11, resolved_cases, PLAIN, 0, 0),
    BT_ROW(struct bt_journeys, 12, resolved_reopened, PLAIN, 0, 0),
    BT_ROW(struct bt_journeys, 13, worked_cases, PLAIN, 0, 0),
    BT_ROW(struct bt_journeys, 14, worked_reopened, PLAIN, 0, 0),
    BT_ROW(struct bt_journeys, 15, waiting_customer_us, PLAIN, 0, 0),
    BT_ROW(struct bt_journeys, 16, waiting_vendor_us, PLAIN, 0, 0),
    BT_ROW(struct bt_journeys, 17, waiting_other_us, PLAIN, 0, 0),
    BT_ROW(struct bt_journeys, 18, clamped_gaps, PLAIN, 0, 0),
};
static const struct bt_map journeys_view = {
    BT_MAP_OF(struct bt_journeys, baton__v1__journeys_view__descriptor, journeys)};

static const struct bt_map_row cursor[] = {
    BT_ROW(flat, 1, answer.source, TEXT, 0, 0),
    BT_ROW(flat, 2, answer.position, BYTES, 0, 0),
    BT_ROW(flat, 3, answer.known, PLAIN, 0, 0),
};
static const struct bt_map cursor_view = {BT_MAP_OF(flat, baton__v1__cursor_view__descriptor, cursor)};

static const struct bt_map_row answer[] = {
    BT_ROW(flat, 1, answer.id, PLAIN, 0, 0),
    BT_ROW(flat, 2, answer.code, PLAIN, 0, 0),
    BT_ROW(flat, 3, answer.text, TEXT, 0, 0),
    BT_ROW(flat, 4, answer.as_of_us, TIME, 0, 0),
    BT_ROW(flat, 5, answer.as_of_sequence, PLAIN, 0, 0),
    BT_ROW(flat, 6, answer.next_page, BYTES, 0, 0),
    BT_ROW_SUB(flat, BT_QUERY_CASE, case_view, case_view, 0, BT_MAP_POINTER),
    BT_ROW_SAME(flat, BT_QUERY_FIND, customer_view),
    BT_ROW_SAME(flat, BT_QUERY_HISTORY, history_view),
    BT_ROW_SAME(flat, BT_QUERY_CARD, card_view),
    BT_ROW_SAME(flat, BT_QUERY_CASES, cases_view),
    BT_ROW_SAME(flat, BT_QUERY_WHO_HANDLES, who_handles_view),
    BT_ROW_SUB(flat, BT_QUERY_JOURNEYS, answer.journeys, journeys_view, 0, 0),
    BT_ROW_SAME(flat, BT_QUERY_CURSOR, cursor_view),
    BT_ROW_SUB(flat, BT_QUERY_JOURNEY, answer.journey, bt_map_journey, 0, 0),
    BT_ROW_SUB(flat, BT_QUERY_SCORECARD, answer.scorecard, bt_map_scorecard, 0, 0),
};
const struct bt_map bt_map_answer = {BT_MAP_OF(flat, baton__v1__answer__descriptor, answer),
                                     .kind = offsetof(flat, answer.kind)};
