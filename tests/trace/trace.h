/* Traces: what the rules decide, as text that is specification and test at once.
 *
 * A trace file sets up a configuration and sends requests; under each request stand, indented by two blanks, the
 * decided events, the receipt or the refusal, and with `show` the state. The runner throws the indented lines away,
 * plays the rest over the pure core and an in-memory state, and compares. At the end it evolves all entries again from
 * nothing and compares the states too. README.md in this folder has the language. */
#ifndef BT_TRACE_H
#define BT_TRACE_H

#include <stdio.h>

#include "core/decide.h"
#include "core/evolve.h"

enum { TRACE_MAX_CASES = 128, TRACE_MAX_ENTRIES = 1024, TRACE_MAX_WORDS = 64, TRACE_MAX_ROWS = 256 };

/* ---- fields.c: the fields of events by name, for reading requests and writing entries ---- */

/* Sets the field of the event's kind (or a common one). Returns NULL, or what is wrong. */
const char *trace_set(struct bt_event *e, struct bt_str name, struct bt_str value, struct bt_arena *arena);
/* Every field of the event's kind that has a value, as " name=value". */
void trace_print_event(FILE *to, const struct bt_event *e);
void trace_print_card(FILE *to, const struct bt_card *card);
void trace_print_str(FILE *to, struct bt_str s); /* quoted where it must be */
/* "10:00", "1d10:00:30": time since the first day of the trace. */
int trace_parse_time(struct bt_str text, int64_t *ret_us);
void trace_print_time(FILE *to, int64_t us);
/* "90s", "15m", "4h", "30d" */
int trace_parse_span(struct bt_str text, int64_t *ret_us);
uint64_t trace_parse_u64(struct bt_str text);

/* ---- world.c: the state that entries make, and the scene that decide sees ---- */

struct trace_bound {
  struct bt_str name; /* reference or source key, prefixed by department or adapter */
  uint8_t key[16];    /* of an identifier */
  uint64_t id;
  const struct bt_entry *entry; /* of a source key */
};
struct trace_rows {
  uint32_t n;
  struct trace_bound v[TRACE_MAX_ROWS];
};
struct trace_world {
  struct bt_arena *arena;
  struct bt_rules rules;
  struct bt_strs connected;
  uint32_t n_cases, n_customers, n_entries;
  struct bt_case cases[TRACE_MAX_CASES];
  struct bt_customer customers[TRACE_MAX_CASES];
  struct bt_entry entries[TRACE_MAX_ENTRIES];
  struct trace_rows identifiers, references, seen;
  uint64_t next_number;
};

void trace_digest(const void *bytes, size_t n, uint8_t ret_digest[16]);
const struct bt_case *trace_case(const struct trace_world *w, uint64_t id);
/* The identifiers of the event, normalised and hashed, put into the request. */
void trace_identify(struct trace_world *w, struct bt_request *request);
void trace_scene(struct trace_world *w, const struct bt_request *request, struct bt_scene *ret);
/* Takes the entry in. Returns NULL, or what is wrong with it. */
const char *trace_apply(struct trace_world *w, const struct bt_entry *entry);
void trace_print_case(FILE *to, const struct bt_case *c);
void trace_print_world(FILE *to, const struct trace_world *w);

/* ---- script.c: one trace file ---- */

/* Plays the file's text and writes what it should look like. Returns NULL, or what is wrong with the script. */
const char *trace_play(const char *text, FILE *to);

#endif
