/* CURVE keys as Z85 text, and the files they are kept in. */
#ifndef BT_WIRE_KEYS_H
#define BT_WIRE_KEYS_H

#include "base/code.h"

/* Reads a key file: 40 characters of Z85, at most one newline behind them. The file's mode is the configuration's
 * concern. -BT_IO: cannot be read. -BT_USAGE: not one key. The caller wipes ret_text when it held a secret. */
int bt_key_read(const char *file, char ret_text[41]) BT_MUST_CHECK;

#endif
