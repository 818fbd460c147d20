/* Who is connected, since when, and until when they may stay as they are.
 *
 * A connection that is full of nothing (a request that comes a byte at a time, an answer that is not read) ends at its
 * deadline. Where there are too many, of one address or of all, the oldest that has not brought its request yet goes:
 * whoever sends whole requests gets in, however many others only hold the line. */
#ifndef BATON_HTTP_DOOR_H
#define BATON_HTTP_DOOR_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failures.h"

enum visit { VISIT_ARRIVING, VISIT_IDLE, VISIT_INSIDE, VISIT_LEAVING };

struct visitor {
  struct visitor *prev, *next;
  int fd;
  uint8_t address[ADDRESS_BYTES];
  enum visit visit;
  int64_t deadline_ms;
  bool shut;
};

struct door {
  struct visitor *visitors; /* oldest first */
  size_t most, most_of_one;
  int64_t request_ms, idle_ms;
  int64_t next_ms;  /* no deadline is before this */
  bool turned_away; /* somebody was, for want of room */
};

/* MHD's callback; context: a struct door. */
void door_connection(void *context, struct MHD_Connection *connection, void **visitor,
                     enum MHD_ConnectionNotificationCode what);
struct visitor *door_visitor(struct MHD_Connection *connection);
/* The headers are there; the request is all there and being worked on; its answer is on its way; it was sent and
 * another may come. */
void door_arriving(struct door *d, struct visitor *v);
void door_inside(struct visitor *v);
void door_leaving(struct door *d, struct visitor *v);
void door_idle(struct door *d, struct visitor *v);
/* Ends what is overdue. Milliseconds until the next deadline; -1: none. */
int door_sweep(struct door *d);

#endif
