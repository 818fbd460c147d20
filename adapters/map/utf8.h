/* Is this text UTF-8 (RFC 3629: no overlong form, no surrogate, nothing beyond U+10FFFF)? */
#ifndef BATON_MAP_UTF8_H
#define BATON_MAP_UTF8_H

#include <stdbool.h>
#include <stddef.h>

bool utf8_valid(const char *text, size_t n);

#endif
