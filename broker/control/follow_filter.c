#include "control/follow.h"

#include "control/standing.h"

static int take_case(struct bt_call *call, uint64_t *ret) {
  const struct bt_str word = bt_call_option(call, "case");
  struct bt_case c;
  int rc = word.p ? bt_call_case(call, word, &c) : -BT_ABSENT;
  if (rc == 0)
    *ret = c.id;
  return rc == -BT_ABSENT ? 0 : rc;
}

static int take_kind(struct bt_call *call, uint32_t *ret) {
  const struct bt_str word = bt_call_option(call, "kind");
  for (uint32_t kind = BT_CASE_OPENED; word.p && kind <= BT_KIND_NEWEST; kind++)
    if (bt_str_eq(word, bt_str(bt_kind_name((int)kind)))) {
      *ret = kind;
      return 0;
    }
  if (word.p)
    return bt_call_refuse(call, BT_USAGE,
                          "kind= takes the name of a kind of event, like CaseOpened: batonctl --commands has all");
  return 0;
}

int bt_follow_filter_take(struct bt_call *call, struct bt_follow_filter *ret) {
  struct bt_follow_filter f = {.adapter = bt_call_option(call, "adapter"), .topic = bt_call_option(call, "topic")};
  if (f.adapter.p && !bt_rules_adapter(&call->context->config->rules, f.adapter))
    return bt_call_refuse(call, BT_NOT_FOUND, "no adapter of this name is configured: show adapters lists them");
  if (f.topic.p && !bt_topic_valid(f.topic))
    return bt_call_refuse(call, BT_USAGE, "topic= takes names joined by dots");
  int rc = bt_call_department(call, &f.department);
  if (rc == 0)
    rc = take_kind(call, &f.kind);
  if (rc == 0)
    rc = take_case(call, &f.case_id);
  if (rc == 0)
    *ret = f;
  return rc;
}

static bool is_of_kind(const struct bt_follow_filter *f, uint32_t kind) {
  if (f->kind)
    return kind == f->kind;
  return f->adapter.p || (kind != BT_SETTLED && kind != BT_CURSOR_MOVED && kind != BT_SWEPT);
}

/* Its own, and what its adapters are told. */
static bool is_heard_of(const struct bt_rules *rules, struct bt_str department, const struct bt_entry *e) {
  if (bt_str_eq(department, e->event.department))
    return true;
  for (uint32_t i = 0; i < e->recipients.n; i++) {
    const struct bt_adapter *a = bt_rules_adapter(rules, e->recipients.v[i]);
    if (a && bt_str_eq(a->department, department))
      return true;
  }
  return false;
}

/* A topic includes what lies under it. */
static bool lies_under(struct bt_str topic, struct bt_str asked) {
  return bt_str_starts(topic, asked) && (topic.n == asked.n || topic.p[asked.n] == '.');
}

static bool is_on_topic(const struct bt_follow_filter *f, const struct bt_control_context *x, const struct bt_entry *e,
                        struct bt_arena *scratch) {
  struct bt_case c;
  return e->case_id && bt_store_case(x->store, BT_NOW, e->case_id, scratch, &c) == 0 && lies_under(c.topic, f->topic);
}

bool bt_follow_filter_meets(const struct bt_follow_filter *f, const struct bt_control_context *x,
                            const struct bt_entry *e, struct bt_arena *scratch) {
  return is_of_kind(f, e->kind) && (!f->case_id || e->case_id == f->case_id) &&
         (!f->adapter.p || bt_str_eq(e->adapter, f->adapter)) &&
         (!f->department.p || is_heard_of(&x->config->rules, f->department, e)) &&
         (!f->topic.p || is_on_topic(f, x, e, scratch));
}
