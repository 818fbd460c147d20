/* The receiving adapter, on libbaton: takes and acknowledges whatever is delivered.
 *
 *   bench_delivered ENDPOINT BROKER_KEY SECRET CREDIT KIND RUN
 *
 * Says "ready" once it is connected. A number on stdin says how many deliveries of KIND there will be in all (of
 * NoteAdded and ContactLogged: of the run RUN, hexadecimal); with these, or when nothing came for 10 s, it ends and
 * prints one line of JSON: deliveries, the time from submit to delivery, how many came again or not in the order of
 * their case, the processor time. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "baton.h"
#include "histogram.h"
#include "load.h"

enum { MOST_CASES = 1 << 22, GIVE_UP_S = 10, SETTLE_MS = 300 };

struct receiver {
  const char *kind;
  uint64_t run, deliveries, again, disorder, wanted;
  uint64_t *versions;                /* of the last delivery, by case */
  int64_t last_ns, begin_ns, end_ns; /* of anything; of the run: first submitted, last delivered */
  struct histogram delivery;
};

static void look_at_order(struct receiver *r, const baton_delivery *d) {
  if (d->attempt > 1)
    r->again++;
  if (d->case_id >= MOST_CASES)
    return;
  if (d->version <= r->versions[d->case_id])
    r->disorder++;
  r->versions[d->case_id] = d->version;
}

/* Where the stamp stands: in a note at its begin, in a mail behind the lines that say who wrote it. NULL: neither. */
static const char *stamped(const baton_delivery *d) {
  const char *text = baton_delivery_get(d, "recorded.event.note_added.text");
  if (text)
    return text;
  text = baton_delivery_get(d, "recorded.event.contact_logged.summary");
  const char *body = text ? strstr(text, "\n\n") : NULL;
  return body ? body + 2 : text;
}

static baton_verdict on_delivery(void *context, const baton_delivery *d) {
  struct receiver *r = context;
  uint64_t run, number;
  int64_t from, now = bench_now_ns();
  r->last_ns = now;
  look_at_order(r, d);
  if (strcmp(d->kind, r->kind) != 0)
    return BATON_ACK;
  const char *text = stamped(d);
  if (!text) {
    r->deliveries++;
  } else if (sscanf(text, BENCH_STAMP_SCAN, &run, &from, &number) == 3 && run == r->run) {
    r->deliveries++;
    histogram_add(&r->delivery, now - from);
    if (!r->begin_ns || from < r->begin_ns)
      r->begin_ns = from;
    r->end_ns = now;
  }
  return BATON_ACK;
}

/* How many there will be; UINT64_MAX: not known yet. */
static uint64_t ask_wanted(void) {
  char line[32];
  struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
  if (poll(&in, 1, 0) <= 0)
    return UINT64_MAX;
  ssize_t n = read(STDIN_FILENO, line, sizeof line - 1);
  line[n > 0 ? n : 0] = '\0';
  return strtoull(line, NULL, 10);
}

/* So that the last acknowledgements are not still under way when the session ends. */
static int settle_down(baton *b) {
  for (int64_t end = bench_now_ns() + SETTLE_MS * INT64_C(1000000); bench_now_ns() < end;)
    if (baton_poll(b, SETTLE_MS) < 0)
      return -1;
  return 0;
}

static int receive(struct receiver *r, baton *b) {
  int said = 0;
  while (r->deliveries < r->wanted) {
    if (baton_poll(b, 20) < 0)
      return -1;
    if (!said && baton_connected(b)) {
      said = 1;
      puts("ready");
      fflush(stdout);
    }
    if (r->wanted == UINT64_MAX) {
      r->wanted = ask_wanted();
      r->last_ns = bench_now_ns();
    } else if (bench_now_ns() - r->last_ns > GIVE_UP_S * INT64_C(1000000000)) {
      break;
    }
  }
  return settle_down(b);
}

static void print(const struct receiver *r) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  double cpu =
      (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
  double seconds = (double)(r->end_ns - r->begin_ns) / 1e9;
  printf("{\"deliveries\": %" PRIu64 ", \"rate\": %.0f, \"p50\": %.0f, \"p99\": %.0f, \"missing\": %" PRIu64
         ", \"again\": %" PRIu64 ", \"disorder\": %" PRIu64 ", \"cpu_us\": %.0f}\n",
         r->deliveries, seconds > 0 ? (double)r->deliveries / seconds : 0, histogram_us(&r->delivery, 0.5),
         histogram_us(&r->delivery, 0.99), r->wanted - r->deliveries, r->again, r->disorder, cpu);
}

int main(int argc, char **argv) {
  if (argc != 7)
    return 2;
  char error[256];
  struct receiver *r = calloc(1, sizeof *r);
  if (!r || !(r->versions = calloc(MOST_CASES, sizeof *r->versions)))
    return 1;
  r->kind = argv[5];
  r->run = strtoull(argv[6], NULL, 16);
  r->wanted = UINT64_MAX;
  const baton_options options = {.endpoint = argv[1],
                                 .broker_key_file = argv[2],
                                 .secret_key_file = argv[3],
                                 .software = "bench",
                                 .credit = (uint32_t)strtoul(argv[4], NULL, 10),
                                 .on_delivery = on_delivery,
                                 .context = r};
  baton *b = baton_open(&options, error);
  if (!b)
    fprintf(stderr, "%s\n", error);
  int rc = b ? receive(r, b) : -1;
  if (rc == 0)
    print(r);
  baton_close(b);
  free(r->versions);
  free(r);
  return rc ? 1 : 0;
}
