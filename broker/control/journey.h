/* One case's journey for people: what to call its times, its picture, its words. Private to this room. */
#ifndef BT_CONTROL_JOURNEY_H
#define BT_CONTROL_JOURNEY_H

#include "control/command.h"

struct bt_picture {
  struct bt_call *call;
  struct bt_journey_view *view;
  bool anonymous;
  struct bt_str away; /* the sentence for older events that are not here; empty: all are */
  int64_t until_us;   /* where it ends: now, or when the case did */
};

/* Takes out of the view whatever says who, what or when: departments become letters in order of their appearance, ids
 * ordinals, and all times are moved so that it begins at 09:00 of day 0. until_us is moved along. -BT_NOMEM. */
int bt_journey_anonymise(struct bt_arena *arena, struct bt_journey_view *view, int64_t *until_us) BT_MUST_CHECK;
/* "2026-03-01 09:30Z", or "day 2 14:05"; "-" for 0. */
struct bt_str bt_journey_time(const struct bt_picture *p, int64_t us);
struct bt_str bt_journey_span(const struct bt_picture *p, int64_t us);
/* Time spent in spans; one that is not over lasts until the picture ends. */
int64_t bt_journey_spent(const struct bt_picture *p, const struct bt_journey_spans *s, uint32_t pending_on);
enum { BT_PENDING_ANY = 255 };
/* Who held the case when, on one line each, with what happened meanwhile. */
void bt_journey_draw(const struct bt_picture *p, uint32_t width, FILE *to);
/* Members and tables of the JSON answer. */
void bt_journey_put(const struct bt_picture *p);
/* Words that may take several lines of at most `width` columns, all but the first indented. */
void bt_journey_say(struct bt_str words, uint32_t width, FILE *to);
const char *bt_came_name(uint32_t came);
const char *bt_promise_outcome_name(uint32_t outcome);

#endif
