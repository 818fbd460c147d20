/* One script while it is played. Inside the runner. */
#ifndef BT_TRACE_SCRIPT_H
#define BT_TRACE_SCRIPT_H

#include "trace.h"

struct script {
  struct trace_world *world;
  struct bt_arena *arena;
  FILE *to;
  int64_t now_us; /* what the last entry was recorded at, or later */
  uint32_t requests;
  uint64_t last[BT_KIND_LAST + 1]; /* what `last` stands for: the last entry of the kind that makes the object */
  struct bt_str last_digest;
};

struct words {
  uint32_t n;
  struct bt_str v[TRACE_MAX_WORDS];
};

/* "name=value" -> the two; a bare name has an empty value. */
void script_cut(struct bt_str word, struct bt_str *ret_name, struct bt_str *ret_value);

/* Each takes the words of its line. Returns NULL, or what is wrong with it. */
typedef const char *script_word_fn(struct script *s, const struct words *words);

/* setup.c */
script_word_fn script_department, script_adapter, script_domain, script_connected, script_ola, script_contradiction;
/* setup_rules.c */
script_word_fn script_rules, script_default_label;
/* hours.c: "mon-fri 09:00-12:30 13:30-17:00; sat 10:00-12:00", taken as UTC. */
const char *script_hours(struct bt_str text, struct bt_arena *arena, struct bt_calendar *ret);

/* script.c: takes a decided unit in and prints it. */
const char *script_take_in(struct script *s, const struct bt_decision *d);

/* passing.c: time passes, and what is due fires. */
const char *script_pass(struct script *s, int64_t until_us);
/* What the beginning or end of an advisory, taken in before, makes of the open cases. */
const char *script_spread(struct script *s, const struct bt_decision *d);
script_word_fn script_wait, script_down, script_gone;

#endif
