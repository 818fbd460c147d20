#include "wire/keys.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "base/str.h"
#include "wire/wire.h"

enum { KEY_TEXT = 40 };

/* zmq_z85_decode of 4.3.4 looks characters up in a table without saying which are none: so they are checked here. */
static bool z85_valid(struct bt_str text) {
  static const char alphabet[] =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
  if (text.n != KEY_TEXT)
    return false;
  for (size_t i = 0; i < text.n; i++)
    if (!text.p[i] || !strchr(alphabet, text.p[i]))
      return false;
  return true;
}

/* Up to `size` bytes; how many, or -BT_IO. */
static int file_read(const char *file, char *to, size_t size) {
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return -BT_IO;
  size_t n = 0;
  ssize_t got = 1;
  while (n < size && (got = read(fd, to + n, size - n)) > 0)
    n += (size_t)got;
  close(fd);
  return got < 0 ? -BT_IO : (int)n;
}

int bt_key_read(const char *file, char ret_text[41]) {
  char text[KEY_TEXT + 2];
  int n = file_read(file, text, sizeof text);
  if (n < 0)
    return n;
  if (n == KEY_TEXT + 1 && text[KEY_TEXT] == '\n')
    n = KEY_TEXT;
  bool valid = z85_valid((struct bt_str){text, (size_t)n});
  if (valid) {
    memcpy(ret_text, text, KEY_TEXT);
    ret_text[KEY_TEXT] = '\0';
  }
  explicit_bzero(text, sizeof text);
  return valid ? 0 : -BT_USAGE;
}

int bt_wire_keypair(char ret_public[41], char ret_secret[41]) {
  return zmq_curve_keypair(ret_public, ret_secret) ? -BT_IO : 0;
}

int bt_wire_public_of(const char *secret, char ret_public[41]) {
  if (!z85_valid(bt_str(secret)))
    return -BT_USAGE;
  return zmq_curve_public(ret_public, secret) ? -BT_USAGE : 0;
}
