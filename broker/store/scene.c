/* Gathers what decide reads. A row that is not there is a NULL, never an error. */
#include "core/ref.h"
#include "store/gather.h"

int bt_gather_case(struct bt_gather *g, uint64_t id, const struct bt_case **ret) {
  struct bt_case *c = BT_NEW(g->arena, struct bt_case);
  if (!c)
    return -BT_NOMEM;
  int rc = bt_store_case(g->s, BT_NOW, id, g->arena, c);
  if (rc == 0)
    *ret = c;
  return bt_gather_or_nothing(rc);
}

/* The last case in the line that begins here. */
static int follow(struct bt_gather *g, const struct bt_case **c) {
  int rc = 0;
  for (int i = 0; rc == 0 && *c && (*c)->merged_into && i < BT_LONGEST_LINE; i++)
    rc = bt_gather_case(g, (*c)->merged_into, c);
  return rc;
}

static int find_seen(struct bt_gather *g) {
  struct bt_key key;
  struct bt_seen_row row;
  if (g->request->source_key.n == 0)
    return 0;
  struct bt_str name = bt_key_names(&key, g->request->adapter->name, g->request->source_key);
  int rc = bt_read_seen(g->s, BT_NOW, BT_T_SEEN, name, g->arena, &row);
  if (rc < 0)
    return bt_gather_or_nothing(rc);
  if (row.content_hash.n != sizeof(g->scene->seen_hash))
    return -BT_CORRUPT;
  memcpy(g->scene->seen_hash, row.content_hash.p, sizeof(g->scene->seen_hash));
  g->scene->seen = true;
  g->scene->seen_until_us = row.until_us;
  g->scene->seen_receipt = row.receipt;
  return 0;
}

static int find_by_id(struct bt_gather *g) {
  const struct bt_locator *l = &g->request->event.locator;
  uint64_t number, id = l->id;
  if (id == 0) {
    if (l->ref.n == 0 || bt_ref_parse(l->ref, &number) < 0)
      return 0;
    int rc = bt_store_number(g->s, BT_NOW, number, &id);
    if (rc < 0)
      return bt_gather_or_nothing(rc);
  }
  return bt_gather_case(g, id, &g->scene->by_id);
}

static int find_by_reference(struct bt_gather *g) {
  struct bt_reference r = g->request->event.locator.reference;
  uint64_t id;
  if (r.local_id.n == 0)
    return 0;
  if (r.department.n == 0)
    r.department = g->request->event.department;
  int rc = bt_store_reference(g->s, BT_NOW, &r, &id);
  return rc < 0 ? bt_gather_or_nothing(rc) : bt_gather_case(g, id, &g->scene->by_reference);
}

/* Only where it is another case. */
static int find_survivor(struct bt_gather *g) {
  const struct bt_case *found = g->scene->by_id ? g->scene->by_id : g->scene->by_reference, *last = found;
  int rc = follow(g, &last);
  if (rc == 0 && last != found)
    g->scene->survivor = last;
  return rc;
}

static int find_other(struct bt_gather *g) {
  const struct bt_event *e = &g->request->event;
  uint64_t id = e->kind == BT_CASES_MERGED  ? e->cases_merged.into
                : e->kind == BT_CASE_LINKED ? e->case_linked.other
                                            : 0;
  int rc = id ? bt_gather_case(g, id, &g->scene->other) : 0;
  return rc < 0 ? rc : follow(g, &g->scene->other);
}

static int find_advisory(struct bt_gather *g, uint64_t id) {
  for (uint32_t i = 0; id && i < g->scene->advisories.n; i++)
    if (g->scene->advisories.v[i].id == id)
      g->scene->advisory = &g->scene->advisories.v[i];
  return 0;
}

static int find_named_advisory(struct bt_gather *g) {
  const struct bt_event *e = &g->request->event;
  return e->kind == BT_ADVISORY_ENDED ? find_advisory(g, e->advisory_ended.advisory) : 0;
}

static struct bt_advisory copy_of(const struct bt_advisory *a, struct bt_arena *arena) {
  struct bt_advisory copy = *a;
  copy.topic = bt_arena_copy(arena, a->topic);
  copy.department = bt_arena_copy(arena, a->department);
  copy.text = bt_arena_copy(arena, a->text);
  copy.alternatives.v = BT_NEW_ARRAY(arena, struct bt_str, a->alternatives.n);
  for (uint32_t i = 0; copy.alternatives.v && i < a->alternatives.n; i++)
    copy.alternatives.v[i] = bt_arena_copy(arena, a->alternatives.v[i]);
  return copy;
}

/* A receipt may borrow from them, and outlives what the store keeps. */
static int copy_advisories(struct bt_gather *g) {
  const struct bt_advisory *kept;
  uint32_t n;
  int rc = bt_store_advisories(g->s, &kept, &n);
  if (rc < 0 || n == 0)
    return rc;
  struct bt_advisory *v = BT_NEW_ARRAY(g->arena, struct bt_advisory, n);
  for (uint32_t i = 0; v && i < n; i++)
    v[i] = copy_of(&kept[i], g->arena);
  g->scene->advisories.v = v;
  g->scene->advisories.n = n;
  return g->arena->exhausted ? -BT_NOMEM : 0;
}

/* What every scene has. */
static int begin(struct bt_gather *g) {
  *g->scene = (struct bt_scene){
      .next_sequence = g->s->now.position + 1,
      .next_number = g->s->now.next_number,
      .loads = bt_store_loads(g->s),
      .sweeps = (uint32_t)bt_store_count(g->s, BT_NOW, BT_T_SWEEPS),
  };
  return copy_advisories(g);
}

int bt_store_scene(struct bt_store *s, const struct bt_request *request, struct bt_arena *arena, struct bt_scene *ret) {
  struct bt_scene scene;
  struct bt_gather g = {s, request, arena, &scene};
  static int (*const steps[])(struct bt_gather *) = {find_seen,          find_by_id,     find_by_reference,
                                                     find_survivor,      find_other,     find_named_advisory,
                                                     bt_gather_customer, bt_gather_cases};
  int rc = begin(&g);
  for (size_t i = 0; rc == 0 && i < sizeof(steps) / sizeof(steps[0]); i++)
    rc = steps[i](&g);
  if (rc == 0)
    *ret = scene;
  return rc;
}

int bt_store_scene_of(struct bt_store *s, uint64_t case_id, uint64_t advisory, struct bt_arena *arena,
                      struct bt_scene *ret) {
  struct bt_scene scene;
  struct bt_gather g = {s, NULL, arena, &scene};
  int rc = begin(&g);
  if (rc == 0 && case_id)
    rc = bt_gather_case(&g, case_id, &scene.by_id);
  if (rc == 0)
    rc = find_survivor(&g);
  if (rc == 0)
    rc = find_advisory(&g, advisory);
  if (rc == 0)
    *ret = scene;
  return rc;
}
