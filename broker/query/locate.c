/* The case that somebody names in his own words. */
#include "core/normal.h"
#include "core/policy.h"
#include "core/ref.h"
#include "query/ask.h"

static bool has_grant(const struct bt_ask *ask) {
  const struct bt_department *d = bt_rules_department(ask->context->rules, ask->asker->department);
  return d && d->break_glass;
}

/* Lists show what the asker takes part in: the glass is broken for one case. */
static bool asks_through_glass(const struct bt_ask *ask) {
  const struct bt_query *q = ask->query;
  return q && q->break_glass && !ask->asker->all &&
         (q->kind == BT_QUERY_CASE || q->kind == BT_QUERY_HISTORY || q->kind == BT_QUERY_CARD);
}

bool bt_ask_sees_whole(const struct bt_ask *ask, const struct bt_case *c) {
  if (ask->asker->all)
    return true;
  return asks_through_glass(ask) && has_grant(ask) && bt_policy_glass(c, ask->asker->department, ask->context->now_us);
}

bool bt_ask_sees(const struct bt_ask *ask, const struct bt_case *c) {
  return bt_ask_sees_whole(ask, c) || bt_policy_case(ask->context->rules, c, ask->asker->department) == BT_SIGHT_FULL;
}

int bt_ask_case_by_id(const struct bt_ask *ask, uint64_t id, struct bt_arena *arena, struct bt_case *ret) {
  struct bt_case c;
  int rc = bt_store_case(ask->context->store, BT_NOW, id, arena, &c);
  if (rc < 0)
    return rc;
  if (!bt_ask_sees(ask, &c))
    return -BT_ABSENT;
  *ret = c;
  return 0;
}

int bt_ask_customer(const struct bt_ask *ask, const struct bt_identifier *identifier, uint64_t *ret_customer) {
  const struct bt_domain *domain = bt_rules_domain(ask->context->rules, identifier->domain);
  if (!domain)
    return -BT_UNKNOWN_DOMAIN;
  struct bt_str value;
  int rc = bt_normalise(domain, identifier->value, ask->arena, &value);
  if (rc < 0)
    return rc;
  uint8_t key[16];
  bt_store_identifier_key(ask->context->store, domain->name, value, key);
  return bt_store_identifier(ask->context->store, BT_NOW, key, ret_customer);
}

/* Ids from `from` on, at most `max`, in order. */
static int ids_from(const struct bt_ask *ask, uint64_t customer, uint64_t from, uint32_t max, struct bt_u64s *ret) {
  ret->n = 0;
  while (ret->n < max) {
    uint64_t id;
    int rc = bt_store_next_case_of(ask->context->store, BT_NOW, customer, from, &id);
    if (rc == -BT_ABSENT)
      break;
    if (rc < 0)
      return rc;
    ret->v[ret->n++] = id;
    from = id + 1;
  }
  return 0;
}

static void reverse(struct bt_u64s *ids) {
  for (uint32_t i = 0, j = ids->n; i + 1 < j; i++) {
    uint64_t id = ids->v[i];
    ids->v[i] = ids->v[--j];
    ids->v[j] = id;
  }
}

/* The index only goes forwards. Where a customer has more cases than are looked at, the newest are found by bisection
 * over ids: that keeps the work bounded however many there are. */
int bt_ask_cases_of(const struct bt_ask *ask, uint64_t customer, struct bt_u64s *ret) {
  enum { MORE = BT_MAX_CASES_SEEN + 1 };
  struct bt_u64s ids = {0, BT_NEW_ARRAY(ask->arena, uint64_t, MORE)};
  if (!ids.v)
    return -BT_NOMEM;
  uint64_t low = 0, high = bt_store_position(ask->context->store, BT_NOW) + 1;
  int rc = ids_from(ask, customer, low, MORE, &ids);
  if (rc == 0 && ids.n == MORE) {
    while (rc == 0 && high - low > 1) { /* too many from low on, few enough from high on */
      uint64_t middle = low + (high - low) / 2;
      rc = ids_from(ask, customer, middle, MORE, &ids);
      if (ids.n == MORE)
        low = middle;
      else
        high = middle;
    }
    if (rc == 0)
      rc = ids_from(ask, customer, high, MORE, &ids);
  }
  if (rc < 0)
    return rc;
  reverse(&ids);
  *ret = ids;
  return 0;
}

/* The latest active of the customer's open cases (on the topic or under it, where one is given), then the lower id. */
static int by_customer(const struct bt_ask *ask, const struct bt_locator *l, uint64_t *ret_case) {
  uint64_t customer, best = 0;
  int64_t active_us = 0;
  struct bt_u64s ids;
  int rc = bt_ask_customer(ask, &l->identifier, &customer);
  if (rc == 0)
    rc = bt_ask_cases_of_person(ask, customer, &ids);
  if (rc < 0)
    return rc;
  for (uint32_t i = 0; i < ids.n; i++) {
    struct bt_case c;
    bt_arena_reset(ask->scratch);
    rc = bt_ask_case_by_id(ask, ids.v[i], ask->scratch, &c);
    if (rc == -BT_ABSENT)
      continue;
    if (rc < 0)
      return rc;
    if (!bt_case_is_open(&c) || (l->topic.n && !bt_topic_under(c.topic, l->topic)))
      continue;
    if (!best || c.changed_at_us >= active_us) { /* ids come newest first: the lower wins among equals */
      best = c.id;
      active_us = c.changed_at_us;
    }
  }
  *ret_case = best;
  return best ? 0 : -BT_ABSENT;
}

/* Which id, whoever asks. A reference that is not known yet leaves the word to the identifier. */
static int named(const struct bt_ask *ask, const struct bt_locator *l, uint64_t *ret_case) {
  struct bt_store *store = ask->context->store;
  if (l->id) {
    *ret_case = l->id;
    return 0;
  }
  if (l->ref.n) {
    uint64_t number;
    int rc = bt_ref_parse(l->ref, &number);
    return rc < 0 ? rc : bt_store_number(store, BT_NOW, number, ret_case);
  }
  if (l->reference.local_id.n) {
    struct bt_reference r = l->reference;
    if (!r.department.n)
      r.department = ask->asker->department;
    int rc = bt_store_reference(store, BT_NOW, &r, ret_case);
    if (rc != -BT_ABSENT || !l->identifier.domain.n)
      return rc;
  }
  return l->identifier.domain.n ? by_customer(ask, l, ret_case) : -BT_INVALID;
}

static int located(const struct bt_ask *ask, const struct bt_locator *l, struct bt_case *ret) {
  uint64_t id;
  int rc = named(ask, l, &id);
  return rc < 0 ? rc : bt_ask_case_by_id(ask, id, ask->arena, ret);
}

/* Without the grant it reads the same whatever the case, and with it a case that the asker cannot see is not there: so
 * this tells nothing about any. */
static int refuse_glass(struct bt_answer *ret, bool granted) {
  ret->text = granted ? BT_LIT("the glass of this case is not broken, or no longer: send a RestrictedRead first")
                      : BT_LIT("break_glass needs the grant of that name");
  return -BT_NOT_GRANTED;
}

int bt_ask_located(const struct bt_ask *ask, struct bt_answer *ret, struct bt_case *ret_case) {
  const struct bt_locator *l = &ask->query->locator;
  if (asks_through_glass(ask) && !has_grant(ask))
    return refuse_glass(ret, false);
  int rc = located(ask, l, ret_case);
  if (rc == -BT_INVALID && !l->id && l->ref.n)
    ret->text = BT_LIT("locator.ref: no ref of any case, its check symbol does not fit: is a letter or digit wrong?");
  else if (rc == -BT_INVALID)
    ret->text =
        BT_LIT("the locator names no case: give an id, a ref with its check symbol, a reference or an identifier");
  if (rc == 0 && asks_through_glass(ask) && !bt_ask_sees_whole(ask, ret_case))
    return refuse_glass(ret, true);
  return rc == -BT_ABSENT ? -BT_UNKNOWN_CASE : rc;
}
