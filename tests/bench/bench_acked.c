/* The producing adapter, on libbaton: one process, one connection over CURVE.
 *
 *   bench_acked open ENDPOINT BROKER_KEY SECRET CASES_FILE TOPIC COUNT
 *       opens COUNT cases on TOPIC and writes their ids to CASES_FILE
 *   bench_acked load ENDPOINT BROKER_KEY SECRET CASES_FILE CASES IN_FLIGHT SECONDS RUN [PER_SECOND]
 *       adds notes to the first CASES of them, each time to one chosen at random, always IN_FLIGHT without a receipt,
 * or PER_SECOND at an even pace and at most IN_FLIGHT without a receipt. An encoded event has 300 bytes. RUN
 *       (hexadecimal) is told to the receiver in the notes. SIGTERM ends it before its time.
 *
 * Prints one line of JSON: events receipted within the time and how long that was, the time to the receipt (at a pace:
 * from when the event was due, so that a stall counts for each event that it kept waiting), how many of all that was
 * sent were refused or never receipted, the processor time of this process. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "baton.h"
#include "baton/event.pb-c.h"
#include "histogram.h"
#include "load.h"

enum { MOST_CASES = 1 << 20, GIVE_UP_S = 10 };

struct bench {
  baton *b;
  uint64_t run, submitted, receipted, refused, random, per_second;
  int64_t longest_ns;
  uint64_t *cases;
  size_t cases_n;
  struct histogram receipt;
  bool opening;
};

static volatile sig_atomic_t stopped;

static void on_signal(int signal) {
  (void)signal;
  stopped = 1;
}

static void on_receipt(void *context, const baton_receipt *r) {
  struct bench *b = context;
  uintptr_t tag = (uintptr_t)r->user;
  b->receipted++;
  if (r->code) {
    if (b->refused++ == 0)
      fprintf(stderr, "refused: %s %s\n", r->code_name, r->text);
  } else if (b->opening) {
    b->cases[tag] = r->case_id;
  } else {
    const int64_t took_ns = bench_now_ns() - (int64_t)tag;
    histogram_add(&b->receipt, took_ns);
    b->longest_ns = took_ns > b->longest_ns ? took_ns : b->longest_ns;
  }
}

/* xorshift64: which case is next. */
static uint64_t next_random(struct bench *b) {
  b->random ^= b->random << 13;
  b->random ^= b->random >> 7;
  b->random ^= b->random << 17;
  return b->random;
}

static int submit(struct bench *b, baton_event *e, uintptr_t tag) {
  char key[64];
  snprintf(key, sizeof key, "%" PRIx64 "-%" PRIu64, b->run, b->submitted);
  int rc = baton_submit(b->b, key, e, (void *)tag);
  if (rc < 0)
    fprintf(stderr, "submit: %s\n", baton_error(b->b));
  else
    b->submitted++;
  return rc;
}

static int open_one(struct bench *b, const char *topic) {
  char local[64];
  snprintf(local, sizeof local, "bench-%s-%" PRIu64, topic, b->submitted);
  baton_event *e = baton_event_new("case_opened");
  if (!e || baton_event_set(e, "locator.reference.local_id", local) || baton_event_set(e, "topic", topic))
    return -1;
  return submit(b, e, (uintptr_t)b->submitted);
}

/* The text that makes the encoded event 300 bytes long, whatever the case's number takes. */
static size_t text_size(uint64_t case_id) {
  char text[EVENT_BYTES + 1];
  Baton__V1__Event e = BATON__V1__EVENT__INIT;
  Baton__V1__CaseLocator locator = BATON__V1__CASE_LOCATOR__INIT;
  Baton__V1__NoteAdded note = BATON__V1__NOTE_ADDED__INIT;
  locator.id = case_id;
  memset(text, 'x', EVENT_BYTES);
  text[EVENT_BYTES] = '\0';
  note.text = text;
  e.locator = &locator;
  e.kind_case = BATON__V1__EVENT__KIND_NOTE_ADDED;
  e.note_added = &note;
  return 2 * EVENT_BYTES - baton__v1__event__get_packed_size(&e);
}

static int note_one(struct bench *b, int64_t now) {
  char text[EVENT_BYTES + 1], id[24];
  uint64_t case_id = b->cases[next_random(b) % b->cases_n];
  int n = snprintf(text, sizeof text, BENCH_STAMP_PRINT, b->run, now, b->submitted);
  size_t size = text_size(case_id);
  memset(text + n, 'x', size - (size_t)n);
  text[size] = '\0';
  snprintf(id, sizeof id, "%" PRIu64, case_id);
  baton_event *e = baton_event_new("note_added");
  if (!e || baton_event_set(e, "locator.id", id) || baton_event_set(e, "text", text))
    return -1;
  return submit(b, e, (uintptr_t)now);
}

static double processor_us(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* Until everything that was sent has its receipt, or nothing came for too long. */
static int drain(struct bench *b) {
  uint64_t last = b->receipted;
  int64_t since = bench_now_ns();
  while (b->receipted < b->submitted && bench_now_ns() - since < GIVE_UP_S * INT64_C(1000000000)) {
    if (baton_poll(b->b, 100) < 0)
      return -1;
    if (b->receipted != last)
      since = bench_now_ns(), last = b->receipted;
  }
  return 0;
}

/* When the next note is to go. */
static int64_t due_ns(const struct bench *b, int64_t begin, int64_t now) {
  return b->per_second ? begin + (int64_t)(b->submitted * UINT64_C(1000000000) / b->per_second) : now;
}

static int wait_ms(const struct bench *b, int64_t begin, int64_t now) {
  const int64_t ms = (due_ns(b, begin, now) - now) / 1000000;
  return !b->per_second ? 100 : ms < 1 ? 1 : ms < 100 ? (int)ms : 100;
}

static int load(struct bench *b, uint64_t in_flight, int64_t seconds) {
  double cpu = processor_us();
  int64_t begin = bench_now_ns(), end = begin + seconds * 1000000000, now, due;
  while ((now = bench_now_ns()) < end && !stopped) {
    while (b->submitted - b->receipted < in_flight && (due = due_ns(b, begin, bench_now_ns())) <= bench_now_ns())
      if (note_one(b, due))
        return -1;
    if (baton_poll(b->b, wait_ms(b, begin, bench_now_ns())) < 0)
      return -1;
  }
  uint64_t events = b->receipted - b->refused;
  cpu = processor_us() - cpu;
  if (drain(b))
    return -1;
  printf("{\"events\": %" PRIu64
         ", \"seconds\": %.3f, \"p50\": %.0f, \"p99\": %.0f, \"longest\": %.0f, \"submitted\": %" PRIu64
         ", \"refused\": %" PRIu64 ", \"lost\": %" PRIu64 ", \"cpu_us\": %.0f}\n",
         events, (double)(now - begin) / 1e9, histogram_us(&b->receipt, 0.5), histogram_us(&b->receipt, 0.99),
         (double)b->longest_ns / 1e3, b->submitted, b->refused, b->submitted - b->receipted, cpu);
  return 0;
}

static int open_cases(struct bench *b, const char *topic, const char *file, size_t count) {
  b->opening = true;
  while (b->submitted < count) {
    while (b->submitted < count && b->submitted - b->receipted < 512)
      if (open_one(b, topic))
        return -1;
    if (baton_poll(b->b, 100) < 0)
      return -1;
  }
  if (drain(b) || b->receipted < count || b->refused)
    return -1;
  FILE *f = fopen(file, "w");
  for (size_t i = 0; f && i < count; i++)
    fprintf(f, "%" PRIu64 "\n", b->cases[i]);
  return f && fclose(f) == 0 ? 0 : -1;
}

static int read_cases(struct bench *b, const char *file, size_t count) {
  FILE *f = fopen(file, "r");
  while (f && b->cases_n < count && fscanf(f, "%" SCNu64, &b->cases[b->cases_n]) == 1)
    b->cases_n++;
  if (f)
    fclose(f);
  return b->cases_n == count ? 0 : -1;
}

static int connect_first(struct bench *b) {
  for (int64_t end = bench_now_ns() + INT64_C(10000000000); !baton_connected(b->b) && bench_now_ns() < end;)
    if (baton_poll(b->b, 100) < 0)
      return -1;
  return baton_connected(b->b) ? 0 : -1;
}

static int run(struct bench *b, bool opening, char **argv) {
  size_t count = strtoull(argv[opening ? 7 : 6], NULL, 10);
  if (count == 0 || count > MOST_CASES || connect_first(b))
    return -1;
  if (opening)
    return open_cases(b, argv[6], argv[5], count);
  return read_cases(b, argv[5], count) ? -1 : load(b, strtoull(argv[7], NULL, 10), strtoll(argv[8], NULL, 10));
}

int main(int argc, char **argv) {
  bool opening = argc == 8 && strcmp(argv[1], "open") == 0;
  if (!opening && !((argc == 10 || argc == 11) && strcmp(argv[1], "load") == 0))
    return 2;
  char error[256];
  struct bench *b = calloc(1, sizeof *b);
  if (!b || !(b->cases = calloc(MOST_CASES, sizeof *b->cases)))
    return 1;
  b->run = opening ? (uint64_t)bench_now_ns() : strtoull(argv[9], NULL, 16);
  b->per_second = argc == 11 ? strtoull(argv[10], NULL, 10) : 0;
  signal(SIGTERM, on_signal);
  b->random = b->run * UINT64_C(0x9E3779B97F4A7C15) | 1;
  const baton_options options = {.endpoint = argv[2],
                                 .broker_key_file = argv[3],
                                 .secret_key_file = argv[4],
                                 .software = "bench",
                                 .max_in_flight = 4096,
                                 .on_receipt = on_receipt,
                                 .context = b};
  b->b = baton_open(&options, error);
  if (!b->b)
    fprintf(stderr, "%s\n", error);
  int rc = b->b ? run(b, opening, argv) : -1;
  baton_close(b->b);
  free(b->cases);
  free(b);
  return rc ? 1 : 0;
}
