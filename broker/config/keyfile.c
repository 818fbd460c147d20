#include "config/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"

static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

int bt_curve_decode(struct bt_str text, uint8_t ret_key[32]) {
  uint8_t key[32], any = 0;
  if (text.n != BT_CURVE_TEXT)
    return -BT_INVALID;
  for (size_t i = 0; i < BT_CURVE_TEXT; i += 5) {
    uint64_t word = 0;
    for (size_t j = i; j < i + 5; j++) {
      const char *at = text.p[j] ? strchr(alphabet, text.p[j]) : NULL;
      if (!at)
        return -BT_INVALID;
      word = word * 85 + (uint64_t)(at - alphabet);
    }
    if (word > UINT32_MAX)
      return -BT_INVALID;
    for (size_t j = 0; j < 4; j++)
      any |= key[i / 5 * 4 + j] = (uint8_t)(word >> (24 - 8 * j));
  }
  if (any)
    memcpy(ret_key, key, sizeof key);
  sodium_memzero(key, sizeof key);
  return any ? 0 : -BT_INVALID;
}

void bt_curve_encode(const uint8_t key[32], char ret_text[BT_CURVE_TEXT + 1]) {
  for (size_t i = 0; i < 8; i++) {
    uint32_t word = 0;
    for (size_t j = 0; j < 4; j++)
      word = word << 8 | key[4 * i + j];
    for (size_t j = 5; j-- > 0; word /= 85)
      ret_text[5 * i + j] = alphabet[word % 85];
  }
  ret_text[BT_CURVE_TEXT] = 0;
}

/* 0, or -BT_USAGE with the sentence. */
static int check_mode(const char *path, const struct stat *st, bool secret, char *why, size_t size) {
  const mode_t mask = secret && bt_folder_is_credential(path) ? S_IRGRP : 0;
  mode_t lax = st->st_mode & (secret ? S_IRWXG | S_IRWXO : S_IWGRP | S_IWOTH) & ~mask;
  if (!S_ISREG(st->st_mode))
    snprintf(why, size, "is not a regular file");
  else if (lax && secret)
    snprintf(why, size, "has mode %04o, which lets group or others at a secret key: chmod 600", st->st_mode & 07777);
  else if (lax)
    snprintf(why, size, "has mode %04o, which lets group or others change who is let in: chmod 644",
             st->st_mode & 07777);
  else
    return 0;
  return -BT_USAGE;
}

/* 40 characters and at most the end of the line: what wire reads as well. */
static int read_key(int fd, uint8_t ret_key[32], char *why, size_t size) {
  char text[BT_CURVE_TEXT + 2];
  ssize_t n = read(fd, text, sizeof text);
  int rc = 0;
  if (n < 0) {
    snprintf(why, size, "cannot be read: %s", strerror(errno));
    rc = -BT_USAGE;
  } else {
    if (n == BT_CURVE_TEXT + 1 && text[BT_CURVE_TEXT] == '\n')
      n--;
    if (bt_curve_decode((struct bt_str){text, (size_t)n}, ret_key)) {
      snprintf(why, size, "does not hold a key: one line of 40 characters, as batonctl keygen writes it");
      rc = -BT_USAGE;
    }
  }
  sodium_memzero(text, sizeof text);
  return rc;
}

int bt_curve_file_read(const char *path, bool secret, uint8_t ret_key[32], char *why, size_t size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    snprintf(why, size, errno == ENOENT ? "does not exist: batonctl keygen makes one" : "cannot be opened: %s",
             strerror(errno));
    return -BT_USAGE;
  }
  struct stat st;
  int rc;
  if (fstat(fd, &st)) {
    snprintf(why, size, "cannot be looked at: %s", strerror(errno));
    rc = -BT_USAGE;
  } else {
    rc = check_mode(path, &st, secret, why, size);
    if (rc == 0)
      rc = read_key(fd, ret_key, why, size);
  }
  close(fd);
  return rc;
}
