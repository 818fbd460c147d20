/* Small files that are read whole: secrets and keys. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sdk.h"

static char *fail(char *error, const char *path, const char *why) {
  snprintf(error, BT_SDK_ERROR, "%.170s: %.80s", path, why);
  return NULL;
}

static char *read_all(int fd, const char *path, size_t most, size_t *ret_n, char *error) {
  char *text = malloc(most + 2);
  if (!text)
    return fail(error, path, "no memory");
  ssize_t n = read(fd, text, most + 1);
  if (n >= 0 && (size_t)n <= most) {
    text[n] = '\0';
    *ret_n = (size_t)n;
    return text;
  }
  char why[48];
  snprintf(why, sizeof why, "has more than %zu bytes", most);
  fail(error, path, n < 0 ? strerror(errno) : why);
  explicit_bzero(text, most + 2);
  free(text);
  return NULL;
}

/* O_NONBLOCK: a FIFO in the file's place is no reason to wait. */
char *bt_sdk_file_read(const char *path, bool secret, size_t most, size_t *ret_n, char *error) {
  struct stat st;
  char *text;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return fail(error, path, strerror(errno));
  if (fstat(fd, &st) < 0)
    text = fail(error, path, strerror(errno));
  else if (!S_ISREG(st.st_mode))
    text = fail(error, path, "is no file");
  else if (secret && (st.st_mode & (bt_sdk_is_credential(path) ? 037 : 077)))
    text = fail(error, path, "others can read this secret: set its mode to 0600 (chmod 600)");
  else
    text = read_all(fd, path, most, ret_n, error);
  close(fd);
  return text;
}

char *baton_secret_read(const char *path, size_t most, size_t *ret_n, char *error) {
  return bt_sdk_file_read(path, true, most, ret_n, error);
}
