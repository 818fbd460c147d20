/* The key under which identifiers are hashed. It lies beside the record's folder, not in it: the folder can be thrown
 * away and rebuilt from the journal, the key cannot. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "store/private.h"

static int read_secret(int fd, uint8_t ret[BT_SECRET_SIZE]) {
  struct stat st;
  if (fstat(fd, &st) != 0)
    return -BT_IO;
  if (st.st_size != BT_SECRET_SIZE || (st.st_mode & 077) != 0)
    return -BT_USAGE;
  return read(fd, ret, BT_SECRET_SIZE) == BT_SECRET_SIZE ? 0 : -BT_IO;
}

/* Complete under its name, or not there. */
static int make_secret(const char *path, const char *parent) {
  char fresh[BT_PATH_SIZE];
  uint8_t secret[BT_SECRET_SIZE];
  int n = snprintf(fresh, sizeof(fresh), "%s.new", path);
  if (n < 0 || n >= BT_PATH_SIZE)
    return -BT_LIMIT;
  int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0)
    return -BT_IO;
  randombytes_buf(secret, sizeof(secret));
  bool written = write(fd, secret, sizeof(secret)) == (ssize_t)sizeof(secret) && fsync(fd) == 0;
  sodium_memzero(secret, sizeof(secret));
  if (close(fd) != 0 || !written || rename(fresh, path) != 0) {
    unlink(fresh);
    return -BT_IO;
  }
  return bt_dir_sync(parent);
}

int bt_secret_load(const char *record_dir, bool must_exist, uint8_t ret_secret[BT_SECRET_SIZE]) {
  char parent[BT_PATH_SIZE], path[BT_PATH_SIZE];
  int rc = bt_path_parent(parent, record_dir);
  if (rc == 0)
    rc = bt_path_join(path, parent, "identifiers.key");
  if (rc < 0)
    return rc;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) {
    if (must_exist)
      return -BT_ABSENT;
    rc = make_secret(path, parent);
    if (rc < 0)
      return rc;
    fd = open(path, O_RDONLY | O_CLOEXEC);
  }
  if (fd < 0)
    return -BT_IO;
  rc = read_secret(fd, ret_secret);
  close(fd);
  return rc;
}

void bt_store_identifier_key(const struct bt_store *s, struct bt_str domain, struct bt_str value, uint8_t ret_key[16]) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, s->secret, BT_SECRET_SIZE, 16);
  crypto_generichash_update(&state, (const uint8_t *)domain.p, domain.n);
  crypto_generichash_update(&state, (const uint8_t *)"", 1);
  crypto_generichash_update(&state, (const uint8_t *)value.p, value.n);
  crypto_generichash_final(&state, ret_key, 16);
}

void bt_store_digest(const void *bytes, size_t n, uint8_t ret_digest[16]) {
  crypto_generichash(ret_digest, 16, bytes, n, NULL, 0);
}
