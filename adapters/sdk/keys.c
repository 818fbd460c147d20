/* Key files: one line with a CURVE key in Z85. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sdk.h"

enum { KEY_CHARS = 40 };

static bool fail(char *error, const char *path, const char *what) {
  snprintf(error, BT_SDK_ERROR, "%.180s: %s", path, what);
  return false;
}

void bt_sdk_wipe(void *p, size_t n) {
  explicit_bzero(p, n);
}

static bool read_text(int fd, const char *path, bool secret, char *text, size_t size, char *error) {
  struct stat st;
  if (fstat(fd, &st) != 0)
    return fail(error, path, strerror(errno));
  if (!S_ISREG(st.st_mode))
    return fail(error, path, "is no file");
  if (secret && (st.st_mode & 077))
    return fail(error, path, "others may read this secret key: set its mode to 0600");
  ssize_t n = read(fd, text, size - 1);
  if (n < 0)
    return fail(error, path, strerror(errno));
  text[n] = '\0';
  text[strcspn(text, "\r\n")] = '\0';
  return true;
}

/* zmq_z85_decode of 4.3.4 looks characters up in a table without saying which are none. */
static bool is_z85(const char *text) {
  static const char alphabet[] =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
  return strlen(text) == KEY_CHARS && strspn(text, alphabet) == KEY_CHARS;
}

bool bt_sdk_key_read(const char *path, bool secret, char ret_key[41], char *error) {
  char text[128];
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return fail(error, path, strerror(errno));
  bool good = read_text(fd, path, secret, text, sizeof text, error);
  close(fd);
  if (good && !is_z85(text))
    good = fail(error, path, "holds no CURVE key (40 characters of Z85 in the first line)");
  if (good)
    memcpy(ret_key, text, KEY_CHARS + 1);
  bt_sdk_wipe(text, sizeof text);
  return good;
}
