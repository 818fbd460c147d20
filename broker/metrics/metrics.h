/* Metrics: OpenMetrics text over HTTP, for whoever scrapes it.
 *
 * One path, GET /metrics, without authentication: the figures of base/counters.h and nothing that came with an event.
 * The answer is put together between batches, at most once a second for each of the two formats, in a time that grows
 * with the number of adapters and departments and not with that of cases. Connections are few, short, and closed after
 * one answer: where there are too many the oldest goes, so that whoever holds some open keeps nobody out for long.
 *
 * One thread; the loop owns the waiting: it polls the one descriptor and calls bt_metrics_serve. Where the address
 * cannot be had the broker goes on without metrics and tries again: cases must not wait for it. */
#ifndef BT_METRICS_METRICS_H
#define BT_METRICS_METRICS_H

#include <poll.h>

#include "control/control.h"

struct bt_metrics;

/* Listens at config->settings.metrics_listen; none: *ret is NULL, and that is fine. context is copied; what it points
 * to is borrowed. -BT_NOMEM. */
int bt_metrics_open(const struct bt_control_context *context, struct bt_metrics **ret) BT_MUST_CHECK;
void bt_metrics_close(struct bt_metrics *m); /* NULL is fine */
/* Another configuration generation. The address stays what it was. */
void bt_metrics_adopt(struct bt_metrics *m, const struct bt_config *config);
/* What to poll: 1, or 0 where it does not listen now. */
uint32_t bt_metrics_pollfd(const struct bt_metrics *m, struct pollfd *ret);
/* Milliseconds until it wants to be served though nothing came; -1: it does not. */
long bt_metrics_due_ms(const struct bt_metrics *m);
/* Serves what is ready or due: v and n are what bt_metrics_pollfd gave. Call it after release, never between decide and
 * commit. */
void bt_metrics_serve(struct bt_metrics *m, const struct pollfd *v, uint32_t n);

#endif
