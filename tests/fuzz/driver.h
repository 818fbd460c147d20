/* What every fuzz target has around it.
 *
 * With -fsanitize=fuzzer a target is one of libFuzzer's. Built with FUZZ_MAIN it is a program of its own: it runs the
 * files named, or else mutations of its seeds, always the same ones, BT_FUZZ_RUNS of them. Each input lies in memory of
 * its size, so that the sanitizer sees a byte that is read too far. */
#ifndef BT_FUZZ_DRIVER_H
#define BT_FUZZ_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_seed {
  const void *bytes;
  size_t n;
};
/* A text without its NUL; for lists that are static. */
#define FUZZ_TEXT(text)                                                                                                \
  { (text), sizeof(text) - 1 }

struct fuzz {
  const struct fuzz_seed *seeds;
  size_t n;
  struct fuzz_seed marks; /* bytes that mean something to the parser: put in oftener than chance would have them */
  unsigned long runs;     /* where BT_FUZZ_RUNS does not say */
};
#define FUZZ_SEEDS(list) .seeds = (list), .n = sizeof(list) / sizeof *(list)

/* The exit code. */
int fuzz_main(int argc, char **argv, const struct fuzz *f);
/* Where it does not hold: says so under the program's name, and aborts. */
void fuzz_check(bool holds, const char *what);

#endif
