/* Any bytes as a CSV file at the reader of the file adapter. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../adapters/file/csv.c"
#include "driver.h"

#define ROW_MAX 64 /* small, so that its bound is met often */

/* A good row written again in the strictest form reads as the same fields. */
static void again(const struct csv_row *row) {
  char *text = NULL;
  size_t n = 0;
  FILE *out = open_memstream(&text, &n);
  fuzz_check(out, "no memory");
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
  fuzz_check(in && back && csv_init(&c, in, ',', 0) == 0, "no memory");
  fuzz_check(csv_next(&c, back) == 1 && !back->problem && back->n == row->n, "a row does not read back");
  for (size_t i = 0; i < row->n; i++)
    fuzz_check(strcmp(back->field[i], row->field[i]) == 0, "a field changed");
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
  fuzz_check(csv_init(&c, in, ',', ROW_MAX) == 0, "no memory");
  int got;
  while ((got = csv_next(&c, &row)) == 1) {
    fuzz_check(row.at > at && row.line > line, "it does not go on");
    fuzz_check(row.at >= 0 && (size_t)row.at + row.size <= size, "a row lies outside the file");
    fuzz_check(row.problem ? row.n == 0 : row.n > 0, "neither a row nor a problem");
    at = row.at;
    line = row.line;
    if (!row.problem)
      again(&row);
  }
  fuzz_check(got == 0 && (size_t)c.at == size, "it ends before the file does");
  csv_fini(&c);
  fclose(in);
  return 0;
}

#ifdef FUZZ_MAIN

static const struct fuzz_seed seeds[] = {
    FUZZ_TEXT("a,b\n1,2\n"),
    FUZZ_TEXT("\xEF\xBB\xBF\"a\",b\r\n\"x\"\"y\",\"1\n2\"\r\n"),
    FUZZ_TEXT("a\"b\nc\n\"open\nd,e\n"),
    FUZZ_TEXT(",\n\"\"\n\r\n\n1\r2\n"),
    FUZZ_TEXT("\"a\"b,\"c\n\""),
    FUZZ_TEXT("0123456789012345678901234567890123456789012345678901234567890123456789,x\ny\n"),
};

int main(int argc, char **argv) {
  static const struct fuzz fuzz = {FUZZ_SEEDS(seeds), .marks = FUZZ_TEXT("\",\n\r\0\xEFx"), .runs = 200000};
  return fuzz_main(argc, argv, &fuzz);
}

#endif
