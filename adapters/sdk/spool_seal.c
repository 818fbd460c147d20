#include "spool_seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "baton.h"
#include "spool_folder.h"

enum {
  NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
  TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
  PLACE = BT_SDK_SPOOL_ID + 1 + 8
};
_Static_assert(NONCE + TAG == BT_SDK_SPOOL_SEAL, "the size of a seal");
_Static_assert((int)crypto_kdf_KEYBYTES == (int)BT_SDK_SPOOL_KEY_BYTES, "the size of a key");

void bt_sdk_spool_seal_init(struct bt_sdk_spool_seal *s, const uint8_t key[BT_SDK_SPOOL_KEY_BYTES]) {
  crypto_kdf_derive_from_key(s->record_key, sizeof s->record_key, 1, "bt-spool", key);
  crypto_kdf_derive_from_key(s->hash_key, sizeof s->hash_key, 2, "bt-spool", key);
}

static void place_of(const struct bt_sdk_spool_seal *s, char table, uint64_t position, uint8_t to[PLACE]) {
  memcpy(to, s->id, sizeof s->id);
  to[BT_SDK_SPOOL_ID] = (uint8_t)table;
  for (int i = 0; i < 8; i++)
    to[BT_SDK_SPOOL_ID + 1 + i] = (uint8_t)(position >> (56 - 8 * i));
}

void bt_sdk_spool_close_up(const struct bt_sdk_spool_seal *s, char table, uint64_t position, const void *plain,
                           size_t n, uint8_t *to) {
  uint8_t place[PLACE];
  place_of(s, table, position, place);
  randombytes_buf(to, NONCE);
  crypto_aead_xchacha20poly1305_ietf_encrypt(to + NONCE, NULL, plain, n, place, sizeof place, NULL, to, s->record_key);
}

bool bt_sdk_spool_open_up(const struct bt_sdk_spool_seal *s, char table, uint64_t position, const void *sealed,
                          size_t n, uint8_t *to) {
  const uint8_t *from = sealed;
  uint8_t place[PLACE];
  place_of(s, table, position, place);
  return n >= NONCE + TAG && crypto_aead_xchacha20poly1305_ietf_decrypt(to, NULL, NULL, from + NONCE, n - NONCE, place,
                                                                        sizeof place, from, s->record_key) == 0;
}

void bt_sdk_spool_hash(const struct bt_sdk_spool_seal *s, char purpose, struct bt_sdk_bytes a, struct bt_sdk_bytes b,
                       uint8_t ret[BT_SDK_SPOOL_HASH]) {
  crypto_generichash_state state;
  uint8_t head[3] = {(uint8_t)purpose, (uint8_t)(a.n >> 8), (uint8_t)a.n};
  crypto_generichash_init(&state, s->hash_key, sizeof s->hash_key, BT_SDK_SPOOL_HASH);
  crypto_generichash_update(&state, s->id, sizeof s->id);
  crypto_generichash_update(&state, head, sizeof head);
  crypto_generichash_update(&state, a.at, a.n);
  if (b.n)
    crypto_generichash_update(&state, b.at, b.n);
  crypto_generichash_final(&state, ret, BT_SDK_SPOOL_HASH);
}

/* ---- The key's file ---- */

static int refuse(char *error, const char *file, const char *what) {
  snprintf(error, BT_SDK_SPOOL_ERROR, "spool.key_file %.250s: %.240s", file, what);
  return -BATON_E_INVALID;
}

static int key_read(int fd, const char *file, uint8_t key[BT_SDK_SPOOL_KEY_BYTES], char *error) {
  struct stat st;
  if (fstat(fd, &st) != 0)
    return refuse(error, file, strerror(errno));
  if (!S_ISREG(st.st_mode))
    return refuse(error, file, "is no file");
  if (st.st_mode & 077)
    return refuse(error, file, "others may read this key: set its mode to 0600");
  if (st.st_size != BT_SDK_SPOOL_KEY_BYTES || read(fd, key, BT_SDK_SPOOL_KEY_BYTES) != BT_SDK_SPOOL_KEY_BYTES)
    return refuse(error, file, "does not hold a key of 32 bytes");
  return 0;
}

/* Whole or not at all: what was sealed with half a key would never be read again. */
static int key_make(const char *file, uint8_t key[BT_SDK_SPOOL_KEY_BYTES], char *error) {
  char fresh[BT_SDK_SPOOL_PATH];
  if (snprintf(fresh, sizeof fresh, "%s.new-%ld", file, (long)getpid()) >= (int)sizeof fresh)
    return refuse(error, file, "the name is too long");
  randombytes_buf(key, BT_SDK_SPOOL_KEY_BYTES);
  int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool good = fd >= 0 && write(fd, key, BT_SDK_SPOOL_KEY_BYTES) == BT_SDK_SPOOL_KEY_BYTES && fsync(fd) == 0;
  good = good && link(fresh, file) == 0 && bt_sdk_spool_sync_parent(file);
  int why = errno;
  if (fd >= 0) {
    close(fd);
    unlink(fresh);
  }
  if (good)
    return 0;
  char advice[BT_SDK_SPOOL_ADVICE];
  snprintf(error, BT_SDK_SPOOL_ERROR, "spool.key_file %.250s: is missing and cannot be made: %.80s%s", file,
           strerror(why), bt_sdk_spool_advice(file, why, advice));
  return -BATON_E_IO;
}

int bt_sdk_spool_key(const char *file, bool make, uint8_t ret[BT_SDK_SPOOL_KEY_BYTES], char *error) {
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT && make)
    return key_make(file, ret, error);
  if (fd < 0 && errno == ENOENT)
    return refuse(error, file,
                  "is missing, and the spool was written with it: put it back (without it nobody can read "
                  "the spool; to begin with an empty one, move the spool's folder away)");
  if (fd < 0) {
    char why[240], advice[BT_SDK_SPOOL_ADVICE];
    int e = errno;
    snprintf(why, sizeof why, "%.80s%s", strerror(e), bt_sdk_spool_advice(file, e, advice));
    return refuse(error, file, why);
  }
  int rc = key_read(fd, file, ret, error);
  close(fd);
  return rc;
}
