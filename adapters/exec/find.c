#include "find.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* 0, or an errno. */
static int try_path(const char *folder, size_t n, const char *directory, const char *program) {
  char path[PATH_MAX];
  struct stat st;
  bool away = *directory && (n ? *folder : *program) != '/';
  int size = snprintf(path, sizeof path, "%s%s%.*s%s%s", away ? directory : "", away ? "/" : "", (int)n, folder,
                      n ? "/" : "", program);
  if (size >= (int)sizeof path)
    return ENAMETOOLONG;
  if (stat(path, &st) < 0)
    return errno;
  if (!S_ISREG(st.st_mode))
    return EACCES;
  return access(path, X_OK) < 0 ? errno : 0;
}

static int try_all(const char *program, const char *directory) {
  const char *path = getenv("PATH");
  int error = ENOENT;
  for (const char *at = path ? path : "/bin:/usr/bin"; at;) {
    size_t n = strcspn(at, ":");
    int got = try_path(at, n, directory, program);
    if (got == 0)
      return 0;
    if (got == EACCES)
      error = got;
    at = at[n] ? at + n + 1 : NULL;
  }
  return error;
}

bool find_program(const char *program, const char *directory, char *why, size_t n) {
  struct stat st;
  if (*directory && (stat(directory, &st) < 0 || !S_ISDIR(st.st_mode))) {
    snprintf(why, n, "directory %.120s: no such folder", directory);
    return false;
  }
  bool is_path = strchr(program, '/');
  int error = is_path ? try_path("", 0, directory, program) : try_all(program, directory);
  if (!error)
    return true;
  snprintf(why, n, "%.120s cannot be started%s: %s", program, is_path ? "" : " (looked for in PATH)",
           error == EACCES ? "not a program that may be executed" : strerror(error));
  return false;
}
