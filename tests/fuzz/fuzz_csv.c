/* Any bytes as a CSV file at the reader of the file adapter.
 *
 * With -fsanitize=fuzzer this is a libFuzzer target. With FUZZ_MAIN it is a program: it runs the files named, or else
 * its own seeds and `BT_FUZZ_RUNS` (default 200,000) mutations of them. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../adapters/file/csv.c"

#define ROW_MAX 64 /* small, so that its bound is met often */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds, const char *what) {
  if (holds)
    return;
  fprintf(stderr, "fuzz_csv: %s\n", what);
  abort();
}

/* A good row written again in the strictest form reads as the same fields. */
static void again(const struct csv_row *row) {
  char *text = NULL;
  size_t n = 0;
  FILE *out = open_memstream(&text, &n);
  check(out, "no memory");
  for (size_t i = 0; i < row->n; i++) {
    fputs(i ? ",\"" : "\"", out);
    for (const char *p = row->field[i]; *p; p++)
      fprintf(out, *p == '"' ? "\"\"" : "%c", *p);
    putc('"', out);
  }
  putc('\n', out);
  fclose(out);
  FILE *in = fmemopen(text, n, "r");
  struct csv c;
  struct csv_row *back = malloc(sizeof *back);
  check(in && back && csv_init(&c, in, ',', 0) == 0, "no memory");
  check(csv_next(&c, back) == 1 && !back->problem && back->n == row->n, "a row does not read back");
  for (size_t i = 0; i < row->n; i++)
    check(strcmp(back->field[i], row->field[i]) == 0, "a field changed");
  csv_fini(&c);
  free(back);
  fclose(in);
  free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct csv_row row;
  struct csv c;
  uint64_t line = 0;
  int64_t at = -1;
  FILE *in = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
  if (!in)
    return 0;
  check(csv_init(&c, in, ',', ROW_MAX) == 0, "no memory");
  int got;
  while ((got = csv_next(&c, &row)) == 1) {
    check(row.at > at && row.line > line, "it does not go on");
    check(row.at >= 0 && (size_t)row.at + row.size <= size, "a row lies outside the file");
    check(row.problem ? row.n == 0 : row.n > 0, "neither a row nor a problem");
    at = row.at;
    line = row.line;
    if (!row.problem)
      again(&row);
  }
  check(got == 0 && (size_t)c.at == size, "it ends before the file does");
  csv_fini(&c);
  fclose(in);
  return 0;
}

#ifdef FUZZ_MAIN

#define BIGGEST 512

static const char *const seeds[] = {
    "a,b\n1,2\n",
    "\xEF\xBB\xBF\"a\",b\r\n\"x\"\"y\",\"1\n2\"\r\n",
    "a\"b\nc\n\"open\nd,e\n",
    ",\n\"\"\n\r\n\n1\r2\n",
    "\"a\"b,\"c\n\"",
    "0123456789012345678901234567890123456789012345678901234567890123456789,x\ny\n",
};
#define SEEDS (sizeof seeds / sizeof *seeds)

static uint64_t next_random(uint64_t *x) {
  *x ^= *x << 13;
  *x ^= *x >> 7;
  return *x ^= *x << 17;
}

/* The bytes that mean something, oftener than chance would have them. */
static size_t mutate(uint8_t *bytes, size_t n, uint64_t *random) {
  static const char telling[] = "\",\n\r\0\xEFx";
  size_t at = n ? next_random(random) % n : 0;
  uint8_t byte = next_random(random) % 4 ? (uint8_t)telling[next_random(random) % (sizeof telling - 1)]
                                         : (uint8_t)next_random(random);
  switch (next_random(random) % 4) {
  case 0:
    if (n)
      bytes[at] = byte;
    return n;
  case 1:
    return at;
  default:
    if (n == BIGGEST)
      return n;
    memmove(bytes + at + 1, bytes + at, n - at);
    bytes[at] = byte;
    return n + 1;
  }
}

static void run_mutations(unsigned long runs) {
  uint64_t random = 88172645463325252u;
  for (unsigned long i = 0; i < runs; i++) {
    uint8_t bytes[BIGGEST];
    size_t n = strlen(seeds[i % SEEDS]);
    memcpy(bytes, seeds[i % SEEDS], n);
    for (uint64_t changes = next_random(&random) % 12; changes > 0; changes--)
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
