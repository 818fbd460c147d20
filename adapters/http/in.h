/* The inside of the way in: what its files share. */
#ifndef BATON_HTTP_IN_INSIDE_H
#define BATON_HTTP_IN_INSIDE_H

#include <jansson.h>
#include <microhttpd.h>
#include <stddef.h>

#include "clients.h"
#include "door.h"
#include "failures.h"
#include "http_in.h"
#include "ledger.h"
#include "source.h"

struct request;
struct route;

struct http_in {
  struct http_in_settings set;
  struct clients clients;
  struct sources sources;
  struct failures failures;
  struct door door;
  struct ledger ledger;
  struct MHD_Daemon *daemon; /* NULL: not listening yet */
  char *certificate, *key;   /* PEM */
  baton *b;
  int epoll;
  uint32_t in_flight;
  uintptr_t submissions;
  char *openapi;              /* once somebody asked */
  struct request *waiting;    /* suspended */
  unsigned in_vain;           /* rounds in a row in which the server had work, and did none */
  uint64_t done, done_before; /* what it does for visitors; then */
  bool resumed;               /* some of them have their answer now */
  bool uncommitted;           /* events lie in the spool that are not durable yet */
  bool stopping;
  unsigned tries;           /* to listen */
  int64_t listen_ms;        /* not before */
  int64_t trouble_until_ms; /* until then the last refusal at the door counts as trouble */
  int64_t trouble_text_ms;  /* since when it is this one */
  int64_t full_ms;          /* when the spool last had no room for an event; 0: never */
  char trouble[160];
  char down[160]; /* why it does not listen; "": it does */
};

/* One event of a request, and what became of it. */
struct item {
  char key[MAP_KEY_MAX + 1]; /* as the broker gets it */
  size_t own;                /* where in it the sender's own key begins */
  baton_event *event;        /* until it is handed on */
  struct request *request;
  struct item *next; /* in the ledger: who else waits for this key */
  bool waits;
  uintptr_t submission; /* which one of this key it was; 0: one of the spool, where a key is only once */
  unsigned status;      /* 0: not known yet */
  json_t *result;       /* what the sender is told */
};

struct ask {
  struct request *request; /* NULL: it is gone */
};

enum patience { PATIENCE_NONE, PATIENCE_COMMIT, PATIENCE_RECEIPT, PATIENCE_ANSWER };

struct request {
  struct http_in *in;
  struct MHD_Connection *connection;
  struct visitor *visitor;
  const struct route *route;
  char *argument; /* what stands in the path where the route has {…}; "" */
  const struct client *client;
  const struct source *source;
  char *body;
  size_t body_n, swallowed;
  struct item *items;
  size_t n_items, unknown; /* unknown: how many have no result yet */
  bool many;
  bool bad_address, has_begun;
  bool at_once;           /* refused: its body is not even read */
  bool is_last;           /* its answer ends the connection */
  enum patience patience; /* what it waits for */
  bool spooled;
  int64_t until_ms;
  int64_t wish_ms; /* Prefer: wait */
  struct ask *ask;
  bool suspended;
  struct request *prev, *next;
  unsigned status;
  struct MHD_Response *response; /* once it is known */
};

/* ---- reply.c ---- */
unsigned status_of(int code);
/* Each takes body over, and wakes the request where it is suspended. */
void reply_json(struct request *r, unsigned status, json_t *body);
void reply_written(struct request *r, unsigned status, char *json); /* NULL: no memory */
/* code: a name such as "STALE"; field and next may be NULL (next: the way forward that goes with the code). more:
 * merged into it, taken over, may be NULL. */
json_t *problem_new(unsigned status, const char *code, const char *text, const char *field, const char *next);
void reply_problem(struct request *r, unsigned status, const char *code, const char *text, const char *field);
void reply_with(struct request *r, unsigned status, json_t *problem);
void reply_header(struct request *r, const char *name, const char *value);

/* ---- take.c: events ---- */
void take_events(struct request *r);
void take_webhook(struct request *r);
void take_answer(struct request *r);
void take_what_became(struct request *r);
/* Hands the request's events on. straight: to the broker, whatever spool there is. */
void take_all(struct request *r, bool straight);
void take_commit(struct http_in *in);
void take_overdue(struct request *r);
bool item_init(struct item *item, const char *whose, char mark, const char *key);
void request_items_free(struct request *r);

/* ---- ask.c: questions ---- */
void ask_customer(struct request *r);
void ask_case(struct request *r);
void ask_history(struct request *r);
void ask_card(struct request *r);
void ask_offers(struct request *r);

/* ---- server.c ---- */
enum MHD_Result server_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                               const char *version, const char *upload, size_t *upload_n, void **state);
void *server_address(void *context, const char *uri, struct MHD_Connection *connection);
void server_completed(void *context, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode how);
/* Notes something refused at the door, for the adapter's health. */
void server_trouble(struct http_in *in, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
