/* Adapters: are they there, are they well, and for how long has anything waited for them? */
#include "base/clock.h"
#include "metrics/gather.h"

#define SILENT_US (6 * BT_SECOND_US) /* an adapter says something every 2 s */

struct adapter {
  struct bt_gathering *g;
  const struct bt_adapter *adapter;
  const struct bt_session *session; /* NULL: not connected */
  const struct bt_known *known;
};

static void put(const struct adapter *a, enum bt_figure figure, int64_t value) {
  bt_snapshot_add(a->g->to, figure, a->adapter->name, (struct bt_str){0}, value);
}

/* Whoever takes deliveries must be there; others come and go as there is anything to tell, but do not vanish. */
static int64_t missing_us(const struct adapter *a) {
  const struct bt_known *k = a->known;
  if (a->session) {
    const int64_t unheard_us = bt_gathered_age(a->g->mono_us, a->session->heard_us);
    return unheard_us > SILENT_US ? unheard_us : 0;
  }
  const bool lost = k->left_us && !k->parted;
  if (!lost && !a->adapter->receives)
    return 0;
  return k->left_us ? bt_gathered_age(a->g->mono_us, k->left_us) : a->g->up_us;
}

static void put_health(const struct adapter *a) {
  static const struct {
    uint32_t health;
    const char *name;
  } states[] = {{BT_HEALTH_WELL, "well"}, {BT_HEALTH_TROUBLED, "troubled"}, {BT_HEALTH_DOWN, "down"}};
  for (size_t i = 0; a->known->reported && i < sizeof states / sizeof *states; i++)
    bt_snapshot_add(a->g->to, BT_F_adapter_health, a->adapter->name, bt_str(states[i].name),
                    a->known->report.health == states[i].health);
}

static void put_spool(const struct adapter *a) {
  const struct bt_spool *s = &a->known->report.spool;
  if (!a->known->reported || !a->known->report.has_spool)
    return;
  put(a, BT_F_spool_oldest, s->oldest_us ? bt_gathered_age(a->g->wall_us, s->oldest_us) : 0);
  put(a, BT_F_spool_events, (int64_t)s->events);
  put(a, BT_F_spool, (int64_t)s->bytes);
  put(a, BT_F_spool_limit, (int64_t)s->limit_bytes);
  put(a, BT_F_spool_rejects, (int64_t)s->rejects);
}

static void put_inbox(const struct adapter *a) {
  const struct bt_control_context *x = a->g->context;
  struct bt_adapter_row row;
  struct bt_inbox_row oldest;
  uint64_t sequence;
  bt_arena_reset(&a->g->scratch);
  if (bt_store_adapter(x->store, BT_NOW, a->adapter->name, &a->g->scratch, &row) == 0)
    put(a, BT_F_adapter_held, row.held);
  else
    a->g->unreadable++;
  const int rc = bt_store_next_inbox(x->store, BT_NOW, a->adapter->name, 0, &a->g->scratch, &sequence, &oldest);
  if (rc && rc != -BT_ABSENT)
    a->g->unreadable++;
  else if (rc == 0 || a->adapter->receives)
    put(a, BT_F_inbox_oldest, rc == 0 ? bt_gathered_age(a->g->now_us, oldest.since_us) : 0);
}

void bt_gather_adapters(struct bt_gathering *g) {
  static const struct bt_known nothing;
  const struct bt_control_context *x = g->context;
  for (uint32_t i = 0; i < x->config->rules.adapters.n; i++) {
    struct adapter a = {.g = g, .adapter = &x->config->rules.adapters.v[i]};
    a.session = bt_wire_session_of(x->wire, a.adapter->name);
    a.known = bt_wire_known(x->wire, a.adapter->name);
    a.known = a.known ? a.known : &nothing;
    put(&a, BT_F_adapter_connected, a.session != NULL);
    put(&a, BT_F_adapter_missing, missing_us(&a));
    put(&a, BT_F_in_flight, x->in_flight ? x->in_flight(x->loop, a.adapter->name) : 0);
    put_health(&a);
    put_inbox(&a);
    put_spool(&a);
  }
}
