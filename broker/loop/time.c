/* Recorded time: the wall clock, as long as it goes as fast as the clock that counts since the machine was started.
 *
 * Where the two come apart, or the wall clock is not where the last entry makes one expect it, nobody can know which
 * deadlines have passed. Events are taken all the same and stamped as if time had gone on evenly since the last entry;
 * nothing fires until an operator accepts the wall clock. Recorded time never goes back: a wall clock that was accepted
 * although it is behind is waited for. */
#include "base/clock.h"
#include "base/log.h"
#include "loop/parts.h"

#define APART_US (60 * BT_SECOND_US)
#define HOUR_US (3600 * BT_SECOND_US)

static void agree(struct bt_time *t, int64_t wall_us, int64_t boot_us) {
  t->wall_us = wall_us;
  t->boot_us = boot_us;
}

static void begin_trouble(struct bt_loop *l, const char *why) {
  struct bt_time *t = &l->time;
  t->trouble = true;
  t->why = why;
  t->since_us = t->now_us;
  t->told_boot_us = 0;
  bt_time_tell(l);
}

/* Small steps and slow drift are what keeps a clock right: they count for an hour. */
static void compare(struct bt_loop *l, int64_t wall_us, int64_t boot_us) {
  struct bt_time *t = &l->time;
  int64_t apart_us = (wall_us - t->wall_us) - (boot_us - t->boot_us);
  if (apart_us > APART_US)
    begin_trouble(l, "the wall clock has jumped ahead");
  else if (apart_us < -APART_US)
    begin_trouble(l, "the wall clock has jumped back");
  else if (boot_us - t->boot_us > HOUR_US)
    agree(t, wall_us, boot_us);
}

int64_t bt_time_now(struct bt_loop *l) {
  struct bt_time *t = &l->time;
  const int64_t wall_us = bt_clock_wall_us(), boot_us = bt_clock_boot_us();
  const int64_t last_us = bt_store_recorded_us(l->parts.store, BT_NOW);
  if (!t->trouble)
    compare(l, wall_us, boot_us);
  int64_t now_us = t->trouble ? t->now_us + (boot_us - t->now_boot_us) : wall_us;
  t->now_us = now_us > last_us ? now_us : last_us;
  t->now_boot_us = boot_us;
  return t->now_us;
}

void bt_time_start(struct bt_loop *l) {
  struct bt_time *t = &l->time;
  const int64_t wall_us = bt_clock_wall_us(), last_us = bt_store_recorded_us(l->parts.store, BT_NOW);
  const int64_t most_us = l->rules->max_gap_us;
  *t = (struct bt_time){.now_us = last_us, .now_boot_us = bt_clock_boot_us()};
  agree(t, wall_us, t->now_boot_us);
  if (last_us && wall_us < last_us - APART_US)
    begin_trouble(l, "the wall clock is behind the last entry");
  else if (last_us && most_us && wall_us - last_us > most_us)
    begin_trouble(l, "the wall clock is further ahead of the last entry than a downtime may last");
}

void bt_time_tell(struct bt_loop *l) {
  struct bt_time *t = &l->time;
  if (!t->trouble || (t->told_boot_us && bt_clock_boot_us() - t->told_boot_us < HOUR_US))
    return;
  char wall[32], recorded[32];
  t->told_boot_us = bt_clock_boot_us();
  bt_log(BT_LOG_ERROR, "clock-trouble", BT_L_TEXT("why", t->why),
         BT_L_TEXT("wall", bt_clock_format(bt_clock_wall_us(), wall, sizeof wall)),
         BT_L_TEXT("recorded", bt_clock_format(t->now_us, recorded, sizeof recorded)),
         BT_L_TEXT("text", "timers are suspended: set the clock right, then batonctl clock accept"));
}

void bt_time_accept(struct bt_loop *l) {
  struct bt_time *t = &l->time;
  t->trouble = false;
  t->why = NULL;
  agree(t, bt_clock_wall_us(), bt_clock_boot_us());
}

void bt_loop_clock(void *loop, struct bt_clock_state *ret) {
  struct bt_loop *l = loop;
  const int64_t now_us = bt_time_now(l);
  *ret = (struct bt_clock_state){
      .wall_us = bt_clock_wall_us(),
      .boot_us = bt_clock_boot_us(),
      .recorded_us = now_us,
      .trouble = l->time.trouble,
      .why = l->time.why,
      .since_us = l->time.since_us,
  };
}
