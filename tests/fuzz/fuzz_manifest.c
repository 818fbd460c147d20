/* Any bytes as the manifest of a backup: as they are, and with an end that fits. */
#include <stdlib.h>
#include <string.h>

#include "../../broker/backup/manifest.c"
#include "driver.h"

static void check(const struct bt_manifest *m) {
  fuzz_check(m->from && m->position >= m->from, "it begins behind its end");
  fuzz_check(m->n && m->v[m->n - 1].s.last == m->position, "its segments do not come to its position");
  for (uint32_t i = 1; i < m->n; i++)
    fuzz_check(m->v[i].s.first == m->v[i - 1].s.last + 1, "segments do not follow one another");
  fuzz_check(m->n_snapshots <= BT_SNAPSHOTS_MAX, "more snapshots than there is room for");
  for (uint32_t i = 0; i < m->n; i++)
    fuzz_check(bt_manifest_segment_of(m, m->v[i].s.first) == i && bt_manifest_segment_of(m, m->v[i].s.last) == i,
               "an entry is in another segment");
}

static char *lines(const struct bt_manifest *m, size_t *ret_n) {
  char *text = NULL;
  FILE *f = open_memstream(&text, ret_n);
  fuzz_check(f != NULL, "no memory");
  put_lines(f, m);
  fuzz_check(fclose(f) == 0, "no memory");
  return text;
}

/* body: any bytes; the last line is put behind them. */
static bool read_with_end(const void *body, size_t n, struct bt_manifest *ret) {
  char hex[HEX], *text = malloc(n + 70);
  uint8_t digest[BT_FILE_DIGEST];
  struct bt_task w = {.text = ""};
  fuzz_check(text != NULL, "no memory");
  if (n)
    memcpy(text, body, n);
  bt_file_digest_of(text, n, digest);
  snprintf(text + n, 70, "end %s\n", bt_hex(hex, digest, BT_FILE_DIGEST));
  *ret = (struct bt_manifest){0};
  int rc = parse(&w, "manifest", text, n + 69, ret);
  fuzz_check(rc == 0 || w.text[0], "a refusal without words");
  free(text);
  if (rc < 0)
    bt_manifest_fini(ret);
  return rc == 0;
}

/* What was taken is written, and reads as the same. */
static void again(const struct bt_manifest *m) {
  struct bt_manifest back;
  size_t n, n_back;
  char *text = lines(m, &n);
  fuzz_check(read_with_end(text, n, &back), "a manifest does not read back");
  char *text_back = lines(&back, &n_back);
  fuzz_check(n == n_back && memcmp(text, text_back, n) == 0, "a manifest changed");
  bt_manifest_fini(&back);
  free(text_back);
  free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct bt_manifest m = {0};
  struct bt_task w = {.text = ""};
  char *text = malloc(size + 1);
  fuzz_check(text != NULL, "no memory");
  if (size)
    memcpy(text, data, size);
  text[size] = '\0';
  if (parse(&w, "manifest", text, size, &m) == 0)
    check(&m);
  bt_manifest_fini(&m);
  free(text);
  if (read_with_end(data, size, &m)) {
    check(&m);
    again(&m);
    bt_manifest_fini(&m);
  }
  return 0;
}

#ifdef FUZZ_MAIN

#define H "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define S "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
#define BEGIN                                                                                                          \
  "baton backup 1\nmade 2026-11-22T10:00:00Z\nfrom 1\nposition 30\nrecorded 2026-11-22T09:00:00Z\nbefore " H           \
  "\nchain " S "\nepoch 3\n"

static const struct fuzz_seed seeds[] = {
    FUZZ_TEXT(BEGIN "segment 1 30 999 " S " " H "\nfile identifiers.key 32 " H "\n"),
    FUZZ_TEXT(BEGIN "away 1 9 1000 " H "\nsegment 10 30 999 " S " " H "\n"),
    FUZZ_TEXT(BEGIN "segment 1 30 999 " S " " H "\nsnapshot 20 1795340000000000 " H " 4096 " S "\n"),
    FUZZ_TEXT("baton backup 1\nfrom 18446744073709551615\nposition 18446744073709551615\nchain " S
              "\naway 18446744073709551615 18446744073709551615 0 " S "\n"),
    FUZZ_TEXT("baton backup 1 end of the first line"),
    FUZZ_TEXT("baton backup 2\n"),
};

int main(int argc, char **argv) {
  static const struct fuzz fuzz = {FUZZ_SEEDS(seeds), .marks = FUZZ_TEXT(" \n\0019af-."), .runs = 100000};
  struct bt_manifest m;
  for (int i = 0; i < 3; i++) { /* a seed that is refused would leave what is behind it untried */
    fuzz_check(read_with_end(seeds[i].bytes, seeds[i].n, &m), "a seed is refused");
    bt_manifest_fini(&m);
  }
  return fuzz_main(argc, argv, &fuzz);
}

#endif
