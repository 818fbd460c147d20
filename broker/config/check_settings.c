/* The broker's own settings: address, key, times. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/un.h>

#include "config/keyfile.h"
#include "config/loading.h"

/* HOST:PORT, HOST an IPv4 address, an IPv6 address in brackets, a name or "*". false: none of these. */
static bool split_address(const char *from, char *host, size_t size) {
  const char *colon = strrchr(from, ':');
  if (!colon || colon == from || (size_t)(colon - from) >= size)
    return false;
  size_t digits = strspn(colon + 1, "0123456789");
  if (digits == 0 || digits > 5 || colon[1 + digits] || atoi(colon + 1) < 1 || atoi(colon + 1) > 65535)
    return false;
  memcpy(host, from, (size_t)(colon - from));
  host[colon - from] = 0;
  return true;
}

static bool split_endpoint(const char *endpoint, char *host, size_t size) {
  static const char scheme[] = "tcp://";
  return strncmp(endpoint, scheme, sizeof scheme - 1) == 0 && split_address(endpoint + sizeof scheme - 1, host, size);
}

/* 1: loopback. 0: elsewhere. -1: no address. A name other than localhost may resolve to anything. */
static int is_loopback(const char *host) {
  struct in_addr v4;
  struct in6_addr v6;
  char inner[64];
  size_t n = strlen(host);
  if (inet_pton(AF_INET, host, &v4) == 1)
    return ntohl(v4.s_addr) >> 24 == 127;
  if (host[0] == '[') {
    if (n < 3 || n - 2 >= sizeof inner || host[n - 1] != ']')
      return -1;
    memcpy(inner, host + 1, n - 2);
    inner[n - 2] = 0;
    return inet_pton(AF_INET6, inner, &v6) == 1 ? IN6_IS_ADDR_LOOPBACK(&v6) : -1;
  }
  if (strcmp(host, "localhost") == 0)
    return 1;
  size_t plain = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
  return plain == n || strcmp(host, "*") == 0 ? 0 : -1;
}

static void check_listen(struct bt_loading *l, const config_setting_t *top) {
  const struct bt_settings *s = &l->config->settings;
  char host[128];
  int loopback = s->listen && split_endpoint(s->listen, host, sizeof host) ? is_loopback(host) : -1;
  if (loopback < 0)
    bt_loading_problem(l, bt_loading_at(top, "listen"), NULL,
                       "is no endpoint: tcp://ADDRESS:PORT, with a port from 1 to 65535");
  else if (!loopback && !s->listen_beyond_loopback)
    bt_loading_problem(l, bt_loading_at(top, "listen"), NULL,
                       "is not loopback: bind 127.0.0.1, or say listen_beyond_loopback = true");
}

/* Names would have to be looked up. */
static bool is_numeric(const char *host) {
  struct in_addr v4;
  return host[0] == '[' || inet_pton(AF_INET, host, &v4) == 1 || strcmp(host, "localhost") == 0;
}

static void check_metrics(struct bt_loading *l, const config_setting_t *top) {
  const struct bt_settings *s = &l->config->settings;
  const config_setting_t *metrics = config_setting_get_member(top, "metrics");
  const config_setting_t *at = metrics ? bt_loading_at(metrics, "listen") : top;
  char host[128];
  if (!s->metrics_listen || !*s->metrics_listen)
    return;
  const bool fine = split_address(s->metrics_listen, host, sizeof host) && is_numeric(host);
  const int loopback = fine ? is_loopback(host) : -1;
  if (loopback < 0)
    bt_loading_problem(l, at, NULL, "is no address: ADDRESS:PORT, ADDRESS in numbers, with a port from 1 to 65535");
  else if (!loopback && !s->metrics_beyond_loopback)
    bt_loading_problem(l, at, NULL, "is not loopback: bind 127.0.0.1, or say metrics.listen_beyond_loopback = true");
}

static void check_secret(struct bt_loading *l, const config_setting_t *top) {
  uint8_t key[32];
  char why[256];
  const char *path = l->config->settings.secret_key_file;
  if (path && bt_curve_file_read(path, true, key, why, sizeof why))
    bt_loading_problem(l, bt_loading_at(top, "secret_key_file"), NULL, "%s %s", path, why);
  explicit_bzero(key, sizeof key);
}

/* The system bounds the path of a socket. */
static void check_control_dir(struct bt_loading *l, const config_setting_t *top) {
  const size_t most = sizeof((struct sockaddr_un *)0)->sun_path - sizeof "/admin.sock";
  const char *dir = l->config->settings.control_dir;
  if (dir && strlen(dir) > most)
    bt_loading_problem(l, bt_loading_at(top, "control_dir"), NULL,
                       "%s has %zu bytes, too long for the path of a socket: at most %zu", dir, strlen(dir), most);
}

/* A promise that is at risk from its first moment on warns nobody. */
static void check_callback(struct bt_loading *l, const config_setting_t *top) {
  const struct bt_rules *r = &l->config->rules;
  const config_setting_t *cases = config_setting_get_member(top, "cases");
  const config_setting_t *callback = cases ? config_setting_get_member(cases, "callback_minutes") : NULL;
  if (r->callback_us > r->risk_us)
    return;
  if (callback)
    bt_loading_problem(l, callback, NULL,
                       "is not more than at_risk_minutes: a callback would be at risk when it is promised");
  else
    bt_loading_problem(l, cases ? bt_loading_at(cases, "at_risk_minutes") : top, NULL,
                       "is not less than callback_minutes: a callback would be at risk when it is promised");
}

void bt_check_settings(struct bt_loading *l) {
  const config_setting_t *top = config_root_setting(&l->tree);
  const config_setting_t *sources = config_setting_get_member(top, "sources");
  check_listen(l, top);
  check_metrics(l, top);
  check_secret(l, top);
  check_control_dir(l, top);
  check_callback(l, top);
  if (l->config->rules.idempotency_us < l->config->settings.longest_spool_us)
    bt_loading_problem(l, sources ? bt_loading_at(sources, "idempotency_hours") : top, NULL,
                       "is shorter than longest_spool_hours: what a spool sends late would be refused, or taken twice");
}
