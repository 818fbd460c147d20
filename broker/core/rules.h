/* One configuration generation, as the core reads it: immutable, owned by config, borrowed by everyone else until the
 * generation ends. Arrays are sorted by name, so that every search and every order is deterministic. */
#ifndef BT_CORE_RULES_H
#define BT_CORE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/event.h"

struct bt_site {
  struct bt_str name, title, zone; /* zone: an IANA name */
};

struct bt_department {
  struct bt_str name, title, site;
  struct bt_strs topics; /* dotted prefixes it handles, sorted */
  bool external;         /* a vendor, a distributor */
  bool unattended;       /* a form, a robot: never holds custody; needs `fallback` */
  bool must_take;
  bool front; /* may find customers, joins the open cases of those it logs contacts with */
  bool link;  /* may link identifiers */
  struct bt_str fallback;
  struct bt_str escalates_to;
};

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
};

/* Binary searches by name; NULL where there is none. */
const struct bt_department *bt_rules_department(const struct bt_rules *r, struct bt_str name);
const struct bt_adapter *bt_rules_adapter(const struct bt_rules *r, struct bt_str name);
const struct bt_domain *bt_rules_domain(const struct bt_rules *r, struct bt_str name);
const struct bt_site *bt_rules_site(const struct bt_rules *r, struct bt_str name);
/* Linear in the adapters; for a connection's first frame. NULL: a stranger. */
const struct bt_adapter *bt_rules_adapter_by_key(const struct bt_rules *r, const uint8_t key[32]);
bool bt_adapter_acts_for(const struct bt_adapter *a, struct bt_str department);
/* Sorted sets. */
bool bt_strs_has(const struct bt_strs *set, struct bt_str s);

/* [a-z0-9-]{1,32} */
bool bt_name_valid(struct bt_str s);
/* names joined by dots, at most 64 bytes */
bool bt_topic_valid(struct bt_str s);
/* topic lies at or under prefix: "move.internet" under "move" */
bool bt_topic_under(struct bt_str topic, struct bt_str prefix);

#endif
