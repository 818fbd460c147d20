/* Who would be asked to take a case on a topic, in which order, and why. The order is explained in the words of what it
 * goes by: open now, the most exact topic, connected, the fewest open cases. */
#include "base/clock.h"
#include "core/routing.h"
#include "query/ask.h"

/* "open now", "opens 2026-03-02 08:00 UTC". */
static struct bt_str when(const struct bt_ask *ask, const struct bt_candidate *c) {
  if (c->open)
    return BT_LIT("open now");
  if (!c->opens_at_us)
    return BT_LIT("closed, and does not open within the compiled calendar");
  char text[32]; /* "2026-03-02T08:00:00.000000Z", to the minute */
  bt_clock_format(c->opens_at_us, text, sizeof text);
  return bt_arena_printf(ask->arena, "opens %.10s %.5s UTC", text, text + 11);
}

static struct bt_str why(const struct bt_ask *ask, struct bt_str topic, const struct bt_candidate *c) {
  struct bt_str opening = when(ask, c);
  return bt_arena_printf(
      ask->arena, "%.*s; handles %.*s%s; %s; holds %u open case%s", BT_STR_ARG(opening), BT_STR_ARG(c->handles),
      bt_str_eq(c->handles, topic) ? ", exactly this topic" : ", the topic above it",
      c->connected ? "connected" : "not connected: an offer waits in its inbox", c->load, c->load == 1 ? "" : "s");
}

int bt_ask_who_handles(const struct bt_ask *ask, struct bt_answer *ret) {
  struct bt_str topic = ask->query->topic;
  if (!bt_topic_valid(topic)) {
    ret->text = BT_LIT("a topic is names joined by dots, at most 64 bytes");
    return -BT_INVALID;
  }
  struct bt_candidates found;
  const struct bt_routing routing = {
      .topic = topic,
      .connected = ask->context->connected,
      .loads = ask->context->loads,
      .now_us = ask->context->now_us,
  };
  int rc = bt_route(ask->context->rules, &routing, ask->arena, &found);
  if (rc < 0)
    return rc;
  ret->topic = topic;
  ret->owner = bt_route_owner(ask->context->rules, topic);
  ret->handlers.v = BT_NEW_ARRAY(ask->arena, struct bt_handler_row, found.n);
  for (uint32_t i = 0; ret->handlers.v && i < found.n && i < ask->limit; i++)
    ret->handlers.v[ret->handlers.n++] = (struct bt_handler_row){
        .department = found.v[i].department->name,
        .handles = found.v[i].handles,
        .connected = found.v[i].connected,
        .why = why(ask, topic, &found.v[i]),
        .open = found.v[i].open,
        .opens_at_us = found.v[i].opens_at_us,
        .held_before = found.v[i].held_before,
        .load = found.v[i].load,
    };
  return ret->handlers.v ? 0 : -BT_NOMEM;
}
