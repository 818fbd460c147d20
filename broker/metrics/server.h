/* Inside the room: the server and what it keeps. */
#ifndef BT_METRICS_SERVER_H
#define BT_METRICS_SERVER_H

#include <microhttpd.h>

#include "metrics/metrics.h"
#include "metrics/render.h"

enum {
  BT_VISITORS = 16,        /* connections that are kept; beyond, the oldest goes */
  BT_VISITOR_SPARE = 16,   /* and still takes a place until the server has seen to it */
  BT_VISIT_MS = 10 * 1000, /* from the connection to the end of the answer */
  BT_FRESH_MS = 1000,      /* so long the same answer is given to everybody */
  BT_LISTEN_AGAIN_MS = 5 * 1000,
};

struct bt_visitor {
  int fd;           /* of the connection; -1: the place is free */
  int64_t since_us; /* monotonic */
  bool shut;
};

struct bt_metrics {
  struct bt_control_context context;
  struct MHD_Daemon *daemon;    /* NULL: the address could not be had */
  int64_t opened_us, listen_us; /* monotonic; when it is tried again */
  bool told;                    /* the log knows that it does not listen */
  struct bt_visitor visitors[BT_VISITORS + BT_VISITOR_SPARE];
  struct MHD_Response *answers[BT_EXPOSITIONS]; /* given to everybody for a while; NULL: none yet */
  int64_t answered_us[BT_EXPOSITIONS];          /* when they were put together */
  int64_t took_us;                              /* the last one that was */
};

/* answer.c: what libmicrohttpd calls for a request. */
enum MHD_Result bt_metrics_answer(void *metrics, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_n, void **state);
void bt_metrics_forget_answers(struct bt_metrics *m);

#endif
