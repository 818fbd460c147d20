/* Where each field of the record's values lies in the core's structs. */
#include "baton/disk.pb-c.h"
#include "codec/maps.h"

static const struct bt_map_row offer[] = {
    BT_ROW(struct bt_offer, 1, id, PLAIN, 0, 0),
    BT_ROW(struct bt_offer, 2, from, NAME, 0, 0),
    BT_ROW(struct bt_offer, 3, to, NAME, 0, 0),
    BT_ROW(struct bt_offer, 4, offered_at_us, TIME, 0, 0),
    BT_ROW(struct bt_offer, 5, deadline_us, TIME, 0, 0),
    BT_ROW(struct bt_offer, 6, digest, BYTES, 0, 0),
    BT_ROW(struct bt_offer, 7, topic, TOPIC, 0, 0),
    BT_ROW(struct bt_offer, 8, next_step, TEXT, 0, 0),
    BT_ROW(struct bt_offer, 9, asked, NAME, 0, 0),
    BT_ROW(struct bt_offer, 10, opens_at_us, TIME, 0, 0),
    BT_ROW(struct bt_offer, 11, counter_us, TIME, 0, 0),
    BT_ROW(struct bt_offer, 12, counter_type, PLAIN, 0, 0),
    BT_ROW(struct bt_offer, 13, counter_text, TEXT, 0, 0),
    BT_ROW(struct bt_offer, 14, extended_at_us, TIME, 0, 0),
    BT_ROW(struct bt_offer, 15, customer_waiting, PLAIN, 0, 0),
    BT_ROW(struct bt_offer, 16, label, NAME, 0, 0),
    BT_ROW(struct bt_offer, 17, department, NAME, 0, 0),
};
static const struct bt_map offer_map = {BT_MAP_OF(struct bt_offer, baton__v1__offer_record__descriptor, offer)};

static const struct bt_map_row journey[] = {
    BT_ROW(struct bt_journey, 1, events, PLAIN, 0, 0),
    BT_ROW(struct bt_journey, 2, custody_handoffs, PLAIN, 0, 0),
    BT_ROW(struct bt_journey, 3, custody_bounces, PLAIN, 0, 0),
    BT_ROW(struct bt_journey, 4, sent_handoffs, PLAIN, 0, 0),
    BT_ROW(struct bt_journey, 5, sent_bounces, PLAIN, 0, 0),
    BT_ROW(struct bt_journey, 6, sent_at, NAME, 0, 0),
    BT_ROW(struct bt_journey, 7, sent_before, NAME, 0, 0),
    BT_ROW(struct bt_journey, 8, first_us, TIME, 0, 0),
    BT_ROW(struct bt_journey, 9, last_us, TIME, 0, 0),
    BT_ROW(struct bt_journey, 10, waiting_customer_us, TIME, 0, 0),
    BT_ROW(struct bt_journey, 11, waiting_vendor_us, TIME, 0, 0),
    BT_ROW(struct bt_journey, 12, waiting_other_us, TIME, 0, 0),
    BT_ROW(struct bt_journey, 13, pending_since_us, TIME, 0, 0),
    BT_ROW(struct bt_journey, 14, clamped_gaps, PLAIN, 0, 0),
    BT_ROW(struct bt_journey, 15, resolved, PLAIN, 0, 0),
    BT_ROW(struct bt_journey, 16, worked, PLAIN, 0, 0),
    BT_ROW(struct bt_journey, 17, reopened, PLAIN, 0, 0),
    BT_ROW(struct bt_journey, 18, worked_reopened, PLAIN, 0, 0),
    BT_ROW(struct bt_journey, 19, last_end_worked, PLAIN, 0, 0),
};
static const struct bt_map journey_map = {BT_MAP_OF(struct bt_journey, baton__v1__journey_record__descriptor, journey)};

static const struct bt_map_row correction[] = {
    BT_ROW(struct bt_correction, 1, supersedes, PLAIN, 0, 0),
    BT_ROW(struct bt_correction, 2, by, PLAIN, 0, 0),
};
static const struct bt_map correction_map = {
    BT_MAP_OF(struct bt_correction, baton__v1__correction_record__descriptor, correction)};

static const struct bt_map_row concern[] = {
    BT_ROW(struct bt_concern, 1, id, PLAIN, 0, 0),           BT_ROW(struct bt_concern, 2, cause, PLAIN, 0, 0),
    BT_ROW(struct bt_concern, 3, object, PLAIN, 0, 0),       BT_ROW(struct bt_concern, 4, due_us, TIME, 0, 0),
    BT_ROW(struct bt_concern, 5, level, PLAIN, 0, 0),        BT_ROW(struct bt_concern, 6, to, NAME, 0, 0),
    BT_ROW(struct bt_concern, 7, next_us, TIME, 0, 0),       BT_ROW(struct bt_concern, 8, times, PLAIN, 0, 0),
    BT_ROW(struct bt_concern, 9, top, PLAIN, 0, 0),          BT_ROW(struct bt_concern, 10, told, NAME, 0, 0),
    BT_ROW(struct bt_concern, 11, raised_at_us, TIME, 0, 0),
};
static const struct bt_map concern_map = {BT_MAP_OF(struct bt_concern, baton__v1__concern_record__descriptor, concern)};

static const struct bt_map_row answered[] = {
    BT_ROW(struct bt_answered, 1, question, PLAIN, 0, 0),
    BT_ROW(struct bt_answered, 2, from, NAME, 0, 0),
    BT_ROW(struct bt_answered, 3, to, NAME, 0, 0),
};
static const struct bt_map answered_map = {
    BT_MAP_OF(struct bt_answered, baton__v1__answered_record__descriptor, answered)};

static const struct bt_map_row glass[] = {
    BT_ROW(struct bt_glass, 1, department, NAME, 0, 0),
    BT_ROW(struct bt_glass, 2, until_us, TIME, 0, 0),
};
static const struct bt_map glass_map = {BT_MAP_OF(struct bt_glass, baton__v1__glass_record__descriptor, glass)};

static const struct bt_map_row case_rows[] = {
    BT_ROW(struct bt_case, 1, id, PLAIN, 0, 0),
    BT_ROW(struct bt_case, 2, number, PLAIN, 0, 0),
    BT_ROW(struct bt_case, 3, status, PLAIN, 0, 0),
    BT_ROW(struct bt_case, 4, pending_on, PLAIN, 0, 0),
    BT_ROW(struct bt_case, 5, topic, TOPIC, 0, 0),
    BT_ROW(struct bt_case, 6, title, TEXT, 0, 0),
    BT_ROW(struct bt_case, 7, need, TEXT, 0, 0),
    BT_ROW(struct bt_case, 8, priority, PLAIN, 0, 0),
    BT_ROW(struct bt_case, 9, customer, PLAIN, 0, 0),
    BT_ROW(struct bt_case, 10, custodian, NAME, 0, 0),
    BT_ROW(struct bt_case, 11, owner, NAME, 0, 0),
    BT_ROW(struct bt_case, 12, version, PLAIN, 0, 0),
    BT_ROW(struct bt_case, 13, last_sequence, PLAIN, 0, 0),
    BT_ROW(struct bt_case, 14, opened_at_us, TIME, 0, 0),
    BT_ROW(struct bt_case, 15, changed_at_us, TIME, 0, 0),
    BT_ROW(struct bt_case, 16, customer_deadline_us, TIME, 0, 0),
    BT_ROW_SUB(struct bt_case, 17, offer, offer_map, 0, 0),
    BT_ROW_SUB(struct bt_case, 18, facts, bt_map_fact, 0, 0),
    BT_ROW_SUB(struct bt_case, 19, tried, bt_map_tried, 0, 0),
    BT_ROW_SUB(struct bt_case, 20, trail, bt_map_stop, 0, 0),
    BT_ROW(struct bt_case, 21, participants, NAME, 0, 0),
    BT_ROW(struct bt_case, 22, contacts, PLAIN, 0, 0),
    BT_ROW(struct bt_case, 23, linked_to, PLAIN, 0, 0),
    BT_ROW(struct bt_case, 24, dormant, PLAIN, 0, 0),
    BT_ROW_SUB(struct bt_case, 25, journey, journey_map, 0, 0),
    BT_ROW(struct bt_case, 26, ended_at_us, TIME, 0, 0),
    BT_ROW(struct bt_case, 27, opener, NAME, 0, 0),
    BT_ROW_SUB(struct bt_case, 28, corrections, correction_map, 0, 0),
    BT_ROW(struct bt_case, 29, active_sequence, PLAIN, 0, 0),
    BT_ROW_SUB(struct bt_case, 30, promises, bt_map_promise, 0, 0),
    BT_ROW_SUB(struct bt_case, 31, questions, bt_map_question, 0, 0),
    BT_ROW_SUB(struct bt_case, 32, work, bt_map_work, 0, 0),
    BT_ROW_SUB(struct bt_case, 33, concerns, concern_map, 0, 0),
    BT_ROW_SUB(struct bt_case, 34, answered, answered_map, 0, 0),
    BT_ROW_SUB(struct bt_case, 35, advisories, bt_map_advisory_note, 0, 0),
    BT_ROW_SUB(struct bt_case, 36, glass, glass_map, 0, 0),
    BT_ROW(struct bt_case, 37, merged_into, PLAIN, 0, 0),
    BT_ROW(struct bt_case, 38, merged, PLAIN, 0, 0),
    BT_ROW(struct bt_case, 39, merged_status, PLAIN, 0, 0),
    BT_ROW(struct bt_case, 40, links, PLAIN, 0, 0),
    BT_ROW(struct bt_case, 41, stalled, PLAIN, 0, 0),
    BT_ROW(struct bt_case, 42, breaker, PLAIN, 0, 0),
    BT_ROW(struct bt_case, 43, breaker_handoffs, PLAIN, 0, 0),
    BT_ROW(struct bt_case, 44, breaker_bounces, PLAIN, 0, 0),
    BT_ROW(struct bt_case, 45, pending_until_us, TIME, 0, 0),
    BT_ROW(struct bt_case, 46, customer_deadline_left_us, TIME, 0, 0),
    BT_ROW(struct bt_case, 47, idle_s, PLAIN, 0, 0),
    BT_ROW(struct bt_case, 48, touched_at_us, TIME, 0, 0),
    BT_ROW(struct bt_case, 49, label, NAME, 0, 0),
    BT_ROW(struct bt_case, 50, customer_deadline_missed, PLAIN, 0, 0),
};
const struct bt_map bt_map_record_case = {BT_MAP_OF(struct bt_case, baton__v1__case_record__descriptor, case_rows),
                                          .keeps_unknown = true};

static const struct bt_map_row customer[] = {
    BT_ROW(struct bt_customer, 1, id, PLAIN, 0, 0),
    BT_ROW(struct bt_customer, 2, version, PLAIN, 0, 0),
    BT_ROW(struct bt_customer, 3, last_sequence, PLAIN, 0, 0),
    BT_ROW_SUB(struct bt_customer, 4, identifiers, bt_map_identifier, 0, 0),
    BT_ROW(struct bt_customer, 5, merged_into, PLAIN, 0, 0),
    BT_ROW(struct bt_customer, 6, merged, PLAIN, 0, 0),
};
const struct bt_map bt_map_record_customer = {
    BT_MAP_OF(struct bt_customer, baton__v1__customer_record__descriptor, customer), .keeps_unknown = true};

static const struct bt_map_row advisory[] = {
    BT_ROW(struct bt_advisory, 1, id, PLAIN, 0, 0),          BT_ROW(struct bt_advisory, 2, topic, TOPIC, 0, 0),
    BT_ROW(struct bt_advisory, 3, department, NAME, 0, 0),   BT_ROW(struct bt_advisory, 4, text, TEXT, 0, 0),
    BT_ROW(struct bt_advisory, 5, alternatives, TEXT, 0, 0), BT_ROW(struct bt_advisory, 6, until_us, TIME, 0, 0),
    BT_ROW(struct bt_advisory, 7, ended, PLAIN, 0, 0),
};
const struct bt_map bt_map_record_advisory = {
    BT_MAP_OF(struct bt_advisory, baton__v1__advisory_record__descriptor, advisory)};

static const struct bt_map_row sweep[] = {
    BT_ROW(struct bt_sweep, 1, id, PLAIN, 0, 0),          BT_ROW(struct bt_sweep, 2, kind, PLAIN, 0, 0),
    BT_ROW(struct bt_sweep, 3, at_us, TIME, 0, 0),        BT_ROW(struct bt_sweep, 4, at_case, PLAIN, 0, 0),
    BT_ROW(struct bt_sweep, 5, object, PLAIN, 0, 0),      BT_ROW(struct bt_sweep, 6, departments, NAME, 0, 0),
    BT_ROW(struct bt_sweep, 7, down_from_us, TIME, 0, 0), BT_ROW(struct bt_sweep, 8, down_until_us, TIME, 0, 0),
    BT_ROW(struct bt_sweep, 9, since_us, TIME, 0, 0),
};
const struct bt_map bt_map_record_sweep = {BT_MAP_OF(struct bt_sweep, baton__v1__sweep_record__descriptor, sweep)};

static const struct bt_map_row seen[] = {
    BT_ROW(struct bt_seen_row, 1, content_hash, BYTES, 0, 0),
    BT_ROW(struct bt_seen_row, 2, until_us, TIME, 0, 0),
    BT_ROW_SUB(struct bt_seen_row, 3, receipt, bt_map_receipt, 0, 0),
};
const struct bt_map bt_map_record_seen = {BT_MAP_OF(struct bt_seen_row, baton__v1__seen_record__descriptor, seen)};

static const struct bt_map_row inbox[] = {
    BT_ROW(struct bt_inbox_row, 1, case_id, PLAIN, 0, 0),      BT_ROW(struct bt_inbox_row, 2, attempts, PLAIN, 0, 0),
    BT_ROW(struct bt_inbox_row, 3, not_before_us, TIME, 0, 0), BT_ROW(struct bt_inbox_row, 4, reason, TEXT, 0, 0),
    BT_ROW(struct bt_inbox_row, 5, since_us, TIME, 0, 0),      BT_ROW(struct bt_inbox_row, 6, redelivery, PLAIN, 0, 0),
    BT_ROW(struct bt_inbox_row, 7, replaced, PLAIN, 0, 0),
};
const struct bt_map bt_map_record_inbox = {BT_MAP_OF(struct bt_inbox_row, baton__v1__inbox_record__descriptor, inbox)};

static const struct bt_map_row dead[] = {
    BT_ROW(struct bt_dead_row, 1, case_id, PLAIN, 0, 0),   BT_ROW(struct bt_dead_row, 2, attempts, PLAIN, 0, 0),
    BT_ROW(struct bt_dead_row, 3, reason, TEXT, 0, 0),     BT_ROW(struct bt_dead_row, 4, since_us, TIME, 0, 0),
    BT_ROW(struct bt_dead_row, 5, dead_at_us, TIME, 0, 0), BT_ROW(struct bt_dead_row, 6, replaced, PLAIN, 0, 0),
};
const struct bt_map bt_map_record_dead = {BT_MAP_OF(struct bt_dead_row, baton__v1__dead_record__descriptor, dead)};

static const struct bt_map_row adapter[] = {
    BT_ROW(struct bt_adapter_row, 1, version, PLAIN, 0, 0),
    BT_ROW(struct bt_adapter_row, 2, last_sequence, PLAIN, 0, 0),
    BT_ROW(struct bt_adapter_row, 3, held, PLAIN, 0, 0),
    BT_ROW(struct bt_adapter_row, 4, held_by, TEXT, 0, 0),
    BT_ROW(struct bt_adapter_row, 5, held_reason, TEXT, 0, 0),
    BT_ROW(struct bt_adapter_row, 6, held_at_us, TIME, 0, 0),
    BT_ROW(struct bt_adapter_row, 7, resyncs, PLAIN, 0, 0),
};
const struct bt_map bt_map_record_adapter = {
    BT_MAP_OF(struct bt_adapter_row, baton__v1__adapter_record__descriptor, adapter)};

const struct bt_map_row bt_stats_rows[BT_STATS_ROWS] = {
#define FIELD(number, name, kind) BT_ROW(struct bt_stats_row, number, name, PLAIN, 0, 0),
    BT_STATS_FIELDS(FIELD)
#undef FIELD
};
const struct bt_map bt_map_record_stats = {
    BT_MAP_OF(struct bt_stats_row, baton__v1__stats_record__descriptor, bt_stats_rows)};

static const struct bt_map_row figures[] = {
    BT_ROW(struct bt_figures, 1, cases, PLAIN, 0, 0),
    BT_ROW(struct bt_figures, 2, events, PLAIN, 0, 0),
    BT_ROW(struct bt_figures, 3, custody_handoffs, PLAIN, 0, 0),
    BT_ROW(struct bt_figures, 4, sent_handoffs, PLAIN, 0, 0),
    BT_ROW(struct bt_figures, 5, custody_bounces, PLAIN, 0, 0),
    BT_ROW(struct bt_figures, 6, sent_bounces, PLAIN, 0, 0),
    BT_ROW(struct bt_figures, 7, custody_max, PLAIN, 0, 0),
    BT_ROW(struct bt_figures, 8, sent_max, PLAIN, 0, 0),
    BT_ROW(struct bt_figures, 9, custody_bounced_cases, PLAIN, 0, 0),
    BT_ROW(struct bt_figures, 10, sent_bounced_cases, PLAIN, 0, 0),
    BT_ROW(struct bt_figures, 11, resolved_cases, PLAIN, 0, 0),
    BT_ROW(struct bt_figures, 12, resolved_reopened, PLAIN, 0, 0),
    BT_ROW(struct bt_figures, 13, worked_cases, PLAIN, 0, 0),
    BT_ROW(struct bt_figures, 14, worked_reopened, PLAIN, 0, 0),
    BT_ROW(struct bt_figures, 15, waiting_customer_us, TIME, 0, 0),
    BT_ROW(struct bt_figures, 16, waiting_vendor_us, TIME, 0, 0),
    BT_ROW(struct bt_figures, 17, waiting_other_us, TIME, 0, 0),
    BT_ROW(struct bt_figures, 18, clamped_gaps, PLAIN, 0, 0),
    BT_ROW(struct bt_figures, 19, custody, PLAIN, 0, 0),
    BT_ROW(struct bt_figures, 20, sent, PLAIN, 0, 0),
};
const struct bt_map bt_map_record_figures = {
    BT_MAP_OF(struct bt_figures, baton__v1__figures_record__descriptor, figures)};
