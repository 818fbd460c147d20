/* Writing the next segment, from a read-only journal beside the broker that goes on with it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "journal/engine.h"

struct sealing {
  struct bt_segment_writer *writer;
  uint64_t raw_bytes;
};

static int add(void *context, const struct bt_journal_record *record, const uint8_t chain[32]) {
  struct sealing *s = context;
  (void)chain;
  int rc = bt_segment_add(s->writer, record->head, record->body);
  if (rc < 0)
    return rc;
  return bt_segment_raw_bytes(s->writer) >= s->raw_bytes ? 1 : 0;
}

/* A process that died, or whose broker did, may have left it whole. What is not is written anew. */
static bool is_there(struct bt_journal *j, uint64_t first, uint64_t upto, uint64_t *ret_last) {
  struct bt_segment s;
  uint8_t before[BT_CHAIN_SIZE];
  uint64_t last = bt_archive_find(j->archive_dir, first);
  if (!last)
    return false;
  if (last <= upto && bt_archive_check(j->archive, first, last, true, &s, NULL, NULL) == 0 &&
      bt_journal_chain(j, first - 1, before) == 0 && memcmp(before, s.before, sizeof before) == 0) {
    *ret_last = last;
    return true;
  }
  char name[BT_SEGMENT_NAME_SIZE + 8], path[BT_PATH_SIZE];
  bt_segment_name(first, last, name);
  if (last <= upto && bt_path_join(path, j->archive_dir, name) == 0)
    unlink(path);
  return false;
}

int bt_journal_seal(struct bt_journal *j, uint64_t upto, uint64_t raw_bytes, uint64_t *ret_last) {
  uint8_t before[BT_CHAIN_SIZE];
  struct bt_segment made;
  struct sealing s = {.raw_bytes = raw_bytes};
  const uint64_t first = j->sealed + 1;
  if (!j->archive || upto >= j->durable)
    return -BT_USAGE;
  if (upto < first)
    return -BT_AGAIN;
  bt_archive_sweep(j->archive_dir);
  if (is_there(j, first, upto, ret_last))
    return 0;
  int rc = bt_journal_chain(j, first - 1, before);
  if (rc == 0)
    rc = bt_segment_begin(j->archive_dir, first, before, &s.writer);
  if (rc < 0)
    return rc;
  rc = bt_journal_scan(j, first, upto, true, add, &s);
  if (rc != 1) {
    bt_segment_drop(s.writer);
    return rc < 0 ? rc : -BT_AGAIN;
  }
  rc = bt_segment_end(s.writer, &made);
  if (rc == 0)
    *ret_last = made.last;
  return rc;
}
