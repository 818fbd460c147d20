/* How often each address failed to prove who it is: a bucket that fills again by the minute. Fixed memory: an address
 * that hashes to the place of another takes it over. */
#ifndef BATON_HTTP_FAILURES_H
#define BATON_HTTP_FAILURES_H

#include <stdbool.h>
#include <stdint.h>

enum { FAILURES_PLACES = 1024, ADDRESS_BYTES = 16 };

struct failure {
  uint8_t address[ADDRESS_BYTES];
  int64_t at_ms;
  double left; /* that are still answered with words */
};

struct failures {
  struct failure place[FAILURES_PLACES];
  uint8_t hash_key[16];
  int64_t per_minute;
};

void failures_init(struct failures *f, int64_t per_minute);
/* Counts one. false: too many; *ret_wait_s until the next is looked at again. */
bool failures_count(struct failures *f, const uint8_t *address, int64_t now_ms, unsigned *ret_wait_s);

#endif
