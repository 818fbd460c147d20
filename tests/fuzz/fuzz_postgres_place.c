/* Any text as the cursor of the PostgreSQL adapter, bare and inside the broker's answer.
 *
 * With -fsanitize=fuzzer this is a libFuzzer target. With FUZZ_MAIN it is a program: it runs the files named, or else
 * its own seeds and `BT_FUZZ_RUNS` (default 200,000) mutations of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../adapters/postgres/place.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds, const char *what) {
  if (holds)
    return;
  fprintf(stderr, "fuzz_postgres_place: %s\n", what);
  abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char text[512], answer[600], written[PLACE_MAX];
  struct place p = {.sent = 1}, back;
  size_t n = size < sizeof text - 1 ? size : sizeof text - 1;
  memcpy(text, data, n);
  text[n] = '\0';
  if (place_parse(&p, text)) {
    check(place_write(&p, written) < PLACE_MAX, "longer than a cursor");
    check(place_parse(&back, written) && back.sent == p.sent && back.low == p.low, "it does not come back");
  }
  place_read(&p, text);
  snprintf(answer, sizeof answer, "{\"cursor\":{\"position\":\"%s\"}}", text);
  place_read(&p, answer);
  return 0;
}

#ifdef FUZZ_MAIN
static uint64_t next(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  return *state ^= *state << 17;
}

static int run_file(const char *name) {
  uint8_t bytes[4096];
  FILE *f = fopen(name, "rb");
  if (!f)
    return perror(name), 1;
  size_t n = fread(bytes, 1, sizeof bytes, f);
  fclose(f);
  return LLVMFuzzerTestOneInput(bytes, n);
}

int main(int argc, char **argv) {
  static const char *const seeds[] = {"1 7 42 40 1772443445 7423910293847563829:1 20260301120000123456",
                                      "1 0 5 6 0 - -",
                                      "MSAwIDUgNiAwIGEgYg==", "{\"cursor\":{\"position\":\"MSAwIDUgNiAwIGEgYg\"}}"};
  const char *asked = getenv("BT_FUZZ_RUNS");
  long runs = asked ? atol(asked) : 200000;
  uint64_t state = 88172645463325252u;
  int bad = 0;
  for (int i = 1; i < argc; i++)
    bad |= run_file(argv[i]);
  for (long i = 0; argc == 1 && i < runs; i++) {
    uint8_t bytes[256];
    const char *seed = seeds[next(&state) % (sizeof seeds / sizeof *seeds)];
    size_t n = strlen(seed);
    memcpy(bytes, seed, n);
    for (uint64_t k = next(&state) % 4; k > 0; k--)
      bytes[next(&state) % n] = (uint8_t)next(&state);
    if (next(&state) % 8 == 0)
      n = next(&state) % (n + 1);
    LLVMFuzzerTestOneInput(bytes, n);
  }
  if (argc == 1 && !bad)
    printf("ok - fuzz_postgres_place: %ld runs\n", runs);
  return bad;
}
#endif
