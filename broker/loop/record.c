#include "loop/record.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "loop/snapshot.h"

struct opening {
  const char *data_dir;
  struct bt_journal *journal;
  const struct bt_store_options *options;
  char *text;
};

static int say(struct opening *o, int rc, const char *text) {
  snprintf(o->text, BT_RECORD_TEXT, "%s", text);
  return rc;
}

/* Nothing serves to make it of. `why` begins the sentence. */
static int refuse(struct opening *o, const char *why) {
  struct bt_journal_segment missing;
  char name[BT_JOURNAL_NAME_SIZE];
  if (!bt_snapshot_needs(o->journal, 0, &missing))
    return 0;
  bt_journal_segment_name(o->journal, missing.first, name);
  snprintf(o->text, BT_RECORD_TEXT,
           "%s, and cannot be made again: no snapshot serves, and archive segment %s is not here. Put it back into "
           "%s/archive%s, or restore a backup (batonctl restore) into a new data folder; the record was left as it is",
           why, name, o->data_dir, missing.first > 1 ? ", and others that are away" : "");
  return -BT_AWAY;
}

static int make_lost(struct opening *o, const char *record) {
  uint64_t position;
  int rc = bt_snapshot_restore(o->data_dir, o->journal, record, &position);
  if (rc == 0 && !position)
    rc = refuse(o, "the record is lost");
  else if (rc < 0)
    (void)!say(o, rc, "the record is lost, and a snapshot of it cannot be copied");
  if (rc < 0)
    return rc;
  bt_log(BT_LOG_WARN, "record-lost", BT_L_UINT("snapshot", position),
         BT_L_TEXT("text", position ? "it is made from this snapshot and the journal from there"
                                    : "no snapshot serves: it is made from the journal and the archive"));
  return 0;
}

/* In the place of the one that was set aside. A broker that dies here finds the record lost, and makes it likewise. */
static int put_in_place(struct opening *o, const char *made, uint64_t position) {
  char aside[BT_PATH_SIZE];
  int rc = bt_store_set_aside(o->options->dir, aside);
  if (rc < 0)
    return say(o, rc,
               "the record was written by an older version of the broker and cannot be moved aside: see that its "
               "folder's folder can be written to");
  bt_log(BT_LOG_WARN, "record-older", BT_L_TEXT("moved_to", aside), BT_L_UINT("snapshot", position),
         BT_L_UINT("entries", bt_journal_durable(o->journal)),
         BT_L_TEXT("text", "the record of an older version was moved aside; it is made again from the journal"));
  if (!position)
    return 0;
  rc = rename(made, o->options->dir) == 0 ? bt_dir_sync(o->data_dir) : -BT_IO;
  return rc < 0 ? say(o, rc, "a snapshot cannot be put in the record's place") : 0;
}

static int make_older(struct opening *o) {
  char made[BT_PATH_SIZE];
  uint64_t position = 0;
  int rc = bt_path_join(made, o->data_dir, "record.made");
  if (rc == 0)
    rc = bt_dir_remove(made);
  if (rc == 0)
    rc = bt_snapshot_restore(o->data_dir, o->journal, made, &position);
  if (rc < 0)
    return say(o, rc, "the record was written by an older version, and a snapshot cannot be copied to take its place");
  rc = position ? 0 : refuse(o, "the record was written by an older version of the broker");
  return rc < 0 ? rc : put_in_place(o, made, position);
}

int bt_record_open(const char *data_dir, struct bt_journal *journal, const struct bt_store_options *options,
                   struct bt_store **ret, char text[BT_RECORD_TEXT]) {
  struct opening o = {data_dir, journal, options, text};
  char data[BT_PATH_SIZE];
  const char *why = "";
  *text = '\0';
  int rc = bt_path_join(data, options->dir, "data.mdb");
  if (rc == 0 && !bt_path_exists(data) && bt_journal_durable(journal))
    rc = make_lost(&o, options->dir);
  if (rc < 0)
    return rc;
  rc = bt_store_open(options, ret, &why);
  if (rc != -BT_OLDER)
    return rc < 0 ? say(&o, rc, why) : 0;
  rc = make_older(&o);
  if (rc < 0)
    return rc;
  rc = bt_store_open(options, ret, &why);
  return rc < 0 ? say(&o, rc, why) : 0;
}
