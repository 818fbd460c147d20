/* The words that set the company's rules. */
#include <string.h>

#include "script.h"

enum type { NAME, LIST, SPAN, COUNT, PENDING, FORBIDDEN };

#define RULE(name, type, member)                                                                                       \
  { name, type, offsetof(struct bt_rules, member) }
static const struct rule {
  const char *name;
  enum type type;
  size_t offset;
} rules[] = {
    RULE("last_owner", NAME, last_owner),
    RULE("labels", LIST, labels),
    RULE("ola", SPAN, ola_us),
    RULE("reopen_within", SPAN, reopen_within_us),
    RULE("idempotency", SPAN, idempotency_us),
    RULE("question", SPAN, question_us),
    RULE("lease", SPAN, lease_us),
    RULE("callback", SPAN, callback_us),
    RULE("risk", SPAN, risk_us),
    RULE("raise", SPAN, raise_us),
    RULE("remind", SPAN, remind_us),
    RULE("repeats", COUNT, repeats),
    RULE("bounces", COUNT, bounces),
    RULE("handoffs", COUNT, handoffs),
    RULE("feedback", COUNT, feedback_threshold),
    RULE("idle", SPAN, idle_us),
    RULE("glass", SPAN, glass_us),
    RULE("max_gap", SPAN, max_gap_us),
    RULE("forbidden", FORBIDDEN, forbidden),
    RULE("pending_customer", PENDING, pending_stops[BT_PENDING_CUSTOMER]),
    RULE("pending_vendor", PENDING, pending_stops[BT_PENDING_VENDOR]),
    RULE("pending_other", PENDING, pending_stops[BT_PENDING_OTHER]),
};

static const char *set_pending(uint32_t *stops, struct bt_str value, struct bt_arena *arena) {
  const struct bt_strs names = trace_list(value, arena);
  for (uint32_t i = 0; i < names.n; i++) {
    int timer = BT_TIMER_NONE + 1;
    while (timer <= BT_TIMER_SWEEP && !bt_str_eq(names.v[i], bt_str(bt_timer_name(timer))))
      timer++;
    if (timer > BT_TIMER_SWEEP)
      return "no such clock";
    *stops |= UINT32_C(1) << timer;
  }
  return NULL;
}

static const char *set_rule(struct bt_rules *r, const struct rule *rule, struct bt_str value, struct bt_arena *arena) {
  void *at = (char *)r + rule->offset;
  switch (rule->type) {
  case NAME:
    *(struct bt_str *)at = value;
    return NULL;
  case LIST:
    *(struct bt_strs *)at = trace_list(value, arena);
    return NULL;
  case SPAN:
    return trace_parse_span(value, at) ? "not a span" : NULL;
  case COUNT:
    *(uint32_t *)at = (uint32_t)trace_parse_u64(value);
    return NULL;
  case PENDING:
    return set_pending(at, value, arena);
  case FORBIDDEN:
    *(uint32_t *)at = bt_str_eq(value, BT_LIT("nothing")) ? BT_FORBIDDEN_NOTHING : BT_FORBIDDEN_STUB;
    return NULL;
  }
  return NULL;
}

static const struct rule *rule_named(struct bt_str name) {
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
    if (bt_str_eq(name, bt_str(rules[i].name)))
      return &rules[i];
  return NULL;
}

const char *script_rules(struct script *s, const struct words *words) {
  for (uint32_t i = 1; i < words->n; i++) {
    struct bt_str name, value;
    script_cut(words->v[i], &name, &value);
    const struct rule *rule = rule_named(name);
    const char *wrong = rule ? set_rule(&s->world->rules, rule, value, s->arena) : "no such rule";
    if (wrong)
      return wrong;
  }
  return NULL;
}

const char *script_default_label(struct script *s, const struct words *words) {
  struct bt_rules *r = &s->world->rules;
  uint32_t kind = words->n == 3 ? (uint32_t)bt_kind_parse(words->v[1]) : 0;
  if (!kind)
    return "default_label KIND LABEL";
  struct bt_default_label *v = BT_NEW_ARRAY(s->arena, struct bt_default_label, r->default_labels.n + 1);
  if (r->default_labels.n)
    memcpy(v, r->default_labels.v, r->default_labels.n * sizeof *v);
  v[r->default_labels.n++] = (struct bt_default_label){kind, words->v[2]};
  r->default_labels.v = v;
  return NULL;
}
