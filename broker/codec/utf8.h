/* Is this text well-formed UTF-8? Source: RFC 3629. Nothing here allocates or fails. */
#ifndef BT_CODEC_UTF8_H
#define BT_CODEC_UTF8_H

#include <stdbool.h>

#include "base/str.h"

/* No overlong form, no surrogate, nothing above U+10FFFF, nothing cut short. U+0000 counts as well-formed. */
bool bt_utf8_valid(struct bt_str text);

#endif
