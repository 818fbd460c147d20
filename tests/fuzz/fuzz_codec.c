/* Any bytes at the codec's door: frames, the events inside them, events, entries, records. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/event_codec.h"
#include "codec/frame_codec.h"
#include "codec/record_codec.h"
#include "driver.h"

/* Touches every byte of it, so that the sanitizer sees a slice that points nowhere. */
static size_t touch(struct bt_str s) {
  size_t sum = 0;
  for (size_t i = 0; i < s.n; i++)
    sum += (unsigned char)s.p[i];
  return sum;
}

/* What was taken can be stored and read back. */
static void store(const struct bt_event *event, struct bt_arena *arena) {
  struct bt_entry entry = {.kind = event->kind, .stream = BT_STREAM_CASE, .event = *event}, back = {0};
  struct bt_str head, body;
  fuzz_check(bt_entry_encode(&entry, arena, &head, &body) == 0, "a decoded event does not encode");
  fuzz_check(bt_entry_decode(head, body, arena, &back) == 0, "an encoded entry does not decode");
  fuzz_check(back.event.kind == event->kind && back.event.occurred_at_us == event->occurred_at_us, "an entry changed");
}

static void try_event(struct bt_str bytes, struct bt_arena *arena) {
  struct bt_event event;
  struct bt_str field = {"", 0}, text = {"", 0};
  int rc = bt_event_decode(bytes, arena, &event, &field, &text);
  if (rc == 0)
    store(&event, arena);
  else
    fuzz_check(text.n != 0 && touch(field) + touch(text) != 0, "a refusal without words");
}

static void try_frame(struct bt_str bytes, struct bt_arena *arena) {
  struct bt_frame frame;
  struct bt_str text = {"", 0};
  int rc = bt_frame_decode(bytes, arena, &frame, &text);
  if (rc != 0) {
    fuzz_check(touch(text) != 0, "a refusal without words");
    return;
  }
  if (frame.kind == BT_FRAME_REPORT)
    fuzz_check(frame.report.text.n <= BT_MAX_REPORT_TEXT &&
                   (!frame.report.text.n || !memchr(frame.report.text.p, '\n', frame.report.text.n)) &&
                   frame.report.health > 0 && frame.report.health < BT_HEALTH_COUNT,
               "a report that is none");
  if (frame.kind == BT_FRAME_SUBMIT)
    for (uint32_t i = 0; i < frame.submit.n; i++)
      try_event(frame.submit.v[i].event, arena);
  if (frame.kind == BT_FRAME_SETTLE)
    for (uint32_t i = 0; i < frame.settle.n; i++)
      for (uint32_t j = 0; j < frame.settle.v[i].events.n; j++)
        try_event(frame.settle.v[i].events.v[j], arena);
}

static void try_stored(struct bt_str bytes, struct bt_arena *arena) {
  struct bt_entry entry = {0};
  struct bt_case c;
  struct bt_str head, body;
  size_t half = bytes.n / 2;
  if (bt_entry_decode((struct bt_str){bytes.p, half}, (struct bt_str){bytes.p + half, bytes.n - half}, arena, &entry) ==
      0)
    fuzz_check(bt_entry_encode(&entry, arena, &head, &body) == 0, "a decoded entry does not encode");
  if (bt_record_case_decode(bytes, arena, &c) == 0)
    fuzz_check(bt_record_case_encode(&c, arena, &head) == 0, "a decoded case does not encode");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct bt_arena arena;
  struct bt_str bytes = {(const char *)data, size};
  bt_arena_init(&arena, (size_t)16 << 20);
  try_frame(bytes, &arena);
  try_event(bytes, &arena);
  try_stored(bytes, &arena);
  fuzz_check(!arena.exhausted, "more memory than 16 MiB");
  bt_arena_fini(&arena);
  return 0;
}

#ifdef FUZZ_MAIN

/* A note with all fields of an event around it; a case; an offer; an identifier; and frames: one that submits the
 * first, Hello, a Settle, a Query, a Report. */
static const struct fuzz_seed seeds[] = {
    FUZZ_TEXT("\x08\x01\x12\x05sales\x1a\x03"
              "amy\x22\x02\x08\x07\x28\x09\x30\x01\x3a\x03vip\x9a\x01\x04\x0a\x02hi"),
    FUZZ_TEXT("\x22\x0e\x22\x0c\x0a\x05phone\x12\x03"
              "123\x82\x01\x16\x0a\x04move\x12\x05title\x1a\x03why\x20\x02\x28\x09\x30\x03"),
    FUZZ_TEXT("\x22\x02\x08\x07\xb2\x01\x0f\x0a\x05moves\x1a\x04"
              "call\x20\x09"),
    FUZZ_TEXT("\xfa\x03\x13\x0a\x0c\x0a\x05phone\x12\x03"
              "123\x1a\x03"
              "how"),
    FUZZ_TEXT("\x08\x01\x2a\x2d\x0a\x2b\x08\x01\x12\x03key\x18\x05\x22\x07\x9a\x01\x04\x0a\x02hi\x2a\x17\x0a\x06source"
              "\x12\x0d"
              "0123456789abc"),
    FUZZ_TEXT("\x08\x01\x12\x19\x0a\x10"
              "0123456789abcdef\x12\x03"
              "crm\x18\x40"),
    FUZZ_TEXT("\x08\x01\x42\x0f\x0a\x0d\x08\x05\x10\x02\x18\xe8\x07\x22\x04"
              "busy"),
    FUZZ_TEXT("\x08\x01\x4a\x0b\x08\x01\x20\x0a\x82\x01\x04\x0a\x02\x08\x07"),
    FUZZ_TEXT("\x08\x01\x6a\x1a\x08\x03\x12\x06\xc2\xab"
              "db\xc2\xbb\x18\x09\x20\x08\x2a\x0a\x08\x01\x10\x02\x18\x03\x20\x04\x28\x05"),
};

/* A seed that is refused at the door would leave the rooms behind it untried. */
static void check_seeds(void) {
  for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
    const struct bt_str seed = {seeds[i].bytes, seeds[i].n};
    struct bt_arena arena;
    struct bt_event event;
    struct bt_frame frame;
    struct bt_str field, text;
    bt_arena_init(&arena, (size_t)1 << 20);
    bool taken =
        bt_event_decode(seed, &arena, &event, &field, &text) == 0 || bt_frame_decode(seed, &arena, &frame, &text) == 0;
    fuzz_check(taken, "a seed is refused");
    bt_arena_fini(&arena);
  }
}

int main(int argc, char **argv) {
  static const struct fuzz fuzz = {FUZZ_SEEDS(seeds), .runs = 200000};
  check_seeds();
  return fuzz_main(argc, argv, &fuzz);
}

#endif
