/* Where each field of the record's values lies in the core's structs. */
#include "baton/disk.pb-c.h"
#include "codec/maps.h"

static const struct bt_map_row offer[] = {
    BT_ROW(struct bt_offer, 1, id, PLAIN, 0, 0),         BT_ROW(struct bt_offer, 2, from, NAME, 0, 0),
    BT_ROW(struct bt_offer, 3, to, NAME, 0, 0),          BT_ROW(struct bt_offer, 4, offered_at_us, TIME, 0, 0),
    BT_ROW(struct bt_offer, 5, deadline_us, TIME, 0, 0), BT_ROW(struct bt_offer, 6, digest, BYTES, 0, 0),
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
};
const struct bt_map bt_map_record_case = {BT_MAP_OF(struct bt_case, baton__v1__case_record__descriptor, case_rows),
                                          .keeps_unknown = true};

static const struct bt_map_row customer[] = {
    BT_ROW(struct bt_customer, 1, id, PLAIN, 0, 0),
    BT_ROW(struct bt_customer, 2, version, PLAIN, 0, 0),
    BT_ROW(struct bt_customer, 3, last_sequence, PLAIN, 0, 0),
    BT_ROW_SUB(struct bt_customer, 4, identifiers, bt_map_identifier, 0, 0),
};
const struct bt_map bt_map_record_customer = {
    BT_MAP_OF(struct bt_customer, baton__v1__customer_record__descriptor, customer), .keeps_unknown = true};

static const struct bt_map_row seen[] = {
    BT_ROW(struct bt_seen_row, 1, content_hash, BYTES, 0, 0),
    BT_ROW(struct bt_seen_row, 2, until_us, TIME, 0, 0),
    BT_ROW_SUB(struct bt_seen_row, 3, receipt, bt_map_receipt, 0, 0),
};
const struct bt_map bt_map_record_seen = {BT_MAP_OF(struct bt_seen_row, baton__v1__seen_record__descriptor, seen)};

static const struct bt_map_row inbox[] = {
    BT_ROW(struct bt_inbox_row, 1, case_id, PLAIN, 0, 0),      BT_ROW(struct bt_inbox_row, 2, attempts, PLAIN, 0, 0),
    BT_ROW(struct bt_inbox_row, 3, not_before_us, TIME, 0, 0), BT_ROW(struct bt_inbox_row, 4, reason, TEXT, 0, 0),
    BT_ROW(struct bt_inbox_row, 5, since_us, TIME, 0, 0),
};
const struct bt_map bt_map_record_inbox = {BT_MAP_OF(struct bt_inbox_row, baton__v1__inbox_record__descriptor, inbox)};

static const struct bt_map_row dead[] = {
    BT_ROW(struct bt_dead_row, 1, case_id, PLAIN, 0, 0),   BT_ROW(struct bt_dead_row, 2, attempts, PLAIN, 0, 0),
    BT_ROW(struct bt_dead_row, 3, reason, TEXT, 0, 0),     BT_ROW(struct bt_dead_row, 4, since_us, TIME, 0, 0),
    BT_ROW(struct bt_dead_row, 5, dead_at_us, TIME, 0, 0),
};
const struct bt_map bt_map_record_dead = {BT_MAP_OF(struct bt_dead_row, baton__v1__dead_record__descriptor, dead)};

static const struct bt_map_row adapter[] = {
    BT_ROW(struct bt_adapter_row, 1, version, PLAIN, 0, 0),
    BT_ROW(struct bt_adapter_row, 2, last_sequence, PLAIN, 0, 0),
    BT_ROW(struct bt_adapter_row, 3, held, PLAIN, 0, 0),
    BT_ROW(struct bt_adapter_row, 4, held_by, TEXT, 0, 0),
    BT_ROW(struct bt_adapter_row, 5, held_reason, TEXT, 0, 0),
    BT_ROW(struct bt_adapter_row, 6, held_at_us, TIME, 0, 0),
};
const struct bt_map bt_map_record_adapter = {
    BT_MAP_OF(struct bt_adapter_row, baton__v1__adapter_record__descriptor, adapter)};

static const struct bt_map_row stats[] = {
    BT_ROW(struct bt_stats_row, 1, events, PLAIN, 0, 0),
    BT_ROW(struct bt_stats_row, 2, contacts, PLAIN, 0, 0),
    BT_ROW(struct bt_stats_row, 3, attempts, PLAIN, 0, 0),
    BT_ROW(struct bt_stats_row, 4, offers_made, PLAIN, 0, 0),
    BT_ROW(struct bt_stats_row, 5, offers_received, PLAIN, 0, 0),
    BT_ROW(struct bt_stats_row, 6, accepted, PLAIN, 0, 0),
    BT_ROW(struct bt_stats_row, 7, refused, PLAIN, 0, 0),
    BT_ROW(struct bt_stats_row, 8, withdrawn, PLAIN, 0, 0),
    BT_ROW(struct bt_stats_row, 9, reported_in, PLAIN, 0, 0),
    BT_ROW(struct bt_stats_row, 10, resolved, PLAIN, 0, 0),
    BT_ROW(struct bt_stats_row, 11, accept_wait_us, PLAIN, 0, 0),
};
const struct bt_map bt_map_record_stats = {BT_MAP_OF(struct bt_stats_row, baton__v1__stats_record__descriptor, stats)};

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
