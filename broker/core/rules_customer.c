/* Identifiers: which of the systems' names mean one customer. Here only exact ones, linked by somebody who knows. */
#include "core/deciding.h"
#include "core/policy.h"

int bt_rule_identifier_linked(struct bt_deciding *d) {
  const struct bt_scene *s = d->scene;
  const struct bt_department *dep = bt_rules_department(d->rules, d->department);
  if (!dep->link)
    return bt_refuse(d, BT_NOT_GRANTED, "department", "linking identifiers needs the grant `link`");
  bool by_case = !d->event->identifier_linked.same_as.domain.n && !d->event->locator.identifier.domain.n;
  const struct bt_case *c = s->by_id ? s->by_id : s->by_reference;
  bool hidden = by_case && !(c && bt_policy_takes_part(c, d->department));
  if (!s->customer || hidden)
    return bt_refuse(d, BT_NOT_FOUND, "identifier_linked.same_as", "no customer has this identifier");
  if (s->holder && s->holder->id != s->customer->id)
    return bt_refuse(d, BT_IDENTIFIER_TAKEN, "identifier_linked.identifier", NULL);
  if (!s->holder && s->customer->identifiers.n >= BT_MAX_IDENTIFIERS)
    return bt_refuse(d, BT_LIMIT, "identifier_linked.identifier", "a customer has %d identifiers at most",
                     BT_MAX_IDENTIFIERS);
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  struct bt_identifier_linked *l = &e->event.identifier_linked;
  l->identifier.value = d->request->identifier_value;
  l->same_as = (struct bt_identifier){0};
  l->customer = s->customer->id;
  l->key = bt_arena_copy(d->arena,
                         (struct bt_str){(const char *)d->request->identifier_key, sizeof d->request->identifier_key});
  e->stream = BT_STREAM_CUSTOMER;
  e->stream_id = e->customer = d->customer = s->customer->id;
  e->version = s->customer->version + 1;
  e->previous = s->customer->last_sequence;
  return 0;
}
