/* The way in: a server for department systems that speak HTTP. They post events, send webhooks, ask about customers and
 * cases, and answer offers.
 *
 * Everything here runs in the adapter's one thread, between two polls of the broker. A request that waits (for the
 * disk, for a receipt, for an answer) is suspended, and stops nobody else. */
#ifndef BATON_HTTP_IN_H
#define BATON_HTTP_IN_H

#include <stdbool.h>
#include <stdint.h>

#include "baton.h"

struct http_in;

/* As the option table of main.c fills it in. */
struct http_in_settings {
  const char *listen, *certificate_file, *key_file, *tokens_file;
  bool insecure;
  int64_t body_bytes, header_bytes, json_depth, events_per_post;
  int64_t connections, connections_per_address;
  int64_t request_s, idle_s, answer_s;
  int64_t failures_per_minute, remember;
};

/* Reads clients and sources and looks at every file they name. NULL: error (256 bytes) says what is wrong where. */
struct http_in *http_in_new(const struct http_in_settings *set, const char *config_file, char *error);
void http_in_free(struct http_in *in);
/* Its descriptors join this epoll instance. in_flight: how many events may wait for receipts at once. 0, or -1: error
 * (256 bytes) has the sentence. */
int http_in_start(struct http_in *in, int epoll, uint32_t in_flight, char *error);
/* Milliseconds until it wants to be called again; -1: when something happens. */
int http_in_step(struct http_in *in, baton *b);
/* How the way in does; why gets the sentence ("" when well). */
baton_health_state http_in_health(const struct http_in *in, char why[256]);
void http_in_receipt(struct http_in *in, const baton_receipt *receipt);
/* Answers everybody who waits and closes the door. */
void http_in_stop(struct http_in *in);

#endif
