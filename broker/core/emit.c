/* Writing down what was decided. */
#include <stdarg.h>

#include "core/bounds.h"
#include "core/deciding.h"
#include "core/policy.h"

int bt_refuse(struct bt_deciding *d, int code, const char *field, const char *format, ...) {
  struct bt_str special = {0};
  if (format) {
    va_list args;
    va_start(args, format);
    special = bt_arena_vprintf(d->arena, format, args);
    va_end(args);
  }
  d->receipt.code = (uint32_t)code;
  d->receipt.field = bt_str(field);
  d->receipt.text = format ? bt_arena_printf(d->arena, "%s: %.*s", bt_code_text(code), BT_STR_ARG(special))
                           : bt_str(bt_code_text(code));
  return -code;
}

int bt_refuse_offer_open(struct bt_deciding *d) {
  const struct bt_offer *o = &d->c.offer;
  return bt_refuse(d, BT_OFFER_OPEN, NULL, "offer %llu to %.*s", (unsigned long long)o->id,
                   BT_STR_ARG(o->to.n ? o->to : BT_LIT("the first to open")));
}

/* Most units have one entry or two. */
static bool grow(struct bt_deciding *d) {
  uint32_t room = d->room ? d->room * 4 : 2;
  struct bt_entry *v = BT_NEW_ARRAY(d->arena, struct bt_entry, room);
  if (!v)
    return false;
  if (d->n)
    memcpy(v, d->entries, d->n * sizeof *v);
  d->entries = v;
  d->room = room;
  return true;
}

struct bt_entry *bt_emit(struct bt_deciding *d, int kind, struct bt_str department) {
  if (d->n == BT_MAX_UNIT) {
    bt_refuse(d, BT_LIMIT, NULL, "more than %d entries in one unit", BT_MAX_UNIT);
    return NULL;
  }
  if (d->n == d->room && !grow(d))
    return NULL;
  struct bt_entry *e = &d->entries[d->n];
  *e = (struct bt_entry){
      .sequence = d->scene->next_sequence + d->n,
      .kind = (uint32_t)kind,
      .recorded_at_us = d->now_us,
      .adapter = d->request->adapter->name, /* whose event caused it; the broker has none */
  };
  e->event.kind = (uint32_t)kind;
  e->event.department = department;
  e->event.occurred_at_us = d->event->occurred_at_us;
  e->event.backfill = d->backfill;
  d->n++;
  return e;
}

struct bt_entry *bt_emit_request(struct bt_deciding *d) {
  struct bt_entry *e = bt_emit(d, (int)d->event->kind, d->department);
  if (e) {
    e->event = *d->event;
    d->main = e->sequence;
    if (!d->scene->by_reference)
      bt_entry_bind(d, e);
  }
  return e;
}

void bt_entry_bind(struct bt_deciding *d, struct bt_entry *e) {
  if (d->bound || !d->event->locator.reference.local_id.n)
    return;
  e->reference = d->event->locator.reference;
  d->bound = true;
}

int bt_entry_join(struct bt_deciding *d, struct bt_entry *e, const struct bt_str *departments, uint32_t n) {
  struct bt_str *v = BT_NEW_ARRAY(d->arena, struct bt_str, n);
  if (!v)
    return -BT_NOMEM;
  uint32_t used = 0;
  for (uint32_t i = 0; i < n; i++) {
    bool again = !departments[i].n;
    for (uint32_t k = 0; k < used && !again; k++)
      again = bt_str_eq(v[k], departments[i]);
    if (!again)
      v[used++] = departments[i];
  }
  e->joined = (struct bt_strs){used, v};
  return 0;
}

int bt_entry_join_if_room(struct bt_deciding *d, struct bt_entry *e, struct bt_str department) {
  bool full = d->c.participants.n >= BT_MAX_PARTICIPANTS && !bt_strs_has(&d->c.participants, department);
  return full ? 0 : bt_entry_join(d, e, &department, 1);
}

static bool follows(const struct bt_adapter *a, const struct bt_case *c, uint32_t kind) {
  bool topic = a->topics.n == 0, wanted = a->kinds.n == 0;
  for (uint32_t i = 0; i < a->topics.n && !topic; i++)
    topic = bt_topic_under(c->topic, a->topics.v[i]);
  for (uint32_t i = 0; i < a->kinds.n && !wanted; i++)
    wanted = a->kinds.v[i] == kind;
  return topic && wanted;
}

static bool own_words(const struct bt_entry *e, const struct bt_adapter *a) {
  return bt_str_eq(a->name, e->adapter) && bt_adapter_acts_for(a, e->event.department);
}

/* An adapter does not hear its own words again, unless they call one of its departments to act. What the broker, or
 * another department, has said because of them is news to it. Of what its labels do not allow it gets a stub, where the
 * configuration says so: that something happened. */
static bool receives(const struct bt_deciding *d, const struct bt_case *c, const struct bt_entry *e,
                     const struct bt_strs *called, const struct bt_adapter *a) {
  if (!a->receives)
    return false;
  for (uint32_t i = 0; i < called->n; i++)
    if (called->v[i].n && bt_strs_has(&a->acts_for, called->v[i]))
      return true;
  if (own_words(e, a) || !follows(a, c, e->kind))
    return false;
  return bt_policy_entry_adapter(d->rules, c, e, a) != BT_SIGHT_NONE;
}

/* With many adapters this is most of what deciding an event costs: each is looked at once. */
static int address(struct bt_deciding *d, struct bt_entry *e, const struct bt_case *c) {
  if (c->dormant)
    return 0;
  struct bt_str v[BT_MAX_CALLED];
  const struct bt_strs called = {bt_policy_called(e, v), v};
  const uint32_t all = d->rules->adapters.n;
  const struct bt_adapter *adapters = d->rules->adapters.v;
  bool *gets = BT_NEW_ARRAY(d->arena, bool, all);
  if (!gets)
    return -BT_NOMEM;
  uint32_t n = 0;
  for (uint32_t i = 0; i < all; i++)
    n += gets[i] = receives(d, c, e, &called, &adapters[i]);
  struct bt_str *names = BT_NEW_ARRAY(d->arena, struct bt_str, n);
  if (!names)
    return -BT_NOMEM;
  e->recipients = (struct bt_strs){0, names};
  for (uint32_t i = 0; i < all; i++)
    if (gets[i])
      names[e->recipients.n++] = adapters[i].name;
  return 0;
}

int bt_record_on(struct bt_deciding *d, struct bt_entry *e, struct bt_case *c) {
  e->stream = BT_STREAM_CASE;
  e->case_id = e->kind == BT_CASE_OPENED ? e->sequence : c->id;
  e->stream_id = e->case_id;
  e->version = c->version + 1;
  e->previous = c->last_sequence;
  e->customer = e->kind == BT_CASE_OPENED ? e->event.case_opened.customer : c->customer;
  const struct bt_case before = *c;
  int rc = bt_evolve_case(c, e, d->arena);
  if (!rc)
    rc = bt_check_bounds(d, e, &before, c);
  if (!rc)
    rc = address(d, e, c);
  return rc;
}

int bt_record(struct bt_deciding *d, struct bt_entry *e) {
  int rc = bt_record_on(d, e, &d->c);
  d->has_case = true;
  return rc;
}
