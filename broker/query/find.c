/* A customer by one of his identifiers, with those of his cases that the asker may see. */
#include "core/policy.h"
#include "query/ask.h"

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
    size += ids->v[i].domain.n + ids->v[i].value.n + 16;
  return size;
}

int bt_ask_find(const struct bt_ask *ask, struct bt_answer *ret) {
  struct bt_u64s ids;
  struct bt_customer customer;
  uint64_t before = UINT64_MAX;
  int rc = bt_ask_customer(ask, &ask->query->identifier, &ret->customer);
  if (rc == -BT_INVALID)
    ret->text = BT_LIT("the identifier's value is none of its domain");
  if (rc == 0)
    rc = bt_store_customer(ask->context->store, BT_NOW, ret->customer, ask->arena, &customer);
  if (rc == 0)
    rc = bt_ask_cases_of(ask, ret->customer, &ids);
  bool saw = false, bad_page = rc == 0 && bt_ask_page_get(ask, ret->customer, &before) < 0;
  if (rc == 0)
    rc = add_rows(ask, &ids, before, BT_ASK_ROOM - identifiers_size(&customer.identifiers), ret, &saw);
  if (rc < 0)
    return rc == -BT_ABSENT ? -BT_NOT_FOUND : rc;
  if (!ask->asker->all && !bt_policy_customer(ask->context->rules, ask->asker->department, saw))
    return -BT_NOT_FOUND;
  ret->identifiers = customer.identifiers;
  return bad_page ? -BT_BAD_PAGE : 0;
}
