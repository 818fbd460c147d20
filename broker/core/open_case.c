/* A new case: its customer where the broker meets one for the first time, its custodian, its owner. */
#include "core/deciding.h"
#include "core/routing.h"

int bt_check_open_cases(struct bt_deciding *d) {
  uint32_t open = 0;
  for (uint32_t i = 0; i < d->scene->cases.n; i++)
    open += bt_case_is_open(d->scene->cases.v[i]);
  if (open >= BT_MAX_OPEN_CASES)
    return bt_refuse(d, BT_LIMIT, "locator.identifier", "a customer has %d open cases at most", BT_MAX_OPEN_CASES);
  return 0;
}

static int meet_customer(struct bt_deciding *d) {
  const struct bt_request *r = d->request;
  struct bt_entry *e = bt_emit(d, BT_IDENTIFIER_LINKED, d->department);
  if (!e)
    return -BT_LIMIT;
  struct bt_identifier_linked *l = &e->event.identifier_linked;
  l->identifier = (struct bt_identifier){d->event->locator.identifier.domain, r->identifier_value};
  l->customer = e->sequence;
  const struct bt_domain *domain = bt_rules_domain(d->rules, l->identifier.domain);
  if (!domain || !domain->shared) /* what several customers have finds none of them */
    l->key = bt_arena_copy(d->arena, (struct bt_str){(const char *)r->identifier_key, sizeof r->identifier_key});
  e->stream = BT_STREAM_CUSTOMER;
  e->stream_id = e->customer = e->sequence;
  e->version = 1;
  d->customer = e->sequence;
  return 0;
}

/* A form or a robot cannot answer for a case: its fallback does. */
static struct bt_str custodian_for(const struct bt_deciding *d) {
  const struct bt_department *dep = bt_rules_department(d->rules, d->department);
  return dep->unattended && dep->fallback.n ? dep->fallback : dep->name;
}

/* What a contact said becomes the need, unless it bears more labels than the need has room for: then the words stay in
 * the contact. */
static void fill_opened(const struct bt_deciding *d, struct bt_str need, struct bt_case_opened *o) {
  if (!o->topic.n)
    o->topic = d->event->locator.topic;
  if (!o->topic.n)
    o->topic = d->c.topic; /* of the ended case that it is linked to */
  if (!o->need.n && d->event->labels.n <= 1)
    o->need = need;
  if (!o->priority)
    o->priority = BT_PRIORITY_NORMAL;
  o->custodian = custodian_for(d);
  o->owner = bt_route_owner(d->rules, o->topic);
  if (!o->owner.n)
    o->owner = o->custodian;
  o->number = d->scene->next_number;
  o->idle_s = (uint32_t)(d->rules->idle_us / 1000000);
  o->customer = d->customer;
  o->linked_to = d->has_case ? d->c.id : 0; /* the case that was found ended too long ago */
}

int bt_open_case(struct bt_deciding *d, struct bt_str need) {
  int rc = bt_check_open_cases(d);
  if (!rc && d->event->locator.identifier.domain.n && !d->customer)
    rc = meet_customer(d);
  if (rc)
    return rc;
  bool asked = d->event->kind == BT_CASE_OPENED;
  struct bt_entry *e = asked ? bt_emit_request(d) : bt_emit(d, BT_CASE_OPENED, d->department);
  if (!e)
    return -BT_LIMIT;
  struct bt_case_opened *o = &e->event.case_opened;
  /* A case keeps one label. Words under several stay in the contact that said them. */
  fill_opened(d, d->event->labels.n > 1 ? (struct bt_str){0} : need, o);
  if (o->linked_to)
    d->receipt.found = BT_FOUND_NEW_LINKED;
  if (!asked) {
    e->event.actor = d->event->actor;
    e->event.labels = d->event->labels;
    if (!e->event.labels.n)
      e->event.labels = bt_rules_default_labels(d->rules, BT_CASE_OPENED);
  }
  bt_entry_bind(d, e); /* also where it meant the case that ended */
  d->c = (struct bt_case){0};
  const struct bt_str joined[] = {o->custodian, o->owner, d->department};
  rc = bt_entry_join(d, e, joined, 3);
  return rc ? rc : bt_record(d, e);
}
