/* A customer by one of his identifiers, with those of his cases that the asker may see. Customers that were merged are
 * one: their identifiers and cases stand together, under the number of the one that goes on. */
#include <stdlib.h>

#include "core/policy.h"
#include "query/ask.h"

enum { MAX_MERGED = 1 + BT_MAX_MERGED, MAX_STEPS = 64 };

/* One customer: the one that goes on, and those that point to it. */
struct person {
  uint32_t n;
  struct bt_customer v[MAX_MERGED];
  struct bt_identifiers identifiers;
};

/* Follows the pointers to the one that goes on. */
static int survivor(const struct bt_ask *ask, uint64_t id, struct bt_customer *ret) {
  int rc = bt_store_customer(ask->context->store, BT_NOW, id, ask->arena, ret);
  for (int i = 0; rc == 0 && ret->merged_into && i < MAX_STEPS; i++)
    rc = bt_store_customer(ask->context->store, BT_NOW, ret->merged_into, ask->arena, ret);
  return rc;
}

/* Who was merged may have had others merged into him before. */
static int gather(const struct bt_ask *ask, uint64_t id, struct person *p) {
  p->n = 1;
  int rc = survivor(ask, id, &p->v[0]);
  for (uint32_t at = 0; rc == 0 && at < p->n; at++)
    for (uint32_t i = 0; rc == 0 && i < p->v[at].merged.n && p->n < MAX_MERGED; i++)
      rc = bt_store_customer(ask->context->store, BT_NOW, p->v[at].merged.v[i], ask->arena, &p->v[p->n++]);
  return rc;
}

static int newest_first(const void *left, const void *right) {
  const uint64_t *a = left, *b = right;
  return (*a < *b) - (*a > *b);
}

/* Of all of them together, the newest. */
static int cases_of(const struct bt_ask *ask, const struct person *p, struct bt_u64s *ret) {
  struct bt_u64s all = {0, BT_NEW_ARRAY(ask->arena, uint64_t, p->n * BT_MAX_CASES_SEEN)};
  if (!all.v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < p->n; i++) {
    struct bt_u64s own;
    int rc = bt_ask_cases_of(ask, p->v[i].id, &own);
    if (rc < 0)
      return rc;
    for (uint32_t k = 0; k < own.n && k < BT_MAX_CASES_SEEN; k++)
      all.v[all.n++] = own.v[k];
  }
  if (all.n > 1)
    qsort(all.v, all.n, sizeof *all.v, newest_first);
  if (all.n > BT_MAX_CASES_SEEN)
    all.n = BT_MAX_CASES_SEEN;
  *ret = all;
  return 0;
}

int bt_ask_cases_of_person(const struct bt_ask *ask, uint64_t customer, struct bt_u64s *ret) {
  struct person *p = BT_NEW(ask->arena, struct person);
  int rc = p ? gather(ask, customer, p) : -BT_NOMEM;
  return rc < 0 ? rc : cases_of(ask, p, ret);
}

static size_t identifier_size(const struct bt_identifier *i) {
  return i->domain.n + i->value.n + 16;
}

/* An external department gets none but the one it has: what bears no label is internal. Of very many, half a frame's.
 */
static int put_identifiers(const struct bt_ask *ask, struct person *p) {
  const struct bt_department *d = bt_rules_department(ask->context->rules, ask->asker->department);
  uint32_t n = 1;
  size_t room = BT_ASK_ROOM / 2;
  for (uint32_t i = 0; i < p->n; i++)
    n += p->v[i].identifiers.n;
  struct bt_identifier *v = BT_NEW_ARRAY(ask->arena, struct bt_identifier, n);
  if (!v)
    return -BT_NOMEM;
  p->identifiers = (struct bt_identifiers){0, v};
  if (!ask->asker->all && d && d->external) {
    v[p->identifiers.n++] = ask->query->identifier;
    return 0;
  }
  for (uint32_t i = 0; i < p->n; i++)
    for (uint32_t k = 0; k < p->v[i].identifiers.n; k++) {
      const struct bt_identifier *one = &p->v[i].identifiers.v[k];
      if (identifier_size(one) > room)
        return 0;
      room -= identifier_size(one);
      v[p->identifiers.n++] = *one;
    }
  return 0;
}

/* Rows from the newest down to where the page is full, whatever of them the asker may see. `saw` counts all of those
 * that he may, on this page and others: a department without `front` must take part in one. */
static int add_rows(const struct bt_ask *ask, const struct bt_u64s *ids, uint64_t before, size_t room,
                    struct bt_answer *ret, bool *saw) {
  ret->rows.v = BT_NEW_ARRAY(ask->arena, struct bt_case_row, ask->limit);
  if (!ret->rows.v)
    return -BT_NOMEM;
  uint64_t last = 0;
  for (uint32_t i = 0; i < ids->n; i++) {
    struct bt_case c;
    bt_arena_reset(ask->scratch);
    int rc = bt_ask_case_by_id(ask, ids->v[i], ask->scratch, &c);
    if (rc == -BT_ABSENT)
      continue;
    if (rc < 0)
      return rc;
    *saw = true;
    if (c.id >= before)
      continue;
    rc = ret->rows.n < ask->limit ? bt_ask_row(ask, &c, &room, &ret->rows.v[ret->rows.n]) : -BT_LIMIT;
    if (rc == -BT_LIMIT)
      return bt_ask_page_put(ask, ret->customer, last, &ret->next_page);
    if (rc < 0)
      return rc;
    ret->rows.n++;
    last = c.id;
  }
  return 0;
}

static size_t identifiers_size(const struct bt_identifiers *ids) {
  size_t size = 0;
  for (uint32_t i = 0; i < ids->n; i++)
    size += identifier_size(&ids->v[i]);
  return size;
}

/* Who it is. -BT_ABSENT: nobody has this identifier. */
static int find(const struct bt_ask *ask, struct bt_answer *ret, struct person *p) {
  uint64_t id;
  int rc = bt_ask_customer(ask, &ask->query->identifier, &id);
  if (rc == -BT_INVALID)
    ret->text = BT_LIT("the identifier's value is none of its domain");
  if (rc == 0)
    rc = gather(ask, id, p);
  if (rc == 0)
    rc = put_identifiers(ask, p);
  if (rc == 0)
    ret->customer = p->v[0].id;
  return rc;
}

int bt_ask_find(const struct bt_ask *ask, struct bt_answer *ret) {
  struct bt_u64s ids;
  struct person *p = BT_NEW(ask->arena, struct person);
  uint64_t before = UINT64_MAX;
  int rc = p ? find(ask, ret, p) : -BT_NOMEM;
  if (rc == 0)
    rc = cases_of(ask, p, &ids);
  bool saw = false, bad_page = rc == 0 && bt_ask_page_get(ask, ret->customer, &before) < 0;
  if (rc == 0)
    rc = add_rows(ask, &ids, before, BT_ASK_ROOM - identifiers_size(&p->identifiers), ret, &saw);
  if (rc < 0)
    return rc == -BT_ABSENT ? -BT_NOT_FOUND : rc;
  if (!ask->asker->all && !bt_policy_customer(ask->context->rules, ask->asker->department, saw))
    return -BT_NOT_FOUND;
  ret->identifiers = p->identifiers;
  return bad_page ? -BT_BAD_PAGE : 0;
}
