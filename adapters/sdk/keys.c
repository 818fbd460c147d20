/* Key files: one line with a CURVE key in Z85. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk.h"

enum { KEY_CHARS = 40, FILE_MAX = 4096 };

static bool fail(char *error, const char *path, const char *what) {
  snprintf(error, BT_SDK_ERROR, "%.180s: %s", path, what);
  return false;
}

void bt_sdk_wipe(void *p, size_t n) {
  explicit_bzero(p, n);
}

/* zmq_z85_decode of 4.3.4 looks characters up in a table without saying which are none. */
static bool is_z85(const char *text) {
  static const char alphabet[] =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
  return strlen(text) == KEY_CHARS && strspn(text, alphabet) == KEY_CHARS;
}

bool bt_sdk_key_read(const char *path, bool secret, char ret_key[41], char *error) {
  size_t n;
  char *text = bt_sdk_file_read(path, secret, FILE_MAX, &n, error);
  if (!text)
    return false;
  text[strcspn(text, "\r\n")] = '\0';
  bool good = is_z85(text) || fail(error, path, "holds no CURVE key (40 characters of Z85 in the first line)");
  if (good)
    memcpy(ret_key, text, KEY_CHARS + 1);
  bt_sdk_wipe(text, n);
  free(text);
  return good;
}
