/* What is told about a case: its opening, contacts, attempts, facts, corrections, advisories, reads. */
#include "core/evolving.h"

int bt_evolve_opened(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  const struct bt_case_opened *o = &e->event.case_opened;
  c->id = e->sequence;
  c->number = o->number;
  c->status = BT_STATUS_OPEN;
  c->topic = o->topic;
  c->title = o->title;
  c->need = o->need;
  c->priority = o->priority;
  c->customer = o->customer;
  c->owner = o->owner;
  c->opener = e->event.department;
  c->opened_at_us = e->recorded_at_us;
  c->customer_deadline_us = o->customer_deadline_us;
  c->linked_to = o->linked_to;
  c->dormant = e->event.backfill;
  c->idle_s = o->idle_s;
  c->label = bt_first_label(e);
  return bt_take_custody(c, o->custodian, 0, e, arena);
}

int bt_evolve_attempt(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  const struct bt_attempt_failed *a = &e->event.attempt_failed;
  struct bt_tried *v = bt_grown(arena, c->tried.v, c->tried.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  uint32_t at = 0;
  while (at < c->tried.n && !bt_str_eq(v[at].route, a->route))
    at++;
  uint32_t times = at < c->tried.n ? v[at].times + 1 : 1;
  v[at] = (struct bt_tried){a->route, times, a->error_code, e->event.occurred_at_us, bt_first_label(e)};
  c->tried.n += at == c->tried.n;
  c->tried.v = v;
  c->stalled++;
  return 0;
}

/* A fact told again moves to the end: the array is in order of recording. */
int bt_evolve_fact(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  const struct bt_fact_recorded *f = &e->event.fact_recorded;
  struct bt_fact *v = BT_NEW_ARRAY(arena, struct bt_fact, c->facts.n + 1);
  if (!v)
    return -BT_NOMEM;
  uint32_t n = 0;
  for (uint32_t i = 0; i < c->facts.n; i++)
    if (!bt_str_eq(c->facts.v[i].key, f->key))
      v[n++] = c->facts.v[i];
  v[n++] = (struct bt_fact){
      .key = f->key,
      .value = f->value,
      .label = bt_first_label(e),
      .department = e->event.department,
      .at_us = e->event.occurred_at_us,
      .sequence = e->sequence,
  };
  c->facts = (struct bt_facts){n, v};
  return 0;
}

int bt_evolve_correction(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  uint64_t of = e->event.correction_made.supersedes;
  struct bt_correction *v = bt_grown(arena, c->corrections.v, c->corrections.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  uint32_t at = 0;
  while (at < c->corrections.n && v[at].supersedes != of)
    at++;
  v[at] = (struct bt_correction){of, e->sequence};
  c->corrections.n += at == c->corrections.n;
  c->corrections.v = v;
  return 0;
}

int bt_evolve_contact(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  (void)arena;
  const struct bt_contact_logged *l = &e->event.contact_logged;
  if (l->mention)
    return 0;
  c->contacts++;
  c->stalled += l->direction != BT_DIRECTION_OUTBOUND; /* the customer had to come again */
  return 0;
}

/* The newest ones are kept. */
int bt_evolve_advisory_issued(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  const struct bt_advisory_issued *a = &e->event.advisory_issued;
  struct bt_advisory_notes kept = c->advisories;
  if (kept.n == BT_MAX_NOTES)
    kept.v++, kept.n--;
  struct bt_advisory_note *v = bt_grown(arena, kept.v, kept.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  v[kept.n] = (struct bt_advisory_note){a->advisory, e->event.department, a->text, a->alternatives, a->until_us};
  c->advisories = (struct bt_advisory_notes){kept.n + 1, v};
  return 0;
}

int bt_evolve_advisory_ended(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  for (uint32_t i = 0; i < c->advisories.n; i++) {
    if (c->advisories.v[i].id != e->event.advisory_ended.advisory)
      continue;
    c->advisories.v = bt_without(arena, c->advisories.v, c->advisories.n, i, sizeof *c->advisories.v);
    c->advisories.n--;
    return c->advisories.v ? 0 : -BT_NOMEM;
  }
  return 0;
}

/* What has run out goes with the next one. */
int bt_evolve_restricted_read(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  struct bt_glass *v = BT_NEW_ARRAY(arena, struct bt_glass, c->glass.n + 1);
  if (!v)
    return -BT_NOMEM;
  uint32_t n = 0;
  for (uint32_t i = 0; i < c->glass.n; i++)
    if (c->glass.v[i].until_us > e->recorded_at_us && !bt_str_eq(c->glass.v[i].department, e->event.department))
      v[n++] = c->glass.v[i];
  v[n++] = (struct bt_glass){e->event.department, e->event.restricted_read.until_us};
  c->glass = (struct bt_glasses){n, v};
  return 0;
}
