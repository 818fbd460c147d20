/* The spool of an adapter: what putting in costs, and what an event takes on the disk.
 *
 *   bench_spool ENDPOINT BROKER_KEY SECRET FOLDER EVENTS
 *       notes of 300 bytes. FOLDER is a new one for the spool; a file beside it measures the disk. Nothing goes to the
 *       broker.
 *
 * Prints one line of JSON. us_one, us_64: put and commit, for each event, in commits of 1 and of 64; sync_one, sync_64:
 * the same bytes appended plainly with fdatasync; disk: bytes of the spool for each event; rss_kib: memory of this
 * process.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "histogram.h"
#include "spool.h"

enum { CASES = 100, ONE_BY_ONE = 2000, GROUP = 64, EVENT_BYTES = 300 };

struct bench {
  baton *b;
  uint64_t sent, run;
};

static double seconds_since(int64_t ns) {
  return (double)(bench_now_ns() - ns) / 1e9;
}

static int connect_to(struct bench *x, char **argv) {
  char error[256];
  const baton_options o = {
      .endpoint = argv[1], .broker_key_file = argv[2], .secret_key_file = argv[3], .software = "bench"};
  x->b = baton_open(&o, error);
  if (!x->b)
    fprintf(stderr, "%s\n", error);
  return x->b ? 0 : -1;
}

static baton_event *next_event(struct bench *x, char key[64]) {
  char text[EVENT_BYTES - 13], id[24];
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  snprintf(id, sizeof id, "%llu", (unsigned long long)(x->sent % CASES + 1));
  snprintf(key, 64, "%llx-%llu", (unsigned long long)x->run, (unsigned long long)x->sent++);
  baton_event *e = baton_event_new("note_added");
  if (!e || baton_event_set(e, "locator.id", id) || baton_event_set(e, "text", text))
    return NULL;
  return e;
}

static int put(struct bench *x, uint64_t n, uint64_t group, double *ret_us) {
  int64_t begin = bench_now_ns();
  for (uint64_t i = 1; i <= n; i++) {
    char key[64];
    baton_event *e = next_event(x, key);
    if (!e || baton_spool_put(x->b, key, e) || ((i % group == 0 || i == n) && baton_spool_commit(x->b))) {
      fprintf(stderr, "%s\n", baton_error(x->b));
      return -1;
    }
  }
  *ret_us = seconds_since(begin) * 1e6 / (double)n;
  return 0;
}

static double plain_us(const char *folder, uint64_t n, size_t group) {
  static char bytes[GROUP * EVENT_BYTES];
  char path[4096];
  snprintf(path, sizeof path, "%s.plain", folder);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  int64_t begin = bench_now_ns();
  for (uint64_t i = 0; i < n; i += group)
    if (write(fd, bytes, group * EVENT_BYTES) < 0 || fdatasync(fd) != 0)
      return 0;
  double us = seconds_since(begin) * 1e6 / (double)n;
  close(fd);
  unlink(path);
  return us;
}

static long rss_kib(void) {
  long pages = 0, resident = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  if (!f || fscanf(f, "%ld %ld", &pages, &resident) != 2)
    resident = 0;
  if (f)
    fclose(f);
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static int run(struct bench *x, char **argv) {
  uint64_t n = strtoull(argv[5], NULL, 10);
  char key[4096], error[BT_SDK_SPOOL_ERROR];
  double one, many;
  snprintf(key, sizeof key, "%s.key", argv[4]);
  const struct bt_sdk_spool_options o = {.folder = argv[4], .key_file = key, .limit = (n / 1000 + 16) << 20};
  if (n <= ONE_BY_ONE || connect_to(x, argv))
    return -1;
  long before = rss_kib();
  if (!(x->b->spool = bt_sdk_spool_open(&o, error))) {
    fprintf(stderr, "%s\n", error);
    return -1;
  }
  double sync_one = plain_us(argv[4], ONE_BY_ONE, 1), sync_many = plain_us(argv[4], n - ONE_BY_ONE, GROUP);
  if (put(x, ONE_BY_ONE, 1, &one) || put(x, n - ONE_BY_ONE, GROUP, &many))
    return -1;
  double disk = (double)x->b->spool->store.used / (double)n;
  long full = rss_kib();
  printf("{\"events\": %llu, \"us_one\": %.1f, \"sync_one\": %.1f, \"us_64\": %.2f, \"sync_64\": %.2f, \"disk\": %.0f, "
         "\"rss_kib\": [%ld, %ld]}\n",
         (unsigned long long)n, one, sync_one, many, sync_many, disk, before, full);
  return 0;
}

int main(int argc, char **argv) {
  static struct bench x;
  if (argc != 6)
    return 2;
  x.run = (uint64_t)bench_now_ns();
  int rc = run(&x, argv);
  baton_close(x.b);
  return rc ? 1 : 0;
}
