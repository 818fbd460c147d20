/* Where each field of an Event lies, how it may look, and whether it rests in the head or in the body: the marks
 * [head], [body], [broker] and the limits of event.proto, as tables. */
#include "baton/event.pb-c.h"
#include "codec/maps.h"

enum {
  HEAD = BT_MAP_HEAD,
  BODY = BT_MAP_BODY,
  WIRE = BT_MAP_WIRE_ONLY,
  BROKER = BT_MAP_BROKER,
  REQUIRED = BT_MAP_REQUIRED,
  EXACT = BT_MAP_EXACT,
  POINTER = BT_MAP_POINTER,
};
enum { TEXT_MAX = BT_MAX_TEXT, TITLE_MAX = 256, WORD_MAX = 64, VALUE_MAX = 128, DIGEST_SIZE = 16, LABELS_MAX = 8 };

/* --- shared ------------------------------------------------------------------------------------------------------- */

/* Head and body only count where an identifier is part of what happened (IdentifierLinked). */
static const struct bt_map_row identifier[] = {
    BT_ROW(struct bt_identifier, 1, domain, NAME, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_identifier, 2, value, TEXT, VALUE_MAX, BODY | REQUIRED),
};
const struct bt_map bt_map_identifier = {
    BT_MAP_OF(struct bt_identifier, baton__v1__identifier__descriptor, identifier)};

static const struct bt_map_row reference[] = {
    BT_ROW(struct bt_reference, 1, department, NAME, 0, 0),
    BT_ROW(struct bt_reference, 2, local_id, TEXT, WORD_MAX, REQUIRED),
};
const struct bt_map bt_map_reference = {BT_MAP_OF(struct bt_reference, baton__v1__reference__descriptor, reference)};

static const struct bt_map_row locator[] = {
    BT_ROW(struct bt_locator, 1, id, PLAIN, 0, 0),
    BT_ROW(struct bt_locator, 2, ref, TEXT, WORD_MAX, 0),
    BT_ROW_SUB(struct bt_locator, 3, reference, bt_map_reference, 0, 0),
    BT_ROW_SUB(struct bt_locator, 4, identifier, bt_map_identifier, 0, 0),
    BT_ROW(struct bt_locator, 5, topic, TOPIC, 0, 0),
};
const struct bt_map bt_map_locator = {BT_MAP_OF(struct bt_locator, baton__v1__case_locator__descriptor, locator)};

/* --- the card: only the broker makes one -------------------------------------------------------------------------- */

static const struct bt_map_row fact[] = {
    BT_ROW(struct bt_fact, 1, key, KEY, 0, 0),    BT_ROW(struct bt_fact, 2, value, TEXT, 0, 0),
    BT_ROW(struct bt_fact, 3, label, NAME, 0, 0), BT_ROW(struct bt_fact, 4, department, NAME, 0, 0),
    BT_ROW(struct bt_fact, 5, at_us, TIME, 0, 0), BT_ROW(struct bt_fact, 6, sequence, PLAIN, 0, 0),
};
const struct bt_map bt_map_fact = {BT_MAP_OF(struct bt_fact, baton__v1__fact__descriptor, fact)};

static const struct bt_map_row tried[] = {
    BT_ROW(struct bt_tried, 1, route, TEXT, 0, 0),
    BT_ROW(struct bt_tried, 2, times, PLAIN, 0, 0),
    BT_ROW(struct bt_tried, 3, error_code, TEXT, 0, 0),
    BT_ROW(struct bt_tried, 4, last_us, TIME, 0, 0),
};
const struct bt_map bt_map_tried = {BT_MAP_OF(struct bt_tried, baton__v1__tried__descriptor, tried)};

static const struct bt_map_row stop[] = {
    BT_ROW(struct bt_stop, 1, department, NAME, 0, 0),
    BT_ROW(struct bt_stop, 2, since_us, TIME, 0, 0),
};
const struct bt_map bt_map_stop = {BT_MAP_OF(struct bt_stop, baton__v1__trail_stop__descriptor, stop)};

static const struct bt_map_row card[] = {
    BT_ROW(struct bt_card, 1, case_id, PLAIN, 0, 0),
    BT_ROW(struct bt_card, 2, ref, TEXT, 0, 0),
    BT_ROW(struct bt_card, 3, topic, TOPIC, 0, 0),
    BT_ROW(struct bt_card, 4, title, TEXT, 0, 0),
    BT_ROW(struct bt_card, 5, need, TEXT, 0, 0),
    BT_ROW(struct bt_card, 6, priority, PLAIN, 0, 0),
    BT_ROW(struct bt_card, 7, status, PLAIN, 0, 0),
    BT_ROW(struct bt_card, 8, opened_at_us, TIME, 0, 0),
    BT_ROW(struct bt_card, 9, customer_deadline_us, TIME, 0, 0),
    BT_ROW_SUB(struct bt_card, 10, facts, bt_map_fact, 0, 0),
    BT_ROW_SUB(struct bt_card, 11, tried, bt_map_tried, 0, 0),
    BT_ROW_SUB(struct bt_card, 12, trail, bt_map_stop, 0, 0),
    BT_ROW(struct bt_card, 13, next_step, TEXT, 0, 0),
    BT_ROW(struct bt_card, 14, contacts, PLAIN, 0, 0),
    BT_ROW(struct bt_card, 15, facts_left_out, PLAIN, 0, 0),
    BT_ROW(struct bt_card, 16, custodian, NAME, 0, 0),
    BT_ROW(struct bt_card, 17, owner, NAME, 0, 0),
};
const struct bt_map bt_map_card = {BT_MAP_OF(struct bt_card, baton__v1__card__descriptor, card)};

/* --- the kinds ---------------------------------------------------------------------------------------------------- */

static const struct bt_map_row case_opened[] = {
    BT_ROW(struct bt_case_opened, 1, topic, TOPIC, 0, HEAD),
    BT_ROW(struct bt_case_opened, 2, title, TEXT, TITLE_MAX, BODY),
    BT_ROW(struct bt_case_opened, 3, need, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_case_opened, 4, priority, PLAIN, 0, HEAD),
    BT_ROW(struct bt_case_opened, 5, customer_deadline_us, TIME, 0, HEAD),
    BT_ROW(struct bt_case_opened, 6, channel, PLAIN, 0, HEAD),
    BT_ROW(struct bt_case_opened, 16, custodian, NAME, 0, HEAD | BROKER),
    BT_ROW(struct bt_case_opened, 17, owner, NAME, 0, HEAD | BROKER),
    BT_ROW(struct bt_case_opened, 18, number, PLAIN, 0, HEAD | BROKER),
    BT_ROW(struct bt_case_opened, 19, customer, PLAIN, 0, HEAD | BROKER),
    BT_ROW(struct bt_case_opened, 20, linked_to, PLAIN, 0, HEAD | BROKER),
};
static const struct bt_map case_opened_map = {
    BT_MAP_OF(struct bt_case_opened, baton__v1__case_opened__descriptor, case_opened)};

static const struct bt_map_row contact_logged[] = {
    BT_ROW(struct bt_contact_logged, 1, channel, PLAIN, 0, HEAD),
    BT_ROW(struct bt_contact_logged, 2, direction, PLAIN, 0, HEAD),
    BT_ROW(struct bt_contact_logged, 3, outcome, PLAIN, 0, HEAD),
    BT_ROW(struct bt_contact_logged, 4, summary, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_contact_logged, 5, duration_s, PLAIN, 0, HEAD),
    BT_ROW(struct bt_contact_logged, 16, mention, PLAIN, 0, HEAD | BROKER),
};
static const struct bt_map contact_logged_map = {
    BT_MAP_OF(struct bt_contact_logged, baton__v1__contact_logged__descriptor, contact_logged)};

static const struct bt_map_row attempt_failed[] = {
    BT_ROW(struct bt_attempt_failed, 1, route, TEXT, WORD_MAX, HEAD | REQUIRED),
    BT_ROW(struct bt_attempt_failed, 2, channel, PLAIN, 0, HEAD),
    BT_ROW(struct bt_attempt_failed, 3, error_code, TEXT, WORD_MAX, HEAD),
    BT_ROW(struct bt_attempt_failed, 4, detail, TEXT, TEXT_MAX, BODY),
};
static const struct bt_map attempt_failed_map = {
    BT_MAP_OF(struct bt_attempt_failed, baton__v1__attempt_failed__descriptor, attempt_failed)};

static const struct bt_map_row note_added[] = {
    BT_ROW(struct bt_note_added, 1, text, TEXT, TEXT_MAX, BODY | REQUIRED),
};
static const struct bt_map note_added_map = {
    BT_MAP_OF(struct bt_note_added, baton__v1__note_added__descriptor, note_added)};

static const struct bt_map_row fact_recorded[] = {
    BT_ROW(struct bt_fact_recorded, 1, key, KEY, WORD_MAX, HEAD | REQUIRED),
    BT_ROW(struct bt_fact_recorded, 2, value, TEXT, BT_MAX_FACT_VALUE, BODY | REQUIRED),
};
static const struct bt_map fact_recorded_map = {
    BT_MAP_OF(struct bt_fact_recorded, baton__v1__fact_recorded__descriptor, fact_recorded)};

static const struct bt_map_row correction_made[] = {
    BT_ROW(struct bt_correction_made, 1, supersedes, PLAIN, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_correction_made, 2, text, TEXT, TEXT_MAX, BODY | REQUIRED),
    BT_ROW(struct bt_correction_made, 3, reason, TEXT, TEXT_MAX, BODY),
};
static const struct bt_map correction_made_map = {
    BT_MAP_OF(struct bt_correction_made, baton__v1__correction_made__descriptor, correction_made)};

static const struct bt_map_row handoff_offered[] = {
    BT_ROW(struct bt_handoff_offered, 1, to, NAME, 0, HEAD),
    BT_ROW(struct bt_handoff_offered, 2, topic, TOPIC, 0, HEAD),
    BT_ROW(struct bt_handoff_offered, 3, next_step, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_handoff_offered, 4, deadline_us, TIME, 0, HEAD),
    BT_ROW(struct bt_handoff_offered, 16, from, NAME, 0, HEAD | BROKER),
    BT_ROW(struct bt_handoff_offered, 17, cause, PLAIN, 0, HEAD | BROKER),
    BT_ROW(struct bt_handoff_offered, 18, digest, BYTES, DIGEST_SIZE, HEAD | BROKER | EXACT),
    BT_ROW_SUB(struct bt_handoff_offered, 19, card, bt_map_card, 0, BODY | BROKER | POINTER),
    BT_ROW(struct bt_handoff_offered, 20, considered, NAME, BT_MAX_CONSIDERED, HEAD | BROKER),
};
static const struct bt_map handoff_offered_map = {
    BT_MAP_OF(struct bt_handoff_offered, baton__v1__handoff_offered__descriptor, handoff_offered)};

/* Offer and digest of an answer are required unless it is history: see event_codec.c. */
static const struct bt_map_row handoff_accepted[] = {
    BT_ROW(struct bt_handoff_accepted, 1, offer, PLAIN, 0, HEAD),
    BT_ROW(struct bt_handoff_accepted, 2, digest, BYTES, DIGEST_SIZE, HEAD | EXACT),
    BT_ROW(struct bt_handoff_accepted, 3, read_back, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_handoff_accepted, 16, from, NAME, 0, HEAD | BROKER),
    BT_ROW(struct bt_handoff_accepted, 17, to, NAME, 0, HEAD | BROKER),
};
static const struct bt_map handoff_accepted_map = {
    BT_MAP_OF(struct bt_handoff_accepted, baton__v1__handoff_accepted__descriptor, handoff_accepted)};

static const struct bt_map_row handoff_refused[] = {
    BT_ROW(struct bt_handoff_refused, 1, offer, PLAIN, 0, HEAD),
    BT_ROW(struct bt_handoff_refused, 2, reason, PLAIN, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_handoff_refused, 3, right_department, NAME, 0, HEAD),
    BT_ROW(struct bt_handoff_refused, 4, text, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_handoff_refused, 16, from, NAME, 0, HEAD | BROKER),
    BT_ROW(struct bt_handoff_refused, 17, to, NAME, 0, HEAD | BROKER),
};
static const struct bt_map handoff_refused_map = {
    BT_MAP_OF(struct bt_handoff_refused, baton__v1__handoff_refused__descriptor, handoff_refused)};

static const struct bt_map_row handoff_withdrawn[] = {
    BT_ROW(struct bt_handoff_withdrawn, 1, offer, PLAIN, 0, HEAD),
    BT_ROW(struct bt_handoff_withdrawn, 2, text, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_handoff_withdrawn, 16, from, NAME, 0, HEAD | BROKER),
    BT_ROW(struct bt_handoff_withdrawn, 17, to, NAME, 0, HEAD | BROKER),
};
static const struct bt_map handoff_withdrawn_map = {
    BT_MAP_OF(struct bt_handoff_withdrawn, baton__v1__handoff_withdrawn__descriptor, handoff_withdrawn)};

static const struct bt_map_row handoff_reported[] = {
    BT_ROW(struct bt_handoff_reported, 1, to, NAME, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_handoff_reported, 2, next_step, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_handoff_reported, 16, from, NAME, 0, HEAD | BROKER),
    BT_ROW(struct bt_handoff_reported, 18, digest, BYTES, DIGEST_SIZE, HEAD | BROKER | EXACT),
    BT_ROW_SUB(struct bt_handoff_reported, 19, card, bt_map_card, 0, BODY | BROKER | POINTER),
};
static const struct bt_map handoff_reported_map = {
    BT_MAP_OF(struct bt_handoff_reported, baton__v1__handoff_reported__descriptor, handoff_reported)};

static const struct bt_map_row status_changed[] = {
    BT_ROW(struct bt_status_changed, 1, status, PLAIN, 0, HEAD),
    BT_ROW(struct bt_status_changed, 2, pending_on, PLAIN, 0, HEAD),
    BT_ROW(struct bt_status_changed, 3, until_us, TIME, 0, HEAD),
    BT_ROW(struct bt_status_changed, 4, reason, TEXT, TEXT_MAX, BODY),
};
static const struct bt_map status_changed_map = {
    BT_MAP_OF(struct bt_status_changed, baton__v1__status_changed__descriptor, status_changed)};

static const struct bt_map_row case_resolved[] = {
    BT_ROW(struct bt_case_resolved, 1, resolution, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_case_resolved, 2, first_contact, PLAIN, 0, HEAD),
};
static const struct bt_map case_resolved_map = {
    BT_MAP_OF(struct bt_case_resolved, baton__v1__case_resolved__descriptor, case_resolved)};

static const struct bt_map_row case_reopened[] = {
    BT_ROW(struct bt_case_reopened, 1, reason, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_case_reopened, 16, cause, PLAIN, 0, HEAD | BROKER),
};
static const struct bt_map case_reopened_map = {
    BT_MAP_OF(struct bt_case_reopened, baton__v1__case_reopened__descriptor, case_reopened)};

static const struct bt_map_row case_closed[] = {
    BT_ROW(struct bt_case_closed, 1, text, TEXT, TEXT_MAX, BODY),
};
static const struct bt_map case_closed_map = {
    BT_MAP_OF(struct bt_case_closed, baton__v1__case_closed__descriptor, case_closed)};

static const struct bt_map_row identifier_linked[] = {
    BT_ROW_SUB(struct bt_identifier_linked, 1, identifier, bt_map_identifier, 0, HEAD | BODY | REQUIRED),
    BT_ROW_SUB(struct bt_identifier_linked, 2, same_as, bt_map_identifier, 0, WIRE),
    BT_ROW(struct bt_identifier_linked, 3, note, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_identifier_linked, 16, customer, PLAIN, 0, HEAD | BROKER),
    BT_ROW(struct bt_identifier_linked, 17, key, BYTES, DIGEST_SIZE, HEAD | BROKER | EXACT),
};
static const struct bt_map identifier_linked_map = {
    BT_MAP_OF(struct bt_identifier_linked, baton__v1__identifier_linked__descriptor, identifier_linked)};

/* --- the event ---------------------------------------------------------------------------------------------------- */

#define KIND(number, member) BT_ROW_SUB(struct bt_event, number, member, member##_map, 0, HEAD | BODY)
#define NOT_YET(number) BT_ROW_SKIP(number, 0)
#define BROKER_ONLY(number) BT_ROW_SKIP(number, BROKER)

static const struct bt_map_row event[] = {
    BT_ROW(struct bt_event, 1, occurred_at_us, TIME, 0, HEAD),
    BT_ROW(struct bt_event, 2, department, NAME, 0, HEAD),
    BT_ROW(struct bt_event, 3, actor, TEXT, WORD_MAX, BODY),
    BT_ROW_SUB(struct bt_event, 4, locator, bt_map_locator, 0, WIRE),
    BT_ROW(struct bt_event, 5, expected_version, PLAIN, 0, WIRE),
    BT_ROW(struct bt_event, 6, backfill, PLAIN, 0, HEAD),
    BT_ROW(struct bt_event, 7, labels, NAME, LABELS_MAX, HEAD),
    KIND(16, case_opened),
    KIND(17, contact_logged),
    KIND(18, attempt_failed),
    KIND(19, note_added),
    KIND(20, fact_recorded),
    KIND(21, correction_made),
    KIND(22, handoff_offered),
    KIND(23, handoff_accepted),
    KIND(24, handoff_refused),
    NOT_YET(25), /* handoff_countered */
    KIND(26, handoff_withdrawn),
    KIND(27, handoff_reported),
    BROKER_ONLY(28), /* handoff_directed */
    BROKER_ONLY(29), /* handoff_extended */
    BROKER_ONLY(30), /* handoff_expired */
    NOT_YET(31),     /* question_asked */
    NOT_YET(32),     /* question_answered */
    NOT_YET(33),     /* question_withdrawn */
    BROKER_ONLY(34), /* question_overdue */
    NOT_YET(35),     /* promise_made */
    NOT_YET(36),     /* promise_renegotiated */
    NOT_YET(37),     /* promise_kept */
    NOT_YET(38),     /* promise_withdrawn */
    BROKER_ONLY(39), /* promise_at_risk */
    BROKER_ONLY(40), /* promise_broken */
    NOT_YET(41),     /* work_started */
    NOT_YET(42),     /* work_renewed */
    NOT_YET(43),     /* work_finished */
    NOT_YET(44),     /* work_failed */
    BROKER_ONLY(45), /* work_lapsed */
    BROKER_ONLY(46), /* conflict_found */
    KIND(47, status_changed),
    KIND(48, case_resolved),
    KIND(49, case_reopened),
    KIND(50, case_closed),
    NOT_YET(51),     /* cases_merged */
    NOT_YET(52),     /* cases_unmerged */
    NOT_YET(53),     /* case_linked */
    NOT_YET(54),     /* case_revived */
    NOT_YET(55),     /* owner_appointed */
    BROKER_ONLY(56), /* escalated */
    BROKER_ONLY(57), /* reminded */
    NOT_YET(58),     /* feedback_given */
    NOT_YET(59),     /* redress_given */
    NOT_YET(60),     /* advisory_issued */
    NOT_YET(61),     /* advisory_ended */
    NOT_YET(62),     /* restricted_read */
    KIND(63, identifier_linked),
    NOT_YET(64), /* identifier_unlinked */
    NOT_YET(65), /* customers_merged */
    NOT_YET(66), /* customers_unmerged */
    NOT_YET(67), /* customer_erased */
};
const struct bt_map bt_map_event = {BT_MAP_OF(struct bt_event, baton__v1__event__descriptor, event),
                                    .kind = offsetof(struct bt_event, kind)};
