/* What keeps the spool unreadable: its key file, and the sealing of each entry.
 *
 * Entries are sealed with XChaCha20-Poly1305 (libsodium) under a random nonce; the spool's id, the table and the
 * position are authenticated with each, so that none can be swapped with another. Source keys are looked up by a keyed
 * hash (BLAKE2b), which tells nothing without the key. */
#ifndef BATON_SDK_SPOOL_SEAL_H
#define BATON_SDK_SPOOL_SEAL_H

#include "spool_record.h"

enum {
  BT_SDK_SPOOL_KEY_BYTES = 32,
  BT_SDK_SPOOL_ID = 16,
  BT_SDK_SPOOL_HASH = 16,
  BT_SDK_SPOOL_SEAL = 24 + 16, /* nonce and tag: so much longer is what was sealed */
};

struct bt_sdk_spool_seal {
  uint8_t record_key[32], hash_key[32], id[BT_SDK_SPOOL_ID];
};

/* Keys for a spool from the key of its file; the id is the caller's to fill in. */
void bt_sdk_spool_seal_init(struct bt_sdk_spool_seal *s, const uint8_t key[BT_SDK_SPOOL_KEY_BYTES]);
/* to: n + BT_SDK_SPOOL_SEAL bytes. */
void bt_sdk_spool_close_up(const struct bt_sdk_spool_seal *s, char table, uint64_t position, const void *plain,
                           size_t n, uint8_t *to);
/* to: at least n - BT_SDK_SPOOL_SEAL bytes. false: not what was sealed for this place. */
bool bt_sdk_spool_open_up(const struct bt_sdk_spool_seal *s, char table, uint64_t position, const void *sealed,
                          size_t n, uint8_t *to);
/* Of two pieces (the second may be empty) for this purpose. */
void bt_sdk_spool_hash(const struct bt_sdk_spool_seal *s, char purpose, struct bt_sdk_bytes a, struct bt_sdk_bytes b,
                       uint8_t ret[BT_SDK_SPOOL_HASH]);

/* The key in the file. make: where there is no file, a new key is written to it, mode 0600. 0 or a negative code; error
 * (BT_SDK_SPOOL_ERROR bytes) gets the sentence. */
enum { BT_SDK_SPOOL_ERROR = 512 };
int bt_sdk_spool_key(const char *file, bool make, uint8_t ret[BT_SDK_SPOOL_KEY_BYTES], char *error);

#endif
