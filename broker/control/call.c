/* What commands share: options, cases in an operator's words, asking the record. */
#include <stdarg.h>

#include "base/clock.h"
#include "control/command.h"

int bt_call_refuse(struct bt_call *call, int code, const char *format, ...) {
  char text[512];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  call->text = bt_arena_copy(call->arena, bt_str(text));
  return -code;
}

struct bt_str bt_call_option(const struct bt_call *call, const char *key) {
  struct bt_str name = bt_str(key), value = {0};
  for (uint32_t i = 0; i < call->options.n; i++) {
    struct bt_str o = call->options.v[i];
    if (bt_str_starts(o, name) && o.n > name.n && o.p[name.n] == '=')
      value = (struct bt_str){o.p + name.n + 1, o.n - name.n - 1};
  }
  return value;
}

int bt_parse_u64(struct bt_str s, uint64_t *ret) {
  uint64_t v = 0;
  for (size_t i = 0; i < s.n; i++) {
    if (s.p[i] < '0' || s.p[i] > '9' || v > (UINT64_MAX - 9) / 10)
      return -BT_INVALID;
    v = v * 10 + (uint64_t)(s.p[i] - '0');
  }
  if (!s.n)
    return -BT_INVALID;
  *ret = v;
  return 0;
}

int bt_call_number(struct bt_call *call, const char *key, uint64_t fallback, uint64_t max, uint64_t *ret) {
  struct bt_str value = bt_call_option(call, key);
  uint64_t v = fallback;
  if (value.p && (bt_parse_u64(value, &v) < 0 || v == 0 || v > max))
    return bt_call_refuse(call, BT_USAGE, "%s= takes a number from 1 to %llu", key, (unsigned long long)max);
  *ret = v;
  return 0;
}

int bt_call_ask(struct bt_call *call, const struct bt_query *query, int64_t budget_us, struct bt_answer *ret) {
  int64_t wall_us = bt_clock_wall_us(), last_us = bt_store_recorded_us(call->context->store, BT_NOW);
  struct bt_query_context context = {
      .rules = &call->context->config->rules,
      .store = call->context->store,
      .journal = call->context->journal,
      .loads = bt_store_loads(call->context->store),
      .now_us = wall_us > last_us ? wall_us : last_us,
      .budget_us = budget_us,
      .mono_us = bt_clock_mono_us,
  };
  const struct bt_asker everything = {.all = true};
  int rc = bt_wire_connected(call->context->wire, call->arena, &context.connected);
  if (rc == 0)
    rc = bt_query_answer(&context, &everything, query, call->arena, ret);
  if (rc < 0)
    return rc;
  if (ret->code == BT_UNKNOWN_CASE)
    return bt_call_refuse(call, BT_UNKNOWN_CASE,
                          "no case of this name: find DOMAIN:VALUE has a customer's cases, show cases has all");
  if (ret->code == BT_UNKNOWN_DOMAIN)
    return bt_call_refuse(call, BT_UNKNOWN_DOMAIN,
                          "no identifier domain of this name is configured: show config has them");
  if (ret->code == BT_NOT_FOUND)
    return bt_call_refuse(call, BT_NOT_FOUND, "no customer has this identifier");
  call->text = ret->text;
  return -(int)ret->code;
}

static bool split_at(struct bt_str word, char c, struct bt_str *ret_left, struct bt_str *ret_right) {
  const char *at = memchr(word.p, c, word.n);
  if (!at)
    return false;
  *ret_left = (struct bt_str){word.p, (size_t)(at - word.p)};
  *ret_right = (struct bt_str){at + 1, word.n - ret_left->n - 1};
  return ret_left->n && ret_right->n;
}

/* Digits alone are an id, unless they begin with 0: no id does, and a ref of the first million cases always. */
int bt_call_locator(struct bt_call *call, struct bt_str word, struct bt_locator *ret) {
  struct bt_locator l = {0};
  bool hash = word.n && word.p[0] == '#';
  struct bt_str digits = {word.p + hash, word.n - hash};
  if ((hash || word.p[0] != '0') && bt_parse_u64(digits, &l.id) == 0 && l.id)
    ;
  else if (hash)
    return bt_call_refuse(call, BT_INVALID, "an id is a number from 1 on");
  else if (!split_at(word, ':', &l.identifier.domain, &l.identifier.value) &&
           !split_at(word, '/', &l.reference.department, &l.reference.local_id))
    l = (struct bt_locator){.ref = word};
  *ret = l;
  return 0;
}

int bt_call_identifier(struct bt_call *call, struct bt_identifier *ret) {
  struct bt_str first = call->args.v[0];
  struct bt_identifier i;
  uint32_t rest = 1;
  if (!split_at(first, ':', &i.domain, &i.value)) {
    bool colon = first.n && first.p[first.n - 1] == ':';
    i.domain = (struct bt_str){first.p, first.n - colon};
    if (call->args.n < 2)
      return bt_call_refuse(call, BT_USAGE, "usage: find DOMAIN:VALUE");
    i.value = call->args.v[1];
    rest = 2;
  }
  for (; rest < call->args.n; rest++)
    i.value = bt_arena_printf(call->arena, "%.*s %.*s", BT_STR_ARG(i.value), BT_STR_ARG(call->args.v[rest]));
  *ret = i;
  return 0;
}
