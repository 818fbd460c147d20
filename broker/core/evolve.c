#include "core/evolve.h"

#include "core/journey.h"

/* A copy of an array with room for one more element behind it; NULL past the arena's limit. */
static void *grown(struct bt_arena *arena, const void *v, uint32_t n, size_t size) {
  char *to = bt_arena_alloc(arena, (n + (size_t)1) * size);
  if (to && n)
    memcpy(to, v, n * size);
  return to;
}

static int join(struct bt_case *c, struct bt_str department, struct bt_arena *arena) {
  uint32_t at = 0;
  while (at < c->participants.n && bt_str_cmp(c->participants.v[at], department) < 0)
    at++;
  if (at < c->participants.n && bt_str_eq(c->participants.v[at], department))
    return 0;
  struct bt_str *v = grown(arena, c->participants.v, c->participants.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  memmove(v + at + 1, v + at, (c->participants.n - at) * sizeof *v);
  v[at] = department;
  c->participants.v = v;
  c->participants.n++;
  return 0;
}

static int take_custody(struct bt_case *c, struct bt_str department, int64_t since_us, struct bt_arena *arena) {
  c->custodian = department;
  struct bt_stops kept = c->trail;
  if (kept.n == BT_MAX_TRAIL)
    kept.v++, kept.n--; /* older ones stay in the history */
  struct bt_stop *v = grown(arena, kept.v, kept.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  v[kept.n] = (struct bt_stop){department, since_us};
  c->trail = (struct bt_stops){kept.n + 1, v};
  return 0;
}

static int opened(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
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
  return take_custody(c, o->custodian, e->event.occurred_at_us, arena);
}

static int attempt_failed(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  const struct bt_attempt_failed *a = &e->event.attempt_failed;
  struct bt_tried *v = grown(arena, c->tried.v, c->tried.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  uint32_t at = 0;
  while (at < c->tried.n && !bt_str_eq(v[at].route, a->route))
    at++;
  uint32_t times = at < c->tried.n ? v[at].times + 1 : 1;
  v[at] = (struct bt_tried){a->route, times, a->error_code, e->event.occurred_at_us};
  c->tried.n += at == c->tried.n;
  c->tried.v = v;
  return 0;
}

/* A fact told again moves to the end: the array is in order of recording. */
static int fact_recorded(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
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
      .label = e->event.labels.n ? e->event.labels.v[0] : (struct bt_str){0},
      .department = e->event.department,
      .at_us = e->event.occurred_at_us,
      .sequence = e->sequence,
  };
  c->facts = (struct bt_facts){n, v};
  return 0;
}

static int corrected(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  uint64_t of = e->event.correction_made.supersedes;
  struct bt_correction *v = grown(arena, c->corrections.v, c->corrections.n, sizeof *v);
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

static void offered(struct bt_case *c, const struct bt_entry *e) {
  const struct bt_handoff_offered *o = &e->event.handoff_offered;
  c->offer = (struct bt_offer){
      .id = e->sequence,
      .from = o->from,
      .to = o->to,
      .offered_at_us = e->recorded_at_us,
      .deadline_us = o->deadline_us,
      .digest = o->digest,
  };
}

static void set_status(struct bt_case *c, uint32_t status, uint32_t pending_on) {
  c->status = status;
  c->pending_on = pending_on;
}

static void end(struct bt_case *c, const struct bt_entry *e, uint32_t status) {
  set_status(c, status, BT_PENDING_NONE);
  c->ended_at_us = e->recorded_at_us;
}

static int change(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  const struct bt_event *event = &e->event;
  switch (e->kind) {
  case BT_CASE_OPENED:
    return opened(c, e, arena);
  case BT_CONTACT_LOGGED:
    c->contacts += !event->contact_logged.mention;
    return 0;
  case BT_ATTEMPT_FAILED:
    return attempt_failed(c, e, arena);
  case BT_FACT_RECORDED:
    return fact_recorded(c, e, arena);
  case BT_CORRECTION_MADE:
    return corrected(c, e, arena);
  case BT_HANDOFF_OFFERED:
    offered(c, e);
    return 0;
  case BT_HANDOFF_ACCEPTED:
    c->offer = (struct bt_offer){0};
    return take_custody(c, event->handoff_accepted.to, event->occurred_at_us, arena);
  case BT_HANDOFF_REFUSED:
  case BT_HANDOFF_WITHDRAWN:
    c->offer = (struct bt_offer){0};
    return 0;
  case BT_HANDOFF_REPORTED:
    c->offer = (struct bt_offer){0};
    return take_custody(c, event->handoff_reported.to, event->occurred_at_us, arena);
  case BT_STATUS_CHANGED:
    set_status(c, event->status_changed.status, event->status_changed.pending_on);
    return 0;
  case BT_CASE_RESOLVED:
    end(c, e, BT_STATUS_RESOLVED);
    return 0;
  case BT_CASE_CLOSED:
    end(c, e, BT_STATUS_CLOSED);
    return 0;
  case BT_CASE_REOPENED:
    set_status(c, BT_STATUS_OPEN, BT_PENDING_NONE);
    c->ended_at_us = 0;
    return 0;
  default: /* notes change nothing but the history */
    return 0;
  }
}

int bt_evolve_case(struct bt_case *c, const struct bt_entry *entry, struct bt_arena *arena) {
  bt_journey_follow(&c->journey, c, entry); /* looks at the state before the change */
  int rc = change(c, entry, arena);
  for (uint32_t i = 0; !rc && i < entry->joined.n; i++)
    rc = join(c, entry->joined.v[i], arena);
  c->version = entry->version;
  c->last_sequence = entry->sequence;
  if (entry->kind != BT_CONTACT_LOGGED || !entry->event.contact_logged.mention) {
    c->active_sequence = entry->sequence;
    c->changed_at_us = entry->recorded_at_us;
  }
  return rc;
}

int bt_evolve_customer(struct bt_customer *c, const struct bt_entry *entry, struct bt_arena *arena) {
  if (!c->id)
    c->id = entry->sequence;
  c->version = entry->version;
  c->last_sequence = entry->sequence;
  if (entry->kind != BT_IDENTIFIER_LINKED)
    return 0;
  const struct bt_identifier *new = &entry->event.identifier_linked.identifier;
  for (uint32_t i = 0; i < c->identifiers.n; i++)
    if (bt_str_eq(c->identifiers.v[i].domain, new->domain) && bt_str_eq(c->identifiers.v[i].value, new->value))
      return 0;
  struct bt_identifier *v = grown(arena, c->identifiers.v, c->identifiers.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  v[c->identifiers.n++] = *new;
  c->identifiers.v = v;
  return 0;
}
