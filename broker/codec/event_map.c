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
    BT_ROW(struct bt_tried, 1, route, TEXT, 0, 0),      BT_ROW(struct bt_tried, 2, times, PLAIN, 0, 0),
    BT_ROW(struct bt_tried, 3, error_code, TEXT, 0, 0), BT_ROW(struct bt_tried, 4, last_us, TIME, 0, 0),
    BT_ROW(struct bt_tried, 5, label, NAME, 0, 0),
};
const struct bt_map bt_map_tried = {BT_MAP_OF(struct bt_tried, baton__v1__tried__descriptor, tried)};

static const struct bt_map_row stop[] = {
    BT_ROW(struct bt_stop, 1, department, NAME, 0, 0),
    BT_ROW(struct bt_stop, 2, since_us, TIME, 0, 0),
    BT_ROW(struct bt_stop, 3, offer, PLAIN, 0, 0),
};
const struct bt_map bt_map_stop = {BT_MAP_OF(struct bt_stop, baton__v1__trail_stop__descriptor, stop)};

static const struct bt_map_row promise[] = {
    BT_ROW(struct bt_promise, 1, id, PLAIN, 0, 0),        BT_ROW(struct bt_promise, 2, type, PLAIN, 0, 0),
    BT_ROW(struct bt_promise, 3, text, TEXT, 0, 0),       BT_ROW(struct bt_promise, 4, holder, NAME, 0, 0),
    BT_ROW(struct bt_promise, 5, made_at_us, TIME, 0, 0), BT_ROW(struct bt_promise, 6, due_us, TIME, 0, 0),
    BT_ROW(struct bt_promise, 7, risk_us, TIME, 0, 0),    BT_ROW(struct bt_promise, 8, state, PLAIN, 0, 0),
    BT_ROW(struct bt_promise, 9, cause, PLAIN, 0, 0),     BT_ROW(struct bt_promise, 10, label, NAME, 0, 0),
    BT_ROW(struct bt_promise, 11, left_us, TIME, 0, 0),   BT_ROW(struct bt_promise, 12, risk_left_us, TIME, 0, 0),
};
const struct bt_map bt_map_promise = {BT_MAP_OF(struct bt_promise, baton__v1__open_promise__descriptor, promise)};

static const struct bt_map_row question[] = {
    BT_ROW(struct bt_question, 1, id, PLAIN, 0, 0),         BT_ROW(struct bt_question, 2, from, NAME, 0, 0),
    BT_ROW(struct bt_question, 3, to, NAME, 0, 0),          BT_ROW(struct bt_question, 4, text, TEXT, 0, 0),
    BT_ROW(struct bt_question, 5, asked_at_us, TIME, 0, 0), BT_ROW(struct bt_question, 6, due_us, TIME, 0, 0),
    BT_ROW(struct bt_question, 7, overdue, PLAIN, 0, 0),    BT_ROW(struct bt_question, 8, label, NAME, 0, 0),
    BT_ROW(struct bt_question, 9, left_us, TIME, 0, 0),
};
const struct bt_map bt_map_question = {BT_MAP_OF(struct bt_question, baton__v1__open_question__descriptor, question)};

static const struct bt_map_row work[] = {
    BT_ROW(struct bt_work, 1, id, PLAIN, 0, 0),        BT_ROW(struct bt_work, 2, holder, NAME, 0, 0),
    BT_ROW(struct bt_work, 3, action, KEY, 0, 0),      BT_ROW(struct bt_work, 4, subject, TEXT, 0, 0),
    BT_ROW(struct bt_work, 5, exclusive, PLAIN, 0, 0), BT_ROW(struct bt_work, 6, started_at_us, TIME, 0, 0),
    BT_ROW(struct bt_work, 7, until_us, TIME, 0, 0),   BT_ROW(struct bt_work, 8, label, NAME, 0, 0),
};
const struct bt_map bt_map_work = {BT_MAP_OF(struct bt_work, baton__v1__open_work__descriptor, work)};

static const struct bt_map_row advisory_note[] = {
    BT_ROW(struct bt_advisory_note, 1, id, PLAIN, 0, 0),
    BT_ROW(struct bt_advisory_note, 2, department, NAME, 0, 0),
    BT_ROW(struct bt_advisory_note, 3, text, TEXT, 0, 0),
    BT_ROW(struct bt_advisory_note, 4, alternatives, TEXT, 0, 0),
    BT_ROW(struct bt_advisory_note, 5, until_us, TIME, 0, 0),
};
const struct bt_map bt_map_advisory_note = {
    BT_MAP_OF(struct bt_advisory_note, baton__v1__advisory_note__descriptor, advisory_note)};

static const struct bt_map_row considered[] = {
    BT_ROW(struct bt_considered, 1, department, NAME, 0, 0),   BT_ROW(struct bt_considered, 2, handles, TOPIC, 0, 0),
    BT_ROW(struct bt_considered, 3, open, PLAIN, 0, 0),        BT_ROW(struct bt_considered, 4, opens_at_us, TIME, 0, 0),
    BT_ROW(struct bt_considered, 5, held_before, PLAIN, 0, 0), BT_ROW(struct bt_considered, 6, connected, PLAIN, 0, 0),
    BT_ROW(struct bt_considered, 7, load, PLAIN, 0, 0),
};
const struct bt_map bt_map_considered = {
    BT_MAP_OF(struct bt_considered, baton__v1__considered__descriptor, considered)};

static const struct bt_map_row clock[] = {
    BT_ROW(struct bt_clock, 1, timer, PLAIN, 0, 0),  BT_ROW(struct bt_clock, 2, object, PLAIN, 0, 0),
    BT_ROW(struct bt_clock, 3, due_us, TIME, 0, 0),  BT_ROW(struct bt_clock, 4, risk_us, TIME, 0, 0),
    BT_ROW(struct bt_clock, 5, left_us, TIME, 0, 0), BT_ROW(struct bt_clock, 6, risk_left_us, TIME, 0, 0),
};
const struct bt_map bt_map_clock = {BT_MAP_OF(struct bt_clock, baton__v1__clock__descriptor, clock)};

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
    BT_ROW_SUB(struct bt_card, 18, promised, bt_map_promise, 0, 0),
    BT_ROW_SUB(struct bt_card, 19, open_questions, bt_map_question, 0, 0),
    BT_ROW_SUB(struct bt_card, 20, advisories, bt_map_advisory_note, 0, 0),
    BT_ROW(struct bt_card, 21, others_left_out, PLAIN, 0, 0),
    BT_ROW(struct bt_card, 22, hidden, PLAIN, 0, 0),
    BT_ROW(struct bt_card, 23, label, NAME, 0, 0),
    BT_ROW(struct bt_card, 24, next_step_label, NAME, 0, 0),
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
    BT_ROW(struct bt_case_opened, 21, idle_s, PLAIN, 0, HEAD | BROKER),
};
static const struct bt_map case_opened_map = {
    BT_MAP_OF(struct bt_case_opened, baton__v1__case_opened__descriptor, case_opened)};

static const struct bt_map_row contact_logged[] = {
    BT_ROW(struct bt_contact_logged, 1, channel, PLAIN, 0, HEAD),
    BT_ROW(struct bt_contact_logged, 2, direction, PLAIN, 0, HEAD),
    BT_ROW(struct bt_contact_logged, 3, outcome, PLAIN, 0, HEAD),
    BT_ROW(struct bt_contact_logged, 4, summary, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_contact_logged, 5, duration_s, PLAIN, 0, HEAD),
    BT_ROW(struct bt_contact_logged, 6, sent_to, TEXT, WORD_MAX, HEAD),
    BT_ROW(struct bt_contact_logged, 16, mention, PLAIN, 0, HEAD | BROKER),
    BT_ROW(struct bt_contact_logged, 17, dead_end, PLAIN, 0, HEAD | BROKER),
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
    BT_ROW(struct bt_handoff_offered, 5, customer_waiting, PLAIN, 0, HEAD),
    BT_ROW(struct bt_handoff_offered, 16, from, NAME, 0, HEAD | BROKER),
    BT_ROW(struct bt_handoff_offered, 17, cause, PLAIN, 0, HEAD | BROKER),
    BT_ROW(struct bt_handoff_offered, 18, digest, BYTES, DIGEST_SIZE, HEAD | BROKER | EXACT),
    BT_ROW_SUB(struct bt_handoff_offered, 19, card, bt_map_card, 0, BODY | BROKER | POINTER),
    BT_ROW_SUB(struct bt_handoff_offered, 20, considered, bt_map_considered, 0, HEAD | BROKER),
    BT_ROW(struct bt_handoff_offered, 21, opens_at_us, TIME, 0, HEAD | BROKER),
    BT_ROW(struct bt_handoff_offered, 22, asked, NAME, BT_MAX_ASKED, HEAD | BROKER),
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
    BT_ROW(struct bt_handoff_refused, 18, answer_by_us, TIME, 0, HEAD | BROKER),
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
    BT_ROW(struct bt_status_changed, 16, cause, PLAIN, 0, HEAD | BROKER),
    BT_ROW_SUB(struct bt_status_changed, 17, clocks, bt_map_clock, 0, HEAD | BROKER),
};
static const struct bt_map status_changed_map = {
    BT_MAP_OF(struct bt_status_changed, baton__v1__status_changed__descriptor, status_changed)};

static const struct bt_map_row case_resolved[] = {
    BT_ROW(struct bt_case_resolved, 1, resolution, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_case_resolved, 2, first_contact, PLAIN, 0, HEAD),
    BT_ROW(struct bt_case_resolved, 3, reason, TEXT, TEXT_MAX, BODY),
    BT_ROW_SUB(struct bt_case_resolved, 16, clocks, bt_map_clock, 0, HEAD | BROKER),
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
    BT_ROW(struct bt_case_closed, 2, reason, TEXT, TEXT_MAX, BODY),
    BT_ROW_SUB(struct bt_case_closed, 16, clocks, bt_map_clock, 0, HEAD | BROKER),
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

static const struct bt_map_row handoff_countered[] = {
    BT_ROW(struct bt_handoff_countered, 1, offer, PLAIN, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_handoff_countered, 2, at_us, TIME, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_handoff_countered, 3, type, PLAIN, 0, HEAD),
    BT_ROW(struct bt_handoff_countered, 4, text, TEXT, BT_MAX_PROMISE, BODY),
    BT_ROW(struct bt_handoff_countered, 16, from, NAME, 0, HEAD | BROKER),
    BT_ROW(struct bt_handoff_countered, 17, to, NAME, 0, HEAD | BROKER),
    BT_ROW(struct bt_handoff_countered, 18, deadline_us, TIME, 0, HEAD | BROKER),
};
static const struct bt_map handoff_countered_map = {
    BT_MAP_OF(struct bt_handoff_countered, baton__v1__handoff_countered__descriptor, handoff_countered)};

static const struct bt_map_row handoff_directed[] = {
    BT_ROW(struct bt_handoff_directed, 1, offer, PLAIN, 0, HEAD),
    BT_ROW(struct bt_handoff_directed, 2, from, NAME, 0, HEAD),
    BT_ROW(struct bt_handoff_directed, 3, to, NAME, 0, HEAD),
    BT_ROW(struct bt_handoff_directed, 4, deadline_us, TIME, 0, HEAD),
    BT_ROW(struct bt_handoff_directed, 5, moved, PLAIN, 0, HEAD),
    BT_ROW(struct bt_handoff_directed, 6, cause, PLAIN, 0, HEAD),
    BT_ROW(struct bt_handoff_directed, 7, digest, BYTES, DIGEST_SIZE, HEAD | EXACT),
    BT_ROW_SUB(struct bt_handoff_directed, 8, card, bt_map_card, 0, BODY | POINTER),
    BT_ROW_SUB(struct bt_handoff_directed, 9, considered, bt_map_considered, 0, HEAD),
};
static const struct bt_map handoff_directed_map = {
    BT_MAP_OF(struct bt_handoff_directed, baton__v1__handoff_directed__descriptor, handoff_directed)};

static const struct bt_map_row handoff_extended[] = {
    BT_ROW(struct bt_handoff_extended, 1, offer, PLAIN, 0, HEAD),
    BT_ROW(struct bt_handoff_extended, 2, deadline_us, TIME, 0, HEAD),
    BT_ROW(struct bt_handoff_extended, 3, opens_at_us, TIME, 0, HEAD),
    BT_ROW(struct bt_handoff_extended, 4, cause, PLAIN, 0, HEAD),
};
static const struct bt_map handoff_extended_map = {
    BT_MAP_OF(struct bt_handoff_extended, baton__v1__handoff_extended__descriptor, handoff_extended)};

static const struct bt_map_row handoff_expired[] = {
    BT_ROW(struct bt_handoff_expired, 1, offer, PLAIN, 0, HEAD),
    BT_ROW(struct bt_handoff_expired, 2, from, NAME, 0, HEAD),
    BT_ROW(struct bt_handoff_expired, 3, to, NAME, 0, HEAD),
};
static const struct bt_map handoff_expired_map = {
    BT_MAP_OF(struct bt_handoff_expired, baton__v1__handoff_expired__descriptor, handoff_expired)};

static const struct bt_map_row question_asked[] = {
    BT_ROW(struct bt_question_asked, 1, to, NAME, 0, HEAD),
    BT_ROW(struct bt_question_asked, 2, topic, TOPIC, 0, HEAD),
    BT_ROW(struct bt_question_asked, 3, text, TEXT, BT_MAX_QUESTION, BODY | REQUIRED),
    BT_ROW(struct bt_question_asked, 4, due_us, TIME, 0, HEAD),
    BT_ROW_SUB(struct bt_question_asked, 16, considered, bt_map_considered, 0, HEAD | BROKER),
};
static const struct bt_map question_asked_map = {
    BT_MAP_OF(struct bt_question_asked, baton__v1__question_asked__descriptor, question_asked)};

static const struct bt_map_row question_answered[] = {
    BT_ROW(struct bt_question_answered, 1, question, PLAIN, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_question_answered, 2, text, TEXT, TEXT_MAX, BODY | REQUIRED),
    BT_ROW(struct bt_question_answered, 16, from, NAME, 0, HEAD | BROKER),
    BT_ROW(struct bt_question_answered, 17, to, NAME, 0, HEAD | BROKER),
    BT_ROW(struct bt_question_answered, 18, asked_at_us, TIME, 0, HEAD | BROKER),
    BT_ROW(struct bt_question_answered, 19, custodian, NAME, 0, HEAD | BROKER),
};
static const struct bt_map question_answered_map = {
    BT_MAP_OF(struct bt_question_answered, baton__v1__question_answered__descriptor, question_answered)};

static const struct bt_map_row question_withdrawn[] = {
    BT_ROW(struct bt_question_withdrawn, 1, question, PLAIN, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_question_withdrawn, 2, reason, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_question_withdrawn, 16, from, NAME, 0, HEAD | BROKER),
    BT_ROW(struct bt_question_withdrawn, 17, to, NAME, 0, HEAD | BROKER),
};
static const struct bt_map question_withdrawn_map = {
    BT_MAP_OF(struct bt_question_withdrawn, baton__v1__question_withdrawn__descriptor, question_withdrawn)};

static const struct bt_map_row question_overdue[] = {
    BT_ROW(struct bt_question_overdue, 1, question, PLAIN, 0, HEAD),
    BT_ROW(struct bt_question_overdue, 2, from, NAME, 0, HEAD),
    BT_ROW(struct bt_question_overdue, 3, to, NAME, 0, HEAD),
    BT_ROW(struct bt_question_overdue, 4, due_us, TIME, 0, HEAD),
};
static const struct bt_map question_overdue_map = {
    BT_MAP_OF(struct bt_question_overdue, baton__v1__question_overdue__descriptor, question_overdue)};

static const struct bt_map_row promise_made[] = {
    BT_ROW(struct bt_promise_made, 1, type, PLAIN, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_promise_made, 2, text, TEXT, BT_MAX_PROMISE, BODY),
    BT_ROW(struct bt_promise_made, 3, due_us, TIME, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_promise_made, 16, risk_us, TIME, 0, HEAD | BROKER),
    BT_ROW(struct bt_promise_made, 17, cause, PLAIN, 0, HEAD | BROKER),
    BT_ROW(struct bt_promise_made, 18, object, PLAIN, 0, HEAD | BROKER),
};
static const struct bt_map promise_made_map = {
    BT_MAP_OF(struct bt_promise_made, baton__v1__promise_made__descriptor, promise_made)};

static const struct bt_map_row promise_renegotiated[] = {
    BT_ROW(struct bt_promise_renegotiated, 1, promise, PLAIN, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_promise_renegotiated, 2, due_us, TIME, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_promise_renegotiated, 3, agreed_with, TEXT, WORD_MAX, BODY | REQUIRED),
    BT_ROW(struct bt_promise_renegotiated, 4, reason, TEXT, TEXT_MAX, BODY | REQUIRED),
    BT_ROW(struct bt_promise_renegotiated, 16, risk_us, TIME, 0, HEAD | BROKER),
    BT_ROW(struct bt_promise_renegotiated, 17, holder, NAME, 0, HEAD | BROKER),
};
static const struct bt_map promise_renegotiated_map = {
    BT_MAP_OF(struct bt_promise_renegotiated, baton__v1__promise_renegotiated__descriptor, promise_renegotiated)};

static const struct bt_map_row promise_kept[] = {
    BT_ROW(struct bt_promise_kept, 1, promise, PLAIN, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_promise_kept, 2, text, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_promise_kept, 16, holder, NAME, 0, HEAD | BROKER),
    BT_ROW(struct bt_promise_kept, 17, late, PLAIN, 0, HEAD | BROKER),
};
static const struct bt_map promise_kept_map = {
    BT_MAP_OF(struct bt_promise_kept, baton__v1__promise_kept__descriptor, promise_kept)};

static const struct bt_map_row promise_withdrawn[] = {
    BT_ROW(struct bt_promise_withdrawn, 1, promise, PLAIN, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_promise_withdrawn, 2, reason, TEXT, TEXT_MAX, BODY | REQUIRED),
    BT_ROW(struct bt_promise_withdrawn, 16, holder, NAME, 0, HEAD | BROKER),
};
static const struct bt_map promise_withdrawn_map = {
    BT_MAP_OF(struct bt_promise_withdrawn, baton__v1__promise_withdrawn__descriptor, promise_withdrawn)};

static const struct bt_map_row promise_at_risk[] = {
    BT_ROW(struct bt_promise_at_risk, 1, promise, PLAIN, 0, HEAD),
    BT_ROW(struct bt_promise_at_risk, 2, holder, NAME, 0, HEAD),
    BT_ROW(struct bt_promise_at_risk, 3, due_us, TIME, 0, HEAD),
};
static const struct bt_map promise_at_risk_map = {
    BT_MAP_OF(struct bt_promise_at_risk, baton__v1__promise_at_risk__descriptor, promise_at_risk)};

static const struct bt_map_row promise_broken[] = {
    BT_ROW(struct bt_promise_broken, 1, promise, PLAIN, 0, HEAD),
    BT_ROW(struct bt_promise_broken, 2, holder, NAME, 0, HEAD),
    BT_ROW(struct bt_promise_broken, 3, due_us, TIME, 0, HEAD),
};
static const struct bt_map promise_broken_map = {
    BT_MAP_OF(struct bt_promise_broken, baton__v1__promise_broken__descriptor, promise_broken)};

static const struct bt_map_row work_started[] = {
    BT_ROW(struct bt_work_started, 1, action, KEY, WORD_MAX, HEAD | REQUIRED),
    BT_ROW(struct bt_work_started, 2, subject, TEXT, WORD_MAX, HEAD | REQUIRED),
    BT_ROW(struct bt_work_started, 3, lease_s, PLAIN, BT_MAX_LEASE_S, HEAD),
    BT_ROW(struct bt_work_started, 4, exclusive, PLAIN, 0, HEAD),
    BT_ROW(struct bt_work_started, 16, until_us, TIME, 0, HEAD | BROKER),
};
static const struct bt_map work_started_map = {
    BT_MAP_OF(struct bt_work_started, baton__v1__work_started__descriptor, work_started)};

static const struct bt_map_row work_renewed[] = {
    BT_ROW(struct bt_work_renewed, 1, work, PLAIN, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_work_renewed, 2, lease_s, PLAIN, BT_MAX_LEASE_S, HEAD),
    BT_ROW(struct bt_work_renewed, 16, until_us, TIME, 0, HEAD | BROKER),
};
static const struct bt_map work_renewed_map = {
    BT_MAP_OF(struct bt_work_renewed, baton__v1__work_renewed__descriptor, work_renewed)};

static const struct bt_map_row work_finished[] = {
    BT_ROW(struct bt_work_finished, 1, work, PLAIN, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_work_finished, 2, text, TEXT, TEXT_MAX, BODY),
};
static const struct bt_map work_finished_map = {
    BT_MAP_OF(struct bt_work_finished, baton__v1__work_finished__descriptor, work_finished)};

static const struct bt_map_row work_failed[] = {
    BT_ROW(struct bt_work_failed, 1, work, PLAIN, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_work_failed, 2, text, TEXT, TEXT_MAX, BODY | REQUIRED),
};
static const struct bt_map work_failed_map = {
    BT_MAP_OF(struct bt_work_failed, baton__v1__work_failed__descriptor, work_failed)};

static const struct bt_map_row work_lapsed[] = {
    BT_ROW(struct bt_work_lapsed, 1, work, PLAIN, 0, HEAD),
    BT_ROW(struct bt_work_lapsed, 2, holder, NAME, 0, HEAD),
};
static const struct bt_map work_lapsed_map = {
    BT_MAP_OF(struct bt_work_lapsed, baton__v1__work_lapsed__descriptor, work_lapsed)};

static const struct bt_map_row conflict_found[] = {
    BT_ROW(struct bt_conflict_found, 1, work, PLAIN, 0, HEAD),
    BT_ROW(struct bt_conflict_found, 2, other, PLAIN, 0, HEAD),
    BT_ROW(struct bt_conflict_found, 3, holder, NAME, 0, HEAD),
    BT_ROW(struct bt_conflict_found, 4, other_holder, NAME, 0, HEAD),
    BT_ROW(struct bt_conflict_found, 5, custodian, NAME, 0, HEAD),
};
static const struct bt_map conflict_found_map = {
    BT_MAP_OF(struct bt_conflict_found, baton__v1__conflict_found__descriptor, conflict_found)};

static const struct bt_map_row cases_merged[] = {
    BT_ROW(struct bt_cases_merged, 1, into, PLAIN, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_cases_merged, 2, reason, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_cases_merged, 16, merged, PLAIN, 0, HEAD | BROKER),
};
static const struct bt_map cases_merged_map = {
    BT_MAP_OF(struct bt_cases_merged, baton__v1__cases_merged__descriptor, cases_merged)};

static const struct bt_map_row cases_unmerged[] = {
    BT_ROW(struct bt_cases_unmerged, 1, reason, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_cases_unmerged, 16, from, PLAIN, 0, HEAD | BROKER),
    BT_ROW(struct bt_cases_unmerged, 17, unmerged, PLAIN, 0, HEAD | BROKER),
};
static const struct bt_map cases_unmerged_map = {
    BT_MAP_OF(struct bt_cases_unmerged, baton__v1__cases_unmerged__descriptor, cases_unmerged)};

static const struct bt_map_row case_linked[] = {
    BT_ROW(struct bt_case_linked, 1, other, PLAIN, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_case_linked, 2, note, TEXT, TEXT_MAX, BODY),
};
static const struct bt_map case_linked_map = {
    BT_MAP_OF(struct bt_case_linked, baton__v1__case_linked__descriptor, case_linked)};

static const struct bt_map_row case_revived[] = {
    BT_ROW(struct bt_case_revived, 1, reason, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_case_revived, 16, cause, PLAIN, 0, HEAD | BROKER),
    BT_ROW_SUB(struct bt_case_revived, 17, clocks, bt_map_clock, 0, HEAD | BROKER),
    BT_ROW(struct bt_case_revived, 18, custodian, NAME, 0, HEAD | BROKER),
    BT_ROW(struct bt_case_revived, 19, owner, NAME, 0, HEAD | BROKER),
};
static const struct bt_map case_revived_map = {
    BT_MAP_OF(struct bt_case_revived, baton__v1__case_revived__descriptor, case_revived)};

static const struct bt_map_row owner_appointed[] = {
    BT_ROW(struct bt_owner_appointed, 1, owner, NAME, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_owner_appointed, 2, reason, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_owner_appointed, 16, from, NAME, 0, HEAD | BROKER),
    BT_ROW(struct bt_owner_appointed, 17, cause, PLAIN, 0, HEAD | BROKER),
};
static const struct bt_map owner_appointed_map = {
    BT_MAP_OF(struct bt_owner_appointed, baton__v1__owner_appointed__descriptor, owner_appointed)};

static const struct bt_map_row escalated[] = {
    BT_ROW(struct bt_escalated, 1, cause, PLAIN, 0, HEAD),
    BT_ROW(struct bt_escalated, 2, object, PLAIN, 0, HEAD),
    BT_ROW(struct bt_escalated, 3, due_us, TIME, 0, HEAD),
    BT_ROW(struct bt_escalated, 4, level, PLAIN, 0, HEAD),
    BT_ROW(struct bt_escalated, 5, over, NAME, 0, HEAD),
    BT_ROW(struct bt_escalated, 6, to, NAME, 0, HEAD),
    BT_ROW(struct bt_escalated, 7, next_us, TIME, 0, HEAD),
    BT_ROW(struct bt_escalated, 8, concern, PLAIN, 0, HEAD),
    BT_ROW(struct bt_escalated, 9, top, PLAIN, 0, HEAD),
    BT_ROW_SUB(struct bt_escalated, 10, card, bt_map_card, 0, BODY | POINTER),
};
static const struct bt_map escalated_map = {
    BT_MAP_OF(struct bt_escalated, baton__v1__escalated__descriptor, escalated)};

static const struct bt_map_row reminded[] = {
    BT_ROW(struct bt_reminded, 1, concern, PLAIN, 0, HEAD),
    BT_ROW(struct bt_reminded, 2, to, NAME, 0, HEAD),
    BT_ROW(struct bt_reminded, 3, next_us, TIME, 0, HEAD),
    BT_ROW(struct bt_reminded, 4, times, PLAIN, 0, HEAD),
};
static const struct bt_map reminded_map = {BT_MAP_OF(struct bt_reminded, baton__v1__reminded__descriptor, reminded)};

static const struct bt_map_row feedback_given[] = {
    BT_ROW(struct bt_feedback_given, 1, source, PLAIN, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_feedback_given, 2, score, PLAIN, 10, HEAD | REQUIRED),
    BT_ROW(struct bt_feedback_given, 3, text, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_feedback_given, 4, about, PLAIN, 0, HEAD),
    BT_ROW(struct bt_feedback_given, 16, rated, NAME, 0, HEAD | BROKER),
};
static const struct bt_map feedback_given_map = {
    BT_MAP_OF(struct bt_feedback_given, baton__v1__feedback_given__descriptor, feedback_given)};

static const struct bt_map_row redress_given[] = {
    BT_ROW(struct bt_redress_given, 1, form, KEY, WORD_MAX, HEAD | REQUIRED),
    BT_ROW(struct bt_redress_given, 2, value, TEXT, WORD_MAX, BODY),
    BT_ROW(struct bt_redress_given, 3, text, TEXT, TEXT_MAX, BODY),
};
static const struct bt_map redress_given_map = {
    BT_MAP_OF(struct bt_redress_given, baton__v1__redress_given__descriptor, redress_given)};

static const struct bt_map_row advisory_issued[] = {
    BT_ROW(struct bt_advisory_issued, 1, topic, TOPIC, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_advisory_issued, 2, text, TEXT, BT_MAX_ADVISORY, BODY | REQUIRED),
    BT_ROW(struct bt_advisory_issued, 3, alternatives, TEXT, 4, BODY),
    BT_ROW(struct bt_advisory_issued, 4, until_us, TIME, 0, HEAD),
    BT_ROW(struct bt_advisory_issued, 16, advisory, PLAIN, 0, HEAD | BROKER),
};
static const struct bt_map advisory_issued_map = {
    BT_MAP_OF(struct bt_advisory_issued, baton__v1__advisory_issued__descriptor, advisory_issued)};

static const struct bt_map_row advisory_ended[] = {
    BT_ROW(struct bt_advisory_ended, 1, advisory, PLAIN, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_advisory_ended, 2, text, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_advisory_ended, 16, topic, TOPIC, 0, HEAD | BROKER),
};
static const struct bt_map advisory_ended_map = {
    BT_MAP_OF(struct bt_advisory_ended, baton__v1__advisory_ended__descriptor, advisory_ended)};

static const struct bt_map_row restricted_read[] = {
    BT_ROW(struct bt_restricted_read, 1, reason, TEXT, TEXT_MAX, BODY | REQUIRED),
    BT_ROW(struct bt_restricted_read, 16, until_us, TIME, 0, HEAD | BROKER),
};
static const struct bt_map restricted_read_map = {
    BT_MAP_OF(struct bt_restricted_read, baton__v1__restricted_read__descriptor, restricted_read)};

static const struct bt_map_row identifier_unlinked[] = {
    BT_ROW_SUB(struct bt_identifier_unlinked, 1, identifier, bt_map_identifier, 0, HEAD | BODY | REQUIRED),
    BT_ROW(struct bt_identifier_unlinked, 2, reason, TEXT, TEXT_MAX, BODY),
    BT_ROW(struct bt_identifier_unlinked, 16, customer, PLAIN, 0, HEAD | BROKER),
    BT_ROW(struct bt_identifier_unlinked, 17, key, BYTES, DIGEST_SIZE, HEAD | BROKER | EXACT),
};
static const struct bt_map identifier_unlinked_map = {
    BT_MAP_OF(struct bt_identifier_unlinked, baton__v1__identifier_unlinked__descriptor, identifier_unlinked)};

static const struct bt_map_row customers_merged[] = {
    BT_ROW(struct bt_customers_merged, 1, into, PLAIN, 0, HEAD),
    BT_ROW(struct bt_customers_merged, 2, merged, PLAIN, 0, HEAD),
    BT_ROW_SUB(struct bt_customers_merged, 3, into_identifier, bt_map_identifier, 0, WIRE),
    BT_ROW_SUB(struct bt_customers_merged, 4, merged_identifier, bt_map_identifier, 0, WIRE),
    BT_ROW(struct bt_customers_merged, 5, reason, TEXT, TEXT_MAX, BODY | REQUIRED),
};
static const struct bt_map customers_merged_map = {
    BT_MAP_OF(struct bt_customers_merged, baton__v1__customers_merged__descriptor, customers_merged)};

static const struct bt_map_row customers_unmerged[] = {
    BT_ROW(struct bt_customers_unmerged, 1, merged, PLAIN, 0, HEAD | REQUIRED),
    BT_ROW(struct bt_customers_unmerged, 2, reason, TEXT, TEXT_MAX, BODY | REQUIRED),
    BT_ROW(struct bt_customers_unmerged, 16, into, PLAIN, 0, HEAD | BROKER),
};
static const struct bt_map customers_unmerged_map = {
    BT_MAP_OF(struct bt_customers_unmerged, baton__v1__customers_unmerged__descriptor, customers_unmerged)};

/* --- the event ---------------------------------------------------------------------------------------------------- */

#define KIND(number, member) BT_ROW_SUB(struct bt_event, number, member, member##_map, 0, HEAD | BODY)
#define NOT_YET(number) BT_ROW_SKIP(number, 0)
#define BROKER_KIND(number, member) BT_ROW_SUB(struct bt_event, number, member, member##_map, 0, HEAD | BODY | BROKER)

static const struct bt_map_row event[] = {
    BT_ROW(struct bt_event, 1, occurred_at_us, TIME, 0, HEAD),
    BT_ROW(struct bt_event, 2, department, NAME, 0, HEAD),
    BT_ROW(struct bt_event, 3, actor, TEXT, WORD_MAX, BODY),
    BT_ROW_SUB(struct bt_event, 4, locator, bt_map_locator, 0, WIRE),
    BT_ROW(struct bt_event, 5, expected_version, PLAIN, 0, WIRE),
    BT_ROW(struct bt_event, 6, backfill, PLAIN, 0, HEAD),
    BT_ROW(struct bt_event, 7, labels, NAME, LABELS_MAX, HEAD),
    BT_ROW(struct bt_event, 8, operator, TEXT, 0, HEAD | BROKER),
    BT_ROW(struct bt_event, 9, operator_reason, TEXT, 0, BODY | BROKER),
    KIND(16, case_opened),
    KIND(17, contact_logged),
    KIND(18, attempt_failed),
    KIND(19, note_added),
    KIND(20, fact_recorded),
    KIND(21, correction_made),
    KIND(22, handoff_offered),
    KIND(23, handoff_accepted),
    KIND(24, handoff_refused),
    KIND(25, handoff_countered),
    KIND(26, handoff_withdrawn),
    KIND(27, handoff_reported),
    BROKER_KIND(28, handoff_directed),
    BROKER_KIND(29, handoff_extended),
    BROKER_KIND(30, handoff_expired),
    KIND(31, question_asked),
    KIND(32, question_answered),
    KIND(33, question_withdrawn),
    BROKER_KIND(34, question_overdue),
    KIND(35, promise_made),
    KIND(36, promise_renegotiated),
    KIND(37, promise_kept),
    KIND(38, promise_withdrawn),
    BROKER_KIND(39, promise_at_risk),
    BROKER_KIND(40, promise_broken),
    KIND(41, work_started),
    KIND(42, work_renewed),
    KIND(43, work_finished),
    KIND(44, work_failed),
    BROKER_KIND(45, work_lapsed),
    BROKER_KIND(46, conflict_found),
    KIND(47, status_changed),
    KIND(48, case_resolved),
    KIND(49, case_reopened),
    KIND(50, case_closed),
    KIND(51, cases_merged),
    KIND(52, cases_unmerged),
    KIND(53, case_linked),
    KIND(54, case_revived),
    KIND(55, owner_appointed),
    BROKER_KIND(56, escalated),
    BROKER_KIND(57, reminded),
    KIND(58, feedback_given),
    KIND(59, redress_given),
    KIND(60, advisory_issued),
    KIND(61, advisory_ended),
    KIND(62, restricted_read),
    KIND(63, identifier_linked),
    KIND(64, identifier_unlinked),
    KIND(65, customers_merged),
    KIND(66, customers_unmerged),
    NOT_YET(67), /* customer_erased */
};
const struct bt_map bt_map_event = {BT_MAP_OF(struct bt_event, baton__v1__event__descriptor, event),
                                    .kind = offsetof(struct bt_event, kind)};
