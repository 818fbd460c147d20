#include "core/rules.h"

/* Every named thing begins with its name, which is what the arrays are sorted by. */
static const void *find(const void *v, uint32_t n, size_t size, struct bt_str name) {
  uint32_t low = 0, high = n;
  while (low < high) {
    uint32_t mid = low + (high - low) / 2;
    const void *row = (const char *)v + mid * size;
    int c = bt_str_cmp(*(const struct bt_str *)row, name);
    if (c == 0)
      return row;
    if (c < 0)
      low = mid + 1;
    else
      high = mid;
  }
  return NULL;
}

_Static_assert(offsetof(struct bt_department, name) == 0, "find() reads the name at the front");
_Static_assert(offsetof(struct bt_adapter, name) == 0, "find() reads the name at the front");
_Static_assert(offsetof(struct bt_domain, name) == 0, "find() reads the name at the front");
_Static_assert(offsetof(struct bt_site, name) == 0, "find() reads the name at the front");

const struct bt_department *bt_rules_department(const struct bt_rules *r, struct bt_str name) {
  return find(r->departments.v, r->departments.n, sizeof *r->departments.v, name);
}

const struct bt_adapter *bt_rules_adapter(const struct bt_rules *r, struct bt_str name) {
  return find(r->adapters.v, r->adapters.n, sizeof *r->adapters.v, name);
}

const struct bt_domain *bt_rules_domain(const struct bt_rules *r, struct bt_str name) {
  return find(r->domains.v, r->domains.n, sizeof *r->domains.v, name);
}

const struct bt_site *bt_rules_site(const struct bt_rules *r, struct bt_str name) {
  return find(r->sites.v, r->sites.n, sizeof *r->sites.v, name);
}

bool bt_strs_has(const struct bt_strs *set, struct bt_str s) {
  return find(set->v, set->n, sizeof *set->v, s) != NULL;
}

const struct bt_adapter *bt_rules_adapter_by_key(const struct bt_rules *r, const uint8_t key[32]) {
  for (uint32_t i = 0; i < r->adapters.n; i++)
    if (memcmp(r->adapters.v[i].key, key, 32) == 0)
      return &r->adapters.v[i];
  return NULL;
}

bool bt_adapter_acts_for(const struct bt_adapter *a, struct bt_str department) {
  return a->acts_for_all || bt_strs_has(&a->acts_for, department);
}

struct bt_strs bt_rules_default_labels(const struct bt_rules *r, uint32_t kind) {
  for (uint32_t i = 0; i < r->default_labels.n; i++)
    if (r->default_labels.v[i].kind == kind)
      return (struct bt_strs){1, &r->default_labels.v[i].label};
  return (struct bt_strs){0};
}

static bool name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool bt_name_valid(struct bt_str s) {
  if (s.n < 1 || s.n > 32)
    return false;
  for (size_t i = 0; i < s.n; i++)
    if (!name_byte(s.p[i]))
      return false;
  return true;
}

bool bt_topic_valid(struct bt_str s) {
  if (s.n < 1 || s.n > 64)
    return false;
  for (size_t start = 0; start <= s.n;) {
    size_t end = start;
    while (end < s.n && s.p[end] != '.')
      end++;
    if (!bt_name_valid((struct bt_str){s.p + start, end - start}))
      return false;
    start = end + 1;
  }
  return true;
}

bool bt_topic_under(struct bt_str topic, struct bt_str prefix) {
  return bt_str_starts(topic, prefix) && (topic.n == prefix.n || topic.p[prefix.n] == '.');
}

bool bt_rules_handles(const struct bt_rules *r, struct bt_str department, struct bt_str topic) {
  const struct bt_department *dep = bt_rules_department(r, department);
  for (uint32_t i = 0; dep && i < dep->topics.n; i++)
    if (bt_topic_under(topic, dep->topics.v[i]))
      return true;
  return false;
}

int64_t bt_rules_ola_us(const struct bt_rules *r, struct bt_str from, struct bt_str to) {
  int64_t best_us = r->ola_us;
  int best = -1;
  for (uint32_t i = 0; i < r->olas.n; i++) {
    const struct bt_ola *o = &r->olas.v[i];
    if ((o->from.n && !bt_str_eq(o->from, from)) || (o->to.n && !bt_str_eq(o->to, to)))
      continue;
    int specific = (o->to.n ? 2 : 0) + (o->from.n ? 1 : 0);
    if (specific > best)
      best = specific, best_us = o->within_us;
  }
  return best_us;
}
