/* The one table of configuration keys. Loading, checking, dump, describe and the test of the manual pages read it; no
 * key exists outside it. */
#ifndef BT_CONFIG_SCHEMA_H
#define BT_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum bt_section {
  BT_S_TOP,     /* top level, written in broker.conf */
  BT_S_JOURNAL, /* groups of broker.conf */
  BT_S_RECORD,
  BT_S_LIMITS,
  BT_S_DELIVERY,
  BT_S_SOURCES,
  BT_S_CASES,
  BT_S_RETENTION,
  BT_S_METRICS,
  BT_S_DISK,
  BT_S_ALERTS,
  BT_S_COMPANY, /* top level, written in departments.conf */
  BT_S_SITES,   /* lists of groups of departments.conf */
  BT_S_DOMAINS,
  BT_S_DEPARTMENTS,
  BT_S_ADAPTERS,
  BT_S_OLAS,
  BT_S_CONTRADICTIONS,
  BT_S_DEFAULT_LABELS,
  BT_S_COUNT,
};

struct bt_section_row {
  const char *name; /* "" for keys of the top level */
  const char *file; /* where the samples and manual pages have it */
  bool list;        /* of groups */
  size_t at, size;  /* list: of {n, v} in struct bt_config; of one item. Else keys are relative to struct bt_config */
  const char *help;
  const char *by[2]; /* list: the keys that its items are sorted by. `name`: each has its own */
};

/* What a value is, and the field it goes to. */
enum bt_type {
  BT_V_FLAG,         /* bool */
  BT_V_NUMBER32,     /* uint32_t */
  BT_V_NUMBER64,     /* int64_t or uint64_t: value * scale */
  BT_V_WORD,         /* uint32_t: position in `words` */
  BT_V_ENDPOINT,     /* char * */
  BT_V_PATH,         /* char *, made absolute; not part of the digest */
  BT_V_TITLE,        /* bt_str: text for people, at most 128 bytes */
  BT_V_ZONE,         /* bt_str */
  BT_V_DIGITS,       /* bt_str */
  BT_V_NAME,         /* bt_str */
  BT_V_NAMES,        /* bt_strs, sorted */
  BT_V_NAMES_OR_ALL, /* the same, or "*": the bool at all_at */
  BT_V_TOPICS,       /* bt_strs, sorted */
  BT_V_KIND,         /* uint32_t */
  BT_V_KINDS,        /* {n, uint32_t *v}, sorted by number */
  BT_V_ACTION,       /* bt_str: what work does */
  BT_V_DATES,        /* bt_strs, sorted */
  BT_V_HOURS,        /* bt_strs, as they stand in the file */
  BT_V_WORDS,        /* uint32_t: a bit for each, 1 << values[position in `words`] */
  BT_V_KEY,          /* uint8_t[32] */
  BT_V_KEY_FILE,     /* another way to give the key; dumped as the key */
};

struct bt_key_row {
  enum bt_section section;
  const char *name;
  enum bt_type type;
  bool required;
  bool restart; /* a change takes a restart: a reload with one is refused */
  size_t at;    /* of the field, see bt_section_row */
  size_t all_at;
  const char *unit;         /* "" where there is none; durations carry it in their name as well */
  int64_t min, max, number; /* number: the default, in `unit` */
  int64_t scale;            /* field = value * scale */
  const char *text;         /* default of texts and words */
  const char *const *words; /* NULL-terminated */
  const uint32_t *values;
  const char *help;
};

extern const struct bt_section_row bt_sections[BT_S_COUNT];
extern const struct bt_key_row bt_keys[];
extern const size_t bt_key_count;

/* NULL: no such key there. */
const struct bt_key_row *bt_schema_key(enum bt_section section, const char *name);
/* The section with this name that is not of the top level; BT_S_COUNT: none. */
enum bt_section bt_schema_section(const char *name);
/* "departments.site", or "listen" at the top level. Returns buf. */
const char *bt_schema_full_name(const struct bt_key_row *key, char *buf, size_t size);
/* "number of MiB, 1 to 16777216, default 1024". Returns buf. */
const char *bt_schema_facts(const struct bt_key_row *key, char *buf, size_t size);

#endif
