/* libbaton: connect a department's system to Baton.
 *
 * An adapter is a process with one CURVE key. It submits events and gets a receipt for each once the broker has it on
 * disk; it receives deliveries against credit and settles each; it asks queries. The library keeps the connection: it
 * says Hello, sends again what was not receipted after a reconnect (in order, with the same source keys), backs off
 * with jitter while the broker is away or busy, and answers heartbeats. proto/PROTOCOL.md has the rules behind it.
 *
 * Threads: one baton belongs to one thread. Nothing blocks but baton_poll (for as long as its timeout says),
 * baton_query, baton_cursor, baton_flush and baton_close (for as long as theirs), and baton_spool_commit (for a write
 * to disk). Callbacks run inside these; from inside a callback none of them may be called (-BATON_E_USAGE), everything
 * else may.
 *
 * Memory: pointers handed to a callback are valid until it returns. Strings you pass in are copied.
 *
 * Errors: functions return 0 or a negative baton_code; baton_error() has the sentence. */
#ifndef BATON_H
#define BATON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BATON_API __attribute__((visibility("default")))
#define BATON_CHECK __attribute__((warn_unused_result))

/* Refusals of the broker have the numbers of baton.v1.Code (see PROTOCOL.md); these are the library's own. */
enum baton_code {
  BATON_OK = 0,
  BATON_E_BUSY = 6,     /* too much in flight: poll, then again */
  BATON_E_INVALID = 20, /* an argument, a path, a value; baton_error() says which */
  BATON_E_LIMIT = 22,
  BATON_E_NOMEM = 100,
  BATON_E_IO = 101,
  BATON_E_FULL = 102, /* the spool: nothing more is taken until the broker has taken some */
  BATON_E_TIMEOUT = 104,
  BATON_E_CLOSED = 105, /* closed, or the broker refused this adapter for good */
  BATON_E_USAGE = 106,
};

typedef struct baton baton;
typedef struct baton_event baton_event;

/* ---- Events ---- */

/* An event is built by kind and by path. Kinds and paths are the names in baton/event.proto: kind "contact_logged" (or
 * "ContactLogged"), paths such as "locator.identifier.value", "labels", or, inside the kind, "contact_logged.channel"
 * or just "channel". Values are text in the form of the proto3 JSON mapping: "PHONE" or "CHANNEL_PHONE", "true", "17";
 * times may be microseconds or RFC 3339. Setting a repeated field adds to it. */
BATON_API baton_event *baton_event_new(const char *kind); /* NULL: no such kind, or no memory */
BATON_API void baton_event_free(baton_event *e);          /* NULL is fine */
BATON_API int baton_event_set(baton_event *e, const char *path, const char *value) BATON_CHECK;
/* As above; error (may be NULL, at least 256 bytes) gets the sentence: what names there are, what form is wanted. It
 * names paths, never the value. */
BATON_API int baton_event_put(baton_event *e, const char *path, const char *value, char *error) BATON_CHECK;
/* Whether events of this kind have a field at this path that can be set. 0, or -BATON_E_INVALID with the sentence in
 * error (as above). For checking a mapping before the first event. */
BATON_API int baton_event_check(const char *kind, const char *path, char *error) BATON_CHECK;
/* The kinds there are, by number from 0: "case_opened", ...; NULL after the last. */
BATON_API const char *baton_event_kind(size_t i);
/* A whole event from proto3 JSON: {"locator":{"ref":"0001-1"},"noteAdded":{"text":"..."}}. Field names in either
 * spelling. error (may be NULL, at least 256 bytes) gets the sentence. */
BATON_API baton_event *baton_event_from_json(const char *json, size_t n, char *error);

/* ---- Receipts and deliveries ---- */

typedef struct baton_receipt {
  const char *source_key;
  int code;                 /* 0, or the refusal: positive, a baton.v1.Code */
  const char *code_name;    /* "OK", "UNKNOWN_CASE" */
  const char *text, *field; /* "" where there is none */
  bool duplicate;
  uint64_t sequence, case_id, version, customer, offer;
  const char *ref, *to;
  const char *found; /* "FOUND_NEW" */
  uint64_t delivery; /* set for events that a settle carried; source_key is then "" */
  void *user;        /* as given to baton_submit */
  const char *json;  /* the whole item in proto3 JSON */
} baton_receipt;

typedef struct baton_delivery {
  uint64_t sequence, case_id, version;
  const char *ref, *kind; /* "HandoffOffered"; "Resync": no event, it stands for older deliveries of the case, and its
                             card says how things are */
  const char *department; /* who acted */
  uint32_t attempt;
  bool gap, stub, has_card, redelivery; /* redelivery: an operator had it delivered again */
  const void *digest;                   /* of the card, digest_size bytes */
  size_t digest_size;
  const char *json; /* the whole DeliveryItem in proto3 JSON */
} baton_delivery;

/* Whether deliveries can be of this kind: "handoff_offered" or "HandoffOffered", and so on, or "resync". */
BATON_API bool baton_delivery_has_kind(const char *kind);
/* The value at a path of a delivery, as text ("recorded.event.note_added.text", "card.need"); NULL where there is none.
 * Valid until the next call with the same delivery or the end of the callback. */
BATON_API const char *baton_delivery_get(const baton_delivery *d, const char *path);
/* Whether deliveries can have a value at this path: 0, or -BATON_E_INVALID with the sentence in error (may be NULL, at
 * least 256 bytes). For checking a mapping before the first delivery. */
BATON_API int baton_delivery_check(const char *path, char *error);

typedef enum baton_verdict {
  BATON_ACK = 1,
  BATON_RETRY = 2,
  BATON_REJECT = 3,
  BATON_IN_PROGRESS = 4,
  BATON_LATER = 100
} baton_verdict;

/* ---- Connection ---- */

typedef struct baton_options {
  const char *endpoint;        /* "tcp://127.0.0.1:5570" */
  const char *secret_key_file; /* this adapter's, 0600 */
  const char *broker_key_file; /* the broker's public key */
  const char *software;        /* name and version, for the operators */
  uint32_t credit;             /* deliveries at once; 0: receives nothing */
  uint32_t max_in_flight;      /* events not yet receipted; 0: 256 */
  uint32_t linger_ms;          /* on close; 0: 2000 */

  /* All optional. */
  void (*on_receipt)(void *context, const baton_receipt *receipt);
  /* Returns the verdict, or BATON_LATER and settles with baton_settle before long. Without this callback every delivery
   * is rejected, visibly. */
  baton_verdict (*on_delivery)(void *context, const baton_delivery *delivery);
  void (*on_connected)(void *context, const char *adapter, const char *department);
  /* why: a sentence; the library goes on trying unless final. Called once per cause, not once per try; also when nobody
   * answers for 3 s after baton_open (wrong key, or not running). code: a baton.v1.Code or a baton_code. */
  void (*on_disconnected)(void *context, int code, const char *why, bool final);
  void *context;
} baton_options;

/* Starts to connect; returns at once. NULL: bad options or key files; error (may be NULL, at least 256 bytes) says
 * which. */
BATON_API baton *baton_open(const baton_options *options, char *error);
/* Sends what is queued (for at most linger_ms), says Goodbye, frees. NULL is fine. */
BATON_API void baton_close(baton *b);
BATON_API const char *baton_error(const baton *b); /* sentence for the last error, never NULL */
/* Makes `why` that sentence and returns -code: for a step that ends its adapter with an error of its own. */
BATON_API int baton_fail(baton *b, int code, const char *why);
BATON_API bool baton_connected(const baton *b);
BATON_API size_t baton_in_flight(const baton *b); /* submitted, not yet receipted */

/* Waits for at most timeout_ms (-1: no limit) and does whatever there is to do. Returns 0, -BATON_E_CLOSED when the
 * broker refused this adapter for good. */
BATON_API int baton_poll(baton *b, int timeout_ms) BATON_CHECK;
/* For a loop of your own: readable means "call baton_poll(b, 0) until baton_poll_again says false". */
BATON_API int baton_fd(const baton *b);
BATON_API bool baton_poll_again(const baton *b);
/* Milliseconds until baton_poll wants to be called again even if nothing happens (retry, heartbeat); -1: no need. */
BATON_API int baton_next_ms(const baton *b);

/* Submits an event. source_key: 1 to 128 bytes, unique in this adapter and the same whenever this event is sent again.
 * The receipt comes to on_receipt, once. Who owns the event then: after -BATON_E_BUSY (too much in flight: poll, then
 * again) it is still yours; after anything else, errors too, the library has taken it. Sent with the next baton_poll,
 * or at once when a frame is full. BUSY of the broker and lost connections are dealt with inside; INTERNAL is told like
 * a refusal: submit it again later. */
BATON_API int baton_submit(baton *b, const char *source_key, baton_event *event, void *user) BATON_CHECK;
/* As above; the source's cursor moves with the event's acceptance or final refusal. event may be NULL: the cursor alone
 * (source_key may then be NULL). source: at most 64 bytes; position: at most 256. */
BATON_API int baton_submit_cursor(baton *b, const char *source_key, baton_event *event, const char *source,
                                  const void *position, size_t n, void *user) BATON_CHECK;

/* For a delivery answered with BATON_LATER (or from inside its callback, which then returns BATON_LATER). reason: with
 * BATON_REJECT and BATON_RETRY, for the operators, at most 256 bytes. retry_after_ms 0: 1000. -BATON_E_INVALID: not
 * open, or settled before. While a delivery is open it is not handed over again, also when the broker sends it again
 * (after a reconnect, or because the settle timeout passed: say BATON_IN_PROGRESS before). A verdict that the broker
 * refuses comes to on_receipt. */
BATON_API int baton_settle(baton *b, uint64_t sequence, baton_verdict verdict, uint32_t retry_after_ms,
                           const char *reason) BATON_CHECK;
/* Acknowledges and submits 1 to 8 events (taken over, whatever it returns) in one: both or neither. The receipts come
 * with `delivery` set. After a refusal the delivery is still open: settle it in another way. */
BATON_API int baton_settle_with(baton *b, uint64_t sequence, baton_event **events, size_t n) BATON_CHECK;

/* Asks and waits. json: a Query in proto3 JSON without id, e.g. {"find":{"identifier":{"domain":"phone","value":"…"}}}.
 * *ret_json (free it with baton_free) is the Answer in proto3 JSON, also for a refusal: *ret_code has its code, `text`
 * the reason. */
BATON_API int baton_query(baton *b, const char *json, int timeout_ms, int *ret_code, char **ret_json) BATON_CHECK;
/* Asks without waiting: `done` is called exactly once, inside baton_poll or baton_close. code: that of the Answer (json
 * is the Answer), or -BATON_E_TIMEOUT, -BATON_E_CLOSED (json is NULL). -BATON_E_BUSY: 64 are under way;
 * -BATON_E_INVALID: the json; then it is not called. */
typedef void baton_answer_fn(void *user, int code, const char *json);
BATON_API int baton_ask(baton *b, const char *json, int timeout_ms, baton_answer_fn *done, void *user) BATON_CHECK;
/* The stored cursor; *ret_n is 0 where there is none. Free *ret with baton_free. */
BATON_API int baton_cursor(baton *b, const char *source, int timeout_ms, void **ret, size_t *ret_n) BATON_CHECK;
/* Waits until everything submitted is receipted. */
BATON_API int baton_flush(baton *b, int timeout_ms) BATON_CHECK;
BATON_API void baton_free(void *p);

/* ---- Health ---- */

typedef enum baton_health_state { BATON_WELL = 1, BATON_TROUBLED = 2, BATON_DOWN = 3 } baton_health_state;
/* How the department's system does, and why in a sentence for operators (NULL or "" with BATON_WELL; at most 256 bytes;
 * no customer's data). Call it as often as you like: the log gets a line and the broker a report where the state or the
 * sentence has changed, at most one a second. `batonctl show adapters` shows it, also the last sentence after it is
 * well again. */
BATON_API void baton_health(baton *b, baton_health_state state, const char *why);

/* ---- Spool: for sources that push ---- */

/* Where a source cannot be asked again, the adapter keeps what it took until the broker has it: bounded, in order,
 * encrypted, on this machine's disk. It is opened by baton_main where the program says `spools` and the configuration
 * has a group `spool`. Events go to the broker from there in the order they were put in; on_receipt tells of each, with
 * `user` NULL. One that is refused for good goes to the rejects with its code and text, and the rest goes on. */
BATON_API bool baton_has_spool(const baton *b);
/* Puts an event in (taken over, whatever it returns). It is durable after the next baton_spool_commit, never before; a
 * key that is still in the spool with the same content is one event. -BATON_E_FULL: tell the source; -BATON_E_INVALID:
 * the event or the key (with the same key and other content too); -BATON_E_IO: the disk. */
BATON_API int baton_spool_put(baton *b, const char *source_key, baton_event *event) BATON_CHECK;
/* All that was put in since the last commit becomes durable, or none of it (an error: put it in again). */
BATON_API int baton_spool_commit(baton *b) BATON_CHECK;
/* How many were put in and have no receipt yet; 0 without a spool. */
BATON_API uint64_t baton_spooled(const baton *b);

/* ---- A whole adapter ---- */

/* Where an option's value goes; `to` points to the type named. Strings stay valid until baton_main returns. */
typedef enum baton_option_type {
  BATON_STRING,
  BATON_INT,
  BATON_BOOL,
  BATON_FILE,   /* a string; relative to the config file, on the command line to the current folder */
  BATON_SECTION /* a group, list or array that the program reads itself from config_file; `to` is NULL */
} baton_option_type;
typedef struct baton_option {
  const char *key; /* in the config file, and --key on the command line; dotted for groups */
  baton_option_type type;
  void *to;             /* const char **, int64_t *, bool * */
  const char *fallback; /* NULL: required; a BATON_SECTION may always be left out */
  int64_t min, max;     /* BATON_INT */
  const char *help;     /* with the unit */
} baton_option;

enum { BATON_STEP_DONE = -2 };

typedef struct baton_program {
  const char *name, *version, *summary;
  const baton_option *options; /* ends with key == NULL; the library adds its own (endpoint, keys, credit, …) */
  /* Called once, after options are read, also for --check: says what is wrong with them beyond their types, changes
   * nothing outside. 0, or a negative code after a line on stderr (exit 2). May be NULL. */
  int (*check)(void *context, const char *config_file);
  /* Called once, after check and before connecting; may change *connection. 0, or a negative code after a log line. */
  int (*start)(void *context, baton_options *connection, const char *config_file);
  /* Called after each poll, connected or not. Returns the milliseconds until it wants to be called again (-1: when
   * something happens), BATON_STEP_DONE to finish (flush, exit 0), or another negative code below -1 to end (exit 1).
   */
  int (*step)(void *context, baton *b);
  /* A descriptor of the adapter's own to wait on as well; -1 or NULL: none. */
  int (*fd)(void *context);
  void (*stop)(void *context); /* after the last poll, before close */
  bool spools;                 /* the configuration may have a group `spool` */
  void *context;
} baton_program;

/* Reads argv and the config file (libconfig; unknown keys and bad values are errors with file, line and key), handles
 * --help,
 * --version, --check, SIGTERM and SIGINT (finish, flush, exit 0), logs in logfmt on stderr, connects, loops. Returns
 * the exit code: 0, 1 failed, 2 usage or configuration. */
BATON_API int baton_main(int argc, char **argv, const baton_program *program);

/* One logfmt line on stderr: baton_log("warn", "row-rejected", "file", name, "line", "17", NULL). Values are escaped.
 * Log ids and names, never what a customer said. */
BATON_API void baton_log(const char *level, const char *event, ...) __attribute__((sentinel));
/* Whether something that happened for the count-th time is worth a line: the 1st, 2nd, 4th, 8th … time it is, seen at
 * once and never a flood. */
BATON_API bool baton_log_due(uint64_t count);
/* The path that a configuration in `folder` (NULL: the working folder) names: new, free it. One that begins with
 * $CREDENTIALS_DIRECTORY, $STATE_DIRECTORY or $RUNTIME_DIRECTORY lies where the service manager made that folder. NULL:
 * error (256 bytes) says why. */
BATON_API char *baton_path(const char *folder, const char *name, char *error);
/* The whole of a file that nobody but its owner may read: new (wipe it, then free), *ret_n bytes and a NUL. NULL:
 * missing, no regular file, readable for others, longer than `most`; error (256 bytes) says which. */
BATON_API char *baton_secret_read(const char *path, size_t most, size_t *ret_n, char *error);
BATON_API int64_t baton_now_ms(void);            /* for intervals */
BATON_API const char *baton_code_name(int code); /* either sign; "?" where unknown */
/* Milliseconds to wait before try number `attempt` (1, 2, …): doubles from first_ms, capped, with full jitter. */
BATON_API int baton_backoff_ms(unsigned attempt, int first_ms, int cap_ms);

#ifdef __cplusplus
}
#endif
#endif
