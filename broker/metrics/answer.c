/* One request and its answer, after which the connection ends. */
#include <stdlib.h>

#include "base/clock.h"
#include "metrics/gather.h"
#include "metrics/server.h"

enum { SNAPSHOT_BYTES = 64 * 1024 * 1024 };

void bt_metrics_forget_answers(struct bt_metrics *m) {
  for (int i = 0; i < BT_EXPOSITIONS; i++) {
    if (m->answers[i])
      MHD_destroy_response(m->answers[i]);
    m->answers[i] = NULL;
  }
}

/* The text, for free(); NULL: no memory, or more figures than anybody could take. */
static char *text_of(struct bt_metrics *m, enum bt_exposition exposition, size_t *ret_n) {
  const int64_t from_us = bt_clock_mono_us();
  struct bt_arena arena;
  char *text = NULL;
  bt_arena_init(&arena, SNAPSHOT_BYTES);
  struct bt_snapshot snapshot = {.counters = m->context.counters, .arena = &arena};
  bt_gather(&m->context, from_us - m->opened_us, m->took_us, &snapshot);
  FILE *to = arena.exhausted ? NULL : open_memstream(&text, ret_n);
  if (to)
    bt_render(&snapshot, exposition, to);
  bt_arena_fini(&arena);
  if (to && fclose(to)) {
    free(text);
    text = NULL;
  }
  m->took_us = bt_clock_mono_us() - from_us;
  return text;
}

static struct MHD_Response *plain(const char *text) {
  struct MHD_Response *r = MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);
  if (r)
    MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
  return r;
}

/* Whoever asks often gets the same answer: putting one together takes the loop's time. NULL: there is none to be had.
 */
static struct MHD_Response *figures(struct bt_metrics *m, enum bt_exposition x) {
  const int64_t now_us = bt_clock_mono_us();
  size_t n = 0;
  if (m->answers[x] && now_us - m->answered_us[x] < BT_FRESH_MS * 1000)
    return m->answers[x];
  char *text = text_of(m, x, &n);
  if (!text)
    return NULL;
  struct MHD_Response *r = MHD_create_response_from_buffer(n, text, MHD_RESPMEM_MUST_FREE);
  if (!r) {
    free(text);
    return NULL;
  }
  MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, bt_exposition_type(x));
  MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
  MHD_add_response_header(r, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT);
  if (m->answers[x])
    MHD_destroy_response(m->answers[x]); /* those that are being sent keep it */
  m->answers[x] = r;
  m->answered_us[x] = now_us;
  return r;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *text) {
  struct MHD_Response *r = plain(text);
  if (!r)
    return MHD_NO;
  if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
    MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
  enum MHD_Result queued = MHD_queue_response(connection, status, r);
  MHD_destroy_response(r);
  return queued;
}

/* Called when the headers are there: what may come after them is never read. */
enum MHD_Result bt_metrics_answer(void *metrics, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_n, void **state) {
  (void)version, (void)upload, (void)upload_n, (void)state;
  const bool reads = strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
  if (strcmp(url, "/metrics") != 0)
    return refuse(connection, MHD_HTTP_NOT_FOUND, "There is only /metrics here.\n");
  if (!reads)
    return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET and HEAD are answered.\n");
  const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
  struct MHD_Response *r = figures(metrics, bt_exposition_accepted(accept));
  return r ? MHD_queue_response(connection, MHD_HTTP_OK, r)
           : refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "Out of memory.\n");
}
