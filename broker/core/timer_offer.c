/* The time of an open offer has come: nobody has answered it, or it waited for somebody to open. */
#include "core/handing.h"
#include "core/routing.h"

/* Its recipient is named, with the card as the case stands now, and its time to answer begins. */
static int name_recipient(struct bt_deciding *d, const struct bt_department *to,
                          const struct bt_considereds *considered) {
  const struct bt_offer *o = &d->c.offer;
  struct bt_entry *e = bt_emit(d, BT_HANDOFF_DIRECTED, (struct bt_str){0});
  if (!e)
    return -BT_LIMIT;
  struct bt_handoff_directed *x = &e->event.handoff_directed;
  x->offer = e->offer = o->id;
  x->from = d->c.custodian;
  x->to = to->name;
  x->deadline_us = bt_open_or_plain_us(d, to->name, bt_rules_ola_us(d->rules, o->from, to->name));
  x->cause = BT_CAUSE_OPENED;
  x->considered = *considered;
  int rc = bt_hand_card(d, o->next_step, o->label, &x->card, &x->digest);
  return rc ? rc : bt_record(d, e);
}

static int wait_on(struct bt_deciding *d, int64_t opens_at_us) {
  struct bt_entry *e = bt_emit(d, BT_HANDOFF_EXTENDED, (struct bt_str){0});
  if (!e)
    return -BT_LIMIT;
  e->offer = d->c.offer.id;
  e->event.handoff_extended =
      (struct bt_handoff_extended){.offer = e->offer, .opens_at_us = opens_at_us, .cause = BT_CAUSE_WAITING};
  return bt_record(d, e);
}

/* Hours may have changed since, and others may have opened: it is routed anew. */
static int has_opened(struct bt_deciding *d) {
  struct bt_candidates found;
  struct bt_considereds considered;
  struct bt_strs labels;
  int rc = bt_label_set(d, d->c.offer.label, &labels);
  if (!rc)
    rc = bt_choose_readers(d, d->c.offer.topic, d->c.offer.asked, &labels, &found, &considered);
  if (rc)
    return rc;
  if (found.n && found.v[0].open)
    return name_recipient(d, found.v[0].department, &considered);
  if (found.n && found.v[0].opens_at_us)
    return wait_on(d, found.v[0].opens_at_us);
  return bt_expire_offer(d, false);
}

/* Who must take what it is offered has it by saying nothing, also where it proposed another time that nobody took up:
 * else it could be rid of any case by a counter-offer. */
static bool takes_by_silence(const struct bt_deciding *d) {
  const struct bt_department *dep = bt_rules_department(d->rules, d->c.offer.to);
  return dep && dep->must_take && !dep->unattended;
}

int bt_offer_unanswered(struct bt_deciding *d) {
  return takes_by_silence(d) ? bt_direct(d, d->c.offer.to, BT_CAUSE_MUST_TAKE) : bt_expire_offer(d, true);
}

int bt_timer_offer(struct bt_deciding *d, const struct bt_timer *t) {
  const struct bt_offer *o = &d->c.offer;
  const int64_t due_us = o->opens_at_us ? o->opens_at_us : o->deadline_us;
  if (!bt_case_is_open(&d->c) || d->c.dormant || !o->id || o->id != t->object || !due_us || due_us > d->now_us)
    return 0;
  if (o->opens_at_us)
    return has_opened(d);
  return bt_offer_unanswered(d);
}
