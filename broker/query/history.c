/* A case's events, newest first, each cut by policy. */
#include "codec/event_codec.h"
#include "core/policy.h"
#include "core/ref.h"
#include "query/ask.h"

/* -BT_ABSENT: there is no such entry (any more), or it belongs to another stream. */
static int entry_at(const struct bt_ask_walk *w, uint64_t sequence, bool head_only, struct bt_arena *arena,
                    struct bt_entry *ret) {
  struct bt_journal_record record;
  int rc = bt_journal_read(w->ask->context->journal, sequence, arena, &record);
  if (rc == 0)
    rc = bt_entry_decode(record.head, head_only ? (struct bt_str){0} : record.body, arena, ret);
  if (rc < 0)
    return rc;
  ret->sequence = sequence;
  if (ret->previous >= sequence)
    return -BT_CORRUPT;
  return ret->stream == BT_STREAM_CASE && ret->case_id == w->c.id ? 0 : -BT_ABSENT;
}

static enum bt_sight sight_of(const struct bt_ask_walk *w, const struct bt_entry *e) {
  if (bt_ask_sees_whole(w->ask, &w->c))
    return BT_SIGHT_FULL;
  return bt_policy_entry(w->ask->context->rules, &w->c, e, w->ask->asker->department, false);
}

/* The newest correction of an entry; 0: none. Who may not read the correction does not learn of it from what it
 * corrects either. */
static int superseded_by(const struct bt_ask_walk *w, uint64_t sequence, uint64_t *ret) {
  *ret = 0;
  for (uint32_t i = 0; i < w->c.corrections.n; i++) {
    if (w->c.corrections.v[i].supersedes != sequence)
      continue;
    struct bt_entry e;
    int rc = entry_at(w, w->c.corrections.v[i].by, true, w->ask->scratch, &e);
    if (rc == 0 && sight_of(w, &e) == BT_SIGHT_FULL)
      *ret = e.sequence;
    return rc == -BT_ABSENT || rc == -BT_AWAY ? 0 : rc;
  }
  return 0;
}

/* The entry as the asker may see it. Cards are told beside events, never in them. */
static int cut(const struct bt_ask_walk *w, enum bt_sight sight, struct bt_recorded *row, struct bt_entry *e) {
  const struct bt_card *card;
  struct bt_str digest;
  row->stub = sight == BT_SIGHT_STUB;
  if (row->stub)
    bt_policy_cut_to_stub(e, sight);
  else if (!bt_ask_sees_whole(w->ask, &w->c))
    bt_policy_cut_words(w->ask->context->rules, w->ask->asker->department, e);
  bt_policy_take_card(e, &card, &digest);
  return superseded_by(w, e->sequence, &row->superseded_by);
}

/* Adds the row where it fits. 1: the page is full. */
static int add(struct bt_ask_walk *w, uint64_t sequence, enum bt_sight sight) {
  if (w->rows.n == w->max)
    return 1;
  struct bt_entry *e = BT_NEW(w->ask->arena, struct bt_entry);
  if (!e)
    return -BT_NOMEM;
  int rc = entry_at(w, sequence, sight == BT_SIGHT_STUB, w->ask->arena, e);
  struct bt_recorded row = {.entry = e, .ref = w->ref};
  if (rc == 0)
    rc = cut(w, sight, &row, e);
  if (rc < 0)
    return rc;
  size_t size = bt_recorded_size(&row);
  if (size > w->room)
    return 1;
  w->room -= size;
  w->rows.v[w->rows.n++] = row;
  return 0;
}

/* One step down: 0 and where to go next (0: the last one was reached), or 1: the page is full before this one. */
static int step(struct bt_ask_walk *w, uint64_t sequence, uint64_t *ret_next) {
  struct bt_entry head;
  bt_arena_reset(w->ask->scratch);
  int rc = entry_at(w, sequence, true, w->ask->scratch, &head);
  *ret_next = 0;
  if (rc == -BT_AWAY) {
    w->away = sequence;
    return 0;
  }
  if (rc == -BT_ABSENT) /* the record and the journal do not belong together */
    return -BT_CORRUPT;
  w->oldest_version = rc < 0 ? w->oldest_version : head.version;
  if (rc < 0 || head.version <= w->since_version)
    return rc;
  if (head.version > w->since_version + 1)
    *ret_next = head.previous;
  enum bt_sight sight = sight_of(w, &head);
  return sight == BT_SIGHT_NONE ? 0 : add(w, sequence, sight);
}

int bt_ask_walk(struct bt_ask_walk *w, uint64_t from, struct bt_str *ret_page) {
  w->rows = (struct bt_recordeds){0, BT_NEW_ARRAY(w->ask->arena, struct bt_recorded, w->max)};
  if (!w->rows.v)
    return -BT_NOMEM;
  for (uint64_t sequence = from, next; sequence; sequence = next) {
    int rc = step(w, sequence, &next);
    if (rc < 0)
      return rc;
    bool late = w->ask->context->mono_us() >= w->ask->until_us; /* each entry may come from the disk */
    if (rc == 1 || (late && next))
      return bt_ask_page_put(w->ask, w->c.id, rc == 1 ? sequence : next, ret_page);
  }
  return 0;
}

/* The place that a token names must be an entry of this case. */
static int start(struct bt_ask_walk *w, uint64_t *ret_from) {
  uint64_t from = w->c.last_sequence;
  int rc = bt_ask_page_get(w->ask, w->c.id, &from);
  if (rc < 0 || from == w->c.last_sequence) {
    *ret_from = from;
    return rc;
  }
  struct bt_entry e;
  bt_arena_reset(w->ask->scratch);
  rc = from < w->c.last_sequence ? entry_at(w, from, true, w->ask->scratch, &e) : -BT_ABSENT;
  if (rc == -BT_AWAY) /* moved away since the page was told of: the way down ends there */
    rc = 0;
  if (rc < 0)
    return rc == -BT_ABSENT ? -BT_BAD_PAGE : rc;
  *ret_from = from;
  return 0;
}

struct bt_str bt_ask_away(const struct bt_ask *ask, uint64_t sequence, uint64_t n) {
  char name[BT_JOURNAL_NAME_SIZE];
  bt_journal_segment_name(ask->context->journal, sequence, name);
  if (!n)
    return bt_arena_printf(ask->arena, "older events are in archive segment %s, which is not here", name);
  return bt_arena_printf(ask->arena, "%llu older events are in archive segment %s, or before it, which is not here",
                         (unsigned long long)n, name);
}

int bt_ask_history(const struct bt_ask *ask, struct bt_answer *ret) {
  struct bt_ask_walk w = {.ask = ask, .room = BT_ASK_ROOM, .max = ask->limit};
  uint64_t from = 0;
  int rc = bt_ask_located(ask, ret, &w.c);
  if (rc == 0)
    rc = start(&w, &from);
  if (rc < 0)
    return rc;
  ret->case_id = w.c.id;
  ret->ref = w.ref = bt_ref_new(ask->arena, w.c.number);
  rc = bt_ask_walk(&w, from, &ret->next_page);
  ret->events = w.rows;
  if (rc == 0 && w.away)
    ret->text = bt_ask_away(ask, w.away, w.oldest_version ? w.oldest_version - 1 : 0);
  return rc;
}
