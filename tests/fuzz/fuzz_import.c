/* Any bytes as lines of an export, and any head and body as an entry that came with one: what an import takes must be
 * written again as it was, and the record must take it or refuse it, never break. */
#include "../unit/record_fixture.h"

#include "base/bytes.h"
#include "codec/entry_json.h"
#include "driver.h"

enum { LINE_ARENA = 64 << 20, MOST_SEEDS = 64, SEED_BYTES = 1024 };

/* The record that entries meet: made once, and every time put back to where it was. */
static struct record base;

static void fill_base(void) {
  static bool filled;
  if (filled)
    return;
  filled = true;
  record_open(&base);
  uint64_t id = record_do(&base, "care", event_open("order", "Kettle", "ann@example.org")).case_id;
  record_do(&base, "care", event_note(id, "it whistles"));
  record_do(&base, "care",
            (struct bt_event){.kind = BT_FACT_RECORDED,
                              .locator.id = id,
                              .fact_recorded = {.key = BT_LIT("colour"), .value = BT_LIT("red")}});
  record_do(&base, "care",
            (struct bt_event){.kind = BT_PROMISE_MADE,
                              .locator.id = id,
                              .promise_made = {.type = BT_PROMISE_CALLBACK, .due_us = base.now_us + 3600000000}});
  record_do(&base, "care",
            (struct bt_event){.kind = BT_QUESTION_ASKED,
                              .locator.id = id,
                              .question_asked = {.to = BT_LIT("billing"), .text = BT_LIT("paid?")}});
  record_do(&base, "care",
            (struct bt_event){.kind = BT_WORK_STARTED,
                              .locator.id = id,
                              .work_started = {.action = BT_LIT("refund"), .subject = BT_LIT("invoice 1")}});
  record_do(&base, "care",
            (struct bt_event){.kind = BT_HANDOFF_OFFERED,
                              .locator.id = id,
                              .handoff_offered = {.to = BT_LIT("moves"), .next_step = BT_LIT("move it")}});
  fuzz_check(bt_store_checkpoint(base.store) == 0, "the record cannot be written");
}

/* As an import does it, at the place behind what is there; then all of it is forgotten. */
static int apply(const struct bt_json_entry *e, struct bt_arena *arena) {
  struct bt_entry entry = {.kind = 0};
  int rc = bt_entry_decode(e->head, e->body, arena, &entry);
  entry.sequence = bt_store_position(base.store, BT_NOW) + 1;
  return rc < 0 ? rc : bt_store_apply(base.store, &entry);
}

static bool same(struct bt_str a, struct bt_str b) {
  return a.n == b.n && (!a.n || memcmp(a.p, b.p, a.n) == 0);
}

static void written_and_read(const struct bt_json_entry *e, struct bt_arena *arena) {
  struct bt_json_entry back;
  const char *why = "";
  char *line = NULL;
  size_t n = 0;
  FILE *f = open_memstream(&line, &n);
  fuzz_check(f && bt_entry_write_json(e, arena, f) == 0 && fclose(f) == 0, "an entry cannot be written");
  fuzz_check(n && memchr(line, '\n', n) == line + n - 1, "an entry is not one line");
  fuzz_check(bt_entry_read_json((struct bt_str){line, n - 1}, arena, &back, &why) == 0, "an entry does not read back");
  fuzz_check(back.sequence == e->sequence && memcmp(back.chain, e->chain, sizeof e->chain) == 0 &&
                 same(back.head, e->head) && same(back.body, e->body),
             "an entry changed");
  free(line);
}

static void try_header(struct bt_str line) {
  struct bt_json_header h, back;
  const char *why = NULL;
  char *text = NULL;
  size_t n = 0;
  if (bt_header_read_json(line, &h, &why) < 0) {
    fuzz_check(why && *why, "a refusal without words");
    return;
  }
  FILE *f = open_memstream(&text, &n);
  fuzz_check(f != NULL, "no memory");
  bt_header_write_json(&h, f);
  fuzz_check(fclose(f) == 0 && bt_header_read_json((struct bt_str){text, n - 1}, &back, &why) == 0 &&
                 back.from == h.from && back.to == h.to && back.format == h.format && back.has_key == h.has_key,
             "a header does not read back");
  free(text);
}

static void try_lines(struct bt_str text, struct bt_arena *arena) {
  for (size_t at = 0; at < text.n;) {
    const char *newline = memchr(text.p + at, '\n', text.n - at);
    const struct bt_str line = {text.p + at, newline ? (size_t)(newline - text.p) - at : text.n - at};
    struct bt_json_entry e;
    const char *why = NULL;
    bt_arena_reset(arena);
    try_header(line);
    if (bt_entry_read_json(line, arena, &e, &why) == 0) {
      written_and_read(&e, arena);
      if (apply(&e, arena) < 0)
        break;
    } else {
      fuzz_check(why && *why, "a refusal without words");
    }
    at += line.n + 1;
  }
}

/* Length of the head (2 bytes), the head, the body. */
static void try_parts(struct bt_str bytes, struct bt_arena *arena) {
  if (bytes.n < 2)
    return;
  size_t head = (size_t)((unsigned char)bytes.p[0] << 8 | (unsigned char)bytes.p[1]);
  head = head < bytes.n - 2 ? head : bytes.n - 2;
  const struct bt_json_entry e = {
      .sequence = 9, .head = {bytes.p + 2, head}, .body = {bytes.p + 2 + head, bytes.n - 2 - head}};
  written_and_read(&e, arena);
  (void)!apply(&e, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct bt_arena arena;
  const struct bt_str bytes = {(const char *)data, size};
  fill_base();
  bt_arena_init(&arena, LINE_ARENA);
  if (size && data[0] == '{')
    try_lines(bytes, &arena);
  else
    try_parts(bytes, &arena);
  bt_store_rollback(base.store);
  bt_arena_fini(&arena);
  return 0;
}

#ifdef FUZZ_MAIN

/* The entries of the record, one seed each as parts and one as a line. */
static size_t make_seeds(struct fuzz_seed v[MOST_SEEDS]) {
  static char room[MOST_SEEDS * SEED_BYTES];
  char *to = room;
  size_t n = 0;
  const uint64_t last = bt_store_position(base.store, BT_NOW);
  for (uint64_t s = 1; s <= last && n + 2 <= MOST_SEEDS; s++) {
    struct bt_journal_record r;
    fuzz_check(bt_journal_read(base.journal, s, &base.arena, &r) == 0, "an entry is not there");
    if (2 + r.head.n + r.body.n > SEED_BYTES)
      continue;
    v[n++] = (struct fuzz_seed){to, 2 + r.head.n + r.body.n};
    *to++ = (char)(r.head.n >> 8);
    *to++ = (char)r.head.n;
    memcpy(to, r.head.p, r.head.n);
    memcpy(to + r.head.n, r.body.p, r.body.n);
    to += r.head.n + r.body.n;
    const struct bt_json_entry e = {.sequence = s, .head = r.head, .body = r.body};
    FILE *f = fmemopen(to, SEED_BYTES, "w");
    fuzz_check(f && bt_entry_write_json(&e, &base.arena, f) == 0, "an entry cannot be written");
    const long size = ftell(f);
    if (fclose(f) == 0 && size > 0 && size < SEED_BYTES) {
      v[n++] = (struct fuzz_seed){to, (size_t)size};
      to += size;
    }
  }
  return n;
}

int main(int argc, char **argv) {
  static struct fuzz_seed seeds[MOST_SEEDS + 1];
  static const struct fuzz_seed header =
      FUZZ_TEXT("{\"format\":\"baton-export\",\"version\":1,\"journalFormat\":1,\"from\":\"1\",\"to\":\"9\",\"before\":"
                "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"}\n");
  fill_base();
  size_t n = make_seeds(seeds);
  fuzz_check(n > 8, "too few seeds");
  seeds[n++] = header;
  const struct fuzz fuzz = {
      .seeds = seeds, .n = n, .marks = FUZZ_TEXT("\"\"{}[]:,\0\x01\x08\x12\xff\x80\\019"), .runs = 20000};
  int code = fuzz_main(argc, argv, &fuzz);
  record_close(&base);
  return code;
}

#endif
