/* Work that a department says it is doing, for as long as its lease runs. */
#include "core/evolving.h"

int bt_evolve_work_started(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  const struct bt_work_started *w = &e->event.work_started;
  struct bt_work *v = bt_grown(arena, c->work.v, c->work.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  v[c->work.n] = (struct bt_work){
      .id = e->sequence,
      .holder = e->event.department,
      .action = w->action,
      .subject = w->subject,
      .exclusive = w->exclusive,
      .started_at_us = e->recorded_at_us,
      .until_us = w->until_us,
      .label = bt_first_label(e),
  };
  c->work = (struct bt_works){c->work.n + 1, v};
  return 0;
}

int bt_evolve_work_renewed(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  struct bt_work *v = bt_copied(arena, c->work.v, c->work.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < c->work.n; i++)
    if (v[i].id == e->event.work_renewed.work)
      v[i].until_us = e->event.work_renewed.until_us;
  c->work.v = v;
  return 0;
}

static uint64_t work_of(const struct bt_entry *e) {
  switch (e->kind) {
  case BT_WORK_FINISHED:
    return e->event.work_finished.work;
  case BT_WORK_FAILED:
    return e->event.work_failed.work;
  default:
    return e->event.work_lapsed.work;
  }
}

/* Finished, failed, lapsed. */
int bt_evolve_work_over(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  if (e->kind == BT_WORK_FINISHED)
    c->stalled = 0;
  for (uint32_t i = 0; i < c->work.n; i++) {
    if (c->work.v[i].id != work_of(e))
      continue;
    c->work.v = bt_without(arena, c->work.v, c->work.n, i, sizeof *c->work.v);
    c->work.n--;
    return c->work.v ? 0 : -BT_NOMEM;
  }
  return 0;
}
