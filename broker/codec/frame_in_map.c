/* Frames that adapters send: the limits of frame.proto, as tables. */
#include "baton/frame.pb-c.h"
#include "codec/maps.h"

enum { REQUIRED = BT_MAP_REQUIRED, EXACT = BT_MAP_EXACT };
enum {
  INSTANCE_SIZE = 16,
  WORD_MAX = 64,
  SOURCE_KEY_MAX = 128,
  POSITION_MAX = 256,
  REASON_MAX = 256,
  PAGE_MAX = 64,
};

static const struct bt_map_row hello[] = {
    BT_ROW(struct bt_hello, 1, instance, BYTES, INSTANCE_SIZE, EXACT | REQUIRED),
    BT_ROW(struct bt_hello, 2, software, TEXT, WORD_MAX, 0),
    BT_ROW(struct bt_hello, 3, credit, PLAIN, BT_MAX_WINDOW, 0),
};
const struct bt_map bt_map_hello = {BT_MAP_OF(struct bt_hello, baton__v1__hello__descriptor, hello)};

static const struct bt_map_row cursor[] = {
    BT_ROW(struct bt_cursor, 1, source, TEXT, WORD_MAX, 0),
    BT_ROW(struct bt_cursor, 2, position, BYTES, POSITION_MAX, 0),
};
const struct bt_map bt_map_cursor = {BT_MAP_OF(struct bt_cursor, baton__v1__cursor__descriptor, cursor)};

static const struct bt_map_row submit_item[] = {
    BT_ROW(struct bt_submit_item, 1, number, PLAIN, 0, 0),
    BT_ROW(struct bt_submit_item, 2, source_key, TEXT, SOURCE_KEY_MAX, 0),
    BT_ROW(struct bt_submit_item, 3, first_tried_at_us, SENT, 0, 0),
    BT_ROW(struct bt_submit_item, 4, event, BYTES, 0, 0), /* one that is too long is refused by itself */
    BT_ROW_HAS(struct bt_submit_item, 5, cursor, has_cursor, bt_map_cursor),
};
static const struct bt_map submit_item_map = {
    BT_MAP_OF(struct bt_submit_item, baton__v1__submit_item__descriptor, submit_item)};

struct submit {
  struct bt_submit items;
};
static const struct bt_map_row submit[] = {BT_ROW_SUB(struct submit, 1, items, submit_item_map, 0, 0)};
const struct bt_map bt_map_submit = {BT_MAP_OF(struct bt_submit, baton__v1__submit__descriptor, submit)};

static const struct bt_map_row settle_item[] = {
    BT_ROW(struct bt_settle_item, 1, sequence, PLAIN, 0, REQUIRED),
    BT_ROW(struct bt_settle_item, 2, verdict, PLAIN, 0, REQUIRED),
    BT_ROW(struct bt_settle_item, 3, retry_after_ms, PLAIN, 86400 * 1000, 0),
    BT_ROW(struct bt_settle_item, 4, reason, TEXT, REASON_MAX, 0),
    BT_ROW(struct bt_settle_item, 5, events, BYTES, BT_MAX_SETTLE_EVENTS, 0),
};
static const struct bt_map settle_item_map = {
    BT_MAP_OF(struct bt_settle_item, baton__v1__settle_item__descriptor, settle_item)};

struct settle {
  struct bt_settle items;
};
static const struct bt_map_row settle[] = {BT_ROW_SUB(struct settle, 1, items, settle_item_map, 0, 0)};
const struct bt_map bt_map_settle = {BT_MAP_OF(struct bt_settle, baton__v1__settle__descriptor, settle)};

struct credit {
  uint32_t window;
};
static const struct bt_map_row credit[] = {BT_ROW(struct credit, 1, window, PLAIN, BT_MAX_WINDOW, 0)};
const struct bt_map bt_map_credit = {BT_MAP_OF(struct credit, baton__v1__credit__descriptor, credit)};

struct goodbye {
  struct bt_str reason;
};
static const struct bt_map_row goodbye[] = {BT_ROW(struct goodbye, 1, reason, TEXT, REASON_MAX, 0)};
const struct bt_map bt_map_goodbye = {BT_MAP_OF(struct goodbye, baton__v1__goodbye__descriptor, goodbye)};

static const struct bt_map_row spool[] = {
    BT_ROW(struct bt_spool, 1, events, PLAIN, 0, 0),      BT_ROW(struct bt_spool, 2, bytes, PLAIN, 0, 0),
    BT_ROW(struct bt_spool, 3, limit_bytes, PLAIN, 0, 0), BT_ROW(struct bt_spool, 4, oldest_us, TIME, 0, 0),
    BT_ROW(struct bt_spool, 5, rejects, PLAIN, 0, 0),
};
static const struct bt_map spool_map = {BT_MAP_OF(struct bt_spool, baton__v1__spool__descriptor, spool)};

static const struct bt_map_row report[] = {
    BT_ROW(struct bt_report, 1, health, PLAIN, 0, REQUIRED),
    BT_ROW(struct bt_report, 2, text, TEXT, BT_MAX_REPORT_TEXT, 0), /* and no control characters: frame_codec.c */
    BT_ROW(struct bt_report, 3, text_at_us, TIME, 0, 0),
    BT_ROW(struct bt_report, 4, since_us, TIME, 0, 0),
    BT_ROW_HAS(struct bt_report, 5, spool, has_spool, spool_map),
};
const struct bt_map bt_map_report = {BT_MAP_OF(struct bt_report, baton__v1__report__descriptor, report)};

/* --- queries: every kind's fields lie in the one struct bt_query ---------------------------------------------------
 */

static const struct bt_map_row by_locator[] = {
    BT_ROW_SUB(struct bt_query, 1, locator, bt_map_locator, 0, REQUIRED),
};
static const struct bt_map case_query = {BT_MAP_OF(struct bt_query, baton__v1__case_query__descriptor, by_locator)};
static const struct bt_map history_query = {
    BT_MAP_OF(struct bt_query, baton__v1__history_query__descriptor, by_locator)};
static const struct bt_map card_query = {BT_MAP_OF(struct bt_query, baton__v1__card_query__descriptor, by_locator)};

static const struct bt_map_row find[] = {
    BT_ROW_SUB(struct bt_query, 1, identifier, bt_map_identifier, 0, REQUIRED),
};
static const struct bt_map find_query = {BT_MAP_OF(struct bt_query, baton__v1__find_query__descriptor, find)};

static const struct bt_map_row cases[] = {
    BT_ROW(struct bt_query, 1, custodian, NAME, 0, 0),
    BT_ROW(struct bt_query, 2, status, PLAIN, 0, 0),
    BT_ROW(struct bt_query, 3, topic, TOPIC, 0, 0),
    BT_ROW(struct bt_query, 4, offered_to, NAME, 0, 0),
};
static const struct bt_map cases_query = {BT_MAP_OF(struct bt_query, baton__v1__cases_query__descriptor, cases)};

static const struct bt_map_row who_handles[] = {BT_ROW(struct bt_query, 1, topic, TOPIC, 0, REQUIRED)};
static const struct bt_map who_handles_query = {
    BT_MAP_OF(struct bt_query, baton__v1__who_handles_query__descriptor, who_handles)};

static const struct bt_map journeys_query = {.descriptor = &baton__v1__journeys_query__descriptor,
                                             .size = sizeof(struct bt_query)};

static const struct bt_map_row cursor_of[] = {BT_ROW(struct bt_query, 1, source, TEXT, WORD_MAX, 0)};
static const struct bt_map cursor_query = {BT_MAP_OF(struct bt_query, baton__v1__cursor_query__descriptor, cursor_of)};

static const struct bt_map journey_query = {
    BT_MAP_OF(struct bt_query, baton__v1__journey_query__descriptor, by_locator)};

static const struct bt_map_row scorecard[] = {
    BT_ROW(struct bt_query, 1, score.department, NAME, 0, 0),
    BT_ROW(struct bt_query, 2, score.peer, NAME, 0, 0),
    BT_ROW(struct bt_query, 3, score.from_us, TIME, 0, 0),
    BT_ROW(struct bt_query, 4, score.until_us, TIME, 0, 0),
};
static const struct bt_map scorecard_query = {
    BT_MAP_OF(struct bt_query, baton__v1__scorecard_query__descriptor, scorecard)};

static const struct bt_map_row query[] = {
    BT_ROW(struct bt_query, 1, id, PLAIN, 0, 0),
    BT_ROW(struct bt_query, 2, department, NAME, 0, 0),
    BT_ROW(struct bt_query, 3, page, BYTES, PAGE_MAX, 0),
    BT_ROW(struct bt_query, 4, limit, PLAIN, BT_MAX_ROWS, 0),
    BT_ROW(struct bt_query, 5, break_glass, PLAIN, 0, 0),
    BT_ROW_SAME(struct bt_query, BT_QUERY_CASE, case_query),
    BT_ROW_SAME(struct bt_query, BT_QUERY_FIND, find_query),
    BT_ROW_SAME(struct bt_query, BT_QUERY_HISTORY, history_query),
    BT_ROW_SAME(struct bt_query, BT_QUERY_CARD, card_query),
    BT_ROW_SAME(struct bt_query, BT_QUERY_CASES, cases_query),
    BT_ROW_SAME(struct bt_query, BT_QUERY_WHO_HANDLES, who_handles_query),
    BT_ROW_SAME(struct bt_query, BT_QUERY_JOURNEYS, journeys_query),
    BT_ROW_SAME(struct bt_query, BT_QUERY_CURSOR, cursor_query),
    BT_ROW_SAME(struct bt_query, BT_QUERY_JOURNEY, journey_query),
    BT_ROW_SAME(struct bt_query, BT_QUERY_SCORECARD, scorecard_query),
};
const struct bt_map bt_map_query = {BT_MAP_OF(struct bt_query, baton__v1__query__descriptor, query),
                                    .kind = offsetof(struct bt_query, kind)};
