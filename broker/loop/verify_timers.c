/* A verification of the timers: no deadline without its timer, and no timer without what it is for. */
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "core/timers.h"
#include "loop/checking.h"

static int check_timer(struct bt_check *c, const struct bt_timer *t, uint64_t *found) {
  char text[160];
  int rc = bt_store_timer(c->stored, BT_AS_OF, t);
  ++*found;
  if (rc == 0)
    return 0;
  c->report->table = BT_T_TIMERS;
  snprintf(text, sizeof(text), "the %s timer %" PRIu64 " of case %" PRIu64 " is missing", bt_timer_name((int)t->kind),
           t->object, t->case_id);
  return bt_check_fail(c, rc == -BT_ABSENT ? -BT_CORRUPT : rc, text);
}

static int check_timers_of_cases(struct bt_check *c, uint64_t *found) {
  struct bt_timer v[BT_MAX_TIMERS];
  struct bt_case k = {.id = 0};
  int rc;
  do {
    bt_arena_reset(&c->arena);
    rc = bt_store_next_case(c->stored, BT_AS_OF, k.id + 1, &c->arena, &k);
    uint32_t n = rc == 0 ? bt_case_timers(&k, v) : 0;
    for (uint32_t i = 0; rc == 0 && i < n; i++)
      rc = check_timer(c, &v[i], found);
  } while (rc == 0);
  return rc == -BT_ABSENT ? 0 : rc;
}

static int check_timers_of_sweeps(struct bt_check *c, uint64_t *found) {
  struct bt_sweep w = {.id = 0};
  int rc;
  do {
    bt_arena_reset(&c->arena);
    rc = bt_store_next_sweep(c->stored, BT_AS_OF, w.id + 1, &c->arena, &w);
    if (rc == 0)
      rc = check_timer(c, &(struct bt_timer){.due_us = w.since_us, .kind = BT_TIMER_SWEEP, .object = w.id}, found);
  } while (rc == 0);
  return rc == -BT_ABSENT ? 0 : rc;
}

static int check_timers_of_advisories(struct bt_check *c, uint64_t *found) {
  struct bt_str key, value, after = {NULL, 0};
  char last[8];
  int rc;
  while ((rc = bt_store_next_row(c->stored, BT_AS_OF, BT_T_ADVISORIES, after, &key, &value)) == 0) {
    struct bt_advisory a;
    memcpy(last, key.p, sizeof(last));
    after = (struct bt_str){last, sizeof(last)};
    bt_arena_reset(&c->arena);
    rc = bt_store_advisory(c->stored, BT_AS_OF, bt_get_u64(last), &c->arena, &a);
    if (rc == 0 && a.until_us)
      rc = check_timer(c, &(struct bt_timer){.due_us = a.until_us, .kind = BT_TIMER_ADVISORY, .object = a.id}, found);
    if (rc < 0)
      return rc;
  }
  return rc == -BT_ABSENT ? 0 : rc;
}

/* No deadline without its timer, and no timer without what it is for. */
int bt_check_timers(struct bt_check *c) {
  uint64_t found = 0;
  int rc = check_timers_of_cases(c, &found);
  if (rc == 0)
    rc = check_timers_of_sweeps(c, &found);
  if (rc == 0)
    rc = check_timers_of_advisories(c, &found);
  if (rc < 0 || found == bt_store_count(c->stored, BT_AS_OF, BT_T_TIMERS))
    return rc;
  c->report->table = BT_T_TIMERS;
  return bt_check_fail(c, -BT_CORRUPT, "the record has a timer that nothing waits for");
}
