/* One case's way through the company, made from its history: who held it, how it came there, what was waited for,
 * promised, asked and raised. Cut by policy as the history is, and without any words of anybody: the heads of entries
 * are enough for it.
 *
 * The history is chained backwards, a journey is told forwards: the newest entries are walked down first, then read
 * again in their order. */
#include "query/journey.h"
#include "codec/event_codec.h"
#include "core/policy.h"
#include "core/ref.h"

enum { MOST_EVENTS = 1024 };

struct walk {
  const struct bt_ask *ask;
  struct bt_case c;
  uint64_t *seen; /* sequences that the asker may read in full, newest first */
  uint32_t n, hidden;
  bool cut;                      /* there is more before */
  uint64_t away, oldest_version; /* and begins with an entry that is not here; 0: no */
};

/* The head of an entry of this case. -BT_AWAY: it is in a segment that is not here. */
static int head_at(const struct walk *w, uint64_t sequence, struct bt_entry *ret) {
  struct bt_journal_record record;
  bt_arena_reset(w->ask->scratch);
  int rc = bt_journal_read(w->ask->context->journal, sequence, w->ask->scratch, &record);
  if (rc == 0)
    rc = bt_entry_decode(record.head, (struct bt_str){0}, w->ask->scratch, ret);
  if (rc == -BT_ABSENT)
    return -BT_CORRUPT;
  if (rc < 0)
    return rc;
  ret->sequence = sequence;
  bool fits = ret->stream == BT_STREAM_CASE && ret->case_id == w->c.id && ret->previous < sequence;
  return fits ? 0 : -BT_CORRUPT;
}

static enum bt_sight sight_of(const struct walk *w, const struct bt_entry *e) {
  const struct bt_ask *ask = w->ask;
  const struct bt_str who = ask->asker->department;
  if (ask->asker->all)
    return BT_SIGHT_FULL;
  bool glass = ask->query->break_glass && bt_policy_glass(&w->c, who, ask->context->now_us);
  return bt_policy_entry(ask->context->rules, &w->c, e, who, glass);
}

static void see(struct walk *w, const struct bt_entry *e) {
  enum bt_sight sight = sight_of(w, e);
  w->hidden += sight == BT_SIGHT_STUB;
  if (sight == BT_SIGHT_FULL)
    w->seen[w->n++] = e->sequence;
}

/* Down to the first entry, or as far as half of the time and the bound allow. */
static int walk_down(struct walk *w) {
  const struct bt_ask *ask = w->ask;
  const int64_t now_us = ask->context->mono_us(), until_us = now_us + (ask->until_us - now_us) / 2;
  w->seen = BT_NEW_ARRAY(ask->arena, uint64_t, MOST_EVENTS);
  if (!w->seen)
    return -BT_NOMEM;
  for (uint64_t sequence = w->c.last_sequence; sequence;) {
    struct bt_entry e;
    bool late = ask->context->mono_us() >= until_us; /* each entry may come from the disk */
    int rc = late || w->n == MOST_EVENTS ? -BT_ABSENT : head_at(w, sequence, &e);
    if (rc == -BT_ABSENT || rc == -BT_AWAY)
      w->cut = true;
    if (rc == -BT_AWAY)
      w->away = sequence;
    if (rc < 0)
      return rc == -BT_ABSENT || rc == -BT_AWAY ? 0 : rc;
    see(w, &e);
    w->oldest_version = e.version;
    sequence = e.previous;
  }
  return 0;
}

/* The newest n of the entries, told forwards. */
static int tell(struct walk *w, uint32_t n, struct bt_journey_view *ret) {
  struct bt_journey_telling t;
  int rc = bt_journey_begin(&t, w->ask->arena, n);
  for (uint32_t i = n; i > 0 && rc == 0; i--) {
    struct bt_entry e;
    rc = head_at(w, w->seen[i - 1], &e);
    if (rc == 0)
      rc = bt_journey_tell(&t, &e);
  }
  bt_journey_end(&t, &w->c, ret);
  return rc;
}

int bt_ask_journey(const struct bt_ask *ask, struct bt_answer *ret) {
  struct walk w = {.ask = ask};
  struct bt_journey_view *j = &ret->journey;
  int rc = bt_ask_located(ask, ret, &w.c);
  if (rc == 0)
    rc = walk_down(&w);
  if (rc < 0)
    return rc;
  if (w.away)
    ret->text = bt_ask_away(ask, w.away, w.oldest_version ? w.oldest_version - 1 : 0);
  for (uint32_t n = w.n;; n /= 2) { /* twice at most: the bound is near what a frame holds */
    rc = tell(&w, n, j);
    if (rc < 0)
      return rc;
    j->ref = bt_ref_new(ask->arena, w.c.number);
    j->hidden = w.hidden;
    j->cut = w.cut || n < w.n;
    bt_arena_reset(ask->scratch);
    if (n == 0 || bt_journey_size(j, ask->scratch) <= BT_ASK_ROOM)
      return 0;
  }
}
