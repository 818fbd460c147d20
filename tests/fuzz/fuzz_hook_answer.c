/* Any bytes as a system's answer to a hook. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../adapters/http/hook_answer.c"
#include "../../adapters/http/rights.c"
#include "driver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  baton_event *event[HOOK_EVENTS_MAX];
  char error[256] = "";
  size_t n = 99;
  const struct hook_about about = {.case_id = size % 3, .department = "sales"};
  int rc = hook_answer_read((const char *)data, size, &about, event, &n, error);
  if (rc < 0 ? !*error || !memchr(error, '\0', sizeof error) : n > HOOK_EVENTS_MAX) {
    fprintf(stderr, "fuzz_hook_answer: a refusal without words, or too many events\n");
    abort();
  }
  for (size_t i = 0; rc == 0 && i < n; i++)
    baton_event_free(event[i]);
  return 0;
}

#ifdef FUZZ_MAIN

static const struct fuzz_seed seeds[] = {
    FUZZ_TEXT("{\"events\":[{\"handoffAccepted\":{\"offer\":\"12\",\"digest\":\"AAECAwQFBgcICQoLDA0ODw==\"},"
              "\"expectedVersion\":"
              "7}]}"),
    FUZZ_TEXT(
        "{\"events\":[{\"noteAdded\":{\"text\":\"h\\u00e9\\ud83d\\ude00\"},\"labels\":[\"vip\"]},{\"locator\":{\"ref\":"
        "\"0001-1\"},"
        "\"questionAnswered\":{\"question\":3,\"text\":\"yes\"}}]}"),
    FUZZ_TEXT("{\"events\":[{\"case_opened\":{\"topic\":\"move.internet\",\"priority\":\"HIGH\"},\"locator\":{"
              "\"identifier\":{"
              "\"domain\":"
              "\"phone\",\"value\":\"+442079460001\"}},\"occurredAtUs\":\"2026-03-01T09:30:00Z\"}]}"),
    FUZZ_TEXT("{\"id\":17,\"events\":[],\"more\":[[[1,2.5e3,true,null]]]}"),
};

int main(int argc, char **argv) {
  static const struct fuzz fuzz = {FUZZ_SEEDS(seeds), .marks = FUZZ_TEXT("{}[]\",:\\0"), .runs = 200000};
  return fuzz_main(argc, argv, &fuzz);
}

#endif
