/* Where a trial begins: which requests are in reach, and the record as it was before the first of them. */
#include <fcntl.h>
#include <unistd.h>

#include "base/dir.h"
#include "loop/replay.h"
#include "loop/trying.h"

enum { ROOM = 64 << 20 };

/* ---- what is there ---- */

/* Behind the last segment that is not here. */
static uint64_t find_whole_from(struct bt_journal *j) {
  struct bt_journal_segment s = {0};
  uint64_t from = 1;
  while (bt_journal_segment(j, s.last + 1, &s) == 0)
    if (!s.here)
      from = s.last + 1;
  return from;
}

/* Known to the journal, and with everything there that came after. */
static void find_snapshots(struct bt_trial *t) {
  struct bt_snapshot v[BT_SNAPSHOTS_MAX];
  const uint32_t n = bt_snapshot_list(t->options->data_dir, v);
  for (uint32_t i = 0; i < n; i++)
    if (v[i].position + 1 >= t->whole_from && bt_snapshot_known(t->journal, &v[i]) == 0)
      t->snapshots[t->n_snapshots++] = v[i];
}

int bt_trial_open(struct bt_trial *t) {
  char path[BT_PATH_SIZE], archive[BT_PATH_SIZE];
  const char *text = NULL;
  int rc = bt_path_join(path, t->options->data_dir, "journal");
  if (!rc)
    rc = bt_path_join(archive, t->options->data_dir, "archive");
  const struct bt_journal_options options = {.dir = path, .archive_dir = archive, .read_only = true};
  if (!rc)
    rc = bt_journal_open(&options, &t->journal, &text);
  if (rc)
    return bt_trial_fail(t, rc, text ? text : "the journal cannot be opened");
  t->whole_from = find_whole_from(t->journal);
  find_snapshots(t);
  return 0;
}

/* ---- which requests ---- */

/* The last entry of a request's unit. */
bool bt_trial_ends_request(const struct bt_entry *e) {
  return e->kind < BT_SETTLED && e->has_receipt && e->adapter.n;
}

/* Nothing before this entry has a record to be decided on. */
static int find_reach(struct bt_trial *t) {
  struct bt_try_report *r = t->report;
  r->reach = 1;
  if (t->whole_from == 1)
    return 0;
  if (!t->n_snapshots)
    return bt_trial_fail(t, -BT_AWAY,
                         "archive segments are not here, and no snapshot behind them serves: the record that the "
                         "requests met cannot be made; put the segments back");
  r->reach = t->snapshots[t->n_snapshots - 1].position + 1;
  return 0;
}

/* From the end backwards, until there are enough. */
int bt_trial_first(struct bt_trial *t) {
  struct bt_try_report *r = t->report;
  const uint64_t last = bt_journal_durable(t->journal);
  uint64_t requests = 0;
  int rc = find_reach(t);
  if (rc)
    return rc;
  r->from = 0;
  for (uint64_t sequence = last; sequence >= r->reach && requests < t->options->last; sequence--) {
    struct bt_entry e;
    bt_arena_reset(&t->unit);
    if ((rc = bt_trial_entry(t, sequence, &e)))
      return bt_trial_fail(t, rc, "an entry of the journal cannot be read: run batonctl verify");
    if (!bt_trial_ends_request(&e))
      continue;
    requests++;
    sequence = r->from = e.unit_first;
  }
  r->to = r->from ? last : 0;
  return 0;
}

/* ---- the record up to there ---- */

/* The key under which identifiers are filed lies beside the record. */
static int copy_key(const char *from_dir, const char *to_dir) {
  char from[BT_PATH_SIZE], to[BT_PATH_SIZE], bytes[64];
  int rc = bt_path_join(from, from_dir, "identifiers.key");
  if (!rc)
    rc = bt_path_join(to, to_dir, "identifiers.key");
  if (rc)
    return rc;
  int in = open(from, O_RDONLY | O_CLOEXEC),
      out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ssize_t n = out < 0 ? -1 : read(in, bytes, sizeof bytes);
  bool fine = n > 0 && write(out, bytes, (size_t)n) == n;
  explicit_bzero(bytes, sizeof bytes);
  if (in >= 0)
    close(in);
  if (out >= 0 && close(out) != 0)
    fine = false;
  return fine ? 0 : -BT_IO;
}

static void drop_snapshot(struct bt_trial *t, uint32_t at) {
  t->n_snapshots--;
  for (uint32_t i = at; i < t->n_snapshots; i++)
    t->snapshots[i] = t->snapshots[i + 1];
}

/* The newest that is old enough, as far as it holds together; without one the record begins empty. A broker that runs
 * may also have thrown it away by now. */
static int begin(struct bt_trial *t, const char *record, uint64_t *ret_bytes) {
  uint32_t i = 0;
  while (i < t->n_snapshots && t->snapshots[i].position >= t->report->from)
    i++;
  t->report->snapshot = 0;
  *ret_bytes = 0;
  if (i == t->n_snapshots)
    return 0;
  const struct bt_snapshot s = t->snapshots[i];
  int rc = bt_snapshot_copy(t->options->data_dir, &s, record);
  if (rc == -BT_FULL || rc == -BT_NOMEM || rc == -BT_LIMIT)
    return bt_trial_fail(t, rc, "a snapshot cannot be copied");
  if (rc) {
    drop_snapshot(t, i);
    return -BT_AGAIN;
  }
  t->report->snapshot = s.position;
  *ret_bytes = s.bytes;
  return 0;
}

static void say_replayed(void *context, uint64_t sequence, uint64_t upto) {
  struct bt_trial *t = context;
  bt_progress_say(&t->progress, "building the record", sequence, upto);
}

int bt_trial_record(struct bt_trial *t, const char *temporary) {
  char path[BT_PATH_SIZE];
  const char *text = NULL;
  uint64_t bytes = 0;
  int rc = copy_key(t->options->data_dir, temporary);
  if (rc)
    return bt_trial_fail(t, rc, "identifiers.key in the data folder cannot be read");
  rc = bt_path_join(path, temporary, "record");
  if (!rc)
    rc = begin(t, path, &bytes);
  if (rc)
    return rc;
  const struct bt_store_options options = {.dir = path, .map_size = bytes * 2 + ROOM, .expect_key = true};
  if ((rc = bt_store_open(&options, &t->store, &text)))
    return bt_trial_fail(t, rc, text);
  rc = bt_replay(t->journal, t->store, t->report->from - 1, 0, say_replayed, t);
  return rc ? bt_trial_fail(t, rc, "the record cannot be built from the journal: run batonctl verify") : 0;
}
