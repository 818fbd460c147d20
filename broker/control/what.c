/* Events in one line of words: which function says which kind. */
#include "control/what.h"
#include "control/command.h"

const char *bt_priority_text(uint32_t priority) {
  static const char *const names[] = {"normal", "low", "normal", "high", "urgent"};
  return priority < sizeof names / sizeof *names ? names[priority] : "?";
}

/* "[operator ann for moves: nobody answers the telephone]"; the reason not twice. */
static struct bt_str by_operator(struct bt_arena *a, const struct bt_event *e, struct bt_str words) {
  const struct bt_str reason = e->operator_reason;
  const bool told = reason.n && words.n && memmem(words.p, words.n, reason.p, reason.n);
  return bt_arena_printf(a, "[operator %.*s%.*s%.*s] %.*s", S(e->operator),
                         S(bt_words_around(a, " for ", e->department, "")),
                         S(bt_words_around(a, ": ", told ? (struct bt_str){0} : reason, "")), S(words));
}

static struct bt_str words_of(struct bt_arena *a, const struct bt_event *e) {
  static const struct bt_what_row *const tables[] = {bt_what_told, bt_what_handoff, bt_what_owed,
                                                     bt_what_case, bt_what_answer,  bt_what_customer};
  for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
    for (const struct bt_what_row *row = tables[t]; row->kind; row++)
      if (row->kind == e->kind)
        return row->words(a, e);
  return (struct bt_str){0}; /* of a kind without rules */
}

struct bt_str bt_what(struct bt_arena *a, const struct bt_event *e) {
  struct bt_str words = words_of(a, e);
  return e->operator.n ? by_operator(a, e, words) : words;
}
