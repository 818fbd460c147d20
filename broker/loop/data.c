#include "loop/data.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/progress.h"
#include "loop/record.h"
#include "loop/replay.h"
#include "service/service.h"

struct opening {
  const struct bt_settings *settings;
  struct bt_journal *journal;
  struct bt_store *store;
  struct bt_data_fault *fault;
  uint64_t epoch;
};

/* text, at: NULL where there is none. */
static int fail(struct opening *o, const char *part, int rc, const char *text, const char *at) {
  const int system = errno;
  o->fault->part = part;
  snprintf(o->fault->text, sizeof o->fault->text, "%s", text ? text : "");
  snprintf(o->fault->at, sizeof o->fault->at, "%s", at ? at : "");
  errno = system;
  return rc;
}

/* The holder is named, so that nobody has to look for it. */
static int fail_folder(struct opening *o, const char *part, int rc, const char *text, const char *dir) {
  char locked[160];
  const long pid = rc == -BT_LOCKED ? (long)bt_claim_holder(dir) : 0;
  if (pid)
    snprintf(locked, sizeof locked, "another broker has this data folder: process %ld; stop it first", pid);
  return fail(o, part, rc, pid ? locked : text, dir);
}

/* ---- the journal ---- */

static int open_journal(struct opening *o) {
  char dir[BT_PATH_SIZE], archive[BT_PATH_SIZE];
  const char *text = NULL;
  int rc = bt_path_join(dir, o->settings->data_dir, "journal");
  if (!rc)
    rc = bt_path_join(archive, o->settings->data_dir, "archive");
  if (rc)
    return fail(o, "journal", rc, NULL, o->settings->data_dir);
  const struct bt_journal_options options = {
      .dir = dir, .map_size = o->settings->journal_map_bytes, .archive_dir = archive};
  errno = 0;
  rc = bt_journal_open(&options, &o->journal, &text);
  if (!rc)
    rc = bt_journal_lead(o->journal, &o->epoch);
  return rc ? fail_folder(o, "journal", rc, text, dir) : 0;
}

/* ---- the record ---- */

static int open_record(struct opening *o) {
  char dir[BT_PATH_SIZE], why[BT_RECORD_TEXT];
  int rc = bt_path_join(dir, o->settings->data_dir, "record");
  if (rc)
    return fail(o, "record", rc, NULL, NULL);
  const struct bt_store_options options = {
      .dir = dir, .map_size = o->settings->record_map_bytes, .expect_key = bt_journal_durable(o->journal) > 0};
  errno = 0;
  rc = bt_record_open(o->settings->data_dir, o->journal, &options, &o->store, why);
  return rc ? fail_folder(o, "record", rc, *why ? why : NULL, dir) : 0;
}

/* ---- the replay ---- */

/* How long may pass from one checkpoint of a replay to the next. */
#define REPLAY_STEP_US (120 * BT_SECOND_US)
#define REPLAY_LOG_US (10 * BT_SECOND_US) /* where nobody watches */

static void show_replay(void *context, uint64_t done, uint64_t all) {
  struct bt_progress *p = context;
  static int64_t logged_us;
  const int64_t now_us = bt_clock_mono_us();
  bt_service_extend(REPLAY_STEP_US);
  bt_service_status("making the record from the journal: %llu of %llu", (unsigned long long)done,
                    (unsigned long long)all);
  if (!isatty(STDERR_FILENO)) {
    if (logged_us && now_us - logged_us < REPLAY_LOG_US)
      return;
    logged_us = now_us;
    bt_log(BT_LOG_INFO, "replaying", BT_L_UINT("position", done), BT_L_UINT("upto", all));
  } else {
    bt_progress_say(p, "replaying the journal", done, all);
  }
}

/* The replay met what is not here. */
static int fail_away(struct opening *o, int rc) {
  char name[BT_JOURNAL_NAME_SIZE], text[160];
  const uint64_t at = bt_store_position(o->store, BT_NOW) + 1;
  bt_journal_segment_name(o->journal, at, name);
  snprintf(text, sizeof text, "the record needs entry %llu of archive segment %s, which is not here: put it back",
           (unsigned long long)at, name);
  return fail(o, "replay", rc, text, NULL);
}

static int catch_up(struct opening *o) {
  const uint64_t durable = bt_journal_durable(o->journal), from = bt_store_position(o->store, BT_NOW);
  if (from > durable)
    return fail(o, "record", -BT_CORRUPT, "the record is ahead of the journal", NULL);
  struct bt_progress progress = {.to = isatty(STDERR_FILENO) ? stderr : NULL};
  int rc = bt_replay(o->journal, o->store, durable, o->settings->checkpoint_events, show_replay, &progress);
  bt_progress_end(&progress);
  if (rc)
    return rc == -BT_AWAY ? fail_away(o, rc) : fail(o, "replay", rc, NULL, NULL);
  bt_log(BT_LOG_INFO, "data-open", BT_L_UINT("epoch", o->epoch), BT_L_UINT("position", durable),
         BT_L_UINT("replayed", durable - from));
  return 0;
}

int bt_data_open(const struct bt_settings *s, struct bt_journal **ret_journal, struct bt_store **ret_store,
                 struct bt_data_fault *ret_fault) {
  struct opening o = {.settings = s, .fault = ret_fault};
  int rc = open_journal(&o);
  if (!rc)
    rc = open_record(&o);
  if (!rc)
    rc = catch_up(&o);
  *ret_journal = o.journal;
  *ret_store = o.store;
  return rc;
}
