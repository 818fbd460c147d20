/* Any bytes as a system's answer to a hook.
 *
 * With -fsanitize=fuzzer this is a libFuzzer target. With FUZZ_MAIN it is a program: it runs the files named, or else
 * its own seeds and `BT_FUZZ_RUNS` (default 200,000) mutations of them. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../adapters/http/hook_answer.c"
#include "../../adapters/http/rights.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  baton_event *event[HOOK_EVENTS_MAX];
  char error[256] = "";
  size_t n = 99;
  const struct hook_about about = {.case_id = size % 3, .department = "sales"};
  int rc = hook_answer_read((const char *)data, size, &about, event, &n, error);
  if (rc < 0 ? !*error || !memchr(error, '\0', sizeof error) : n > HOOK_EVENTS_MAX) {
    fprintf(stderr, "fuzz_hook_answer: a refusal without words, or too many events\n");
    abort();
  }
  for (size_t i = 0; rc == 0 && i < n; i++)
    baton_event_free(event[i]);
  return 0;
}

#ifdef FUZZ_MAIN

static const char *const seeds[] = {
    "{\"events\":[{\"handoffAccepted\":{\"offer\":\"12\",\"digest\":\"AAECAwQFBgcICQoLDA0ODw==\"},\"expectedVersion\":"
    "7}]}",
    "{\"events\":[{\"noteAdded\":{\"text\":\"h\\u00e9\\ud83d\\ude00\"},\"labels\":[\"vip\"]},{\"locator\":{\"ref\":"
    "\"0001-1\"},"
    "\"questionAnswered\":{\"question\":3,\"text\":\"yes\"}}]}",
    "{\"events\":[{\"case_opened\":{\"topic\":\"move.internet\",\"priority\":\"HIGH\"},\"locator\":{\"identifier\":{"
    "\"domain\":"
    "\"phone\",\"value\":\"+442079460001\"}},\"occurredAtUs\":\"2026-03-01T09:30:00Z\"}]}",
    "{\"id\":17,\"events\":[],\"more\":[[[1,2.5e3,true,null]]]}"};
enum { SEEDS = sizeof seeds / sizeof *seeds, BIGGEST = 512 };

/* xorshift64: the same runs every time. */
static uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  return *state ^= *state << 17;
}

/* One change of four sorts; returns the new size. */
static size_t mutate(uint8_t *bytes, size_t n, uint64_t *random) {
  size_t at = n ? next_random(random) % n : 0;
  const char *other = seeds[next_random(random) % SEEDS];
  size_t from = next_random(random) % strlen(other), take = strlen(other) - from;
  switch (n ? next_random(random) % 4 : 3) {
  case 0:
    bytes[at] ^= (uint8_t)(1 << next_random(random) % 8);
    return n;
  case 1:
    bytes[at] = (uint8_t) "{}[]\",:\\0"[next_random(random) % 9];
    return n;
  case 2:
    memmove(bytes + at, bytes + at + 1, n - at - 1);
    return n - 1;
  default:
    take = at + take > BIGGEST ? BIGGEST - at : take;
    memcpy(bytes + at, other + from, take);
    return at + take > n ? at + take : n;
  }
}

static void run_mutations(unsigned long runs) {
  uint64_t random = 88172645463325252u;
  for (unsigned long i = 0; i < runs; i++) {
    uint8_t bytes[BIGGEST];
    size_t n = strlen(seeds[i % SEEDS]);
    memcpy(bytes, seeds[i % SEEDS], n);
    for (uint64_t changes = next_random(&random) % 4; changes > 0; changes--)
      n = mutate(bytes, n, &random);
    LLVMFuzzerTestOneInput(bytes, n);
  }
}

static int run_file(const char *path) {
  static uint8_t bytes[1 << 20];
  FILE *f = fopen(path, "rb");
  if (!f) {
    perror(path);
    return 1;
  }
  LLVMFuzzerTestOneInput(bytes, fread(bytes, 1, sizeof bytes, f));
  fclose(f);
  return 0;
}

int main(int argc, char **argv) {
  int failed = 0;
  for (int i = 1; i < argc; i++)
    failed |= run_file(argv[i]);
  const char *runs = getenv("BT_FUZZ_RUNS");
  if (argc == 1)
    run_mutations(runs ? strtoul(runs, NULL, 10) : 200000);
  return failed;
}

#endif
