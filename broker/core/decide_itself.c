/* What the broker decides by itself, because a time has come or something reaches many cases. */
#include "core/deciding.h"

static bt_timer_fn *const timers[] = {
    [BT_TIMER_OFFER] = bt_timer_offer,
    [BT_TIMER_PROMISE] = bt_timer_promise,
    [BT_TIMER_QUESTION] = bt_timer_question,
    [BT_TIMER_WORK] = bt_timer_work,
    [BT_TIMER_CONCERN] = bt_timer_concern,
    [BT_TIMER_PENDING] = bt_timer_pending,
    [BT_TIMER_CUSTOMER_DEADLINE] = bt_timer_customer_deadline,
    [BT_TIMER_IDLE] = bt_timer_idle,
    [BT_TIMER_ADVISORY] = bt_timer_advisory,
};

/* Nobody sent it: no department acts, no adapter is left out of the recipients. */
static struct bt_deciding *begin(const struct bt_rules *rules, const struct bt_scene *scene, int64_t now_us,
                                 bt_digest_fn *digest, struct bt_arena *arena) {
  static const struct bt_adapter nobody;
  struct bt_event *event = BT_NEW(arena, struct bt_event);
  struct bt_request *request = BT_NEW(arena, struct bt_request);
  struct bt_deciding *d = BT_NEW(arena, struct bt_deciding);
  if (!event || !request || !d)
    return NULL;
  event->occurred_at_us = now_us;
  request->adapter = &nobody;
  *d = (struct bt_deciding){
      .rules = rules,
      .scene = scene,
      .request = request,
      .now_us = now_us,
      .digest = digest,
      .arena = arena,
      .event = event,
  };
  if (scene->by_id) {
    d->c = *scene->by_id;
    d->has_case = true;
    d->customer = d->c.customer;
  }
  return d;
}

/* What the broker decides by itself cannot be refused; where a bound stands in the way, the caller is told. */
static int finish(struct bt_deciding *d, int rc, struct bt_decision *ret) {
  if (d->arena->exhausted || rc == -BT_NOMEM)
    return -BT_NOMEM;
  if (rc)
    d->n = 0;
  else if (d->n)
    bt_seal_unit(d);
  *ret = (struct bt_decision){d->receipt, d->n, d->entries, false};
  return 0;
}

int bt_decide_timer(const struct bt_rules *rules, const struct bt_scene *scene, const struct bt_timer *timer,
                    int64_t now_us, bt_digest_fn *digest, struct bt_arena *arena, struct bt_decision *ret) {
  struct bt_deciding *d = begin(rules, scene, now_us, digest, arena);
  if (!d)
    return -BT_NOMEM;
  bt_timer_fn *decide_timer = timer->kind < sizeof timers / sizeof *timers ? timers[timer->kind] : NULL;
  return finish(d, decide_timer ? decide_timer(d, timer) : 0, ret);
}

int bt_decide_swept(const struct bt_rules *rules, const struct bt_scene *scene, const struct bt_sweep *sweep,
                    int64_t now_us, bt_digest_fn *digest, struct bt_arena *arena, struct bt_decision *ret) {
  struct bt_deciding *d = begin(rules, scene, now_us, digest, arena);
  if (!d)
    return -BT_NOMEM;
  bt_sweep_fn *reach = sweep->kind == BT_ADVISORY_ISSUED  ? bt_sweep_advisory_issued
                       : sweep->kind == BT_ADVISORY_ENDED ? bt_sweep_advisory_ended
                       : sweep->kind == BT_CONFIG_ADOPTED ? bt_sweep_gone
                                                          : bt_sweep_downtime;
  return finish(d, reach(d, sweep), ret);
}
