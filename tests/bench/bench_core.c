/* What one event costs the pure core: deciding it, evolving the case by what was decided, and listing its timers.
 *
 *   bench_core [MS]     each figure is the median of RUNS runs of at least MS milliseconds (20)
 *
 * A row is one kind of event, or all of them in the order of a case's life, on a case with little state and on one with
 * much. N is events in a run; `of digest` is the time of an event as a multiple of what a digest of 1 KiB took right
 * before, so that figures of different machines compare; `bytes` is what an event takes of the arena. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core_day.h"
#include "histogram.h"

enum { RUNS = 9, MOST = 16 };

/* A case, and what is played on it again and again. */
struct tape {
  struct bt_case begin;
  uint32_t n;
  struct bt_request requests[MOST];
};

struct figures {
  uint64_t events;
  double ns[RUNS], of_digest[RUNS];
  size_t bytes;
};

static struct bt_arena scratch;

/* ---- recording ---- */

static const struct day_step *step_of(const char *name) {
  for (uint32_t i = 0; i < day_n_steps; i++)
    if (strcmp(day_steps[i].name, name) == 0)
      return &day_steps[i];
  return NULL;
}

static void record(struct day *day, const struct day_step *step, struct bt_case *c, struct tape *t) {
  struct bt_request *r = &t->requests[t->n++];
  day_request(day, step, c, 0, r);
  day_play(day, r, &day->arena, c);
}

/* One step, on a case that is ready for it. */
static void record_one(struct day *day, const struct day_step *step, const struct bt_case *from, struct tape *ret) {
  struct tape before = {0};
  struct bt_case c = *from;
  if (step == day_steps)
    c = (struct bt_case){0};
  if (step->needs)
    record(day, step_of(step->needs), &c, &before);
  *ret = (struct tape){.begin = c};
  record(day, step, &c, ret);
}

/* All of them, but for the first: the case is there. */
static void record_all(struct day *day, const struct bt_case *from, struct tape *ret) {
  struct bt_case c = *from;
  *ret = (struct tape){.begin = c};
  for (uint32_t i = 1; i < day_n_steps; i++)
    record(day, &day_steps[i], &c, ret);
}

/* ---- measuring ---- */

static void play(const struct day *day, const struct tape *t, uint64_t times) {
  for (uint64_t k = 0; k < times; k++) {
    struct bt_case c = t->begin;
    bt_arena_reset(&scratch);
    for (uint32_t i = 0; i < t->n; i++)
      day_play(day, &t->requests[i], &scratch, &c);
  }
}

static double digest_ns(int64_t least_ns) {
  static uint8_t bytes[1024];
  uint64_t n = 0;
  int64_t begin = bench_now_ns(), now = begin;
  for (; now - begin < least_ns; now = bench_now_ns())
    for (int i = 0; i < 64; i++, n++)
      day_digest(bytes, sizeof bytes, bytes); /* of what came out: none can be left away */
  return (double)(now - begin) / (double)n;
}

static uint64_t times_for(const struct day *day, const struct tape *t, int64_t least_ns) {
  for (uint64_t times = 16;; times *= 2) {
    int64_t begin = bench_now_ns();
    play(day, t, times);
    if (bench_now_ns() - begin >= least_ns)
      return times;
  }
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double v[RUNS]) {
  qsort(v, RUNS, sizeof *v, by_size);
  return v[RUNS / 2];
}

static double usual_digest_ns(int64_t least_ns) {
  double v[RUNS];
  for (int i = 0; i < RUNS; i++)
    v[i] = digest_ns(least_ns / 4);
  return median(v);
}

static void measure(const struct day *day, const struct tape *t, int64_t least_ns, struct figures *ret) {
  uint64_t times = times_for(day, t, least_ns);
  ret->events = times * t->n;
  for (int i = 0; i < RUNS; i++) {
    double digest = digest_ns(least_ns / 4);
    int64_t begin = bench_now_ns();
    play(day, t, times);
    ret->ns[i] = (double)(bench_now_ns() - begin) / (double)ret->events;
    ret->of_digest[i] = ret->ns[i] / digest;
  }
  ret->bytes = scratch.used / t->n;
}

/* ---- the table ---- */

static void print_figures(struct figures *f) {
  printf("%10llu%9.0f%11.2f%9zu", (unsigned long long)f->events, median(f->ns), median(f->of_digest), f->bytes);
}

static void print_row(struct day *day, const struct day_step *step, const struct bt_case cases[2], int64_t least_ns) {
  printf("%-10s", step ? step->name : "all ten");
  for (int much = 0; much < 2; much++) {
    static struct tape t;
    struct figures f;
    if (step)
      record_one(day, step, &cases[much], &t);
    else
      record_all(day, &cases[much], &t);
    measure(day, &t, least_ns, &f);
    print_figures(&f);
  }
  printf("\n");
}

int main(int argc, char **argv) {
  static struct day day;
  struct bt_case cases[2];
  const int64_t least_ns = (argc > 1 ? atoi(argv[1]) : 20) * INT64_C(1000000);
  bt_arena_init(&scratch, 16 << 20);
  day_init(&day);
  for (int much = 0; much < 2; much++)
    day_open(&day, much, &cases[much]);
  printf("decide and evolve, %d departments with an adapter each; an event is %zu bytes in memory, an entry %zu, a "
         "case %zu; "
         "a digest of 1 KiB takes %.0f ns\n\n",
         DAY_DEPARTMENTS, sizeof(struct bt_event), sizeof(struct bt_entry), sizeof(struct bt_case),
         usual_digest_ns(least_ns));
  printf("%-10s%39s%39s\n%-10s", "", "little state", "much state", "event");
  for (int much = 0; much < 2; much++)
    printf("%10s%9s%11s%9s", "N", "ns", "of digest", "bytes");
  printf("\n");
  for (uint32_t i = 0; i < day_n_steps; i++)
    print_row(&day, &day_steps[i], cases, least_ns);
  print_row(&day, NULL, cases, least_ns);
  bt_arena_fini(&scratch);
  bt_arena_fini(&day.arena);
  return 0;
}
