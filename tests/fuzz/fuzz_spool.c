/* Any bytes as an entry of the spool that was opened, and as a sealed one.
 *
 * With -fsanitize=fuzzer this is a libFuzzer target. With FUZZ_MAIN it is a program: it runs the files named, or else
 * its own seeds and `BT_FUZZ_RUNS` (default 200,000) mutations of them. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spool_seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds, const char *what) {
  if (holds)
    return;
  fprintf(stderr, "fuzz_spool: %s\n", what);
  abort();
}

/* What decodes is within its bounds, lies within the input, and encodes to the same bytes. */
static void try_record(const uint8_t *data, size_t size) {
  uint8_t again[BT_SDK_SPOOL_RECORD_MAX];
  struct bt_sdk_spool_record r;
  if (!bt_sdk_spool_decode(data, size, &r))
    return;
  check(r.key.n >= 1 && r.key.n <= BT_SDK_SPOOL_KEY_MAX && r.event.n <= BT_SDK_SPOOL_EVENT_MAX, "a bound");
  check(bt_sdk_spool_encode(&r, again) == size && memcmp(again, data, size) == 0, "an entry changed");
}

static void try_sealed(const uint8_t *data, size_t size) {
  static const uint8_t key[BT_SDK_SPOOL_KEY_BYTES] = {1};
  static uint8_t plain[1 << 20];
  struct bt_sdk_spool_seal seal = {.id = {2}};
  bt_sdk_spool_seal_init(&seal, key);
  check(size > sizeof plain || !bt_sdk_spool_open_up(&seal, 'q', 1, data, size, plain), "a forged entry opens");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  try_record(data, size);
  try_sealed(data, size);
  return 0;
}

#ifdef FUZZ_MAIN

enum { SEEDS = 2, BIGGEST = 512 };
static const struct bt_sdk_spool_record seeds[SEEDS] = {
    {.put_us = 1, .key = {"key", 3}, .event = {"\x9a\x01\x04\x0a\x02hi", 7}},
    {.put_us = -1,
     .key = {"k\xc3\xa9y", 4},
     .event = {"", 0},
     .refused = true,
     .refused_us = 2,
     .code = 60,
     .field = {"locator.id", 10},
     .text = {"no such case", 12}},
};

/* xorshift64: the same runs every time. */
static uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  return *state ^= *state << 17;
}

static size_t mutate(uint8_t *bytes, size_t n, uint64_t *random) {
  size_t at = n ? next_random(random) % n : 0;
  switch (n ? next_random(random) % 4 : 3) {
  case 0:
    bytes[at] ^= (uint8_t)(1 << next_random(random) % 8);
    return n;
  case 1:
    bytes[at] = (uint8_t)next_random(random);
    return n;
  case 2:
    return at;
  default:
    while (n < BIGGEST && next_random(random) % 16)
      bytes[n++] = (uint8_t)next_random(random);
    return n;
  }
}

static void run_mutations(unsigned long runs) {
  static uint8_t whole[SEEDS][BT_SDK_SPOOL_RECORD_MAX];
  size_t size[SEEDS];
  uint64_t random = 88172645463325252u;
  for (size_t i = 0; i < SEEDS; i++) {
    struct bt_sdk_spool_record r;
    size[i] = bt_sdk_spool_encode(&seeds[i], whole[i]);
    check(bt_sdk_spool_decode(whole[i], size[i], &r), "a seed is refused");
  }
  for (unsigned long i = 0; i < runs; i++) {
    uint8_t *bytes = malloc(BIGGEST);
    size_t n = size[i % SEEDS];
    check(bytes != NULL, "no memory");
    memcpy(bytes, whole[i % SEEDS], n);
    for (uint64_t changes = next_random(&random) % 4; changes > 0; changes--)
      n = mutate(bytes, n, &random);
    /* To its size, so that a byte read too far is seen. */
    uint8_t *exact = realloc(bytes, n ? n : 1);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
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
