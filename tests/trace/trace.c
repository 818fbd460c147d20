/* trace FOLDER | FILE... [--bless]: plays trace files and compares, in TAP; --bless writes what came out into the
 * files. */
#include "trace.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static char *read_all(const char *path) {
  FILE *from = fopen(path, "r");
  if (!from)
    return NULL;
  char *text = NULL;
  size_t n = 0;
  FILE *to = open_memstream(&text, &n);
  for (int c; (c = fgetc(from)) != EOF;)
    fputc(c, to);
  fclose(from);
  fclose(to);
  return text;
}

/* The first line where the two part, with what stood and what came. */
static void print_difference(const char *stood, const char *came) {
  for (unsigned number = 1; *stood || *came; number++) {
    size_t n = strcspn(stood, "\n"), m = strcspn(came, "\n");
    if (n != m || memcmp(stood, came, n) != 0) {
      printf("#   line %u\n#   stood: %.*s\n#   came:  %.*s\n", number, (int)n, stood, (int)m, came);
      return;
    }
    stood += n + (stood[n] == '\n');
    came += m + (came[m] == '\n');
  }
}

static bool write_all(const char *path, const char *text) {
  FILE *to = fopen(path, "w");
  return to && fputs(text, to) >= 0 && fclose(to) == 0;
}

/* 0 where the file is as it should be. */
static int check(const char *path, bool bless) {
  char *stood = read_all(path), *came = NULL;
  size_t n = 0;
  if (!stood) {
    printf("not ok - trace %s: cannot be read\n", path);
    return 1;
  }
  FILE *to = open_memstream(&came, &n);
  const char *wrong = trace_play(stood, to);
  fclose(to);
  bool same = !wrong && strcmp(stood, came) == 0;
  if (!wrong && !same && bless)
    same = write_all(path, came);
  const char *name = strrchr(path, '/');
  printf("%s - trace %s\n", same ? "ok" : "not ok", name ? name + 1 : path);
  if (wrong)
    printf("#   %s, after:\n#   %s\n", wrong, n > 200 ? came + n - 200 : came);
  else if (!same)
    print_difference(stood, came);
  free(stood);
  free(came);
  return !same;
}

static int is_trace(const struct dirent *entry) {
  const char *dot = strrchr(entry->d_name, '.');
  return dot && strcmp(dot, ".trace") == 0;
}

static int check_folder(const char *folder, bool bless) {
  struct dirent **files;
  int n = scandir(folder, &files, is_trace, alphasort), bad = n <= 0;
  for (int i = 0; i < n; i++) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, files[i]->d_name);
    bad += check(path, bless);
    free(files[i]);
  }
  if (n >= 0)
    free(files);
  return bad;
}

int main(int argc, char **argv) {
  bool bless = argc > 1 && strcmp(argv[argc - 1], "--bless") == 0;
  int bad = argc - bless < 2;
  for (int i = 1; i < argc - bless; i++) {
    const char *dot = strrchr(argv[i], '.');
    bad += dot && strcmp(dot, ".trace") == 0 ? check(argv[i], bless) : check_folder(argv[i], bless);
  }
  return bad != 0;
}
