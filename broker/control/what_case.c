/* Where a case stands, and which other cases it has to do with. */
#include <inttypes.h>

#include "control/what.h"

static struct bt_str status(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_status_changed *e = &event->status_changed;
  struct bt_str clocks = bt_words_clocks(a, &e->clocks);
  if (e->status == BT_STATUS_PENDING)
    return bt_arena_printf(a, "waits for %s%.*s%.*s%.*s%.*s", bt_pending_name((int)e->pending_on),
                           AT(" until ", e->until_us), WHY(e->cause), TAIL(e->reason), S(clocks));
  return bt_arena_printf(a, "%s%.*s%.*s%.*s", bt_status_name((int)e->status), WHY(e->cause), TAIL(e->reason),
                         S(clocks));
}

static struct bt_str resolved(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_case_resolved *e = &event->case_resolved;
  return bt_arena_printf(a, "resolved%s%.*s%.*s%.*s", e->first_contact ? " on first contact" : "", TAIL(e->resolution),
                         S(bt_words_around(a, " (over what others have open: ", e->reason, ")")),
                         S(bt_words_clocks(a, &e->clocks)));
}

static struct bt_str reopened(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_case_reopened *e = &event->case_reopened;
  return bt_arena_printf(a, "reopened%.*s%.*s", S(bt_words_around(a, ", ", bt_words_cause(a, e->cause), "")),
                         TAIL(e->reason));
}

static struct bt_str closed(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_case_closed *e = &event->case_closed;
  return bt_arena_printf(a, "closed%.*s%.*s%.*s", TAIL(e->text),
                         S(bt_words_around(a, " (over what others have open: ", e->reason, ")")),
                         S(bt_words_clocks(a, &e->clocks)));
}

static struct bt_str merged(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_cases_merged *e = &event->cases_merged;
  if (e->merged)
    return bt_arena_printf(a, "case %" PRIu64 " merged into this one%.*s", e->merged, TAIL(e->reason));
  return bt_arena_printf(a, "merged into case %" PRIu64 "%.*s", e->into, TAIL(e->reason));
}

static struct bt_str unmerged(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_cases_unmerged *e = &event->cases_unmerged;
  if (e->unmerged)
    return bt_arena_printf(a, "case %" PRIu64 " stands by itself again%.*s", e->unmerged, TAIL(e->reason));
  return bt_arena_printf(a, "no longer merged into case %" PRIu64 "%.*s", e->from, TAIL(e->reason));
}

static struct bt_str linked(struct bt_arena *a, const struct bt_event *event) {
  return bt_arena_printf(a, "has to do with case %" PRIu64 "%.*s", event->case_linked.other,
                         TAIL(event->case_linked.note));
}

static struct bt_str revived(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_case_revived *e = &event->case_revived;
  return bt_arena_printf(
      a, "revived%.*s%.*s%.*s%.*s%.*s", WHY(e->cause), S(bt_words_around(a, ", held by ", e->custodian, " now")),
      S(bt_words_around(a, ", owned by ", e->owner, " now")), TAIL(e->reason), S(bt_words_clocks(a, &e->clocks)));
}

static struct bt_str owner(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_owner_appointed *e = &event->owner_appointed;
  return bt_arena_printf(a, "owner is %.*s%.*s%.*s%.*s", S(e->owner), S(bt_words_around(a, ", was ", e->from, "")),
                         WHY(e->cause), TAIL(e->reason));
}

const struct bt_what_row bt_what_case[] = {
    {BT_STATUS_CHANGED, status},  {BT_CASE_RESOLVED, resolved},
    {BT_CASE_REOPENED, reopened}, {BT_CASE_CLOSED, closed},
    {BT_CASES_MERGED, merged},    {BT_CASES_UNMERGED, unmerged},
    {BT_CASE_LINKED, linked},     {BT_CASE_REVIVED, revived},
    {BT_OWNER_APPOINTED, owner},  {0},
};
