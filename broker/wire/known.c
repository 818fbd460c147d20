#include "wire/known.h"

#include <assert.h>
#include <stdlib.h>

static void row_move(struct bt_known_row *to, const struct bt_known_row *from) {
  *to = *from;
  to->known.report.text.p = to->text;
}

static const struct bt_known_row *row_named(const struct bt_known_table *t, struct bt_str name) {
  for (uint32_t i = 0; i < t->n; i++)
    if (bt_str_eq(bt_str(t->v[i].name), name))
      return &t->v[i];
  return NULL;
}

void bt_known_adopt(struct bt_known_table *t, const struct bt_rules *rules) {
  uint32_t n = rules->adapters.n;
  struct bt_known_table next = {.v = calloc(n ? n : 1, sizeof *next.v)};
  next.n = next.v ? n : 0;
  for (uint32_t i = 0; i < next.n; i++) {
    struct bt_str name = rules->adapters.v[i].name;
    const struct bt_known_row *old = row_named(t, name);
    if (old)
      row_move(&next.v[i], old);
    assert(name.n < sizeof next.v[i].name);
    memcpy(next.v[i].name, name.p, name.n);
  }
  bt_known_fini(t);
  *t = next;
}

void bt_known_fini(struct bt_known_table *t) {
  free(t->v);
  *t = (struct bt_known_table){0};
}

struct bt_known_row *bt_known_find(const struct bt_known_table *t, const struct bt_rules *rules,
                                   struct bt_str adapter) {
  const struct bt_adapter *a = bt_rules_adapter(rules, adapter);
  size_t i = a ? (size_t)(a - rules->adapters.v) : t->n;
  return i < t->n ? &t->v[i] : NULL;
}

void bt_known_report(struct bt_known_row *row, const struct bt_report *report, int64_t now_us) {
  assert(report->text.n <= sizeof row->text);
  if (report->text.n)
    memcpy(row->text, report->text.p, report->text.n);
  row->known.report = *report;
  row->known.report.text.p = row->text;
  row->known.reported = true;
  row->known.reported_us = now_us;
}
