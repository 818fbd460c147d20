/* Any text as the cursor of the PostgreSQL adapter, bare and inside the broker's answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../adapters/postgres/place.c"
#include "driver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char text[512], answer[600], written[PLACE_MAX];
  struct place p = {.sent = 1}, back;
  size_t n = size < sizeof text - 1 ? size : sizeof text - 1;
  memcpy(text, data, n);
  text[n] = '\0';
  if (place_parse(&p, text)) {
    fuzz_check(place_write(&p, written) < PLACE_MAX, "longer than a cursor");
    fuzz_check(place_parse(&back, written) && back.sent == p.sent && back.low == p.low, "it does not come back");
  }
  place_read(&p, text);
  snprintf(answer, sizeof answer, "{\"cursor\":{\"position\":\"%s\"}}", text);
  place_read(&p, answer);
  return 0;
}

#ifdef FUZZ_MAIN

static const struct fuzz_seed seeds[] = {
    FUZZ_TEXT("1 7 42 40 1772443445 7423910293847563829:1 20260301120000123456"),
    FUZZ_TEXT("1 0 5 6 0 - -"),
    FUZZ_TEXT("MSAwIDUgNiAwIGEgYg=="),
    FUZZ_TEXT("{\"cursor\":{\"position\":\"MSAwIDUgNiAwIGEgYg\"}}"),
};

int main(int argc, char **argv) {
  static const struct fuzz fuzz = {FUZZ_SEEDS(seeds), .runs = 200000};
  return fuzz_main(argc, argv, &fuzz);
}

#endif
