#include "failures.h"

#include <sodium.h>
#include <string.h>

void failures_init(struct failures *f, int64_t per_minute) {
  memset(f, 0, sizeof *f);
  f->per_minute = per_minute;
  randombytes_buf(f->hash_key, sizeof f->hash_key); /* nobody can choose an address that takes another's place */
}

bool failures_count(struct failures *f, const uint8_t *address, int64_t now_ms, unsigned *ret_wait_s) {
  uint64_t hash;
  crypto_shorthash((unsigned char *)&hash, address, ADDRESS_BYTES, f->hash_key);
  struct failure *p = &f->place[hash % FAILURES_PLACES];
  double most = (double)f->per_minute, rate_ms = most / 60000;
  if (p->at_ms == 0 || memcmp(p->address, address, ADDRESS_BYTES) != 0) {
    memcpy(p->address, address, ADDRESS_BYTES);
    p->left = most;
  } else {
    p->left += (double)(now_ms - p->at_ms) * rate_ms;
    if (p->left > most)
      p->left = most;
  }
  p->at_ms = now_ms;
  if (p->left < 1) {
    *ret_wait_s = (unsigned)((1 - p->left) / rate_ms / 1000) + 1;
    return false;
  }
  p->left -= 1;
  return true;
}
