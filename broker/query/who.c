/* Who would be asked to take a case on a topic, in which order, and why. */
#include "core/routing.h"
#include "query/ask.h"

static struct bt_str why(const struct bt_ask *ask, struct bt_str topic, const struct bt_candidate *c) {
  return bt_arena_printf(ask->arena, "handles %.*s%s; %s", BT_STR_ARG(c->handles),
                         bt_str_eq(c->handles, topic) ? ", exactly this topic" : ", the topic above it",
                         c->connected ? "connected now" : "not connected now: an offer waits in its inbox");
}

int bt_ask_who_handles(const struct bt_ask *ask, struct bt_answer *ret) {
  struct bt_str topic = ask->query->topic;
  if (!bt_topic_valid(topic)) {
    ret->text = BT_LIT("a topic is names joined by dots, at most 64 bytes");
    return -BT_INVALID;
  }
  struct bt_candidates found;
  int rc = bt_route(ask->context->rules, topic, NULL, (struct bt_str){0}, &ask->context->connected, ask->arena, &found);
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
    };
  return ret->handlers.v ? 0 : -BT_NOMEM;
}
