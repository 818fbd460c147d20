/* A verification of the log: every entry that is here, and the chain from one to the next. */
#include <stdio.h>

#include "base/dir.h"
#include "codec/event_codec.h"
#include "loop/checking.h"

static int check_entry(void *context, const struct bt_journal_record *record, const uint8_t chain[32]) {
  struct bt_check *c = context;
  struct bt_entry entry;
  (void)chain;
  bt_arena_reset(&c->arena);
  int rc = bt_entry_decode(record->head, record->body, &c->arena, &entry);
  if (rc < 0)
    return rc;
  c->report->entries++;
  c->visited = record->sequence;
  if (c->report->entries % BT_CHECK_LINE == 0)
    bt_check_say(c, "journal", record->sequence, bt_journal_durable(c->journal));
  return 0;
}

static int open_journal(struct bt_check *c) {
  char path[BT_PATH_SIZE], archive[BT_PATH_SIZE];
  const char *text = "";
  int rc = bt_path_join(path, c->data_dir, "journal");
  if (rc == 0)
    rc = bt_path_join(archive, c->data_dir, "archive");
  if (rc == 0)
    rc = bt_journal_open(&(struct bt_journal_options){.dir = path, .archive_dir = archive, .read_only = true},
                         &c->journal, &text);
  return rc < 0 ? bt_check_fail(c, rc, text) : 0;
}

/* Behind the last segment that is not here. */
static void find_start(struct bt_check *c) {
  struct bt_journal_segment s = {0};
  c->report->from = 1;
  while (bt_journal_segment(c->journal, s.last + 1, &s) == 0) {
    c->report->segments++;
    c->report->away += !s.here;
    if (!s.here)
      c->report->from = s.last + 1;
  }
}

static int blame_entry(struct bt_check *c, int rc) {
  char name[BT_JOURNAL_NAME_SIZE], text[160];
  c->report->sequence = c->visited + 1;
  bt_journal_segment_name(c->journal, c->visited + 1, name);
  if (!*name)
    return bt_check_fail(c, rc, "an entry of the journal fails its chain hash or does not decode");
  snprintf(text, sizeof text, "archive segment %s is damaged: an entry in it cannot be read", name);
  return bt_check_fail(c, rc, text);
}

int bt_check_journal(struct bt_check *c) {
  int rc = open_journal(c);
  if (rc < 0)
    return rc;
  find_start(c);
  uint64_t first = c->report->from, last = bt_journal_durable(c->journal);
  c->visited = first - 1;
  if (first <= last)
    rc = bt_journal_scan(c->journal, first, last, true, check_entry, c);
  bt_check_say(c, "journal", c->visited, last);
  if (rc < 0)
    return blame_entry(c, rc);
  if (c->report->position > last)
    return bt_check_fail(c, -BT_CORRUPT, "the record stands at a later position than the journal");
  return 0;
}
