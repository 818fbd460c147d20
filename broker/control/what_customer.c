/* Known trouble, glass that is broken, and who the customer is. */
#include <inttypes.h>

#include "control/what.h"

static struct bt_str issued(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_advisory_issued *e = &event->advisory_issued;
  return bt_arena_printf(a, "known trouble%.*s%.*s%.*s%.*s", S(bt_words_around(a, " with ", e->topic, "")),
                         AT(" until ", e->until_us), QUOTED(e->text),
                         S(bt_words_around(a, "; instead: ", bt_words_list(a, &e->alternatives), "")));
}

static struct bt_str ended(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_advisory_ended *e = &event->advisory_ended;
  return bt_arena_printf(a, "trouble #%" PRIu64 "%.*s is over%.*s", e->advisory,
                         S(bt_words_around(a, " with ", e->topic, "")), QUOTED(e->text));
}

static struct bt_str restricted(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_restricted_read *e = &event->restricted_read;
  return bt_arena_printf(a, "broke the glass, reads everything%.*s%.*s", AT(" until ", e->until_us), QUOTED(e->reason));
}

static struct bt_str linked(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_identifier_linked *e = &event->identifier_linked;
  return bt_arena_printf(a, "customer known by %.*s too%.*s", S(e->identifier.domain), TAIL(e->note));
}

static struct bt_str unlinked(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_identifier_unlinked *e = &event->identifier_unlinked;
  return bt_arena_printf(a, "one %.*s is not this customer's%.*s", S(e->identifier.domain), TAIL(e->reason));
}

static struct bt_str merged(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_customers_merged *e = &event->customers_merged;
  return bt_arena_printf(a, "customer %" PRIu64 " is customer %" PRIu64 "%.*s", e->merged, e->into, TAIL(e->reason));
}

static struct bt_str unmerged(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_customers_unmerged *e = &event->customers_unmerged;
  return bt_arena_printf(a, "customer %" PRIu64 " is not customer %" PRIu64 " after all%.*s", e->merged, e->into,
                         TAIL(e->reason));
}

const struct bt_what_row bt_what_customer[] = {
    {BT_ADVISORY_ISSUED, issued},       {BT_ADVISORY_ENDED, ended},
    {BT_RESTRICTED_READ, restricted},   {BT_IDENTIFIER_LINKED, linked},
    {BT_IDENTIFIER_UNLINKED, unlinked}, {BT_CUSTOMERS_MERGED, merged},
    {BT_CUSTOMERS_UNMERGED, unmerged},  {0},
};
