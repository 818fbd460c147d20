/* The inside of a baton: one connection, its session, and what is under way in it.
 *
 * One thread. conn.c owns the socket, session.c says Hello and notices silence, submit.c keeps events until they are
 * receipted, spool*.c keep them on disk, deliver.c and settle.c bring deliveries to the adapter and verdicts back,
 * ask.c sends queries (query.c waits for their answers), health.c reports how the department's system does. What must
 * outlive a session (items, settles with events, queries) is kept in lists and sent again after the next Welcome. */
#ifndef BATON_SDK_SDK_H
#define BATON_SDK_SDK_H

#include <poll.h>

#include "baton.h"
#include "baton/frame.pb-c.h"
#include "json.h"

enum {
  BT_SDK_FRAME_MAX = 64 * 1024,  /* baton/frame.proto */
  BT_SDK_FRAME_FILL = 60 * 1024, /* items are packed up to here */
  BT_SDK_CURVE_OVERHEAD = 33,    /* that CURVE puts around a frame, and ZMQ_MAXMSGSIZE counts with it */
  BT_SDK_FRAME_ITEMS = 64,
  BT_SDK_EVENT_MAX = 16 * 1024,
  BT_SDK_SETTLE_EVENTS = 8,
  BT_SDK_WINDOW_MAX = 4096,
  BT_SDK_IN_FLIGHT = 256,
  BT_SDK_LINGER_MS = 2000,
  BT_SDK_KEEPALIVE_MS = 2000, /* the broker lets another instance in after 6 s of silence */
  BT_SDK_SILENCE_MS = 3000,   /* then the adapter is told that nobody answers */
  BT_SDK_ANSWER_MS = 30000,   /* something is due and nothing came: start over */
  BT_SDK_DRAIN = 256,         /* frames handled in one go */
  BT_SDK_HEALTH_TEXT = 256,   /* bytes of a sentence for operators */
};

struct bt_sdk_item {
  struct bt_sdk_item *next;
  char *source_key;
  uint8_t *event; /* packed once: every try sends these bytes */
  size_t event_n;
  char *source; /* NULL: no cursor */
  uint8_t *position;
  size_t position_n;
  int64_t first_tried_us;
  uint64_t number;  /* in this session; 0: to be sent */
  uint64_t spooled; /* its position in the spool; 0: not from there */
  void *user;
};

struct bt_sdk_settle {
  struct bt_sdk_settle *next;
  uint64_t sequence;
  baton_verdict verdict;
  uint32_t retry_after_ms;
  char *reason; /* NULL: none */
  ProtobufCBinaryData *events;
  size_t n_events;
  enum { BT_SDK_QUEUED, BT_SDK_AWAITS_DELIVERY, BT_SDK_AWAITS_RECEIPT } state;
  int64_t not_before_ms;
  bool carried; /* sent in an earlier session: perhaps committed */
};

/* A delivery that waits for its verdict. */
struct bt_sdk_open {
  uint64_t sequence;
  bool here; /* delivered in this session, so that the broker takes a settle for it */
};

struct bt_sdk_health {
  baton_health_state state, said; /* said: by the adapter, of its department's system */
  char said_text[BT_SDK_HEALTH_TEXT + 1];
  char spool_text[BT_SDK_HEALTH_TEXT + 1]; /* what is wrong with the spool; "": nothing */
  char text[BT_SDK_HEALTH_TEXT + 1];       /* the last thing that was wrong; "": nothing yet */
  int64_t text_at_us, since_us;
  bool to_log, to_send; /* has changed since it was last said */
  int64_t logged_ms, sent_ms;
  Baton__V1__Spool spool; /* as last reported */
};

enum bt_sdk_state { BT_SDK_SAYING_HELLO, BT_SDK_WELCOME, BT_SDK_REFUSED };

struct baton {
  baton_options options; /* strings are copies */
  void *zmq, *socket;
  int fd;
  uint8_t instance[16];
  char error[BT_SDK_ERROR];
  bool inside;     /* a callback runs */
  bool is_program; /* under baton_main: what no callback takes is logged */

  enum bt_sdk_state state;
  unsigned hello_attempt;
  int64_t hello_due_ms, away_since_ms, sent_ms, heard_ms, owed_since_ms;
  int reported;                           /* the code last told to on_disconnected; 0: none since the last Welcome */
  uint64_t refused_frames, refused_items; /* for the log */

  struct bt_sdk_item *first, *last, *unsent; /* unsent: the first without a number */
  size_t n_items, n_sent, unsent_bytes;
  uint32_t window; /* items the broker takes before it receipts */
  uint64_t next_number;
  int64_t busy_until_ms; /* 0: not busy */
  unsigned busy_attempt;
  uint64_t stale; /* answers still due for numbers that a BUSY took back */

  struct bt_sdk_settle *settles;
  struct bt_sdk_open *open;
  size_t n_open, open_room;

  struct bt_sdk_spool *spool; /* NULL: none */

  struct bt_sdk_ask *asks; /* under way, in the order they were asked */
  uint64_t ask_id;         /* of the last one */
  size_t n_asked;          /* of them by baton_ask */
  bool closing;

  struct bt_sdk_health health;
};

/* ---- conn.c: the socket ---- */
int bt_sdk_fail(baton *b, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Sends a frame (protocol is filled in). false: no connection now; nothing was sent. */
bool bt_sdk_send(baton *b, Baton__V1__Frame *frame);
bool bt_sdk_linked(const baton *b); /* there is a connection that takes a frame */
/* Handles what came in and sends what is due; returns the number of frames handled. */
int bt_sdk_pump(baton *b);
/* Waits for the broker, for one of `more`, or for timeout_ms. */
void bt_sdk_wait(baton *b, int timeout_ms, struct pollfd *more, size_t n);
/* Something is still to be sent or receipted. */
bool bt_sdk_unfinished(const baton *b);

/* ---- session.c ---- */
void bt_sdk_session_tick(baton *b, int64_t now_ms);
void bt_sdk_welcome(baton *b, const Baton__V1__Welcome *welcome);
void bt_sdk_fault(baton *b, const Baton__V1__Fault *fault);
/* Ends the session here and says Hello again after delay_ms; tells the adapter once per cause. */
void bt_sdk_restart(baton *b, int code, const char *why, int64_t delay_ms);
int64_t bt_sdk_session_due(const baton *b); /* instant of the next thing to do, ms */

/* ---- submit.c and receipt.c ---- */
void bt_sdk_item_free(struct bt_sdk_item *item);
size_t bt_sdk_item_size(const struct bt_sdk_item *item); /* in a frame, at most */
void bt_sdk_submit_tick(baton *b, int64_t now_ms);
void bt_sdk_submit_restart(baton *b, uint64_t next_number);
void bt_sdk_receipt(baton *b, const Baton__V1__ReceiptItem *r);
void bt_sdk_tell_receipt(baton *b, const Baton__V1__ReceiptItem *r, const char *source_key, void *user);
/* A code that ends the session and leaves the item to be sent again. */
bool bt_sdk_is_about_session(int code);
void bt_sdk_receipt_restart(baton *b, const Baton__V1__ReceiptItem *r);
/* Queues an event of the spool: these bytes, as if tried first at that time. 0 or -BATON_E_NOMEM. */
int bt_sdk_submit_stored(baton *b, const char *source_key, size_t key_n, const void *event, size_t event_n,
                         int64_t first_tried_us, uint64_t position);
int64_t bt_sdk_submit_due(const baton *b);
void bt_sdk_submit_free(baton *b);

/* ---- deliver.c and settle.c ---- */
void bt_sdk_deliver(baton *b, const Baton__V1__DeliveryItem *item);
struct bt_sdk_open *bt_sdk_open_find(const baton *b, uint64_t sequence); /* valid until the next delivery */
void bt_sdk_open_remove(baton *b, uint64_t sequence);
struct bt_sdk_settle *bt_sdk_settle_find(baton *b, uint64_t sequence);
void bt_sdk_settle_tick(baton *b, int64_t now_ms);
void bt_sdk_settle_restart(baton *b);
/* A receipt for events that a settle carried. */
void bt_sdk_settle_receipt(baton *b, const Baton__V1__ReceiptItem *r);
int64_t bt_sdk_settle_due(const baton *b);
/* Some settle is still to be sent or receipted. */
bool bt_sdk_settle_pending(const baton *b);
void bt_sdk_settle_free(baton *b);

/* ---- ask.c ---- */
/* code: that of the answer, or -BATON_E_TIMEOUT or -BATON_E_CLOSED and no answer. */
typedef void bt_sdk_answer_fn(void *user, int code, const Baton__V1__Answer *answer);
/* Takes the query (malloc), whatever it returns. `done` is called once, in a later poll or at the end. */
int bt_sdk_ask(baton *b, Baton__V1__Query *query, int timeout_ms, bt_sdk_answer_fn *done, void *user) BATON_CHECK;
int bt_sdk_query_parse(baton *b, const char *json, Baton__V1__Query **ret) BATON_CHECK;
void bt_sdk_answer(baton *b, const Baton__V1__Answer *answer);
void bt_sdk_ask_tick(baton *b, int64_t now_ms);
void bt_sdk_ask_restart(baton *b);
void bt_sdk_ask_end(baton *b); /* no more answers come: everybody is told */
int64_t bt_sdk_ask_due(const baton *b);

/* ---- health.c ---- */
void bt_sdk_health_init(struct bt_sdk_health *h);
void bt_sdk_health_tick(baton *b, int64_t now_ms);
void bt_sdk_health_restart(baton *b);
/* What is wrong with the spool (NULL: nothing): trouble, unless the adapter has worse to say. */
void bt_sdk_health_spool(baton *b, const char *why);
void bt_sdk_health_finish(baton *b);
int64_t bt_sdk_health_due(const baton *b);

/* ---- spool_drain.c, spool_watch.c; all do nothing where there is no spool ---- */
void bt_sdk_spool_close(struct bt_sdk_spool *s);
void bt_sdk_spool_tick(baton *b, int64_t now_ms);
int64_t bt_sdk_spool_due(const baton *b);
/* The broker's answer to an event of the spool. false: not the last word, nobody is to be told. */
bool bt_sdk_spool_receipted(baton *b, const struct bt_sdk_item *item, const Baton__V1__ReceiptItem *r);
/* Hands nothing more on; what has its receipt leaves the disk. */
void bt_sdk_spool_stop(baton *b);
/* Its disk failed or its file is damaged: nothing goes on, and the adapter should end. */
bool bt_sdk_spool_broken(const baton *b, const char **ret_why);
/* Its part of a Report. false: there is no spool. */
bool bt_sdk_spool_report(const baton *b, Baton__V1__Spool *ret);

/* ---- event.c ---- */
/* The event's bytes (malloc) and their number, at most BT_SDK_EVENT_MAX. 0 or a negative code with b's error set. */
int bt_sdk_event_pack(baton *b, const baton_event *e, uint8_t **ret, size_t *ret_n) BATON_CHECK;

/* ---- secret.c ---- */
/* As baton_secret_read; secret: whether others being able to read it is a fault. */
/* Below $CREDENTIALS_DIRECTORY, where a file may have a group's read bit: systemd lets its one reader in by an access
 * list, whose mask stands there. */
bool bt_sdk_is_credential(const char *path);
char *bt_sdk_file_read(const char *path, bool secret, size_t most, size_t *ret_n, char *error);

/* ---- keys.c ---- */
/* A Z85 key of 40 characters from a file. secret: refused where group or others may read it. */
bool bt_sdk_key_read(const char *path, bool secret, char ret_key[41], char *error);
void bt_sdk_wipe(void *p, size_t n);

#endif
