/* The one reader of the clocks. Instants are int64 microseconds; what is decided gets them as arguments. */
#ifndef BT_BASE_CLOCK_H
#define BT_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define BT_SECOND_US INT64_C(1000000)

int64_t bt_clock_wall_us(void); /* since 1970-01-01 UTC */
int64_t bt_clock_mono_us(void); /* monotonic, for intervals inside the process */
int64_t bt_clock_boot_us(void); /* monotonic and counting suspend */

#ifdef BT_TEST_CLOCK
/* Only in builds with tests: time passes on both clocks, or the wall clock alone is set. BATON_TEST_CLOCK_S in the
 * environment is a jump at the start of the process. */
void bt_clock_advance(int64_t by_us);
void bt_clock_jump(int64_t by_us);
#endif

/* "2026-03-01T09:30:00.000000Z" into buf (at least 32 bytes); returns buf. */
char *bt_clock_format(int64_t us, char *buf, size_t size);
/* RFC 3339 with an offset or Z, fraction optional. 0 or -BT_INVALID. */
int bt_clock_parse(struct bt_str text, int64_t *ret_us);

#endif
