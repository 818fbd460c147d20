/* One configuration generation, as the core reads it: immutable, owned by config, borrowed by everyone else until the
 * generation ends. Arrays are sorted by name, so that every search and every order is deterministic. */
#ifndef BT_CORE_RULES_H
#define BT_CORE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/calendar.h"
#include "core/event.h"

struct bt_site {
  struct bt_str name, title, zone; /* zone: an IANA name */
  struct bt_strs holidays;         /* "2026-12-25", sorted */
};

struct bt_department {
  struct bt_str name, title, site;
  struct bt_strs topics; /* dotted prefixes it handles, sorted */
  bool external;         /* a vendor, a distributor */
  bool unattended;       /* a form, a robot: never holds custody; needs `fallback` */
  bool must_take;
  bool front;           /* may find customers, joins the open cases of those it logs contacts with */
  bool link;            /* may link identifiers */
  bool break_glass;     /* may read what its labels do not allow, with a reason and for a short while */
  struct bt_strs reads; /* labels it may read, sorted */
  struct bt_str fallback;
  struct bt_str escalates_to;
  struct bt_strs hours;        /* as configured: "mon-fri 09:00-12:30 13:30-17:00" */
  struct bt_calendar calendar; /* what they come to at its site */
};

/* Time to answer an offer, from one department to another. An empty name: any. */
struct bt_ola {
  struct bt_str from, to;
  int64_t within_us;
};

/* Two actions that cannot both be right on one subject. */
struct bt_contradiction {
  struct bt_str one, other;
};

/* The label that an event of this kind gets when it comes without one. */
struct bt_default_label {
  uint32_t kind;
  struct bt_str label;
};

/* What a department gets of an event in a case of its own that its labels do not allow. */
enum bt_forbidden { BT_FORBIDDEN_STUB, BT_FORBIDDEN_NOTHING };

struct bt_adapter {
  struct bt_str name;
  struct bt_str department; /* home */
  bool acts_for_all;        /* only with backfill */
  struct bt_strs acts_for;  /* sorted, with the home department among them */
  bool receives;
  bool backfill;
  struct bt_strs topics; /* followed prefixes; none: all */
  struct {
    uint32_t n;
    uint32_t *v;
  } kinds;         /* followed; none: all. Offers to its departments always come. */
  uint8_t key[32]; /* CURVE public key */
};

enum bt_normal { BT_NORMAL_EXACT, BT_NORMAL_LOWER, BT_NORMAL_PHONE };

struct bt_domain {
  struct bt_str name;
  uint32_t normal;       /* enum bt_normal */
  struct bt_str country; /* PHONE: calling code put before national numbers, digits */
  bool strong;           /* two different values are two customers */
  bool shared;           /* several customers may have one value: it finds none by itself */
};

struct bt_rules {
  struct {
    uint32_t n;
    struct bt_site *v;
  } sites;
  struct {
    uint32_t n;
    struct bt_department *v;
  } departments;
  struct {
    uint32_t n;
    struct bt_adapter *v;
  } adapters;
  struct {
    uint32_t n;
    struct bt_domain *v;
  } domains;
  struct bt_strs labels;    /* known labels, sorted */
  struct bt_str last_owner; /* owner of last resort: a department */
  int64_t ola_us;           /* default time to answer an offer */
  int64_t reopen_within_us;
  int64_t idempotency_us; /* how long a source key is remembered */
  uint32_t max_attempts;  /* of a delivery, before it becomes a dead letter */
  int64_t max_future_us;  /* how far occurred_at may lie ahead of the broker's clock */
  struct {
    uint32_t n;
    struct bt_ola *v;
  } olas; /* the most specific is the one that counts */
  struct {
    uint32_t n;
    struct bt_contradiction *v;
  } contradictions;
  struct {
    uint32_t n;
    struct bt_default_label *v;
  } default_labels;
  uint32_t forbidden;          /* enum bt_forbidden */
  int64_t question_us;         /* time to answer a question that names none, in open hours of who is asked */
  int64_t lease_us;            /* of work that names none */
  int64_t callback_us;         /* a callback promised by the broker is due so much open time later */
  int64_t risk_us;             /* a promise is at risk so much open time of its holder before it is due */
  int64_t raise_us;            /* an escalation nobody acts on goes to the next level after that */
  int64_t remind_us;           /* and at the top is repeated so often */
  uint32_t repeats;            /* attempts and contacts without progress that are escalated; 0: never */
  uint32_t bounces, handoffs;  /* that break the circuit; 0: never */
  uint32_t feedback_threshold; /* a customer's score at or under it reopens and escalates; 0: none does */
  int64_t idle_us;             /* an open case that nobody touches is escalated; 0: never */
  int64_t glass_us;            /* how long a broken glass shows a case whole */
  int64_t max_gap_us;          /* a longer downtime is taken for a clock that has jumped */
  uint32_t pending_stops[4];   /* by enum bt_pending: which clocks stop, as 1 << enum bt_timer_kind */
};

/* Binary searches by name; NULL where there is none. */
const struct bt_department *bt_rules_department(const struct bt_rules *r, struct bt_str name);
const struct bt_adapter *bt_rules_adapter(const struct bt_rules *r, struct bt_str name);
const struct bt_domain *bt_rules_domain(const struct bt_rules *r, struct bt_str name);
const struct bt_site *bt_rules_site(const struct bt_rules *r, struct bt_str name);
/* Linear in the adapters; for a connection's first frame. NULL: a stranger. */
const struct bt_adapter *bt_rules_adapter_by_key(const struct bt_rules *r, const uint8_t key[32]);
/* The time that `to` has to answer an offer of `from`: of the pair, of `to`, of `from`, or the default. */
int64_t bt_rules_ola_us(const struct bt_rules *r, struct bt_str from, struct bt_str to);
/* The department is configured, and handles the topic or one above it. */
bool bt_rules_handles(const struct bt_rules *r, struct bt_str department, struct bt_str topic);
bool bt_adapter_acts_for(const struct bt_adapter *a, struct bt_str department);
/* The label that an event of this kind gets without one, as a set; borrowed from the rules. */
struct bt_strs bt_rules_default_labels(const struct bt_rules *r, uint32_t kind);
/* Sorted sets. */
bool bt_strs_has(const struct bt_strs *set, struct bt_str s);

/* [a-z0-9-]{1,32} */
bool bt_name_valid(struct bt_str s);
/* names joined by dots, at most 64 bytes */
bool bt_topic_valid(struct bt_str s);
/* topic lies at or under prefix: "move.internet" under "move" */
bool bt_topic_under(struct bt_str topic, struct bt_str prefix);

#endif
