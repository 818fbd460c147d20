/* Two generations compared: the schema's table walked over both. Values are compared in the form in which they would be
 * dumped, so that nothing that can be configured can be forgotten here. */
#include <stdlib.h>

#include "config/loading.h"

struct diffing {
  const struct bt_config *before, *after;
  struct bt_arena *arena;
  struct bt_changes *changes;
  FILE *to; /* one value at a time */
  char *text;
  size_t size;
};

struct item {
  struct bt_str name;
  const char *at;
};
struct items {
  uint32_t n;
  struct item *v;
};

/* Borrowed until the next one. */
static struct bt_str render(struct diffing *d, const struct bt_key_row *key, const void *base) {
  rewind(d->to);
  bt_value_print(key, base, d->to);
  long n = ftell(d->to);
  fflush(d->to);
  return (struct bt_str){d->text, n > 0 ? (size_t)n : 0};
}

static struct bt_change *add(struct diffing *d, enum bt_change_kind kind) {
  struct bt_changes *c = d->changes;
  if (c->n == c->room) {
    uint32_t room = c->room ? c->room * 2 : 16;
    struct bt_change *v = BT_NEW_ARRAY(d->arena, struct bt_change, room);
    if (!v)
      return NULL;
    if (c->n)
      memcpy(v, c->v, c->n * sizeof *v);
    c->v = v;
    c->room = room;
  }
  c->v[c->n] = (struct bt_change){.kind = kind};
  return &c->v[c->n++];
}

static struct bt_str join(struct bt_arena *arena, struct bt_str left, const char *right) {
  return left.n ? bt_arena_printf(arena, "%.*s.%s", BT_STR_ARG(left), right) : bt_str(right);
}

/* The keys of a section, in one item or at the top level; `name` is what stands before them. */
static void compare_keys(struct diffing *d, enum bt_section section, const void *before, const void *after,
                         struct bt_str name) {
  for (size_t i = 0; i < bt_key_count; i++) {
    const struct bt_key_row *key = &bt_keys[i];
    if (key->section != section || key->type == BT_V_KEY_FILE)
      continue;
    struct bt_str was = bt_arena_copy(d->arena, render(d, key, before)), is = render(d, key, after);
    if (!was.p || bt_str_eq(was, is))
      continue;
    struct bt_change *c = add(d, BT_CHANGE_CHANGED);
    if (!c)
      return;
    c->name = join(d->arena, name, key->name);
    c->before = was;
    c->after = bt_arena_copy(d->arena, is);
    c->restart = key->restart;
    d->changes->restarts += key->restart;
  }
}

/* ---- lists ---- */

/* What an item goes by: "care", "care/moves". A name that is left out means any. */
static struct bt_str name_of(struct diffing *d, enum bt_section section, const char *at) {
  struct bt_str name = {0};
  for (int i = 0; i < 2 && bt_sections[section].by[i]; i++) {
    struct bt_str value = render(d, bt_schema_key(section, bt_sections[section].by[i]), at);
    if (value.n >= 2 && value.p[0] == '"')
      value = (struct bt_str){value.p + 1, value.n - 2};
    name = bt_arena_printf(d->arena, "%.*s%s%.*s", BT_STR_ARG(name), i ? "/" : "",
                           BT_STR_ARG(value.n ? value : BT_LIT("*")));
  }
  return name;
}

static struct items items_of(struct diffing *d, const struct bt_config *c, enum bt_section section) {
  struct any_list {
    uint32_t n;
    const char *v;
  } list;
  memcpy(&list, (const char *)c + bt_sections[section].at, sizeof list); /* each list has its own type */
  struct items items = {0, BT_NEW_ARRAY(d->arena, struct item, list.n)};
  for (uint32_t i = 0; items.v && i < list.n; i++) {
    const char *at = list.v + i * bt_sections[section].size;
    items.v[items.n++] = (struct item){name_of(d, section, at), at};
  }
  if (items.n > 1)
    qsort(items.v, items.n, sizeof *items.v, bt_by_name);
  return items;
}

static void note(struct diffing *d, enum bt_change_kind kind, struct bt_str name) {
  struct bt_change *c = add(d, kind);
  if (c)
    c->name = name;
}

static void compare_list(struct diffing *d, enum bt_section section) {
  const struct items a = items_of(d, d->before, section), b = items_of(d, d->after, section);
  for (uint32_t i = 0, k = 0; i < a.n || k < b.n;) {
    int order = i == a.n ? 1 : k == b.n ? -1 : bt_str_cmp(a.v[i].name, b.v[k].name);
    struct bt_str name = bt_arena_printf(d->arena, "%s.%.*s", bt_sections[section].name,
                                         BT_STR_ARG(order > 0 ? b.v[k].name : a.v[i].name));
    if (order < 0)
      note(d, BT_CHANGE_REMOVED, name);
    else if (order > 0)
      note(d, BT_CHANGE_ADDED, name);
    else
      compare_keys(d, section, a.v[i].at, b.v[k].at, name);
    i += order <= 0;
    k += order >= 0;
  }
}

int bt_config_diff(const struct bt_config *before, const struct bt_config *after, struct bt_arena *arena,
                   struct bt_changes *ret) {
  struct bt_changes changes = {.n = 0};
  struct diffing d = {.before = before, .after = after, .arena = arena, .changes = &changes};
  if (!(d.to = open_memstream(&d.text, &d.size)))
    return -BT_NOMEM;
  for (int s = 0; s < BT_S_COUNT; s++)
    if (bt_sections[s].list)
      compare_list(&d, (enum bt_section)s);
    else
      compare_keys(&d, (enum bt_section)s, before, after, bt_str(bt_sections[s].name));
  bool broken = ferror(d.to) || fclose(d.to) != 0;
  free(d.text);
  if (broken || arena->exhausted)
    return -BT_NOMEM;
  *ret = changes;
  return 0;
}

struct bt_str bt_change_line(const struct bt_change *c, struct bt_arena *arena) {
  if (c->kind != BT_CHANGE_CHANGED)
    return bt_arena_printf(arena, "%s %.*s", c->kind == BT_CHANGE_ADDED ? "+" : "-", BT_STR_ARG(c->name));
  return bt_arena_printf(arena, "%.*s: %.*s -> %.*s%s", BT_STR_ARG(c->name), BT_STR_ARG(c->before),
                         BT_STR_ARG(c->after), c->restart ? " (takes a restart)" : "");
}
