/* One epoll descriptor over libcurl's transfers and the adapter's own descriptors.
 *
 * Transfers are driven by net_step, which tells what becomes of one to its `done`, from inside; or by net_pump, and
 * whoever calls that asks net_done. A descriptor that is watched only wakes the loop: its owner looks at it in its own
 * step. */
#ifndef BATON_NET_H
#define BATON_NET_H

#include <curl/curl.h>
#include <stdint.h>

struct net;
struct net_job {
  void (*done)(void *user, CURLcode result);
  void *user;
};

struct net *net_new(void); /* NULL: no memory or no descriptor */
void net_free(struct net *n);
int net_fd(const struct net *n);
void net_step(struct net *n);
/* All that can be done now. */
void net_pump(struct net *n);
/* A transfer that is done and was not asked for yet; NULL: none. */
CURL *net_done(struct net *n, CURLcode *ret_result);
/* Milliseconds until net_step wants to be called; -1: when something happens. Asked last: what others begin counts too.
 */
int net_next_ms(const struct net *n);
/* Starts a transfer; job stays valid until it is done or removed, and is NULL where net_done is asked. A handle that is
 * done stays in, with its connection, until net_remove. */
int net_add(struct net *n, CURL *easy, struct net_job *job);
void net_remove(struct net *n, CURL *easy);
void net_watch(struct net *n, int fd, uint32_t events); /* again: other events */
void net_forget(struct net *n, int fd);

#endif
