/* The words that set up the company. Rows are kept sorted by name, as the core wants them. */
#include <string.h>

#include "script.h"

static void *insert(void *v, uint32_t *n, size_t size, struct bt_str name, struct bt_arena *arena) {
  char *grown = bt_arena_alloc(arena, (*n + 1) * size);
  uint32_t at = 0;
  while (at < *n && bt_str_cmp(*(struct bt_str *)((char *)v + at * size), name) < 0)
    at++;
  if (*n)
    memcpy(grown, v, at * size);
  if (at < *n)
    memcpy(grown + (at + 1) * size, (char *)v + at * size, (*n - at) * size);
  *(struct bt_str *)(grown + at * size) = name;
  (*n)++;
  return grown;
}

static struct bt_str *named(void *v, uint32_t n, size_t size, struct bt_str name) {
  for (uint32_t i = 0; i < n; i++)
    if (bt_str_eq(*(struct bt_str *)((char *)v + i * size), name))
      return (struct bt_str *)((char *)v + i * size);
  return NULL;
}

enum type { FLAG, TEXT, LIST };

/* A property that a line may give its row. */
struct property {
  const char *name;
  enum type type;
  size_t offset;
};

static bool set_property(void *row, const struct property *v, size_t n, struct bt_str word, struct bt_arena *arena) {
  struct bt_str name, value;
  script_cut(word, &name, &value);
  for (size_t i = 0; i < n; i++) {
    void *at = (char *)row + v[i].offset;
    if (!bt_str_eq(name, bt_str(v[i].name)))
      continue;
    if (v[i].type == FLAG)
      *(bool *)at = true;
    else if (v[i].type == TEXT)
      *(struct bt_str *)at = value;
    else
      *(struct bt_strs *)at = trace_list(value, arena);
    return true;
  }
  return false;
}

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define OF(row, name, type)                                                                                            \
  { #name, type, offsetof(struct row, name) }

const char *script_department(struct script *s, const struct words *words) {
  static const struct property properties[] = {
      OF(bt_department, topics, LIST),    OF(bt_department, fallback, TEXT),     OF(bt_department, unattended, FLAG),
      OF(bt_department, must_take, FLAG), OF(bt_department, front, FLAG),        OF(bt_department, link, FLAG),
      OF(bt_department, external, FLAG),  OF(bt_department, break_glass, FLAG),  OF(bt_department, reads, LIST),
      OF(bt_department, site, TEXT),      OF(bt_department, escalates_to, TEXT),
  };
  struct bt_rules *r = &s->world->rules;
  r->departments.v = insert(r->departments.v, &r->departments.n, sizeof *r->departments.v, words->v[1], s->arena);
  struct bt_department *d = (struct bt_department *)named(r->departments.v, r->departments.n, sizeof *d, words->v[1]);
  const char *wrong = NULL;
  for (uint32_t i = 2; i < words->n && !wrong; i++) {
    struct bt_str name, value;
    script_cut(words->v[i], &name, &value);
    if (bt_str_eq(name, BT_LIT("hours"))) {
      d->hours = (struct bt_strs){1, BT_NEW(s->arena, struct bt_str)};
      d->hours.v[0] = value;
      wrong = script_hours(value, s->arena, &d->calendar);
    } else if (!set_property(d, properties, COUNT(properties), words->v[i], s->arena))
      wrong = "a department has no such property";
  }
  return wrong;
}

const char *script_adapter(struct script *s, const struct words *words) {
  static const struct property properties[] = {
      {"home", TEXT, offsetof(struct bt_adapter, department)},
      OF(bt_adapter, acts_for, LIST),
      OF(bt_adapter, receives, FLAG),
      OF(bt_adapter, backfill, FLAG),
      OF(bt_adapter, topics, LIST),
  };
  struct bt_rules *r = &s->world->rules;
  r->adapters.v = insert(r->adapters.v, &r->adapters.n, sizeof *r->adapters.v, words->v[1], s->arena);
  struct bt_adapter *a = (struct bt_adapter *)named(r->adapters.v, r->adapters.n, sizeof *a, words->v[1]);
  for (uint32_t i = 2; i < words->n; i++)
    if (!set_property(a, properties, COUNT(properties), words->v[i], s->arena))
      return "an adapter has no such property";
  a->acts_for_all = a->acts_for.n == 1 && bt_str_eq(a->acts_for.v[0], BT_LIT("*"));
  struct bt_str all = a->department;
  for (uint32_t i = 0; i < a->acts_for.n && !a->acts_for_all; i++)
    all = bt_arena_printf(s->arena, "%.*s,%.*s", BT_STR_ARG(all), BT_STR_ARG(a->acts_for.v[i]));
  a->acts_for = trace_list(all, s->arena);
  return NULL;
}

const char *script_domain(struct script *s, const struct words *words) {
  static const struct property properties[] = {
      OF(bt_domain, country, TEXT),
      OF(bt_domain, strong, FLAG),
      OF(bt_domain, shared, FLAG),
  };
  struct bt_rules *r = &s->world->rules;
  r->domains.v = insert(r->domains.v, &r->domains.n, sizeof *r->domains.v, words->v[1], s->arena);
  struct bt_domain *d = (struct bt_domain *)named(r->domains.v, r->domains.n, sizeof *d, words->v[1]);
  for (uint32_t i = 2; i < words->n; i++)
    if (bt_str_eq(words->v[i], BT_LIT("lower")))
      d->normal = BT_NORMAL_LOWER;
    else if (bt_str_eq(words->v[i], BT_LIT("phone")))
      d->normal = BT_NORMAL_PHONE;
    else if (!set_property(d, properties, COUNT(properties), words->v[i], s->arena))
      return "a domain has no such property";
  return NULL;
}

const char *script_connected(struct script *s, const struct words *words) {
  s->world->connected = trace_list(words->n > 1 ? words->v[1] : (struct bt_str){0}, s->arena);
  return NULL;
}

/* One more row at the end of an array that has n. */
static void *append(const void *v, uint32_t n, size_t size, struct bt_arena *arena) {
  char *grown = bt_arena_alloc(arena, (n + (size_t)1) * size);
  if (n)
    memcpy(grown, v, n * size);
  return grown;
}

/* `*` is any department. */
static struct bt_str any_or(struct bt_str name) {
  return bt_str_eq(name, BT_LIT("*")) ? (struct bt_str){0} : name;
}

const char *script_ola(struct script *s, const struct words *words) {
  struct bt_rules *r = &s->world->rules;
  int64_t within_us;
  if (words->n != 4 || trace_parse_span(words->v[3], &within_us))
    return "ola FROM TO SPAN";
  r->olas.v = append(r->olas.v, r->olas.n, sizeof *r->olas.v, s->arena);
  r->olas.v[r->olas.n++] = (struct bt_ola){any_or(words->v[1]), any_or(words->v[2]), within_us};
  return NULL;
}

const char *script_contradiction(struct script *s, const struct words *words) {
  struct bt_rules *r = &s->world->rules;
  if (words->n != 3)
    return "contradiction ACTION ACTION";
  r->contradictions.v = append(r->contradictions.v, r->contradictions.n, sizeof *r->contradictions.v, s->arena);
  r->contradictions.v[r->contradictions.n++] = (struct bt_contradiction){words->v[1], words->v[2]};
  return NULL;
}
