/* Sites, domains, the company's topics, the owner of last resort. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/loading.h"
#include "config/zone.h"

#define ZONES "/usr/share/zoneinfo"

/* Parts of letters, digits, "_", "+" and "-" between single slashes: no dot, so no way out of the folder. */
static bool zone_name_ok(const char *zone) {
  static const char part[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-";
  for (;;) {
    size_t n = strspn(zone, part);
    if (n == 0 || n > 32)
      return false;
    if (!zone[n])
      return true;
    if (zone[n] != '/')
      return false;
    zone += n + 1;
  }
}

/* The system has a file of this zone (RFC 8536: it begins with "TZif"). */
static bool zone_known(const char *zone) {
  char path[256], magic[4];
  if ((size_t)snprintf(path, sizeof path, ZONES "/%s", zone) >= sizeof path)
    return false;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0)
    return false;
  bool known = read(fd, magic, sizeof magic) == sizeof magic && memcmp(magic, "TZif", sizeof magic) == 0;
  close(fd);
  return known;
}

static void check_site(struct bt_loading *l, const struct bt_site *site, const config_setting_t *item) {
  struct stat st;
  if (!site->zone.n)
    return; /* said already */
  const config_setting_t *at = bt_loading_at(item, "zone");
  if (!zone_name_ok(site->zone.p))
    bt_loading_problem(l, at, NULL, "\"%s\" is no name of a time zone, such as \"Europe/London\"", site->zone.p);
  else if (stat(ZONES, &st))
    bt_loading_problem(l, at, NULL, "this system knows no time zones: " ZONES " is missing (package tzdata)");
  else if (!zone_known(site->zone.p) || !bt_zone_known(site->zone.p))
    bt_loading_problem(l, at, NULL, "\"%s\" is not a time zone of this system, such as \"Europe/London\"",
                       site->zone.p);
}

static void check_domain(struct bt_loading *l, const struct bt_domain *d, const config_setting_t *item) {
  if (d->strong && d->shared)
    bt_loading_problem(l, bt_loading_at(item, "shared"), NULL,
                       "strong is set as well: what several customers share cannot tell them apart");
  if (!d->country.n)
    return;
  const config_setting_t *at = bt_loading_at(item, "country");
  if (d->normal != BT_NORMAL_PHONE)
    bt_loading_problem(l, at, NULL, "goes only with normal = \"phone\"");
  else if (d->country.n > 3 || d->country.p[0] == '0' || strspn(d->country.p, "0123456789") != d->country.n)
    bt_loading_problem(l, at, NULL, "\"%s\" is no calling code: 1 to 3 digits, the first not 0, such as \"44\"",
                       d->country.p);
}

void bt_check_labels(struct bt_loading *l, const config_setting_t *at, const struct bt_strs *set) {
  for (uint32_t i = 0; i < set->n; i++)
    if (!bt_strs_has(&l->config->rules.labels, set->v[i]))
      bt_loading_problem(l, bt_value_is_series(at) ? bt_loading_element(at, set->v[i]) : at, NULL,
                         "\"%s\" is not among the labels", set->v[i].p);
}

static void check_topics(struct bt_loading *l, const config_setting_t *top) {
  struct bt_handled handled;
  const config_setting_t *list = config_setting_get_member(top, "topics");
  if (!list || !bt_value_is_series(list) || bt_handled_init(&l->config->rules, &l->problems.arena, &handled))
    return;
  for (int i = 0; i < config_setting_length(list); i++) {
    const char *topic = config_setting_get_string_elem(list, i);
    if (topic && bt_topic_valid(bt_str(topic)) && !bt_handled_covers(&handled, bt_str(topic)))
      bt_loading_problem(l, config_setting_get_elem(list, (unsigned)i), NULL,
                         "nobody handles \"%s\": add it, or a prefix of it, to an attended department's topics", topic);
  }
}

static void check_last_owner(struct bt_loading *l, const config_setting_t *top) {
  const struct bt_rules *r = &l->config->rules;
  if (!r->last_owner.n)
    return; /* said already */
  const struct bt_department *d = bt_rules_department(r, r->last_owner);
  const config_setting_t *at = bt_loading_at(top, "last_owner");
  if (!d)
    bt_loading_problem(l, at, NULL, "no department is called \"%s\"", r->last_owner.p);
  else if (d->unattended)
    bt_loading_problem(l, at, NULL, "\"%s\" is unattended: nobody there could answer for a case", r->last_owner.p);
}

void bt_check_company(struct bt_loading *l) {
  const config_setting_t *top = config_root_setting(&l->tree);
  const struct bt_rules *r = &l->config->rules;
  for (uint32_t i = 0; i < r->sites.n; i++)
    check_site(l, &r->sites.v[i], l->items[BT_S_SITES][i]);
  for (uint32_t i = 0; i < r->domains.n; i++)
    check_domain(l, &r->domains.v[i], l->items[BT_S_DOMAINS][i]);
  check_topics(l, top);
  check_last_owner(l, top);
}
