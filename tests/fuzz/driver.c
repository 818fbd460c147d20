#include "driver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BIGGEST = 1024, MOST_CHANGES = 8 };

void fuzz_check(bool holds, const char *what) {
  if (holds)
    return;
  fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
  abort();
}

/* xorshift64: the same runs every time. */
static uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  return *state ^= *state << 17;
}

static uint8_t some_byte(const struct fuzz *f, uint64_t *random) {
  if (f->marks.n && next_random(random) % 4)
    return ((const uint8_t *)f->marks.bytes)[next_random(random) % f->marks.n];
  return (uint8_t)next_random(random);
}

/* The end of another seed over what is there. */
static size_t splice(const struct fuzz *f, uint8_t *bytes, size_t n, uint64_t *random) {
  const struct fuzz_seed *other = &f->seeds[next_random(random) % f->n];
  size_t at = next_random(random) % (n + 1), take = next_random(random) % (other->n + 1);
  if (at + take > BIGGEST)
    take = BIGGEST - at;
  memcpy(bytes + at, (const uint8_t *)other->bytes + (other->n - take), take);
  return at + take > n ? at + take : n;
}

/* One change; returns the new size. */
static size_t mutate(const struct fuzz *f, uint8_t *bytes, size_t n, uint64_t *random) {
  const size_t at = n ? next_random(random) % n : 0;
  switch (n ? next_random(random) % 6 : 5) {
  case 0:
    bytes[at] ^= (uint8_t)(1 << next_random(random) % 8);
    return n;
  case 1:
    bytes[at] = some_byte(f, random);
    return n;
  case 2:
    return at;
  case 3:
    memmove(bytes + at, bytes + at + 1, n - at - 1);
    return n - 1;
  case 4:
    if (n == BIGGEST)
      return n;
    memmove(bytes + at + 1, bytes + at, n - at);
    bytes[at] = some_byte(f, random);
    return n + 1;
  default:
    return splice(f, bytes, n, random);
  }
}

static void run(const void *bytes, size_t n) {
  uint8_t *exact = malloc(n ? n : 1);
  fuzz_check(exact != NULL, "no memory");
  memcpy(exact, bytes, n);
  LLVMFuzzerTestOneInput(exact, n);
  free(exact);
}

static void run_mutations(const struct fuzz *f, unsigned long runs) {
  uint64_t random = 88172645463325252u;
  for (unsigned long i = 0; i < runs; i++) {
    uint8_t bytes[BIGGEST];
    size_t n = f->seeds[i % f->n].n;
    fuzz_check(n <= BIGGEST, "a seed is too large");
    memcpy(bytes, f->seeds[i % f->n].bytes, n);
    for (uint64_t changes = next_random(&random) % MOST_CHANGES; changes > 0; changes--)
      n = mutate(f, bytes, n, &random);
    run(bytes, n);
  }
}

static int run_file(const char *path) {
  static uint8_t bytes[1 << 20];
  FILE *file = fopen(path, "rb");
  if (!file) {
    perror(path);
    return 1;
  }
  run(bytes, fread(bytes, 1, sizeof bytes, file));
  fclose(file);
  return 0;
}

int fuzz_main(int argc, char **argv, const struct fuzz *f) {
  const char *runs = getenv("BT_FUZZ_RUNS");
  int failed = 0;
  for (int i = 1; i < argc; i++)
    failed |= run_file(argv[i]);
  if (argc == 1)
    run_mutations(f, runs ? strtoul(runs, NULL, 10) : f->runs);
  return failed;
}
