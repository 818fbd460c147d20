#include "imap_link.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baton.h"

enum { AGAIN_MS = 250, AGAIN_CAP_MS = 60000, STEADY_MS = 30000 };

void imap_hang_up(struct imap *m) {
  if (m->fd >= 0)
    net_forget(m->net, m->fd);
  if (m->easy) {
    net_remove(m->net, m->easy);
    curl_easy_cleanup(m->easy);
  }
  m->easy = NULL;
  m->fd = -1;
}

void imap_clean(char *words) {
  for (; *words; words++)
    if ((unsigned char)*words < 0x20 || (unsigned char)*words >= 0x7f)
      *words = '?';
}

void imap_lose(struct imap *m, const char *format, ...) {
  va_list a;
  va_start(a, format);
  vsnprintf(m->why, sizeof m->why, format, a);
  va_end(a);
  imap_clean(m->why);
  if (m->opened_ms && baton_now_ms() - m->opened_ms >= STEADY_MS)
    m->attempts = 0; /* one that is lost over and over is waited for longer and longer */
  m->opened_ms = 0;
  if (m->phase == IMAP_BUSY)
    m->outcome = IMAP_LOST;
  imap_hang_up(m);
  m->phase = IMAP_AWAY;
  m->deadline_ms = baton_now_ms() + baton_backoff_ms(++m->attempts, AGAIN_MS, AGAIN_CAP_MS);
}

static void on_connected(void *user, CURLcode result) {
  struct imap *m = user;
  if (m->phase != IMAP_CONNECTING)
    return;
  curl_socket_t fd = CURL_SOCKET_BAD;
  if (result == CURLE_OK)
    curl_easy_getinfo(m->easy, CURLINFO_ACTIVESOCKET, &fd);
  m->fd = fd == CURL_SOCKET_BAD ? -1 : fd;
  m->phase = IMAP_GREETING; /* said in the next step: not from inside libcurl */
  if (m->fd < 0)
    snprintf(m->told, sizeof m->told, "%.190s",
             result == CURLE_LOGIN_DENIED ? "the login is refused"
             : *m->curl_error             ? m->curl_error
                                          : curl_easy_strerror(result));
}

void imap_dial(struct imap *m) {
  const struct imap_settings *s = &m->settings;
  size_t max = m->wire.body_max;
  wire_fini(&m->wire);
  wire_init(&m->wire, max);
  m->easy = curl_easy_init();
  m->phase = IMAP_CONNECTING;
  m->deadline_ms = baton_now_ms() + s->timeout_ms;
  m->job = (struct net_job){on_connected, m};
  *m->curl_error = '\0';
  m->tag = 0;
  if (!m->easy) {
    imap_lose(m, "no memory");
    return;
  }
  curl_easy_setopt(m->easy, CURLOPT_URL, s->url);
  curl_easy_setopt(m->easy, CURLOPT_PROTOCOLS_STR, "imap,imaps");
  curl_easy_setopt(m->easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(m->easy, CURLOPT_USERNAME, s->user);
  curl_easy_setopt(m->easy, CURLOPT_PASSWORD, s->password);
  curl_easy_setopt(m->easy, CURLOPT_USE_SSL, (long)(s->starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  curl_easy_setopt(m->easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(m->easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(m->easy, CURLOPT_ERRORBUFFER, m->curl_error);
  if (*s->ca_file)
    curl_easy_setopt(m->easy, CURLOPT_CAINFO, s->ca_file);
  if (net_add(m->net, m->easy, &m->job) < 0)
    imap_lose(m, "libcurl does not take it");
}
