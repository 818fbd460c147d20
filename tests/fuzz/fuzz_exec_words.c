/* Command lines of baton-exec, split into words without a shell. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../adapters/exec/words.c"
#include "driver.h"

/* In quotes it is one word again: as the shell has it, a quote within is left for a moment. */
static void again(const char *word) {
  char *line = malloc(4 * strlen(word) + 3), *to = line;
  const char *error;
  fuzz_check(line != NULL, "no memory");
  *to++ = '\'';
  for (const char *p = word; *p; p++) {
    if (*p == '\'')
      to = (char *)memcpy(to, "'\\'", 3) + 3;
    *to++ = *p;
  }
  memcpy(to, "'", 2);
  char **words = words_split(line, &error);
  fuzz_check(words && words[0] && strcmp(words[0], word) == 0 && !words[1], "a word in quotes is another one");
  free(words);
  free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *line = malloc(size + 1);
  const char *error = NULL;
  size_t n = 0;
  fuzz_check(line != NULL, "no memory");
  memcpy(line, data, size);
  line[size] = '\0';
  char **words = words_split(line, &error);
  fuzz_check(words || (error && *error), "a refusal without words");
  for (char **w = words; w && *w; w++) {
    n += strlen(*w);
    again(*w);
  }
  fuzz_check(n <= strlen(line), "the words say more than the line");
  free(words);
  free(line);
  return 0;
}

#ifdef FUZZ_MAIN

static const struct fuzz_seed seeds[] = {
    FUZZ_TEXT("/usr/bin/python3 answers.py known"),
    FUZZ_TEXT("/bin/sh -c 'echo \"a b\" $x; exit 75'"),
    FUZZ_TEXT("a \"b \\\" c\" d\\ e '' \"\" \\"),
    FUZZ_TEXT(" \t\n'open"),
};

int main(int argc, char **argv) {
  static const struct fuzz fuzz = {FUZZ_SEEDS(seeds), .marks = FUZZ_TEXT(" \t\n'\"\\x"), .runs = 200000};
  return fuzz_main(argc, argv, &fuzz);
}

#endif
