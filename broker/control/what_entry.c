/* Entries that only the broker writes, in one line of words. */
#include <inttypes.h>

#include "control/command.h"
#include "control/what.h"

enum { ROWS_SAID = 3 };

static struct bt_str numbers(struct bt_arena *a, uint32_t n, const char *what, uint64_t first, uint64_t last) {
  if (n == 1)
    return bt_arena_printf(a, "%s #%" PRIu64, what, first);
  return bt_arena_printf(a, "%" PRIu32 " %ss, #%" PRIu64 " to #%" PRIu64, n, what, first, last);
}

static struct bt_str requeued(struct bt_arena *a, const struct bt_entry *e) {
  const struct bt_requeued_rows *r = &e->requeued.rows;
  uint64_t first = UINT64_MAX, last = 0, dead = 0;
  for (uint32_t i = 0; i < r->n; i++) {
    first = r->v[i].sequence < first ? r->v[i].sequence : first;
    last = r->v[i].sequence > last ? r->v[i].sequence : last;
    dead += r->v[i].from_dead;
  }
  return bt_arena_printf(a, "%.*s to %.*s again",
                         S(numbers(a, r->n, dead == r->n ? "dead letter" : "event", first, last)), S(e->adapter));
}

static struct bt_str dropped(struct bt_arena *a, const struct bt_entry *e) {
  const struct bt_dropped_rows *r = &e->dead_dropped.rows;
  uint64_t first = UINT64_MAX, last = 0;
  for (uint32_t i = 0; i < r->n; i++) {
    first = r->v[i].sequence < first ? r->v[i].sequence : first;
    last = r->v[i].sequence > last ? r->v[i].sequence : last;
  }
  return bt_arena_printf(a, "dropped %.*s of %.*s", S(numbers(a, r->n, "dead letter", first, last)), S(e->adapter));
}

static struct bt_str did(struct bt_arena *a, const struct bt_operator_did *d) {
  return bt_arena_printf(a, "%.*s: %.*s", S(d->command), S(d->outcome));
}

static struct bt_str settled_row(struct bt_arena *a, const struct bt_settled_row *r) {
  const char *verdict = r->dead                          ? "gave up"
                        : r->verdict == BT_VERDICT_ACK   ? "took"
                        : r->verdict == BT_VERDICT_RETRY ? "put off"
                                                         : "refused";
  if (r->first != r->last)
    return bt_arena_printf(a, "%s #%" PRIu64 " to #%" PRIu64, verdict, r->first, r->last);
  return bt_arena_printf(a, "%s #%" PRIu64 "%.*s%.*s", verdict, r->first, AT(" until ", r->dead ? 0 : r->not_before_us),
                         QUOTED(r->reason));
}

static struct bt_str settled(struct bt_arena *a, const struct bt_settled *s) {
  struct bt_str v[ROWS_SAID + 1];
  uint32_t n = 0;
  for (; n < s->n && n < ROWS_SAID; n++)
    v[n] = settled_row(a, &s->v[n]);
  if (s->n > n)
    v[n++] = bt_arena_printf(a, "and %" PRIu32 " more", s->n - ROWS_SAID);
  return bt_arena_join(a, v, n, BT_LIT(", "));
}

static struct bt_str adopted(struct bt_arena *a, const struct bt_config_adopted *c) {
  return bt_arena_printf(a, "a configuration with %" PRIu32 " departments%.*s", c->departments.n,
                         S(bt_words_around(a, "; gone: ", bt_words_list(a, &c->gone), "")));
}

static struct bt_str swept(struct bt_arena *a, const struct bt_swept *s) {
  if (s->done)
    return bt_arena_printf(a, "sweep #%" PRIu64 " has reached every case", s->sweep);
  return bt_arena_printf(a, "sweep #%" PRIu64 " has come to case #%" PRIu64, s->sweep, s->at_case);
}

static struct bt_str resynced(struct bt_arena *a, const struct bt_resynced *r) {
  struct bt_str v[ROWS_SAID];
  uint32_t n = 0;
  for (; n < r->rows.n && n < ROWS_SAID; n++)
    v[n] = r->rows.v[n].first == r->rows.v[n].last
               ? bt_arena_printf(a, "#%" PRIu64, r->rows.v[n].first)
               : bt_arena_printf(a, "#%" PRIu64 " to #%" PRIu64, r->rows.v[n].first, r->rows.v[n].last);
  return bt_arena_printf(a, "a Resync stands for deliveries %.*s", S(bt_arena_join(a, v, n, BT_LIT(", "))));
}

struct bt_str bt_words_entry(struct bt_arena *a, const struct bt_entry *e) {
  switch (e->kind) {
  case BT_SETTLED:
    return settled(a, &e->settled);
  case BT_CURSOR_MOVED:
    return bt_arena_printf(a, "has read %.*s up to %.*s", S(e->cursor.source), S(e->cursor.position));
  case BT_ADAPTER_HELD:
    return bt_arena_printf(a, "%s %.*s", e->adapter_held.held ? "held" : "resumed", S(e->adapter));
  case BT_CONFIG_ADOPTED:
    return adopted(a, &e->config_adopted);
  case BT_RESUMED:
    return bt_arena_printf(a, "was away from %.*s until %.*s", S(bt_words_time(a, e->resumed.down_from_us)),
                           S(bt_words_time(a, e->resumed.down_until_us)));
  case BT_SWEPT:
    return swept(a, &e->swept);
  case BT_CLOCK_ACCEPTED:
    return BT_LIT("accepted the wall clock");
  case BT_REQUEUED:
    return requeued(a, e);
  case BT_DEAD_DROPPED:
    return dropped(a, e);
  case BT_OPERATOR_DID:
    return did(a, &e->operator_did);
  case BT_RESYNCED:
    return resynced(a, &e->resynced);
  case BT_SNAPSHOTTED:
    return bt_arena_printf(a, "a snapshot of the record at #%" PRIu64, e->snapshotted.position);
  default:
    return bt_what(a, &e->event);
  }
}
