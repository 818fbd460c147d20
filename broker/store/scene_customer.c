/* The customers that a request is about, and their cases. Customers merge by a pointer: each keeps its own row and its
 * own cases, so what is looked for is the last in the line, and the cases of all that lead there. */
#include <stdlib.h>

#include "store/gather.h"

static int load(struct bt_gather *g, uint64_t id, const struct bt_customer **ret) {
  struct bt_customer *c = id ? BT_NEW(g->arena, struct bt_customer) : NULL;
  if (!c)
    return id ? -BT_NOMEM : 0;
  int rc = bt_store_customer(g->s, BT_NOW, id, g->arena, c);
  if (rc == 0)
    *ret = c;
  return bt_gather_or_nothing(rc);
}

/* Whom the index names, as that customer is itself. */
static int load_by_key(struct bt_gather *g, const uint8_t key[16], const struct bt_customer **ret) {
  uint64_t id;
  int rc = bt_store_identifier(g->s, BT_NOW, key, &id);
  return rc < 0 ? bt_gather_or_nothing(rc) : load(g, id, ret);
}

/* The last in the line. */
static int follow(struct bt_gather *g, const struct bt_customer **c) {
  int rc = 0;
  for (int i = 0; rc == 0 && *c && (*c)->merged_into && i < BT_LONGEST_LINE; i++)
    rc = load(g, (*c)->merged_into, c);
  return rc;
}

static int load_survivor(struct bt_gather *g, const uint8_t key[16], const struct bt_customer **ret) {
  int rc = load_by_key(g, key, ret);
  return rc < 0 ? rc : follow(g, ret);
}

static const struct bt_case *found_case(const struct bt_gather *g) {
  return g->scene->by_id ? g->scene->by_id : g->scene->by_reference;
}

static int load_of_case(struct bt_gather *g, const struct bt_case *c) {
  int rc = c ? load(g, c->customer, &g->scene->customer) : 0;
  return rc < 0 ? rc : follow(g, &g->scene->customer);
}

/* Whom the new identifier belongs to already, and whom it is to be linked to. */
static int find_link(struct bt_gather *g) {
  const struct bt_event *e = &g->request->event;
  int rc = load_survivor(g, g->request->identifier_key, &g->scene->holder);
  if (rc < 0)
    return rc;
  if (e->identifier_linked.same_as.domain.n || e->locator.identifier.domain.n)
    return load_survivor(g, g->request->same_as_key, &g->scene->customer);
  return load_of_case(g, found_case(g));
}

/* Whom the identifier is to be taken from: who has it, not who answers for it. One that several may have is in no
 * index; the locator then says whose it is. */
static int find_unlink(struct bt_gather *g) {
  int rc = load_by_key(g, g->request->identifier_key, &g->scene->holder);
  if (rc < 0)
    return rc;
  if (g->request->event.locator.identifier.domain.n)
    return load_survivor(g, g->request->same_as_key, &g->scene->customer);
  return load_of_case(g, found_case(g));
}

/* The two by their numbers, else by an identifier; as they are themselves. */
static int find_two(struct bt_gather *g) {
  const struct bt_customers_merged *m = &g->request->event.customers_merged;
  int rc = m->into ? load(g, m->into, &g->scene->into) : load_by_key(g, g->request->identifier_key, &g->scene->into);
  if (rc < 0)
    return rc;
  return m->merged ? load(g, m->merged, &g->scene->merged) : load_by_key(g, g->request->same_as_key, &g->scene->merged);
}

static int find_parted(struct bt_gather *g) {
  int rc = load(g, g->request->event.customers_unmerged.merged, &g->scene->merged);
  return rc < 0 || !g->scene->merged ? rc : load(g, g->scene->merged->merged_into, &g->scene->into);
}

/* A contact may open an ended case again, and then the customer's open ones count. */
static int find_by_locator(struct bt_gather *g) {
  const struct bt_case *c = found_case(g);
  if (g->request->event.locator.identifier.domain.n)
    return load_survivor(g, g->request->identifier_key, &g->scene->customer);
  return load_of_case(g, c && !bt_case_is_open(c) ? c : NULL);
}

int bt_gather_customer(struct bt_gather *g) {
  switch (g->request->event.kind) {
  case BT_IDENTIFIER_LINKED:
    return find_link(g);
  case BT_IDENTIFIER_UNLINKED:
    return find_unlink(g);
  case BT_CUSTOMERS_MERGED:
    return find_two(g);
  case BT_CUSTOMERS_UNMERGED:
    return find_parted(g);
  default:
    return find_by_locator(g);
  }
}

/* ---- cases ---- */

/* A customer and all that point to it, each once. */
struct family {
  uint64_t v[BT_LONGEST_LINE];
  uint32_t n;
};

static void add(struct family *f, uint64_t id) {
  for (uint32_t i = 0; i < f->n; i++)
    if (f->v[i] == id)
      return;
  if (f->n < BT_LONGEST_LINE)
    f->v[f->n++] = id;
}

static void add_merged(struct family *f, const struct bt_customer *c) {
  for (uint32_t i = 0; c && i < c->merged.n; i++)
    add(f, c->merged.v[i]);
}

/* Those that point to the members from the given one on, and to these in turn. */
static int complete(struct bt_gather *g, struct family *f, uint32_t from) {
  for (uint32_t i = from; i < f->n; i++) {
    const struct bt_customer *c = NULL;
    int rc = load(g, f->v[i], &c);
    if (rc < 0)
      return rc;
    add_merged(f, c);
  }
  return 0;
}

/* Newest first, each once, at most BT_MAX_CASES_SEEN. */
struct ids {
  uint64_t v[2 * BT_MAX_CASES_SEEN];
  uint32_t n;
};

static int newest_first(const void *left, const void *right) {
  uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return (a < b) - (a > b);
}

static int list_cases(struct bt_gather *g, uint64_t customer, struct ids *ids) {
  struct bt_key k;
  struct bt_str key, stored, nothing, at = bt_key_pair(&k, customer, UINT64_MAX);
  int rc = 0;
  for (uint32_t n = 0; n < BT_MAX_CASES_SEEN; n++) {
    rc = bt_kv_before(g->s->kv, BT_NOW, BT_T_CASES_OF, at, &key, &stored);
    if (rc < 0 || key.n != 16 || bt_get_u64(key.p) != customer)
      break;
    rc = bt_raw_open(BT_T_CASES_OF, key, stored, &nothing);
    if (rc < 0)
      break;
    ids->v[ids->n] = bt_get_u64(key.p + 8);
    at = bt_key_pair(&k, customer, ids->v[ids->n++]);
  }
  qsort(ids->v, ids->n, sizeof *ids->v, newest_first);
  ids->n = ids->n < BT_MAX_CASES_SEEN ? ids->n : BT_MAX_CASES_SEEN;
  return bt_gather_or_nothing(rc);
}

static int load_cases(struct bt_gather *g, const struct ids *ids) {
  struct bt_scene *scene = g->scene;
  scene->cases.v = BT_NEW_ARRAY(g->arena, const struct bt_case *, ids->n);
  if (!scene->cases.v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < ids->n; i++) {
    const struct bt_case *c = NULL;
    int rc = bt_gather_case(g, ids->v[i], &c);
    if (rc < 0)
      return rc;
    if (c)
      scene->cases.v[scene->cases.n++] = c;
  }
  return 0;
}

int bt_gather_cases(struct bt_gather *g) {
  const struct bt_scene *s = g->scene;
  const struct bt_customer *const roots[] = {s->customer, s->into, s->merged};
  struct family family = {.n = 0};
  struct ids ids = {.n = 0};
  for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
    if (roots[i])
      add(&family, roots[i]->id);
  const uint32_t n = family.n;
  for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
    add_merged(&family, roots[i]);
  int rc = complete(g, &family, n);
  for (uint32_t i = 0; rc == 0 && i < family.n; i++)
    rc = list_cases(g, family.v[i], &ids);
  return rc < 0 || ids.n == 0 ? rc : load_cases(g, &ids);
}
