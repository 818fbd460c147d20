/* CURVE keys as text (Z85, ZeroMQ RFC 32: 32 bytes are 40 characters) and in files. */
#ifndef BT_CONFIG_KEYFILE_H
#define BT_CONFIG_KEYFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "base/str.h"

enum { BT_CURVE_TEXT = 40 };

/* -BT_INVALID: not 40 characters of Z85, or a key of zeros. */
int bt_curve_decode(struct bt_str text, uint8_t ret_key[32]) BT_MUST_CHECK;
void bt_curve_encode(const uint8_t key[32], char ret_text[BT_CURVE_TEXT + 1]);

/* Reads a file that holds one key, a line of its own, and nothing else. A secret one must not be accessible to group
 * and others at all, a public one not writable: who can change it decides who is let in. Returns -BT_USAGE with a
 * sentence in `why`. Keeps no copy of a secret. */
int bt_curve_file_read(const char *path, bool secret, uint8_t ret_key[32], char *why, size_t size) BT_MUST_CHECK;

#endif
