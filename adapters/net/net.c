#include "net.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "baton.h"

enum { EVENTS = 64, ROUNDS = 16 };
#define OWN ((uint64_t)1 << 32) /* beside the descriptor: not libcurl's */

struct net {
  CURLM *multi;
  int epoll;
  int64_t timer_ms; /* when libcurl wants to be called; -1: not */
};

static void set(int epoll, int fd, uint32_t events, uint64_t owner) {
  struct epoll_event e = {.events = events, .data.u64 = owner | (uint32_t)fd};
  if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &e) < 0)
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *unused) {
  struct net *n = user;
  (void)easy;
  (void)unused;
  if (what == CURL_POLL_REMOVE)
    net_forget(n, fd);
  else
    set(n->epoll, fd, (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u), 0);
  return 0;
}

static int on_timer(CURLM *multi, long ms, void *user) {
  struct net *n = user;
  (void)multi;
  n->timer_ms = ms < 0 ? -1 : baton_now_ms() + ms;
  return 0;
}

struct net *net_new(void) {
  struct net *n = calloc(1, sizeof *n);
  if (!n || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    free(n);
    errno = ENOMEM;
    return NULL;
  }
  n->timer_ms = -1;
  n->epoll = epoll_create1(EPOLL_CLOEXEC);
  n->multi = n->epoll < 0 ? NULL : curl_multi_init();
  if (!n->multi) {
    net_free(n);
    return NULL;
  }
  curl_multi_setopt(n->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(n->multi, CURLMOPT_SOCKETDATA, n);
  curl_multi_setopt(n->multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(n->multi, CURLMOPT_TIMERDATA, n);
  curl_multi_setopt(n->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
  return n;
}

void net_free(struct net *n) {
  if (!n)
    return;
  if (n->multi)
    curl_multi_cleanup(n->multi);
  if (n->epoll >= 0)
    close(n->epoll);
  free(n);
  curl_global_cleanup();
}

int net_fd(const struct net *n) {
  return n->epoll;
}

static void on_timeout(struct net *n) {
  int running;
  if (n->timer_ms < 0 || baton_now_ms() < n->timer_ms)
    return;
  n->timer_ms = -1;
  curl_multi_socket_action(n->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

/* false: no socket of libcurl's had anything. What is only watched stays readable and is no reason for another round.
 */
static bool on_events(struct net *n) {
  struct epoll_event got[EVENTS];
  int running, count = epoll_wait(n->epoll, got, EVENTS, 0);
  bool any = false;
  for (int i = 0; i < count; i++) {
    uint32_t e = got[i].events;
    int what = (e & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) | (e & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
               (e & EPOLLERR ? CURL_CSELECT_ERR : 0);
    if (got[i].data.u64 & OWN)
      continue;
    any = true;
    curl_multi_socket_action(n->multi, (curl_socket_t)got[i].data.u64, what, &running);
  }
  return any;
}

void net_pump(struct net *n) {
  for (int round = 0; round < ROUNDS; round++) {
    on_timeout(n);
    if (!on_events(n))
      break;
  }
}

CURL *net_done(struct net *n, CURLcode *ret_result) {
  CURLMsg *m;
  for (int left; (m = curl_multi_info_read(n->multi, &left));)
    if (m->msg == CURLMSG_DONE) {
      *ret_result = m->data.result;
      return m->easy_handle;
    }
  return NULL;
}

void net_step(struct net *n) {
  CURLcode result;
  net_pump(n);
  for (CURL *easy; (easy = net_done(n, &result));) {
    struct net_job *job = NULL;
    if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &job) == CURLE_OK && job)
      job->done(job->user, result);
  }
}

int net_next_ms(const struct net *n) {
  if (n->timer_ms < 0)
    return -1;
  int64_t left = n->timer_ms - baton_now_ms();
  return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

int net_add(struct net *n, CURL *easy, struct net_job *job) {
  if (job)
    curl_easy_setopt(easy, CURLOPT_PRIVATE, job);
  return curl_multi_add_handle(n->multi, easy) == CURLM_OK ? 0 : -1;
}

void net_remove(struct net *n, CURL *easy) {
  curl_multi_remove_handle(n->multi, easy);
}

void net_watch(struct net *n, int fd, uint32_t events) {
  set(n->epoll, fd, events, OWN);
}

void net_forget(struct net *n, int fd) {
  epoll_ctl(n->epoll, EPOLL_CTL_DEL, fd, NULL);
}
