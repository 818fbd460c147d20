#include "watch/condition.h"

#include <inttypes.h>

#include "base/clock.h"

#define NOTE BT_SEVERITY_NOTE
#define WARN BT_SEVERITY_WARN
#define ERROR BT_SEVERITY_ERROR

/* clang-format off */
const struct bt_condition_row bt_condition_table[BT_COND_COUNT] = {
    [BT_COND_RECORD_DAMAGED] = {"record-damaged", ERROR, "the record is damaged: a case cannot be read",
     "bytes on the disk have changed: something stored cannot be read", "verify DATA_DIR"},
    [BT_COND_VERIFY_FAILED] = {"verify-failed", ERROR, "the last verification found damage",
     "the last verification found damage", "show archive"},
    [BT_COND_DISK_FULL] = {"disk-full", ERROR, "the disk is full: nothing is taken before there is room",
     "the disk of the data folder is full: nothing is taken or settled before there is room; make some, or move archive segments "
     "away; it goes on by itself", "show archive"},
    [BT_COND_DISK_LOW] = {"disk-low", ERROR, "the disk is nearly full: no new events are taken",
     "the disk of the data folder is nearly full: no new events are taken before there is room; make some, or move archive "
     "segments away; it goes on by itself", "show archive"},
    [BT_COND_CLOCK] = {"clock-trouble", ERROR, "timers are suspended: the wall clock is doubted",
     "the wall clock is doubted and timers are suspended: set it right, then clock accept", "clock show"},
    [BT_COND_CLOCK_BEHIND] = {"clock-behind", WARN, "recorded time stands still: the wall clock is behind it",
     "recorded time stands still until the wall clock has caught up with it, and nothing falls due", "clock show"},
    [BT_COND_TIMERS_STUCK] = {"timers-stuck", ERROR, "timers that are due, and about which nothing could be decided",
     "timers that are due, and about which nothing could be decided: %n", "show timers"},
    [BT_COND_WORK_REFUSED] = {"work-refused", WARN, "no new work is taken, and some was turned away: an operator drains the broker",
     "departments' events are turned away, because an operator drains the broker: %n; drain stop, where that was forgotten",
     "drain show"},
    [BT_COND_PROMISES_BROKEN] = {"promises-broken", ERROR, "promises to customers broken, and not made good",
     "promises of %o to customers broken, and not made good: %n", "show promises state=broken"},
    [BT_COND_OFFERS_LATE] = {"offers-late", ERROR, "offers not answered in time",
     "offers not answered in time, and not passed on: %n", "show offers"},
    [BT_COND_OFFERS_OLD] = {"offers-old", WARN, "offers that have waited long for an answer",
     "offers that have waited long for an answer of %o: %n", "show offers"},
    [BT_COND_CONCERNS_TOP] = {"concerns-top", ERROR, "concerns raised to the top, and still open",
     "concerns raised to %o, with nobody left above, and still open: %n", "show cases"},
    [BT_COND_QUESTIONS_OVERDUE] = {"questions-overdue", WARN, "questions not answered in time",
     "questions that %o has not answered in time: %n", "show questions state=overdue"},
    [BT_COND_PROMISES_AT_RISK] = {"promises-at-risk", WARN, "promises at risk",
     "promises of %o to customers at risk: %n", "show promises state=at-risk"},
    [BT_COND_DEAD_LETTERS] = {"dead-letters", WARN, "dead letters: deliveries given up",
     "there are dead letters: deliveries to %o that were given up", "show dead"},
    [BT_COND_ADAPTER_DOWN] = {"adapter-down", ERROR, "adapters whose department's system is down",
     "the department's system behind adapter %o is down", "show adapters"},
    [BT_COND_ADAPTER_TROUBLED] = {"adapter-troubled", WARN, "adapters whose department's system is in trouble",
     "the department's system behind adapter %o is in trouble", "show adapters"},
    [BT_COND_ADAPTER_SILENT] = {"adapter-silent", ERROR, "adapters that hang, or left without a word",
     "adapter %o hangs, or left without a word", "show adapters"},
    [BT_COND_ADAPTER_MISSING] = {"adapter-missing", ERROR, "adapters that should be connected and are not",
     "adapter %o should be connected and is not", "show adapters"},
    [BT_COND_SPOOL_REJECTS] = {"spool-rejects", WARN, "events refused for good, in the rejects of spools",
     "events of adapter %o that were refused for good, in the rejects of its spool: %n", "show adapters"},
    [BT_COND_INBOX_OLD] = {"inbox-old", WARN, "inboxes in which an event has waited long",
     "an event has waited long in the inbox of adapter %o", "show inboxes"},
    [BT_COND_ADAPTER_HELD] = {"adapter-held", NOTE, "adapters held",
     "adapter %o is held by an operator", "resume ADAPTER"},
    [BT_COND_INBOX_UNCONNECTED] = {"inbox-unconnected", NOTE, "inboxes that wait for an adapter to connect",
     "the inbox of adapter %o waits for it to connect", "show inboxes"},
    [BT_COND_DRAINED] = {"drained", NOTE, "no new work is taken: an operator drains the broker",
     "no new work is taken: an operator drains the broker", "drain show"},
    [BT_COND_BACKUP_FAILED] = {"backup-failed", WARN, "the last backup failed",
     "the last backup failed; the one before is as good as ever", "show archive"},
    [BT_COND_RETENTION_FAILED] = {"retention-failed", WARN, "snapshots or archive segments cannot be written: the journal grows",
     "snapshots or archive segments cannot be written, and the journal grows; retention-failed in the log says why", "show archive"},
    [BT_COND_CONFIG_REFUSED] = {"config-refused", WARN, "the configuration on disk is refused",
     "the configuration on disk is refused: the old one is in force", "reload dry-run"},
    [BT_COND_CONFIG_DIFFERS] = {"config-differs", NOTE, "the configuration on disk differs from the running one",
     "the configuration on disk differs from the running one", "reload dry-run"},
    [BT_COND_ALERT_COMMAND] = {"alert-command", NOTE, "the alert command fails, or takes too long",
     "the alert command fails, or takes too long", "alerts test"},
};
/* clang-format on */

const char *bt_severity_name(enum bt_severity severity) {
  static const char *const names[] = {"note", "warn", "error"};
  return names[severity];
}

static struct bt_str words(struct bt_arena *arena, const char *pattern, struct bt_str object, uint64_t n) {
  const char *at = strchr(pattern, '%');
  if (!at)
    return bt_str(pattern);
  struct bt_str rest = words(arena, at + 2, object, n);
  const int before = (int)(at - pattern);
  if (at[1] == 'n')
    return bt_arena_printf(arena, "%.*s%" PRIu64 "%.*s", before, pattern, n, BT_STR_ARG(rest));
  return bt_arena_printf(arena, "%.*s%.*s%.*s", before, pattern, BT_STR_ARG(object), BT_STR_ARG(rest));
}

static bool grow(struct bt_conditions *c) {
  const uint32_t room = c->room ? c->room * 2 : 32;
  struct bt_condition *v = BT_NEW_ARRAY(c->arena, struct bt_condition, room);
  if (!v)
    return false;
  if (c->n)
    memcpy(v, c->v, c->n * sizeof *v);
  c->v = v;
  c->room = room;
  return true;
}

struct bt_condition *bt_condition_add(struct bt_conditions *c, enum bt_condition_kind kind, struct bt_str object,
                                      uint64_t n, int64_t since_us) {
  const struct bt_condition_row *row = &bt_condition_table[kind];
  static struct bt_condition spare; /* nobody reads it */
  c->total[kind] += n;
  if (c->n == BT_MAX_CONDITIONS || (c->n == c->room && !grow(c))) {
    c->more = true;
    return &spare;
  }
  struct bt_condition *x = &c->v[c->n++];
  const struct bt_str own = object.n ? bt_arena_copy(c->arena, object) : object;
  *x = (struct bt_condition){.kind = kind,
                             .object = own,
                             .n = n,
                             .since_us = since_us,
                             .text = words(c->arena, row->text, own, n),
                             .see = bt_str(row->see)};
  return x;
}

/* ---- the broker itself ---- */

/* A look at a few cases of the last checkpoint: only verify finds all damage. */
static bool looks_damaged(const struct bt_watch_view *x, uint64_t *ret_to) {
  enum { MOST_CASES = 256, LOOK_US = 5 * 1000 };
  struct bt_arena scratch;
  struct bt_case c = {.id = x->look_from};
  const int64_t until_us = bt_clock_mono_us() + LOOK_US;
  int rc = 0;
  bt_arena_init(&scratch, 1024 * 1024);
  for (int i = 0; rc == 0 && i < MOST_CASES && bt_clock_mono_us() < until_us; i++) {
    bt_arena_reset(&scratch);
    rc = bt_store_next_case(x->store, BT_AS_OF, c.id + 1, &scratch, &c);
  }
  bt_arena_fini(&scratch);
  *ret_to = rc == 0 ? c.id : 0;
  return rc == -BT_CORRUPT;
}

static void collect_disk(const struct bt_watch_facts *f, struct bt_conditions *c) {
  static const struct bt_str broker = {0};
  if (!f->disk_low && !f->disk_full)
    return;
  struct bt_condition *x =
      bt_condition_add(c, f->disk_full ? BT_COND_DISK_FULL : BT_COND_DISK_LOW, broker, 0, f->disk_since_us);
  x->more = bt_arena_printf(c->arena, "%s; %" PRIu64 " MiB free", bt_condition_table[x->kind].what, f->disk_free >> 20);
}

/* What lies on the disk is not what runs: the next restart would bring a surprise. */
static void collect_config(const struct bt_watch_facts *f, struct bt_conditions *c) {
  static const struct bt_str broker = {0};
  const uint32_t n = f->config_problems;
  if (!f->config_differs)
    return;
  struct bt_condition *x =
      bt_condition_add(c, n ? BT_COND_CONFIG_REFUSED : BT_COND_CONFIG_DIFFERS, broker, n, f->config_since_us);
  x->more = n ? bt_arena_printf(c->arena, "%s: %s%s", bt_condition_table[x->kind].what, f->config_problem,
                                n > 1 ? ", and more" : "")
              : bt_arena_printf(c->arena, "%s: %s", bt_condition_table[x->kind].what, f->config_differs);
}

static void collect_broker(const struct bt_watch_view *x, struct bt_conditions *c) {
  static const struct bt_str broker = {0};
  const struct bt_watch_facts *f = &x->facts;
  const bool damaged = looks_damaged(x, &c->looked_to);
  if (f->damaged_since_us || damaged)
    bt_condition_add(c, BT_COND_RECORD_DAMAGED, broker, 0, f->damaged_since_us);
  if (f->verify_failed_us)
    bt_condition_add(c, BT_COND_VERIFY_FAILED, broker, 0, f->verify_failed_us);
  collect_disk(f, c);
  if (f->clock_trouble)
    bt_condition_add(c, BT_COND_CLOCK, broker, 0, f->clock_since_us)->more =
        bt_arena_printf(c->arena, "timers are suspended: %s", f->clock_why);
  else if (f->clock_behind_us > 60 * BT_SECOND_US)
    bt_condition_add(c, BT_COND_CLOCK_BEHIND, broker, 0, 0)->more =
        bt_arena_printf(c->arena, "%s, by %" PRId64 " min", bt_condition_table[BT_COND_CLOCK_BEHIND].what,
                        f->clock_behind_us / (60 * BT_SECOND_US));
  if (f->timers_stuck)
    bt_condition_add(c, BT_COND_TIMERS_STUCK, broker, f->timers_stuck, f->stuck_since_us);
  if (f->draining) {
    const enum bt_condition_kind kind = f->turned_away ? BT_COND_WORK_REFUSED : BT_COND_DRAINED;
    struct bt_condition *d = bt_condition_add(c, kind, broker, f->turned_away, f->drain_since_us);
    if (f->leaving)
      d->more = BT_LIT("no new work is taken: the broker is about to leave");
  }
  if (f->backup_failed_us)
    bt_condition_add(c, BT_COND_BACKUP_FAILED, broker, 0, f->backup_failed_us);
  if (f->retention_failed_us)
    bt_condition_add(c, BT_COND_RETENTION_FAILED, broker, 0, f->retention_failed_us);
  collect_config(f, c);
  if (f->command_failed_us)
    bt_condition_add(c, BT_COND_ALERT_COMMAND, broker, 0, f->command_failed_us);
}

/* Stable: those of one kind stay as they were found. They are few. */
static void sort(struct bt_conditions *c) {
  for (uint32_t i = 1; i < c->n; i++) {
    const struct bt_condition x = c->v[i];
    uint32_t k = i;
    for (; k > 0 && c->v[k - 1].kind > x.kind; k--)
      c->v[k] = c->v[k - 1];
    c->v[k] = x;
  }
}

int bt_conditions_collect(const struct bt_watch_view *view, const struct bt_backlogs *all, struct bt_arena *arena,
                          struct bt_conditions *ret) {
  *ret = (struct bt_conditions){.arena = arena};
  collect_broker(view, ret);
  int standing = bt_collect_standing(view, ret), adapters = bt_collect_adapters(view, all, ret);
  const bool said = ret->n && ret->v[0].kind == BT_COND_RECORD_DAMAGED;
  if ((standing == -BT_CORRUPT || adapters == -BT_CORRUPT) && !said)
    bt_condition_add(ret, BT_COND_RECORD_DAMAGED, (struct bt_str){0}, 0, 0);
  if (arena->exhausted)
    return -BT_NOMEM;
  sort(ret);
  if (standing < 0 && standing != -BT_CORRUPT)
    return standing;
  return adapters == -BT_CORRUPT ? 0 : adapters;
}
