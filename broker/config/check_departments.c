/* Departments: who stands behind whom. */
#include <stdlib.h>

#include "config/loading.h"

int bt_handled_init(const struct bt_rules *rules, struct bt_arena *arena, struct bt_handled *ret) {
  size_t most = 0;
  for (uint32_t i = 0; i < rules->departments.n; i++)
    most += rules->departments.v[i].topics.n;
  struct bt_strs all = {0, BT_NEW_ARRAY(arena, struct bt_str, most)};
  if (!all.v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < rules->departments.n; i++) {
    const struct bt_department *d = &rules->departments.v[i];
    for (uint32_t j = 0; !d->unattended && j < d->topics.n; j++)
      all.v[all.n++] = d->topics.v[j];
  }
  if (all.n > 1)
    qsort(all.v, all.n, sizeof *all.v, bt_by_name);
  ret->topics = all;
  return 0;
}

bool bt_handled_covers(const struct bt_handled *h, struct bt_str topic) {
  for (size_t n = topic.n; n > 0; n--)
    if ((n == topic.n || topic.p[n] == '.') && bt_strs_has(&h->topics, (struct bt_str){topic.p, n}))
      return true;
  return false;
}

bool bt_handled_below(const struct bt_handled *h, struct bt_str prefix) {
  char text[80];
  int n =
      snprintf(text, sizeof text, "%.*s.", BT_STR_ARG(prefix)); /* what is below begins so, and sorts right after it */
  if (n < 0 || (size_t)n >= sizeof text)
    return false;
  struct bt_str below = {text, (size_t)n};
  uint32_t low = 0, high = h->topics.n;
  while (low < high) {
    uint32_t mid = low + (high - low) / 2;
    if (bt_str_cmp(h->topics.v[mid], below) < 0)
      low = mid + 1;
    else
      high = mid;
  }
  return low < h->topics.n && bt_str_starts(h->topics.v[low], below);
}

static void check_site(struct bt_loading *l, const struct bt_department *d, const config_setting_t *item) {
  if (d->site.n && !bt_rules_site(&l->config->rules, d->site))
    bt_loading_problem(l, bt_loading_at(item, "site"), NULL, "no site is called \"%s\"", d->site.p);
}

static void check_fallback(struct bt_loading *l, const struct bt_department *d, const config_setting_t *item) {
  const config_setting_t *at = bt_loading_at(item, "fallback");
  if (!d->fallback.n) {
    if (d->unattended)
      bt_loading_problem(l, item, "fallback",
                         "is missing: an unattended department needs one that must_take its cases");
    return;
  }
  const struct bt_department *f = bt_rules_department(&l->config->rules, d->fallback);
  if (!f)
    bt_loading_problem(l, at, NULL, "no department is called \"%s\"", d->fallback.p);
  else if (bt_str_eq(f->name, d->name))
    bt_loading_problem(l, at, NULL, "is the department itself");
  else if (f->unattended)
    bt_loading_problem(l, at, NULL, "\"%s\" is unattended itself: name one where somebody sits", f->name.p);
  else if (d->unattended && !f->must_take)
    bt_loading_problem(l, at, NULL, "\"%s\" could refuse: it needs must_take = true", f->name.p);
}

static void check_unattended(struct bt_loading *l, const struct bt_department *d, const config_setting_t *item) {
  if (!d->unattended)
    return;
  if (d->topics.n)
    bt_loading_problem(l, bt_loading_at(item, "topics"), NULL,
                       "an unattended department handles nothing: give the topics to its fallback");
  if (d->must_take)
    bt_loading_problem(l, bt_loading_at(item, "must_take"), NULL, "an unattended department cannot take anything");
}

static void check_escalation(struct bt_loading *l, const struct bt_department *d, const config_setting_t *item) {
  if (!d->escalates_to.n)
    return;
  const config_setting_t *at = bt_loading_at(item, "escalates_to");
  const struct bt_department *up = bt_rules_department(&l->config->rules, d->escalates_to);
  if (!up)
    bt_loading_problem(l, at, NULL, "no department is called \"%s\"", d->escalates_to.p);
  else if (up->unattended)
    bt_loading_problem(l, at, NULL, "\"%s\" is unattended: nobody there could act", up->name.p);
}

static void check_reading(struct bt_loading *l, const struct bt_department *d, const config_setting_t *item) {
  bt_check_labels(l, bt_loading_at(item, "reads"), &d->reads);
  if (d->external && d->break_glass)
    bt_loading_problem(l, bt_loading_at(item, "break_glass"), NULL,
                       "an external department reads what its labels allow and no more");
}

/* ---- Ways that must not come back to where they began ---- */

struct way {
  const char *key;
  struct bt_str (*next)(const struct bt_department *d);
  const char *sentence;
};

static struct bt_str next_up(const struct bt_department *d) {
  return d->escalates_to;
}

/* Who must take a case passes it on to nobody. */
static struct bt_str next_asked(const struct bt_department *d) {
  return d->must_take ? (struct bt_str){0} : d->fallback;
}

static const struct way ways[] = {
    {"escalates_to", next_up, "escalation goes in a circle"},
    {"fallback", next_asked, "nobody must_take what is passed on in a circle"},
};

/* The circle that begins and ends at d, said once. */
static void say_circle(struct bt_loading *l, const struct way *way, const struct bt_department *d) {
  const struct bt_rules *r = &l->config->rules;
  const struct bt_department *x = d;
  char text[256];
  size_t n = (size_t)snprintf(text, sizeof text, "%s", d->name.p);
  do {
    x = bt_rules_department(r, way->next(x));
    if (n < sizeof text)
      n += (size_t)snprintf(text + n, sizeof text - n, " -> %s", x->name.p);
  } while (x != d);
  const config_setting_t *item = l->items[BT_S_DEPARTMENTS][d - r->departments.v];
  bt_loading_problem(l, bt_loading_at(item, way->key), NULL, "%s: %s%s", way->sentence, text,
                     n < sizeof text ? "" : " ...");
}

/* Where the way from d leads; NULL: nowhere, or to itself, which is said elsewhere of a fallback. */
static const struct bt_department *follow(const struct bt_rules *r, const struct way *way,
                                          const struct bt_department *d) {
  struct bt_str next = way->next(d);
  bool own_fallback = way->next == next_asked && bt_str_eq(next, d->name);
  return next.n && !own_fallback ? bt_rules_department(r, next) : NULL;
}

/* Each department has at most one way on, so one walk marks all it passes: meeting its own mark again is a circle. */
static void check_circles(struct bt_loading *l, const struct way *way) {
  const struct bt_rules *r = &l->config->rules;
  uint32_t *walk =
      BT_NEW_ARRAY(&l->problems.arena, uint32_t, r->departments.n); /* 0: not seen; else the walk's number */
  for (uint32_t i = 0; walk && i < r->departments.n; i++) {
    const struct bt_department *d = &r->departments.v[i];
    while (d && !walk[d - r->departments.v]) {
      walk[d - r->departments.v] = i + 1;
      d = follow(r, way, d);
    }
    if (d && walk[d - r->departments.v] == i + 1)
      say_circle(l, way, d);
  }
}

void bt_check_departments(struct bt_loading *l) {
  const struct bt_rules *r = &l->config->rules;
  for (uint32_t i = 0; i < r->departments.n; i++) {
    const struct bt_department *d = &r->departments.v[i];
    const config_setting_t *item = l->items[BT_S_DEPARTMENTS][i];
    check_site(l, d, item);
    check_fallback(l, d, item);
    check_unattended(l, d, item);
    check_escalation(l, d, item);
    check_reading(l, d, item);
  }
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
    check_circles(l, &ways[i]);
}
