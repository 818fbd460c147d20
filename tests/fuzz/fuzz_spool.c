/* Any bytes as an entry of the spool that was opened, and as a sealed one. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "spool_seal.h"

/* What decodes is within its bounds, lies within the input, and encodes to the same bytes. */
static void try_record(const uint8_t *data, size_t size) {
  uint8_t again[BT_SDK_SPOOL_RECORD_MAX];
  struct bt_sdk_spool_record r;
  if (!bt_sdk_spool_decode(data, size, &r))
    return;
  fuzz_check(r.key.n >= 1 && r.key.n <= BT_SDK_SPOOL_KEY_MAX && r.event.n <= BT_SDK_SPOOL_EVENT_MAX, "a bound");
  fuzz_check(bt_sdk_spool_encode(&r, again) == size && memcmp(again, data, size) == 0, "an entry changed");
}

static void try_sealed(const uint8_t *data, size_t size) {
  static const uint8_t key[BT_SDK_SPOOL_KEY_BYTES] = {1};
  static uint8_t plain[1 << 20];
  struct bt_sdk_spool_seal seal = {.id = {2}};
  bt_sdk_spool_seal_init(&seal, key);
  fuzz_check(size > sizeof plain || !bt_sdk_spool_open_up(&seal, 'q', 1, data, size, plain), "a forged entry opens");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  try_record(data, size);
  try_sealed(data, size);
  return 0;
}

#ifdef FUZZ_MAIN

enum { SEEDS = 2 };
static const struct bt_sdk_spool_record records[SEEDS] = {
    {.put_us = 1, .key = {"key", 3}, .event = {"\x9a\x01\x04\x0a\x02hi", 7}},
    {.put_us = -1,
     .key = {"k\xc3\xa9y", 4},
     .event = {"", 0},
     .refused = true,
     .refused_us = 2,
     .code = 60,
     .field = {"locator.id", 10},
     .text = {"no such case", 12}},
};

int main(int argc, char **argv) {
  static uint8_t whole[SEEDS][BT_SDK_SPOOL_RECORD_MAX];
  struct fuzz_seed seeds[SEEDS];
  for (size_t i = 0; i < SEEDS; i++) {
    struct bt_sdk_spool_record r;
    seeds[i] = (struct fuzz_seed){whole[i], bt_sdk_spool_encode(&records[i], whole[i])};
    fuzz_check(bt_sdk_spool_decode(whole[i], seeds[i].n, &r), "a seed is refused");
  }
  const struct fuzz fuzz = {FUZZ_SEEDS(seeds), .runs = 200000};
  return fuzz_main(argc, argv, &fuzz);
}

#endif
