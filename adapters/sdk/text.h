/* Small conversions between text and values: base64, instants, UTF-8. Nothing here allocates unless it says so. */
#ifndef BATON_SDK_TEXT_H
#define BATON_SDK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Standard alphabet with padding (RFC 4648, section 4). A new string, or NULL. */
char *bt_sdk_base64_encode(const void *bytes, size_t n);
/* Either alphabet, padding optional. false: not base64 or no memory; else *ret (malloc, never NULL) and *ret_n. */
bool bt_sdk_base64_decode(const char *text, size_t n, uint8_t **ret, size_t *ret_n);

/* RFC 3339 with an offset or Z, fraction optional, to microseconds since 1970-01-01 UTC. Digits beyond microseconds are
 * cut. A leap second counts as the second before it. */
bool bt_sdk_time_parse(const char *text, size_t n, int64_t *ret_us);

/* Decimal digits with an optional sign and nothing else, within the type's range. */
bool bt_sdk_int_parse(const char *text, int64_t *ret);
bool bt_sdk_uint_parse(const char *text, uint64_t *ret);

bool bt_sdk_utf8_valid(const char *text, size_t n);
/* Bytes of the character at p, which ends with a NUL; 0: none that is valid. */
size_t bt_sdk_utf8_first(const char *p);

int64_t bt_sdk_wall_us(void); /* since 1970-01-01 UTC */
int64_t bt_sdk_mono_ms(void); /* for intervals */

#endif
