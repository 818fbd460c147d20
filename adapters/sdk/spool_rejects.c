/* The commands about what waits, and about what was refused for good. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "spool.h"
#include "spool_program.h"
#include "text.h"

enum { EXIT_GOOD = 0, EXIT_FAILED = 1, BATCH = 64, TIME_SIZE = 40 };

static int fail(const struct bt_sdk_spool_store *s) {
  fprintf(stderr, "%s\n", s->error);
  return EXIT_FAILED;
}

/* ---- Listing: beside the adapter, a record at a time, so that no page is held up for a slow reader ---- */

static void instant(int64_t us, char to[TIME_SIZE]) {
  time_t s = (time_t)(us / 1000000);
  struct tm tm;
  gmtime_r(&s, &tm);
  size_t n = strftime(to, TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
  snprintf(to + n, TIME_SIZE - n, ".%06dZ", (int)(us % 1000000));
}

static json_t *event_json(struct bt_sdk_bytes event) {
  Baton__V1__Event *e = baton__v1__event__unpack(NULL, event.n, event.at);
  json_t *json = e ? bt_sdk_json_of(&e->base) : NULL;
  if (e)
    baton__v1__event__free_unpacked(e, NULL);
  return json ? json : json_null();
}

static bool print_record(const struct bt_sdk_spool_record *r) {
  char put[TIME_SIZE], refused[TIME_SIZE];
  instant(r->put_us, put);
  instant(r->refused_us, refused);
  json_t *o = json_pack("{s:s%,s:s}", "key", r->key.at, r->key.n, "put", put);
  if (o && r->refused)
    json_object_update_new(o, json_pack("{s:s,s:s,s:s%,s:s%}", "refused", refused, "code", baton_code_name(r->code),
                                        "text", r->text.at, r->text.n, "field", r->field.at, r->field.n));
  json_object_set_new(o, "event", event_json(r->event));
  char *line = o ? json_dumps(o, JSON_COMPACT) : NULL;
  bool good = line && printf("%s\n", line) > 0;
  free(line);
  json_decref(o);
  return good;
}

static int list(struct bt_sdk_spool_store *s, enum bt_sdk_spool_table table) {
  uint8_t buffer[BT_SDK_SPOOL_RECORD_MAX];
  struct bt_sdk_spool_record r;
  uint64_t position = 0, damaged = 0;
  setvbuf(stdout, NULL, _IOLBF, 0); /* what is read is out, should the next page end the process */
  for (;;) {
    uint64_t before = position;
    int rc = bt_sdk_spool_view(s);
    if (rc == 0) {
      rc = bt_sdk_spool_next(s, table, position, buffer, &position, &r);
      bt_sdk_spool_leave(s);
    }
    if (rc == 0)
      break;
    if (rc < 0 && position == before)
      return fail(s);
    damaged += rc < 0;
    if (rc == 1 && !print_record(&r))
      return EXIT_FAILED;
  }
  if (damaged)
    fprintf(stderr, "%" PRIu64 " damaged: these cannot be read\n", damaged);
  return fflush(stdout) == 0 && !damaged ? EXIT_GOOD : EXIT_FAILED;
}

/* ---- Putting back and dropping: without the adapter ---- */

struct work {
  struct bt_sdk_spool_store *s;
  bool retry;
  const char *key;   /* NULL: all */
  uint64_t position; /* looked at so far */
  uint64_t done, left;
};

static bool is_meant(const struct work *w, const struct bt_sdk_spool_record *r) {
  return !w->key || (strlen(w->key) == r->key.n && memcmp(w->key, r->key.at, r->key.n) == 0);
}

/* Refused events never took their key, so they may go as new; one whose key waits in the queue has been sent again. */
static bool is_waiting(struct work *w, const struct bt_sdk_spool_record *r) {
  uint64_t position;
  return bt_sdk_spool_find(w->s, r->key, &position) != 0;
}

/* One change; false: nothing is left, or it failed (w->s->rc). */
static bool some(struct work *w) {
  uint8_t buffer[BT_SDK_SPOOL_RECORD_MAX];
  struct bt_sdk_spool_record r;
  uint64_t position = w->position, done = 0;
  int found = bt_sdk_spool_view(w->s);
  bt_sdk_spool_begin(w->s);
  for (int i = 0; i < BATCH && found >= 0; i++) {
    found = bt_sdk_spool_next(w->s, BT_SDK_SPOOL_REJECTS, position, buffer, &position, &r);
    if (found != 1)
      break;
    if (!is_meant(w, &r))
      continue;
    if (w->retry && is_waiting(w, &r)) {
      w->left++;
      continue;
    }
    bt_sdk_spool_drop_reject(w->s, position);
    r.refused = false;
    r.put_us = bt_sdk_wall_us();
    if (w->retry)
      bt_sdk_spool_add(w->s, &r);
    done++;
  }
  bt_sdk_spool_leave(w->s);
  int rc = bt_sdk_spool_commit_change(w->s);
  if (found >= 0 && rc < 0 && bt_sdk_spool_widen(w->s))
    return w->s->rc = 0, true;
  if (found < 0 || rc < 0)
    return w->s->rc = -BATON_E_IO, false;
  w->position = position;
  w->done += done;
  return found == 1;
}

static int change(struct bt_sdk_spool_store *s, bool retry, const char *key) {
  struct work w = {.s = s, .retry = retry, .key = key};
  while (some(&w))
    ;
  if (s->rc)
    return fail(s);
  printf("%" PRIu64 " %s\n", w.done, retry ? "put back: the adapter sends them when it runs" : "dropped");
  if (w.left)
    printf("%" PRIu64 " left: an event with that key waits in the spool\n", w.left);
  if (key && w.done + w.left == 0) {
    fprintf(stderr, "no reject has that key; --rejects lists them\n");
    return EXIT_FAILED;
  }
  return EXIT_GOOD;
}

int bt_sdk_spool_command(const struct bt_sdk_spool_settings *values, enum bt_sdk_asked asked, const char *key) {
  struct bt_sdk_spool_options o = {
      .folder = values->folder, .key_file = values->key_file, .limit = (uint64_t)values->max_mb << 20};
  struct bt_sdk_spool_store s;
  if (!*values->folder) {
    fprintf(stderr, "spool.folder: is not configured, so there is no spool\n");
    return EXIT_FAILED;
  }
  bool reads = asked == BT_SDK_REJECTS || asked == BT_SDK_SPOOLED;
  int code = EXIT_FAILED;
  if (bt_sdk_spool_store_open(&s, &o, reads) < 0)
    fail(&s);
  else
    code = reads ? list(&s, asked == BT_SDK_REJECTS ? BT_SDK_SPOOL_REJECTS : BT_SDK_SPOOL_QUEUE)
                 : change(&s, asked == BT_SDK_REJECTS_RETRY, key);
  bt_sdk_spool_store_close(&s);
  return code;
}
