/* Gathers what decide reads. A row that is not there is a NULL, never an error. */
#include "core/ref.h"
#include "store/private.h"

struct gather {
  struct bt_store *s;
  const struct bt_request *request;
  struct bt_arena *arena;
  struct bt_scene *scene;
};

/* -BT_ABSENT becomes success with nothing found. */
static int or_nothing(int rc) {
  return rc == -BT_ABSENT ? 0 : rc;
}

static int load_case(struct gather *g, uint64_t id, const struct bt_case **ret) {
  struct bt_case *c = BT_NEW(g->arena, struct bt_case);
  if (!c)
    return -BT_NOMEM;
  int rc = bt_store_case(g->s, BT_NOW, id, g->arena, c);
  if (rc == 0)
    *ret = c;
  return or_nothing(rc);
}

static int load_customer(struct gather *g, uint64_t id, const struct bt_customer **ret) {
  struct bt_customer *c = BT_NEW(g->arena, struct bt_customer);
  if (!c)
    return -BT_NOMEM;
  int rc = bt_store_customer(g->s, BT_NOW, id, g->arena, c);
  if (rc == 0)
    *ret = c;
  return or_nothing(rc);
}

static int load_customer_by_key(struct gather *g, const uint8_t key[16], const struct bt_customer **ret) {
  uint64_t id;
  int rc = bt_store_identifier(g->s, BT_NOW, key, &id);
  return rc < 0 ? or_nothing(rc) : load_customer(g, id, ret);
}

static int find_seen(struct gather *g) {
  struct bt_key key;
  struct bt_seen_row row;
  if (g->request->source_key.n == 0)
    return 0;
  struct bt_str name = bt_key_names(&key, g->request->adapter->name, g->request->source_key);
  int rc = bt_read_seen(g->s, BT_NOW, BT_T_SEEN, name, g->arena, &row);
  if (rc < 0)
    return or_nothing(rc);
  if (row.content_hash.n != sizeof(g->scene->seen_hash))
    return -BT_CORRUPT;
  memcpy(g->scene->seen_hash, row.content_hash.p, sizeof(g->scene->seen_hash));
  g->scene->seen = true;
  g->scene->seen_until_us = row.until_us;
  g->scene->seen_receipt = row.receipt;
  return 0;
}

static int find_by_id(struct gather *g) {
  const struct bt_locator *l = &g->request->event.locator;
  uint64_t number, id = l->id;
  if (id == 0) {
    if (l->ref.n == 0 || bt_ref_parse(l->ref, &number) < 0)
      return 0;
    int rc = bt_store_number(g->s, BT_NOW, number, &id);
    if (rc < 0)
      return or_nothing(rc);
  }
  return load_case(g, id, &g->scene->by_id);
}

static int find_by_reference(struct gather *g) {
  struct bt_reference r = g->request->event.locator.reference;
  uint64_t id;
  if (r.local_id.n == 0)
    return 0;
  if (r.department.n == 0)
    r.department = g->request->event.department;
  int rc = bt_store_reference(g->s, BT_NOW, &r, &id);
  return rc < 0 ? or_nothing(rc) : load_case(g, id, &g->scene->by_reference);
}

/* Whom the new identifier belongs to already, and whom it is to be linked to. */
static int find_link(struct gather *g) {
  const struct bt_event *e = &g->request->event;
  const struct bt_case *c = g->scene->by_id ? g->scene->by_id : g->scene->by_reference;
  int rc = load_customer_by_key(g, g->request->identifier_key, &g->scene->holder);
  if (rc < 0)
    return rc;
  if (e->identifier_linked.same_as.domain.n || e->locator.identifier.domain.n)
    return load_customer_by_key(g, g->request->same_as_key, &g->scene->customer);
  return c && c->customer ? load_customer(g, c->customer, &g->scene->customer) : 0;
}

/* A contact may open an ended case again, and then the customer's open ones count. */
static int find_customer_of_ended(struct gather *g) {
  const struct bt_case *c = g->scene->by_id ? g->scene->by_id : g->scene->by_reference;
  bool counts = c && c->customer && !bt_case_is_open(c);
  return counts ? load_customer(g, c->customer, &g->scene->customer) : 0;
}

static int find_customer(struct gather *g) {
  if (g->request->event.kind == BT_IDENTIFIER_LINKED)
    return find_link(g);
  if (g->request->event.locator.identifier.domain.n == 0)
    return find_customer_of_ended(g);
  return load_customer_by_key(g, g->request->identifier_key, &g->scene->customer);
}

/* Ids of the customer's cases, the newest first. */
static int list_cases(struct gather *g, uint64_t ids[BT_MAX_CASES_SEEN], uint32_t *ret_n) {
  struct bt_key k;
  struct bt_str key, stored, nothing, at;
  uint64_t customer = g->scene->customer->id;
  uint32_t n = 0;
  int rc = 0;
  for (at = bt_key_pair(&k, customer, UINT64_MAX); n < BT_MAX_CASES_SEEN; at = bt_key_pair(&k, customer, ids[n++])) {
    rc = bt_kv_before(g->s->kv, BT_NOW, BT_T_CASES_OF, at, &key, &stored);
    if (rc < 0 || key.n != 16 || bt_get_u64(key.p) != customer)
      break;
    rc = bt_raw_open(BT_T_CASES_OF, key, stored, &nothing);
    if (rc < 0)
      break;
    ids[n] = bt_get_u64(key.p + 8);
  }
  *ret_n = n;
  return or_nothing(rc);
}

static int find_cases(struct gather *g) {
  uint64_t ids[BT_MAX_CASES_SEEN];
  uint32_t n = 0;
  if (!g->scene->customer)
    return 0;
  int rc = list_cases(g, ids, &n);
  if (rc < 0 || n == 0)
    return rc;
  g->scene->cases.v = BT_NEW_ARRAY(g->arena, const struct bt_case *, n);
  if (!g->scene->cases.v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < n; i++) {
    const struct bt_case *c = NULL;
    rc = load_case(g, ids[i], &c);
    if (rc < 0)
      return rc;
    if (c)
      g->scene->cases.v[g->scene->cases.n++] = c;
  }
  return 0;
}

int bt_store_scene(struct bt_store *s, const struct bt_request *request, struct bt_arena *arena, struct bt_scene *ret) {
  struct bt_scene scene = {.next_sequence = s->now.position + 1, .next_number = s->now.next_number};
  struct gather g = {s, request, arena, &scene};
  static int (*const steps[])(struct gather *) = {find_seen, find_by_id, find_by_reference, find_customer, find_cases};
  for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
    int rc = steps[i](&g);
    if (rc < 0)
      return rc;
  }
  *ret = scene;
  return 0;
}
