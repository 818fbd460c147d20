#include "metrics/gather.h"

#include <sys/statvfs.h>

#include "base/clock.h"

enum { SCRATCH = 1024 * 1024 };

static const struct bt_str none;

int64_t bt_gathered_age(int64_t now_us, int64_t since_us) {
  return now_us > since_us ? now_us - since_us : 0;
}

static void put(struct bt_gathering *g, enum bt_figure figure, int64_t value) {
  bt_snapshot_add(g->to, figure, none, none, value);
}

static void put_number(struct bt_gathering *g, enum bt_figure figure, uint64_t value) {
  put(g, figure, value < INT64_MAX ? (int64_t)value : INT64_MAX);
}

static void put_broker(struct bt_gathering *g, const struct bt_clock_state *clock) {
  const struct bt_control_context *x = g->context;
  bt_snapshot_add(g->to, BT_F_build, bt_str(x->version), none, 1);
  put(g, BT_F_start_time, x->started_us);
  put(g, BT_F_clock_trouble, clock->trouble);
  put(g, BT_F_last_recorded_time, bt_store_recorded_us(x->store, BT_NOW));
}

static void put_codes(struct bt_gathering *g, enum bt_figure figure, const uint64_t by_code[BT_COUNTED_CODES]) {
  for (int code = 0; code < BT_COUNTED_CODES; code++)
    if (by_code[code])
      bt_snapshot_add(g->to, figure, bt_str(bt_code_name(code)), none, (int64_t)by_code[code]);
}

static void put_record(struct bt_gathering *g) {
  struct bt_store *s = g->context->store;
  struct bt_wire *w = g->context->wire;
  uint32_t sessions = 0;
  for (struct bt_session *at = bt_wire_next(w, NULL); at; at = bt_wire_next(w, at))
    sessions++;
  put(g, BT_F_sessions, sessions);
  put_number(g, BT_F_cases, bt_store_count(s, BT_NOW, BT_T_CASES));
  put_number(g, BT_F_customers, bt_store_count(s, BT_NOW, BT_T_CUSTOMERS));
  put_number(g, BT_F_undelivered, bt_store_count(s, BT_NOW, BT_T_INBOX));
  put_number(g, BT_F_dead_letters, bt_store_count(s, BT_NOW, BT_T_DEAD));
}

static void put_disk(struct bt_gathering *g) {
  const struct bt_control_context *x = g->context;
  struct statvfs disk;
  put_number(g, BT_F_journal_position, bt_journal_durable(x->journal));
  put_number(g, BT_F_journal_lag_entries, bt_store_pending(x->store));
  put_number(g, BT_F_journal, bt_journal_bytes(x->journal));
  put_number(g, BT_F_record, bt_store_bytes(x->store));
  if (statvfs(x->config->settings.data_dir, &disk) == 0)
    put_number(g, BT_F_data_free, (uint64_t)disk.f_bavail * disk.f_frsize);
}

void bt_gather(const struct bt_control_context *context, int64_t up_us, int64_t took_us, struct bt_snapshot *to) {
  struct bt_clock_state clock = {.recorded_us = bt_clock_wall_us()};
  if (context->clock)
    context->clock(context->loop, &clock);
  struct bt_gathering g = {.context = context,
                           .to = to,
                           .now_us = clock.recorded_us,
                           .wall_us = bt_clock_wall_us(),
                           .mono_us = bt_clock_mono_us(),
                           .up_us = up_us};
  bt_arena_init(&g.scratch, SCRATCH);
  put_broker(&g, &clock);
  put_codes(&g, BT_F_refusals, to->counters->refused);
  put_codes(&g, BT_F_faults, to->counters->faulted);
  put_record(&g);
  put_disk(&g);
  bt_gather_adapters(&g);
  bt_gather_departments(&g);
  put(&g, BT_F_unreadable, g.unreadable);
  put(&g, BT_F_scrape_duration, took_us);
  bt_arena_fini(&g.scratch);
}
