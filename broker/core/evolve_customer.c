/* A customer: identifiers, and pointers between two that are one. */
#include "core/evolving.h"

static int linked(struct bt_customer *c, const struct bt_identifier *new, struct bt_arena *arena) {
  for (uint32_t i = 0; i < c->identifiers.n; i++)
    if (bt_str_eq(c->identifiers.v[i].domain, new->domain) && bt_str_eq(c->identifiers.v[i].value, new->value))
      return 0;
  struct bt_identifier *v = bt_grown(arena, c->identifiers.v, c->identifiers.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  v[c->identifiers.n++] = *new;
  c->identifiers.v = v;
  return 0;
}

static int unlinked(struct bt_customer *c, const struct bt_identifier *old, struct bt_arena *arena) {
  for (uint32_t i = 0; i < c->identifiers.n; i++) {
    if (!bt_str_eq(c->identifiers.v[i].domain, old->domain) || !bt_str_eq(c->identifiers.v[i].value, old->value))
      continue;
    c->identifiers.v = bt_without(arena, c->identifiers.v, c->identifiers.n, i, sizeof *c->identifiers.v);
    c->identifiers.n--;
    return c->identifiers.v ? 0 : -BT_NOMEM;
  }
  return 0;
}

static int merged(struct bt_customer *c, const struct bt_customers_merged *m, struct bt_arena *arena) {
  if (m->merged == c->id) {
    c->merged_into = m->into;
    return 0;
  }
  uint64_t *v = bt_grown(arena, c->merged.v, c->merged.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  v[c->merged.n] = m->merged;
  c->merged = (struct bt_u64s){c->merged.n + 1, v};
  return 0;
}

static int unmerged(struct bt_customer *c, const struct bt_customers_unmerged *u, struct bt_arena *arena) {
  if (u->merged == c->id)
    c->merged_into = 0;
  for (uint32_t i = 0; i < c->merged.n; i++) {
    if (c->merged.v[i] != u->merged)
      continue;
    c->merged.v = bt_without(arena, c->merged.v, c->merged.n, i, sizeof *c->merged.v);
    c->merged.n--;
    return c->merged.v ? 0 : -BT_NOMEM;
  }
  return 0;
}

int bt_evolve_customer(struct bt_customer *c, const struct bt_entry *entry, struct bt_arena *arena) {
  const struct bt_event *event = &entry->event;
  if (!c->id)
    c->id = entry->sequence;
  c->version = entry->version;
  c->last_sequence = entry->sequence;
  switch (entry->kind) {
  case BT_IDENTIFIER_LINKED:
    return linked(c, &event->identifier_linked.identifier, arena);
  case BT_IDENTIFIER_UNLINKED:
    return unlinked(c, &event->identifier_unlinked.identifier, arena);
  case BT_CUSTOMERS_MERGED:
    return merged(c, &event->customers_merged, arena);
  case BT_CUSTOMERS_UNMERGED:
    return unmerged(c, &event->customers_unmerged, arena);
  default:
    return 0;
  }
}
