#include "config/schema.h"

#include <inttypes.h>
#include <stdio.h>

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
    [BT_S_COMPANY] = {"", DEPARTMENTS_CONF, .help = "the company as a whole"},
    [BT_S_SITES] = {"sites", DEPARTMENTS_CONF, true, RULE(sites), sizeof(struct bt_site), "places"},
    [BT_S_DOMAINS] = {"domains", DEPARTMENTS_CONF, true, RULE(domains), sizeof(struct bt_domain),
                      "whose names customers go by"},
    [BT_S_DEPARTMENTS] = {"departments", DEPARTMENTS_CONF, true, RULE(departments), sizeof(struct bt_department),
                          "accountable parties"},
    [BT_S_ADAPTERS] = {"adapters", DEPARTMENTS_CONF, true, RULE(adapters), sizeof(struct bt_adapter),
                       "processes that connect a department's system"},
};

/* Everything that writes through `at` finds the name at the front of an item. */
_Static_assert(SITE(name) == 0 && DOMAIN(name) == 0 && DEPARTMENT(name) == 0 && ADAPTER(name) == 0,
               "items are sorted by what is at their front");

static const char *const levels[] = {"debug", "info", "warn", "error", NULL}; /* enum bt_log_level */
static const char *const normals[] = {"exact", "lower", "phone", NULL};       /* enum bt_normal */

/* clang-format off */
const struct bt_key_row bt_keys[] = {
    {BT_S_TOP, "listen", BT_V_ENDPOINT, .at = SETTING(listen), .text = "tcp://127.0.0.1:5570",
     .help = "where adapters connect, tcp://ADDRESS:PORT"},
    {BT_S_TOP, "listen_beyond_loopback", BT_V_FLAG, .at = SETTING(listen_beyond_loopback),
     .help = "without it only 127.0.0.0/8, [::1] and localhost are taken for an address"},
    {BT_S_TOP, "secret_key_file", BT_V_PATH, .required = true, .at = SETTING(secret_key_file),
     .help = "the broker's CURVE secret key; no access for group and others"},
    {BT_S_TOP, "data_dir", BT_V_PATH, .required = true, .at = SETTING(data_dir),
     .help = "folder of the journal and the record"},
    {BT_S_TOP, "control_dir", BT_V_PATH, .required = true, .at = SETTING(control_dir),
     .help = "folder of the control sockets, made with mode 0700"},
    {BT_S_TOP, "log_level", BT_V_WORD, .at = SETTING(log_level), .text = "info", .words = levels,
     .help = "what is logged at least"},
    {BT_S_TOP, "io_threads", BT_V_NUMBER32, .at = SETTING(io_threads), .min = 1, .max = 16, .number = 1,
     .help = "threads for encryption and network"},

    {BT_S_JOURNAL, "map_mb", BT_V_NUMBER64, .at = SETTING(journal_map_bytes), .unit = "MiB", .scale = MIB,
     .min = 1, .max = 16777216, .number = 1024,
     .help = "how far the file grows before its map is enlarged"},

    {BT_S_RECORD, "map_mb", BT_V_NUMBER64, .at = SETTING(record_map_bytes), .unit = "MiB", .scale = MIB,
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

    {BT_S_COMPANY, "last_owner", BT_V_NAME, .required = true, .at = RULE(last_owner),
     .help = "the department answerable for a case whose topic nobody handles"},
    {BT_S_COMPANY, "topics", BT_V_TOPICS, .at = offsetof(struct bt_config, topics),
     .help = "what the company's cases are about; each must be handled by a department"},
    {BT_S_COMPANY, "labels", BT_V_NAMES, .at = RULE(labels),
     .help = "what an event may be marked with"},

    {BT_S_SITES, "name", BT_V_NAME, .required = true, .at = SITE(name), .help = "unique among the sites"},
    {BT_S_SITES, "title", BT_V_TITLE, .at = SITE(title), .help = "what people call it"},
    {BT_S_SITES, "zone", BT_V_ZONE, .required = true, .at = SITE(zone),
     .help = "its time zone, a name of the tz database that this system has"},

    {BT_S_DOMAINS, "name", BT_V_NAME, .required = true, .at = DOMAIN(name), .help = "unique among the domains"},
    {BT_S_DOMAINS, "normal", BT_V_WORD, .at = DOMAIN(normal), .text = "exact", .words = normals,
     .help = "how a value is brought into one spelling: outer blanks off; lower case as well; an international number"},
    {BT_S_DOMAINS, "country", BT_V_DIGITS, .at = DOMAIN(country),
     .help = "with phone: the calling code of national numbers, 1 to 3 digits"},

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
     .help = "who takes what this one does not; a department with must_take"},
    {BT_S_DEPARTMENTS, "must_take", BT_V_FLAG, .at = DEPARTMENT(must_take), .help = "cannot refuse a case"},
    {BT_S_DEPARTMENTS, "front", BT_V_FLAG, .at = DEPARTMENT(front),
     .help = "may find customers, and joins the open cases of those it logs contacts with"},
    {BT_S_DEPARTMENTS, "link", BT_V_FLAG, .at = DEPARTMENT(link), .help = "may link identifiers of a customer"},
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
     .help = "receives only these kinds of events, and offers to its departments; none: every kind"},
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

const char *bt_schema_full_name(const struct bt_key_row *key, char *buf, size_t size) {
  const char *section = bt_sections[key->section].name;
  snprintf(buf, size, "%s%s%s", section, section[0] ? "." : "", key->name);
  return buf;
}

/* "debug, info, warn or error" */
static void list_words(const char *const *words, char *buf, size_t size) {
  size_t n = 0;
  for (size_t i = 0; words[i] && n < size; i++) {
    const char *between = i == 0 ? "" : words[i + 1] ? ", " : " or ";
    n += (size_t)snprintf(buf + n, size - n, "%s%s", between, words[i]);
  }
}

const char *bt_schema_facts(const struct bt_key_row *key, char *buf, size_t size) {
  static const char *const nouns[] = {
      [BT_V_FLAG] = "true or false",
      [BT_V_NUMBER32] = "number",
      [BT_V_NUMBER64] = "number",
      [BT_V_ENDPOINT] = "text",
      [BT_V_PATH] = "path",
      [BT_V_TITLE] = "text",
      [BT_V_ZONE] = "text",
      [BT_V_DIGITS] = "digits",
      [BT_V_NAME] = "name",
      [BT_V_NAMES] = "list of names",
      [BT_V_TOPICS] = "list of topics",
      [BT_V_KINDS] = "list of event kinds",
      [BT_V_NAMES_OR_ALL] = "list of names, or \"*\"",
      [BT_V_KEY] = "Z85 text of 40 characters",
      [BT_V_KEY_FILE] = "path",
  };
  char words[128];
  if (key->type == BT_V_WORD) {
    list_words(key->words, words, sizeof words);
    snprintf(buf, size, "%s, default %s", words, key->text);
  } else if (key->type == BT_V_NUMBER32 || key->type == BT_V_NUMBER64) {
    snprintf(buf, size, "number%s%s, %" PRId64 " to %" PRId64 ", default %" PRId64, key->unit ? " of " : "",
             key->unit ? key->unit : "", key->min, key->max, key->number);
  } else if (key->required) {
    snprintf(buf, size, "%s, required", nouns[key->type]);
  } else if (key->type == BT_V_FLAG) {
    snprintf(buf, size, "%s, default false", nouns[key->type]);
  } else {
    snprintf(buf, size, "%s, default %s", nouns[key->type], key->text ? key->text : "none");
  }
  return buf;
}
