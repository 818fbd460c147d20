/* A case's events, newest first, each cut by policy. */
#include "codec/event_codec.h"
#include "core/policy.h"
#include "core/ref.h"
#include "query/ask.h"

enum { CLOCK_EVERY = 64 };

struct walk {
  const struct bt_ask *ask;
  struct bt_case c;
};

/* -BT_ABSENT: there is no such entry (any more), or it belongs to another stream. */
static int entry_at(const struct walk *w, uint64_t sequence, bool head_only, struct bt_arena *arena,
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

static enum bt_sight sight_of(const struct walk *w, const struct bt_entry *e) {
  const struct bt_asker *asker = w->ask->asker;
  return asker->all ? BT_SIGHT_FULL : bt_policy_entry(w->ask->context->rules, &w->c, e, asker->department);
}

/* The newest correction of an entry; 0: none. Who may not read the correction does not learn of it from what it
 * corrects either. */
static int superseded_by(const struct walk *w, uint64_t sequence, uint64_t *ret) {
  *ret = 0;
  for (uint32_t i = 0; i < w->c.corrections.n; i++) {
    if (w->c.corrections.v[i].supersedes != sequence)
      continue;
    struct bt_entry e;
    int rc = entry_at(w, w->c.corrections.v[i].by, true, w->ask->scratch, &e);
    if (rc == 0 && sight_of(w, &e) == BT_SIGHT_FULL)
      *ret = e.sequence;
    return rc == -BT_ABSENT ? 0 : rc;
  }
  return 0;
}

/* Adds the row where it may be seen and fits. 1: the page is full. */
static int add(struct walk *w, uint64_t sequence, enum bt_sight sight, size_t *room, struct bt_answer *ret) {
  if (ret->events.n == w->ask->limit)
    return 1;
  struct bt_entry *e = BT_NEW(w->ask->arena, struct bt_entry);
  if (!e)
    return -BT_NOMEM;
  int rc = entry_at(w, sequence, sight == BT_SIGHT_STUB, w->ask->arena, e);
  if (rc < 0)
    return rc;
  const struct bt_card *card;
  struct bt_str digest;
  struct bt_recorded row = {.entry = e, .ref = ret->ref};
  if (sight == BT_SIGHT_STUB)
    bt_policy_cut_to_stub(e);
  bt_policy_take_card(e, &card, &digest);
  rc = superseded_by(w, sequence, &row.superseded_by);
  if (rc < 0)
    return rc;
  size_t size = bt_recorded_size(&row);
  if (size > *room)
    return 1;
  *room -= size;
  ret->events.v[ret->events.n++] = row;
  return 0;
}

/* One step down: 0 and where to go next (0: the first entry was reached), or 1: the page is full before this one. */
static int step(struct walk *w, uint64_t sequence, size_t *room, struct bt_answer *ret, uint64_t *ret_next) {
  struct bt_entry head;
  bt_arena_reset(w->ask->scratch);
  int rc = entry_at(w, sequence, true, w->ask->scratch, &head);
  if (rc == -BT_ABSENT) {
    *ret_next = 0; /* trimmed away, or else the record and the journal do not belong together */
    return sequence < bt_journal_first(w->ask->context->journal) ? 0 : -BT_CORRUPT;
  }
  if (rc < 0)
    return rc;
  *ret_next = head.previous;
  enum bt_sight sight = sight_of(w, &head);
  return sight == BT_SIGHT_NONE ? 0 : add(w, sequence, sight, room, ret);
}

static int fill(struct walk *w, uint64_t from, struct bt_answer *ret) {
  size_t room = BT_ASK_ROOM;
  uint32_t n = 0;
  for (uint64_t sequence = from, next; sequence; sequence = next) {
    int rc = step(w, sequence, &room, ret, &next);
    if (rc < 0)
      return rc;
    bool late = ++n % CLOCK_EVERY == 0 && w->ask->context->mono_us() >= w->ask->until_us;
    if (rc == 1 || (late && next))
      return bt_ask_page_put(w->ask, w->c.id, rc == 1 ? sequence : next, &ret->next_page);
  }
  return 0;
}

/* The place that a token names must be an entry of this case. */
static int start(struct walk *w, uint64_t *ret_from) {
  uint64_t from = w->c.last_sequence;
  int rc = bt_ask_page_get(w->ask, w->c.id, &from);
  if (rc < 0 || from == w->c.last_sequence) {
    *ret_from = from;
    return rc;
  }
  struct bt_entry e;
  bt_arena_reset(w->ask->scratch);
  rc = from < w->c.last_sequence ? entry_at(w, from, true, w->ask->scratch, &e) : -BT_ABSENT;
  if (rc < 0)
    return rc == -BT_ABSENT ? -BT_BAD_PAGE : rc;
  *ret_from = from;
  return 0;
}

int bt_ask_history(const struct bt_ask *ask, struct bt_answer *ret) {
  struct walk w = {.ask = ask};
  uint64_t from = 0;
  int rc = bt_ask_located(ask, ret, &w.c);
  if (rc == 0)
    rc = start(&w, &from);
  if (rc < 0)
    return rc;
  ret->case_id = w.c.id;
  ret->ref = bt_ref_new(ask->arena, w.c.number);
  ret->events.v = BT_NEW_ARRAY(ask->arena, struct bt_recorded, ask->limit);
  return ret->events.v ? fill(&w, from, ret) : -BT_NOMEM;
}
