/* What a request met when it came, as far as it is recorded: the record before it, and who was connected. */
#include "loop/trying.h"

static bool was_away(const struct bt_unit *u, const struct bt_adapter *a) {
  for (uint32_t i = 0; i < u->n; i++) {
    const struct bt_event *e = &u->v[i].event;
    const struct bt_considereds *all = u->v[i].kind == BT_HANDOFF_OFFERED  ? &e->handoff_offered.considered
                                       : u->v[i].kind == BT_QUESTION_ASKED ? &e->question_asked.considered
                                                                           : NULL;
    for (uint32_t k = 0; all && k < all->n; k++)
      if (!all->v[k].connected && bt_adapter_acts_for(a, all->v[k].department))
        return true;
  }
  return false;
}

/* Whose adapter was there is recorded of the departments that routing looked at; the others are taken to have been. */
static int fill_connected(struct bt_trial *t, const struct bt_unit *unit, const struct bt_rules *rules,
                          struct bt_scene *scene) {
  struct bt_str *v = BT_NEW_ARRAY(&t->unit, struct bt_str, rules->adapters.n);
  if (!v)
    return -BT_NOMEM;
  scene->connected.v = v;
  for (uint32_t i = 0; i < rules->adapters.n; i++)
    if (!was_away(unit, &rules->adapters.v[i]))
      v[scene->connected.n++] = rules->adapters.v[i].name;
  return 0;
}

static int fill_superseded(struct bt_trial *t, const struct bt_event *asked, struct bt_scene *scene) {
  struct bt_entry e;
  if (asked->kind != BT_CORRECTION_MADE)
    return 0;
  int rc = bt_trial_entry(t, asked->correction_made.supersedes, &e);
  if (rc)
    return rc == -BT_ABSENT || rc == -BT_AWAY ? 0 : rc;
  scene->superseded_exists = e.stream == BT_STREAM_CASE;
  scene->superseded_case = e.case_id;
  scene->superseded_department = e.event.department;
  return 0;
}

int bt_trial_scene(struct bt_trial *t, const struct bt_unit *unit, const struct bt_request *request,
                   const struct bt_rules *rules, struct bt_scene *ret) {
  int rc = bt_store_scene(t->store, request, &t->unit, ret);
  if (!rc)
    rc = fill_connected(t, unit, rules, ret);
  return rc ? rc : fill_superseded(t, &request->event, ret);
}
