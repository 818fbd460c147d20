/* Identifiers: which of the systems' names mean one customer. Here only exact ones, linked by somebody who knows. */
#include "core/deciding.h"
#include "core/policy.h"

static int check_grant(struct bt_deciding *d) {
  if (!bt_rules_department(d->rules, d->department)->link)
    return bt_refuse(d, BT_NOT_GRANTED, "department", "linking identifiers needs the grant `link`");
  return 0;
}

static bool is_shared(const struct bt_deciding *d, struct bt_str domain) {
  const struct bt_domain *v = domain.n ? bt_rules_domain(d->rules, domain) : NULL;
  return v && v->shared;
}

/* The customer that the request names by another identifier, or by a case that the department takes part in. */
static const struct bt_customer *named_customer(const struct bt_deciding *d, struct bt_str same_as) {
  const struct bt_scene *s = d->scene;
  struct bt_str by = same_as.n ? same_as : d->event->locator.identifier.domain;
  const struct bt_case *c = s->by_id ? s->by_id : s->by_reference;
  if (by.n)
    return is_shared(d, by) ? NULL : s->customer;
  return c && bt_policy_takes_part(d->rules, c, d->department) ? s->customer : NULL;
}

/* The customer itself, or one that points to it. */
static bool is_of(const struct bt_scene *s, const struct bt_customer *customer, const struct bt_customer *other) {
  bool is = other->id == customer->id || other->merged_into == customer->id;
  for (uint32_t i = 0; i < s->pointing.n; i++)
    is = is || s->pointing.v[i]->id == other->id;
  return is;
}

/* An entry of the customer's stream. A locator here names a customer and binds no reference to a case. */
static void put_on(struct bt_deciding *d, struct bt_entry *e, const struct bt_customer *c) {
  e->reference = (struct bt_reference){0};
  e->stream = BT_STREAM_CUSTOMER;
  e->stream_id = e->customer = d->customer = c->id;
  e->version = c->version + 1;
  e->previous = c->last_sequence;
}

static struct bt_str key_of(const struct bt_deciding *d) {
  const struct bt_request *r = d->request;
  return bt_arena_copy(d->arena, (struct bt_str){(const char *)r->identifier_key, sizeof r->identifier_key});
}

static bool has(const struct bt_customer *c, struct bt_str domain, struct bt_str value) {
  for (uint32_t i = 0; i < c->identifiers.n; i++)
    if (bt_str_eq(c->identifiers.v[i].domain, domain) && bt_str_eq(c->identifiers.v[i].value, value))
      return true;
  return false;
}

/* Another value in a domain where two values are two customers. */
static bool contradicts(const struct bt_customer *c, struct bt_str domain, struct bt_str value) {
  for (uint32_t i = 0; i < c->identifiers.n; i++)
    if (bt_str_eq(c->identifiers.v[i].domain, domain) && !bt_str_eq(c->identifiers.v[i].value, value))
      return true;
  return false;
}

static int check_veto(struct bt_deciding *d, const struct bt_customer *c, struct bt_str name) {
  const struct bt_domain *domain = bt_rules_domain(d->rules, name);
  bool veto = contradicts(c, name, d->request->identifier_value);
  for (uint32_t i = 0; i < d->scene->pointing.n; i++)
    veto = veto || contradicts(d->scene->pointing.v[i], name, d->request->identifier_value);
  if (!domain || !domain->strong || !veto)
    return 0;
  return bt_refuse(d, BT_VETO, "identifier_linked.identifier", "the customer has another one in %.*s",
                   BT_STR_ARG(name));
}

/* Where the identifier stands already, that is where it is written again; else on the customer that goes on. */
static int check_linked(struct bt_deciding *d, const struct bt_customer *c, struct bt_str domain,
                        const struct bt_customer **ret) {
  const struct bt_customer *holder = is_shared(d, domain) ? NULL : d->scene->holder;
  if (holder && !is_of(d->scene, c, holder))
    return bt_refuse(d, BT_IDENTIFIER_TAKEN, "identifier_linked.identifier", NULL);
  int rc = check_veto(d, c, domain);
  if (rc)
    return rc;
  if (!holder && !has(c, domain, d->request->identifier_value) && c->identifiers.n >= BT_MAX_IDENTIFIERS)
    return bt_refuse(d, BT_LIMIT, "identifier_linked.identifier", "a customer has %d identifiers at most",
                     BT_MAX_IDENTIFIERS);
  *ret = holder ? holder : c;
  return 0;
}

int bt_rule_identifier_linked(struct bt_deciding *d) {
  const struct bt_identifier_linked *asked = &d->event->identifier_linked;
  const struct bt_customer *c;
  int rc = check_grant(d);
  if (rc)
    return rc;
  if (!(c = named_customer(d, asked->same_as.domain)))
    return bt_refuse(d, BT_NOT_FOUND, "identifier_linked.same_as", "no customer has this identifier");
  if ((rc = check_linked(d, c, asked->identifier.domain, &c)))
    return rc;
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  struct bt_identifier_linked *l = &e->event.identifier_linked;
  l->identifier.value = d->request->identifier_value;
  l->same_as = (struct bt_identifier){0};
  l->customer = c->id;
  if (!is_shared(d, l->identifier.domain)) /* such a one finds nobody */
    l->key = key_of(d);
  put_on(d, e, c);
  return 0;
}

/* An identifier that is filed names its customer; of a shared one the locator must say whose it is. */
int bt_rule_identifier_unlinked(struct bt_deciding *d) {
  const struct bt_identifier *asked = &d->event->identifier_unlinked.identifier;
  const struct bt_customer *filed = d->scene->holder;
  int rc = check_grant(d);
  if (rc)
    return rc;
  const struct bt_customer *c = filed && !is_shared(d, asked->domain) ? filed : named_customer(d, (struct bt_str){0});
  if (!c || !has(c, asked->domain, d->request->identifier_value))
    return bt_refuse(d, BT_NOT_FOUND, "identifier_unlinked.identifier", "no such customer has this identifier");
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  struct bt_identifier_unlinked *u = &e->event.identifier_unlinked;
  u->identifier.value = d->request->identifier_value;
  u->customer = c->id;
  if (filed && filed->id == c->id) /* then there is a row to take away */
    u->key = key_of(d);
  put_on(d, e, c);
  return 0;
}
