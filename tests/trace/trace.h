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

enum {
  TRACE_MAX_CASES = 128,
  TRACE_MAX_ENTRIES = 2048,
  TRACE_MAX_WORDS = 64,
  TRACE_MAX_ROWS = 1024,
  TRACE_MAX_ADVISORIES = 128
};

/* ---- fields.c: values as text, and the fields of requests ---- */

/* Sets the field of the event's kind (or a common one). Returns NULL, or what is wrong. */
const char *trace_set(struct bt_event *e, struct bt_str name, struct bt_str value, struct bt_arena *arena);
/* "a,b,c", sorted. */
struct bt_strs trace_list(struct bt_str text, struct bt_arena *arena);
/* "10:00", "1d10:00:30": time since the first day of the trace. */
int trace_parse_time(struct bt_str text, int64_t *ret_us);
/* Midnight at which a day of the trace begins. */
int64_t trace_day_us(int64_t day);
/* "90s", "15m", "4h", "30d" */
int trace_parse_span(struct bt_str text, int64_t *ret_us);
uint64_t trace_parse_u64(struct bt_str text);
void trace_print_time(FILE *to, int64_t us);
void trace_print_span(FILE *to, int64_t us);
void trace_print_str(FILE *to, struct bt_str s); /* quoted where it must be */

/* ---- world.c: the state that entries make ---- */

struct trace_bound {
  struct bt_str name;           /* reference or source key, prefixed by department or adapter */
  uint8_t key[16];              /* of an identifier */
  uint64_t id;                  /* 0: no longer bound */
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
  uint32_t n_cases, n_customers, n_entries, n_advisories;
  struct bt_case cases[TRACE_MAX_CASES];
  struct bt_customer customers[TRACE_MAX_CASES];
  struct bt_entry entries[TRACE_MAX_ENTRIES];
  struct bt_advisory advisories[TRACE_MAX_ADVISORIES];
  struct trace_rows identifiers, references, seen;
  uint64_t next_number;
};

void trace_digest(const void *bytes, size_t n, uint8_t ret_digest[16]);
const struct bt_case *trace_case(const struct trace_world *w, uint64_t id);
const struct bt_customer *trace_customer(const struct trace_world *w, uint64_t id);
const struct bt_advisory *trace_advisory(const struct trace_world *w, uint64_t id);
/* Rows of the indexes; NULL where there is none. */
const struct trace_bound *trace_row(const struct trace_rows *rows, struct bt_str name);
const struct trace_bound *trace_row_by_key(const struct trace_rows *rows, const uint8_t key[16]);
struct bt_str trace_joint(struct trace_world *w, struct bt_str a, struct bt_str b);
/* Takes the entry in. Returns NULL, or what is wrong with it. */
const char *trace_apply(struct trace_world *w, const struct bt_entry *entry);

/* ---- scene.c: what decide sees of it ---- */

/* The identifiers of the event, normalised and hashed, put into the request. */
void trace_identify(struct trace_world *w, struct bt_request *request);
void trace_scene(struct trace_world *w, const struct bt_request *request, struct bt_scene *ret);
/* For a timer or a sweep: of a case (0: none) and an advisory (0: none). */
void trace_scene_of(struct trace_world *w, uint64_t case_id, uint64_t advisory, struct bt_scene *ret);
/* Decides. A decision that the request does not name a version for is made on the current one, unless `bare`. */
int trace_decide(struct trace_world *w, struct bt_request *request, bool bare, int64_t now_us, struct bt_decision *ret);

/* ---- check.c: what must hold whatever the rules are ---- */

/* Of the state right after the entry, by who made it and who gets it. Returns NULL, or what is wrong. */
const char *trace_check_entry(const struct trace_world *w, const struct bt_entry *e);
/* Of the state after a whole unit. */
const char *trace_check_unit(const struct trace_world *w);
/* Of one case after a whole unit. */
const char *trace_check_case(const struct bt_case *c);

/* ---- print.c, print_case.c ---- */

/* Every field of the event's kind that has a value, as " name=value". */
void trace_print_event(FILE *to, const struct bt_event *e);
void trace_print_entry(FILE *to, const struct bt_entry *e);
void trace_print_receipt(FILE *to, const struct bt_receipt *r);
void trace_print_case(FILE *to, const struct bt_case *c);
void trace_print_world(FILE *to, const struct trace_world *w);
/* Parts of both: each begins with a blank and writes nothing where there is nothing. */
void trace_print_names(FILE *to, const char *name, const struct bt_strs *names);
void trace_print_numbers(FILE *to, const char *name, const struct bt_u64s *numbers);
void trace_print_at(FILE *to, const char *name, int64_t us);
void trace_print_facts(FILE *to, const struct bt_facts *facts, const struct bt_trieds *tried);
void trace_print_trail(FILE *to, const struct bt_stops *trail);
void trace_print_promises(FILE *to, const struct bt_promises *list);
void trace_print_questions(FILE *to, const struct bt_questions *list);
void trace_print_notes(FILE *to, const struct bt_advisory_notes *list);

/* ---- script.c: one trace file ---- */

/* Plays the file's text and writes what it should look like. Returns NULL, or what is wrong with the script. */
const char *trace_play(const char *text, FILE *to);

#endif
