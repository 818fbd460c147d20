/* A case on its way from one department to another. */
#include <inttypes.h>

#include "control/what.h"

/* Who of those that routing looked at opens then. */
static struct bt_str opener(const struct bt_considereds *considered, int64_t at_us) {
  for (uint32_t i = 0; i < considered->n; i++)
    if (!considered->v[i].open && considered->v[i].opens_at_us == at_us)
      return considered->v[i].department;
  return BT_LIT("somebody");
}

static struct bt_str waits(struct bt_arena *a, const struct bt_handoff_offered *e) {
  return bt_arena_printf(a, "waits until %.*s for %.*s to open%.*s", S(bt_words_time(a, e->opens_at_us)),
                         S(opener(&e->considered, e->opens_at_us)), S(bt_words_around(a, " (topic ", e->topic, ")")));
}

static struct bt_str chosen(struct bt_arena *a, const struct bt_handoff_offered *e) {
  const char *why = e->cause == BT_CAUSE_NO_WRONG_DOOR ? " by the broker, as who handles the topic"
                    : e->cause == BT_CAUSE_TOPIC       ? ", chosen by topic"
                                                       : NULL;
  struct bt_str because = bt_words_around(a, " (", bt_words_cause(a, e->cause), ")");
  return bt_arena_printf(a, "offered to %.*s%.*s", S(e->to), S(why ? bt_str(why) : because));
}

static struct bt_str offered(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_handoff_offered *e = &event->handoff_offered;
  struct bt_str where = e->opens_at_us && !e->to.n ? waits(a, e) : chosen(a, e);
  struct bt_str asked = bt_words_list(a, &e->asked);
  return bt_arena_printf(a, "%.*s%.*s%.*s%s%.*s", S(where), AT(", to be answered by ", e->deadline_us),
                         S(bt_words_around(a, ", in vain to ", asked, " before")),
                         e->customer_waiting ? ", the customer waits" : "", QUOTED(e->next_step));
}

/* The offerer accepts too: what the other department proposed instead. */
static struct bt_str accepted(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_handoff_accepted *e = &event->handoff_accepted;
  if (e->to.n && bt_str_eq(event->department, e->from))
    return bt_arena_printf(a, "counter-offer accepted, held by %.*s now%.*s", S(e->to), QUOTED(e->read_back));
  return bt_arena_printf(a, "accepted from %.*s%.*s", S(e->from), QUOTED(e->read_back));
}

static struct bt_str refused(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_handoff_refused *e = &event->handoff_refused;
  return bt_arena_printf(a, "refused (%s%.*s)%.*s%.*s", bt_refusal_name((int)e->reason),
                         S(bt_words_around(a, ", rather ", e->right_department, "")),
                         AT(", to be supplied by ", e->answer_by_us), QUOTED(e->text));
}

static struct bt_str countered(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_handoff_countered *e = &event->handoff_countered;
  return bt_arena_printf(a, "counter-offer to %.*s: %s%.*s%.*s%.*s", S(e->from),
                         bt_words_promise(e->type ? e->type : BT_PROMISE_VISIT), AT(" by ", e->at_us),
                         AT(", to be answered by ", e->deadline_us), QUOTED(e->text));
}

static struct bt_str withdrawn(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_handoff_withdrawn *e = &event->handoff_withdrawn;
  return bt_arena_printf(a, "%s%.*s withdrawn%.*s", e->to.n ? "offer to " : "waiting offer", S(e->to), TAIL(e->text));
}

static struct bt_str reported(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_handoff_reported *e = &event->handoff_reported;
  return bt_arena_printf(a, "moved from %.*s to %.*s%.*s", S(e->from), S(e->to), QUOTED(e->next_step));
}

static struct bt_str directed(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_handoff_directed *e = &event->handoff_directed;
  if (e->moved)
    return bt_arena_printf(a, "moved by decision from %.*s to %.*s%.*s", S(e->from), S(e->to), WHY(e->cause));
  return bt_arena_printf(a, "the waiting offer goes to %.*s%.*s%.*s", S(e->to), WHY(e->cause),
                         AT(", to be answered by ", e->deadline_us));
}

static struct bt_str extended(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_handoff_extended *e = &event->handoff_extended;
  if (e->opens_at_us)
    return bt_arena_printf(a, "offer #%" PRIu64 " waits on, until %.*s: nobody has opened yet", e->offer,
                           S(bt_words_time(a, e->opens_at_us)));
  return bt_arena_printf(a, "more time to answer offer #%" PRIu64 "%.*s%.*s", e->offer, AT(", until ", e->deadline_us),
                         WHY(e->cause));
}

static struct bt_str expired(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_handoff_expired *e = &event->handoff_expired;
  if (!e->to.n)
    return bt_arena_printf(a, "offer #%" PRIu64 " of %.*s ended: nobody opens", e->offer, S(e->from));
  return bt_arena_printf(a, "offer #%" PRIu64 " of %.*s ended: not taken by %.*s", e->offer, S(e->from), S(e->to));
}

const struct bt_what_row bt_what_handoff[] = {
    {BT_HANDOFF_OFFERED, offered},     {BT_HANDOFF_ACCEPTED, accepted},
    {BT_HANDOFF_REFUSED, refused},     {BT_HANDOFF_COUNTERED, countered},
    {BT_HANDOFF_WITHDRAWN, withdrawn}, {BT_HANDOFF_REPORTED, reported},
    {BT_HANDOFF_DIRECTED, directed},   {BT_HANDOFF_EXTENDED, extended},
    {BT_HANDOFF_EXPIRED, expired},     {0},
};
