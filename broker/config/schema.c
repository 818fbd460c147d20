#include "config/schema.h"

#include "base/clock.h"
#include "config/config.h"

#define MIB (INT64_C(1) << 20)
#define MS_US INT64_C(1000)
#define MINUTE_US (60 * BT_SECOND_US)
#define HOUR_US (60 * MINUTE_US)
#define TEN_YEARS_H 87600

#define SETTING(field) offsetof(struct bt_config, settings.field)
#define RULE(field) offsetof(struct bt_config, rules.field)
#define SITE(field) offsetof(struct bt_site, field)
#define DOMAIN(field) offsetof(struct bt_domain, field)
#define DEPARTMENT(field) offsetof(struct bt_department, field)
#define ADAPTER(field) offsetof(struct bt_adapter, field)
#define OLA(field) offsetof(struct bt_ola, field)
#define CONTRADICTION(field) offsetof(struct bt_contradiction, field)
#define DEFAULT_LABEL(field) offsetof(struct bt_default_label, field)

#define BROKER_CONF "broker.conf"
#define DEPARTMENTS_CONF "departments.conf"

const struct bt_section_row bt_sections[BT_S_COUNT] = {
    [BT_S_TOP] = {"", BROKER_CONF, .help = "the broker itself"},
    [BT_S_JOURNAL] = {"journal", BROKER_CONF, .help = "the log of decided events"},
    [BT_S_RECORD] = {"record", BROKER_CONF, .help = "the case record, made from the journal"},
    [BT_S_LIMITS] = {"limits", BROKER_CONF, .help = "bounds on what adapters send"},
    [BT_S_DELIVERY] = {"delivery", BROKER_CONF, .help = "deliveries to adapters"},
    [BT_S_SOURCES] = {"sources", BROKER_CONF, .help = "how long events may be sent again"},
    [BT_S_CASES] = {"cases", BROKER_CONF, .help = "times that hold for every case"},
    [BT_S_RETENTION] = {"retention", BROKER_CONF, .help = "what stays how long"},
    [BT_S_METRICS] = {"metrics", BROKER_CONF, .help = "figures about the broker, for monitoring"},
    [BT_S_DISK] = {"disk", BROKER_CONF, .help = "room on the disk of the data folder"},
    [BT_S_ALERTS] = {"alerts", BROKER_CONF, .help = "when operators are told by the broker itself"},
    [BT_S_COMPANY] = {"", DEPARTMENTS_CONF, .help = "the company as a whole"},
    [BT_S_SITES] = {"sites", DEPARTMENTS_CONF, true, RULE(sites), sizeof(struct bt_site), "places", {"name"}},
    [BT_S_DOMAINS] = {"domains",
                      DEPARTMENTS_CONF,
                      true,
                      RULE(domains),
                      sizeof(struct bt_domain),
                      "whose names customers go by",
                      {"name"}},
    [BT_S_DEPARTMENTS] = {"departments",
                          DEPARTMENTS_CONF,
                          true,
                          RULE(departments),
                          sizeof(struct bt_department),
                          "accountable parties",
                          {"name"}},
    [BT_S_ADAPTERS] = {"adapters",
                       DEPARTMENTS_CONF,
                       true,
                       RULE(adapters),
                       sizeof(struct bt_adapter),
                       "processes that connect a department's system",
                       {"name"}},
    [BT_S_OLAS] = {"olas",
                   DEPARTMENTS_CONF,
                   true,
                   RULE(olas),
                   sizeof(struct bt_ola),
                   "time to answer an offer, between two departments",
                   {"from", "to"}},
    [BT_S_CONTRADICTIONS] = {"contradictions",
                             DEPARTMENTS_CONF,
                             true,
                             RULE(contradictions),
                             sizeof(struct bt_contradiction),
                             "actions that cannot both be right on one subject",
                             {"one", "other"}},
    [BT_S_DEFAULT_LABELS] = {"default_labels",
                             DEPARTMENTS_CONF,
                             true,
                             RULE(default_labels),
                             sizeof(struct bt_default_label),
                             "labels of events that come without one",
                             {"kind"}},
};

/* Everything that writes through `at` finds the name at the front of an item. */
_Static_assert(SITE(name) == 0 && DOMAIN(name) == 0 && DEPARTMENT(name) == 0 && ADAPTER(name) == 0,
               "items are sorted by what is at their front");

static const char *const levels[] = {"debug", "info", "warn", "error", NULL}; /* enum bt_log_level */
static const char *const normals[] = {"exact", "lower", "phone", NULL};       /* enum bt_normal */

static const char *const forbidden[] = {"stub", "nothing", NULL}; /* enum bt_forbidden */
static const char *const clocks[] = {"promises", "questions", "customer-deadline", NULL};
static const uint32_t clock_timers[] = {BT_TIMER_PROMISE, BT_TIMER_QUESTION, BT_TIMER_CUSTOMER_DEADLINE};

/* clang-format off */
const struct bt_key_row bt_keys[] = {
    {BT_S_TOP, "listen", BT_V_ENDPOINT, .restart = true, .at = SETTING(listen), .text = "tcp://127.0.0.1:5570",
     .help = "where adapters connect, tcp://ADDRESS:PORT"},
    {BT_S_TOP, "listen_beyond_loopback", BT_V_FLAG, .at = SETTING(listen_beyond_loopback),
     .help = "without it only 127.0.0.0/8, [::1] and localhost are taken for an address"},
    {BT_S_TOP, "secret_key_file", BT_V_PATH, .required = true, .restart = true, .at = SETTING(secret_key_file),
     .help = "the broker's CURVE secret key; no access for group and others"},
    {BT_S_TOP, "data_dir", BT_V_PATH, .required = true, .restart = true, .at = SETTING(data_dir),
     .help = "folder of the journal and the record"},
    {BT_S_TOP, "control_dir", BT_V_PATH, .required = true, .restart = true, .at = SETTING(control_dir),
     .help = "folder of the control sockets, made with mode 0700"},
    {BT_S_TOP, "log_level", BT_V_WORD, .at = SETTING(log_level), .text = "info", .words = levels,
     .help = "what is logged at least"},
    {BT_S_TOP, "io_threads", BT_V_NUMBER32, .restart = true, .at = SETTING(io_threads), .min = 1, .max = 16, .number = 1,
     .help = "threads for encryption and network"},

    {BT_S_JOURNAL, "map_mb", BT_V_NUMBER64, .restart = true, .at = SETTING(journal_map_bytes), .unit = "MiB", .scale = MIB,
     .min = 1, .max = 16777216, .number = 1024,
     .help = "how far the file grows before its map is enlarged"},

    {BT_S_RECORD, "map_mb", BT_V_NUMBER64, .restart = true, .at = SETTING(record_map_bytes), .unit = "MiB", .scale = MIB,
     .min = 1, .max = 16777216, .number = 1024,
     .help = "how far the file grows before its map is enlarged"},
    {BT_S_RECORD, "checkpoint_events", BT_V_NUMBER32, .at = SETTING(checkpoint_events), .unit = "events",
     .min = 1, .max = 1000000, .number = 8192,
     .help = "the record is made durable after so many events"},
    {BT_S_RECORD, "checkpoint_ms", BT_V_NUMBER32, .at = SETTING(checkpoint_ms), .unit = "milliseconds",
     .min = 1, .max = 3600000, .number = 1000,
     .help = "the record is made durable after this time, when anything changed"},

    {BT_S_LIMITS, "batch_frames", BT_V_NUMBER32, .at = SETTING(batch_frames), .unit = "frames",
     .min = 1, .max = 65536, .number = 256,
     .help = "taken into one batch, and so into one commit, at most"},
    {BT_S_LIMITS, "max_in_flight", BT_V_NUMBER32, .at = SETTING(max_in_flight), .unit = "items",
     .min = 1, .max = 65536, .number = 1024,
     .help = "sent by one adapter and not yet receipted, at most"},
    {BT_S_LIMITS, "max_future_minutes", BT_V_NUMBER64, .at = RULE(max_future_us), .unit = "minutes", .scale = MINUTE_US,
     .min = 0, .max = 10080, .number = 10,
     .help = "how far ahead of the broker's clock an event may say it happened"},

    {BT_S_DELIVERY, "settle_timeout_ms", BT_V_NUMBER32, .at = SETTING(settle_timeout_ms), .unit = "milliseconds",
     .min = 10, .max = 86400000, .number = 30000,
     .help = "a delivery not settled by then goes out again"},
    {BT_S_DELIVERY, "max_attempts", BT_V_NUMBER32, .at = RULE(max_attempts), .unit = "attempts",
     .min = 1, .max = 1000, .number = 16,
     .help = "a delivery put off so many times becomes a dead letter"},

    {BT_S_SOURCES, "idempotency_hours", BT_V_NUMBER64, .at = RULE(idempotency_us), .unit = "hours", .scale = HOUR_US,
     .min = 1, .max = TEN_YEARS_H, .number = 336,
     .help = "how long a source key is remembered; an older first try is refused as TOO_OLD"},
    {BT_S_SOURCES, "longest_spool_hours", BT_V_NUMBER64, .at = SETTING(longest_spool_us), .unit = "hours", .scale = HOUR_US,
     .min = 1, .max = TEN_YEARS_H, .number = 168,
     .help = "the longest an adapter's spool may hold events; never more than idempotency_hours"},

    {BT_S_CASES, "ola_minutes", BT_V_NUMBER64, .at = RULE(ola_us), .unit = "minutes", .scale = MINUTE_US,
     .min = 1, .max = 525600, .number = 240,
     .help = "time to answer an offer that names no deadline"},
    {BT_S_CASES, "reopen_within_hours", BT_V_NUMBER64, .at = RULE(reopen_within_us), .unit = "hours", .scale = HOUR_US,
     .min = 0, .max = TEN_YEARS_H, .number = 336,
     .help = "a contact on a resolved or closed case reopens it for so long"},
    {BT_S_CASES, "question_minutes", BT_V_NUMBER64, .at = RULE(question_us), .unit = "minutes", .scale = MINUTE_US,
     .min = 1, .max = 525600, .number = 1440,
     .help = "time to answer a question that names no due time, in open hours of who is asked"},
    {BT_S_CASES, "work_lease_minutes", BT_V_NUMBER64, .at = RULE(lease_us), .unit = "minutes", .scale = MINUTE_US,
     .min = 1, .max = 525600, .number = 480,
     .help = "work that names no lease lapses after that, unless it is renewed"},
    {BT_S_CASES, "callback_minutes", BT_V_NUMBER64, .at = RULE(callback_us), .unit = "minutes", .scale = MINUTE_US,
     .min = 1, .max = 525600, .number = 240,
     .help = "a callback that the broker promises is due after so many open hours of who makes it"},
    {BT_S_CASES, "at_risk_minutes", BT_V_NUMBER64, .at = RULE(risk_us), .unit = "minutes", .scale = MINUTE_US,
     .min = 0, .max = 525600, .number = 60,
     .help = "a promise is at risk so long before it is due, in open hours of its holder; 0: no warning"},
    {BT_S_CASES, "raise_minutes", BT_V_NUMBER64, .at = RULE(raise_us), .unit = "minutes", .scale = MINUTE_US,
     .min = 1, .max = 525600, .number = 240,
     .help = "an escalation that nobody acts on goes to the next level after that"},
    {BT_S_CASES, "remind_hours", BT_V_NUMBER64, .at = RULE(remind_us), .unit = "hours", .scale = HOUR_US,
     .min = 1, .max = 8760, .number = 24,
     .help = "and at the top level is repeated so often"},
    {BT_S_CASES, "repeats", BT_V_NUMBER32, .at = RULE(repeats), .unit = "contacts",
     .min = 0, .max = 1000, .number = 4,
     .help = "a case with so many failed attempts and contacts without progress is escalated; 0: none is"},
    {BT_S_CASES, "bounces", BT_V_NUMBER32, .at = RULE(bounces), .unit = "bounces",
     .min = 0, .max = 1000, .number = 3,
     .help = "a case that came back so often is offered on no more: its owner decides; 0: never so"},
    {BT_S_CASES, "handoffs", BT_V_NUMBER32, .at = RULE(handoffs), .unit = "handoffs",
     .min = 0, .max = 1000, .number = 8,
     .help = "and neither is one that changed hands so often; 0: never so"},
    {BT_S_CASES, "feedback_threshold", BT_V_NUMBER32, .at = RULE(feedback_threshold), .unit = "points",
     .min = 0, .max = 10, .number = 3,
     .help = "a customer's score at or under it reopens the case and escalates it; 0: none does"},
    {BT_S_CASES, "idle_hours", BT_V_NUMBER64, .at = RULE(idle_us), .unit = "hours", .scale = HOUR_US,
     .min = 0, .max = 87600, .number = 336,
     .help = "an open case that nobody has touched for so long is escalated; 0: none is"},
    {BT_S_CASES, "glass_minutes", BT_V_NUMBER64, .at = RULE(glass_us), .unit = "minutes", .scale = MINUTE_US,
     .min = 1, .max = 10080, .number = 60,
     .help = "how long a broken glass shows a case whole"},
    {BT_S_CASES, "max_gap_hours", BT_V_NUMBER64, .at = RULE(max_gap_us), .unit = "hours", .scale = HOUR_US,
     .min = 1, .max = 87600, .number = 168,
     .help = "a broker that was down for longer takes it for a clock that has jumped, and waits for clock accept"},
    {BT_S_CASES, "pending_customer_stops", BT_V_WORDS, .at = RULE(pending_stops[BT_PENDING_CUSTOMER]),
     .text = "customer-deadline", .words = clocks, .values = clock_timers,
     .help = "the clocks that stand still while a case waits for the customer"},
    {BT_S_CASES, "pending_vendor_stops", BT_V_WORDS, .at = RULE(pending_stops[BT_PENDING_VENDOR]),
     .words = clocks, .values = clock_timers,
     .help = "the clocks that stand still while a case waits for a vendor"},
    {BT_S_CASES, "pending_other_stops", BT_V_WORDS, .at = RULE(pending_stops[BT_PENDING_OTHER]),
     .words = clocks, .values = clock_timers,
     .help = "the clocks that stand still while a case waits for something else"},

    {BT_S_RETENTION, "journal_days", BT_V_NUMBER64, .at = SETTING(journal_keep_us), .unit = "days", .scale = 24 * HOUR_US,
     .min = 0, .max = 3650, .number = 31,
     .help = "older entries move from the journal into archive segments; 0: none is moved for its age"},
    {BT_S_RETENTION, "journal_mb", BT_V_NUMBER64, .at = SETTING(journal_keep_bytes), .unit = "MiB", .scale = MIB,
     .min = 0, .max = 16777216, .number = 0,
     .help = "when the journal's entries take more, the oldest move into archive segments; 0: however many"},
    {BT_S_RETENTION, "segment_mb", BT_V_NUMBER64, .at = SETTING(segment_bytes), .unit = "MiB", .scale = MIB,
     .min = 1, .max = 1024, .number = 64,
     .help = "entries in one archive segment, before they are compressed"},
    {BT_S_RETENTION, "snapshot_every_hours", BT_V_NUMBER64, .at = SETTING(snapshot_every_us), .unit = "hours",
     .scale = HOUR_US, .min = 0, .max = TEN_YEARS_H, .number = 24,
     .help = "a snapshot of the record is written so often, when anything changed; 0: not by time"},
    {BT_S_RETENTION, "snapshot_every_events", BT_V_NUMBER64, .at = SETTING(snapshot_every_events), .unit = "events",
     .scale = 1, .min = 0, .max = INT64_C(1000000000), .number = 1000000,
     .help = "and after so many journal entries; 0: not by their number. Nothing is moved that no snapshot covers"},
    {BT_S_RETENTION, "verify_every_hours", BT_V_NUMBER64, .at = SETTING(verify_every_us), .unit = "hours", .scale = HOUR_US,
     .min = 0, .max = 8760, .number = 0,
     .help = "a process beside the broker verifies everything so often, as the command verify does; 0: only when asked"},
    {BT_S_RETENTION, "inbox_max_age_hours", BT_V_NUMBER64, .at = SETTING(inbox_max_age_us), .unit = "hours",
     .scale = HOUR_US, .min = 0, .max = TEN_YEARS_H, .number = 720,
     .help = "older deliveries that wait for an adapter become one Resync for each case; 0: they wait for ever"},
    {BT_S_METRICS, "listen", BT_V_ENDPOINT, .restart = true, .at = SETTING(metrics_listen), .text = "127.0.0.1:9570",
     .help = "where figures are served over HTTP, ADDRESS:PORT; empty: nowhere"},
    {BT_S_METRICS, "listen_beyond_loopback", BT_V_FLAG, .at = SETTING(metrics_beyond_loopback),
     .help = "without it only 127.0.0.0/8, [::1] and localhost are taken for an address"},
    {BT_S_DISK, "low_space_mb", BT_V_NUMBER64, .at = SETTING(low_space_bytes), .unit = "MiB", .scale = MIB,
     .min = 0, .max = 16777216, .number = 128,
     .help = "with less than that free, new events are answered BUSY; 0: free space is not watched"},
    {BT_S_DISK, "reserve_mb", BT_V_NUMBER64, .at = SETTING(reserve_bytes), .unit = "MiB", .scale = MIB,
     .min = 0, .max = 1048576, .number = 16,
     .help = "kept allocated ahead of the journal, and of the record, for what goes on when the disk is full; 0: nothing"},

    {BT_S_ALERTS, "command", BT_V_PATH, .at = SETTING(alert_command),
     .help = "a program that is run for each alert that is raised or cleared; empty: none"},
    {BT_S_ALERTS, "command_seconds", BT_V_NUMBER64, .at = SETTING(alert_command_us), .unit = "seconds",
     .scale = BT_SECOND_US, .min = 1, .max = 3600, .number = 30,
     .help = "a run that is not over by then is killed"},
    {BT_S_ALERTS, "raise_seconds", BT_V_NUMBER64, .at = SETTING(alert_raise_us), .unit = "seconds",
     .scale = BT_SECOND_US, .min = 0, .max = 86400, .number = 30,
     .help = "a condition that holds for so long is raised"},
    {BT_S_ALERTS, "clear_seconds", BT_V_NUMBER64, .at = SETTING(alert_clear_us), .unit = "seconds",
     .scale = BT_SECOND_US, .min = 0, .max = 86400, .number = 60,
     .help = "an alert whose condition is gone for so long is cleared"},
    {BT_S_ALERTS, "repeat_hours", BT_V_NUMBER64, .at = SETTING(alert_repeat_us), .unit = "hours", .scale = HOUR_US,
     .min = 0, .max = 8760, .number = 0,
     .help = "an alert that stands is told again so often; 0: told once"},
    {BT_S_ALERTS, "offer_age_minutes", BT_V_NUMBER64, .at = SETTING(alert_offer_us), .unit = "minutes",
     .scale = MINUTE_US, .min = 0, .max = 525600, .number = 4320,
     .help = "an offer that is not answered for so long is a condition, whatever its deadline; 0: none is"},
    {BT_S_ALERTS, "inbox_age_minutes", BT_V_NUMBER64, .at = SETTING(alert_inbox_us), .unit = "minutes",
     .scale = MINUTE_US, .min = 0, .max = 525600, .number = 60,
     .help = "an event that waits in an inbox for so long is a condition; 0: none is"},

    {BT_S_COMPANY, "last_owner", BT_V_NAME, .required = true, .at = RULE(last_owner),
     .help = "the department answerable for a case whose topic nobody handles"},
    {BT_S_COMPANY, "topics", BT_V_TOPICS, .at = offsetof(struct bt_config, topics),
     .help = "what the company's cases are about; each must be handled by a department"},
    {BT_S_COMPANY, "labels", BT_V_NAMES, .at = RULE(labels),
     .help = "what an event may be marked with"},
    {BT_S_COMPANY, "forbidden_events", BT_V_WORD, .at = RULE(forbidden), .text = "stub", .words = forbidden,
     .help = "what a department gets of an event in a case of its own that its labels do not allow"},

    {BT_S_SITES, "name", BT_V_NAME, .required = true, .at = SITE(name), .help = "unique among the sites"},
    {BT_S_SITES, "title", BT_V_TITLE, .at = SITE(title), .help = "what people call it"},
    {BT_S_SITES, "zone", BT_V_ZONE, .required = true, .at = SITE(zone),
     .help = "its time zone, a name of the tz database that this system has"},
    {BT_S_SITES, "holidays", BT_V_DATES, .at = SITE(holidays),
     .help = "days on which nobody begins work there"},

    {BT_S_DOMAINS, "name", BT_V_NAME, .required = true, .at = DOMAIN(name), .help = "unique among the domains"},
    {BT_S_DOMAINS, "normal", BT_V_WORD, .at = DOMAIN(normal), .text = "exact", .words = normals,
     .help = "how a value is brought into one spelling: outer blanks off; lower case as well; an international number"},
    {BT_S_DOMAINS, "country", BT_V_DIGITS, .at = DOMAIN(country),
     .help = "with phone: the calling code of national numbers, 1 to 3 digits"},
    {BT_S_DOMAINS, "strong", BT_V_FLAG, .at = DOMAIN(strong),
     .help = "two values are two customers: they cannot be merged"},
    {BT_S_DOMAINS, "shared", BT_V_FLAG, .at = DOMAIN(shared),
     .help = "several customers may have one value: it finds none by itself"},

    {BT_S_DEPARTMENTS, "name", BT_V_NAME, .required = true, .at = DEPARTMENT(name),
     .help = "unique among the departments, never used again"},
    {BT_S_DEPARTMENTS, "title", BT_V_TITLE, .at = DEPARTMENT(title), .help = "what people call it"},
    {BT_S_DEPARTMENTS, "site", BT_V_NAME, .required = true, .at = DEPARTMENT(site), .help = "where it works"},
    {BT_S_DEPARTMENTS, "topics", BT_V_TOPICS, .at = DEPARTMENT(topics),
     .help = "what it handles: these topics and all below them"},
    {BT_S_DEPARTMENTS, "external", BT_V_FLAG, .at = DEPARTMENT(external), .help = "a vendor or a distributor"},
    {BT_S_DEPARTMENTS, "unattended", BT_V_FLAG, .at = DEPARTMENT(unattended),
     .help = "a form or a robot: never holds a case, its fallback does"},
    {BT_S_DEPARTMENTS, "fallback", BT_V_NAME, .at = DEPARTMENT(fallback),
     .help = "who is asked next when this one does not take a case; of an unattended one, who holds its cases"},
    {BT_S_DEPARTMENTS, "must_take", BT_V_FLAG, .at = DEPARTMENT(must_take), .help = "cannot refuse a case"},
    {BT_S_DEPARTMENTS, "front", BT_V_FLAG, .at = DEPARTMENT(front),
     .help = "may find customers, and joins the open cases of those it logs contacts with"},
    {BT_S_DEPARTMENTS, "link", BT_V_FLAG, .at = DEPARTMENT(link), .help = "may link identifiers of a customer"},
    {BT_S_DEPARTMENTS, "break_glass", BT_V_FLAG, .at = DEPARTMENT(break_glass),
     .help = "may read what its labels do not allow, with a reason, for a short while, and is seen to"},
    {BT_S_DEPARTMENTS, "reads", BT_V_NAMES, .at = DEPARTMENT(reads), .help = "the labels that it may read"},
    {BT_S_DEPARTMENTS, "hours", BT_V_HOURS, .at = DEPARTMENT(hours),
     .help = "when it is open, in its site's local time; none: day and night"},
    {BT_S_DEPARTMENTS, "escalates_to", BT_V_NAME, .at = DEPARTMENT(escalates_to), .help = "the next level of authority"},

    {BT_S_ADAPTERS, "name", BT_V_NAME, .required = true, .at = ADAPTER(name),
     .help = "unique among the adapters, never used again"},
    {BT_S_ADAPTERS, "department", BT_V_NAME, .required = true, .at = ADAPTER(department),
     .help = "its home, for which it speaks unless an event names another"},
    {BT_S_ADAPTERS, "key", BT_V_KEY, .at = ADAPTER(key), .help = "its CURVE public key; this or key_file is required"},
    {BT_S_ADAPTERS, "key_file", BT_V_KEY_FILE, .at = ADAPTER(key),
     .help = "a file with its public key, in place of key; only its owner may write it"},
    {BT_S_ADAPTERS, "acts_for", BT_V_NAMES_OR_ALL, .at = ADAPTER(acts_for), .all_at = ADAPTER(acts_for_all),
     .help = "departments it may speak for besides its home; \"*\" for all, only with backfill"},
    {BT_S_ADAPTERS, "receives", BT_V_FLAG, .at = ADAPTER(receives), .help = "gets deliveries"},
    {BT_S_ADAPTERS, "backfill", BT_V_FLAG, .at = ADAPTER(backfill),
     .help = "may submit history, with the time it happened"},
    {BT_S_ADAPTERS, "topics", BT_V_TOPICS, .at = ADAPTER(topics),
     .help = "receives only cases on these topics and all below them; none: every topic"},
    {BT_S_ADAPTERS, "kinds", BT_V_KINDS, .at = ADAPTER(kinds),
     .help = "receives only these kinds of events, and what calls its departments to act; none: every kind"},

    {BT_S_OLAS, "from", BT_V_NAME, .at = OLA(from), .help = "the department that offers; none: any"},
    {BT_S_OLAS, "to", BT_V_NAME, .at = OLA(to), .help = "the department that is to answer; none: any"},
    {BT_S_OLAS, "minutes", BT_V_NUMBER64, .required = true, .at = OLA(within_us), .unit = "minutes", .scale = MINUTE_US,
     .min = 1, .max = 525600,
     .help = "time to answer, in open hours of who is to answer"},

    {BT_S_CONTRADICTIONS, "one", BT_V_ACTION, .required = true, .at = CONTRADICTION(one),
     .help = "an action that work may name"},
    {BT_S_CONTRADICTIONS, "other", BT_V_ACTION, .required = true, .at = CONTRADICTION(other),
     .help = "the action that it contradicts, on the same subject"},

    {BT_S_DEFAULT_LABELS, "kind", BT_V_KIND, .required = true, .at = DEFAULT_LABEL(kind), .help = "of events"},
    {BT_S_DEFAULT_LABELS, "label", BT_V_NAME, .required = true, .at = DEFAULT_LABEL(label),
     .help = "what such an event is marked with when it has no label of its own"},
};
/* clang-format on */
const size_t bt_key_count = sizeof bt_keys / sizeof bt_keys[0];

const struct bt_key_row *bt_schema_key(enum bt_section section, const char *name) {
  for (size_t i = 0; i < bt_key_count; i++)
    if (bt_keys[i].section == section && strcmp(bt_keys[i].name, name) == 0)
      return &bt_keys[i];
  return NULL;
}

enum bt_section bt_schema_section(const char *name) {
  int s = 0;
  while (s < BT_S_COUNT && (!bt_sections[s].name[0] || strcmp(bt_sections[s].name, name) != 0))
    s++;
  return (enum bt_section)s;
}
