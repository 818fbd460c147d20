/* What was cut from the journal, and what a lost record would be made from. */
#include "control/command.h"

enum { MOST_SEGMENTS = 1000, MOST_SNAPSHOTS = 8 };

static void put_segments(struct bt_call *call, uint64_t *ret_n, uint64_t *ret_away, uint64_t *ret_bytes) {
  static const struct bt_out_column columns[] = {{"segment", BT_OUT_TEXT, BT_OUT_WIDE},
                                                 {"from", BT_OUT_NUMBER, BT_OUT_PLAIN},
                                                 {"until", BT_OUT_NUMBER, BT_OUT_PLAIN},
                                                 {"bytes", BT_OUT_BYTES, BT_OUT_PLAIN},
                                                 {"here", BT_OUT_FLAG, BT_OUT_PLAIN}};
  struct bt_journal *journal = call->context->journal;
  struct bt_journal_segment s = {0};
  BT_OUT_TABLE(call->out, "segments", columns);
  while (bt_journal_segment(journal, s.last + 1, &s) == 0) {
    char name[BT_JOURNAL_NAME_SIZE];
    bt_journal_segment_name(journal, s.first, name);
    *ret_away += !s.here;
    *ret_bytes += s.here ? s.bytes : 0;
    if (++*ret_n <= MOST_SEGMENTS)
      BT_OUT_ROW(call->out, bt_out_text(bt_arena_copy(call->arena, bt_str(name))), bt_out_number(s.first),
                 bt_out_number(s.last), bt_out_bytes(s.bytes), bt_out_flag(s.here));
  }
  if (*ret_n > MOST_SEGMENTS)
    bt_out_note(call->out,
                bt_arena_printf(call->arena, "and %llu newer ones", (unsigned long long)*ret_n - MOST_SEGMENTS));
}

static void put_snapshots(struct bt_call *call) {
  static const struct bt_out_column columns[] = {{"snapshot", BT_OUT_NUMBER, BT_OUT_PLAIN},
                                                 {"recorded", BT_OUT_TIME, BT_OUT_PLAIN},
                                                 {"bytes", BT_OUT_BYTES, BT_OUT_PLAIN}};
  const struct bt_control_context *x = call->context;
  struct bt_snapshot_state v[MOST_SNAPSHOTS];
  uint32_t n = x->snapshots ? x->snapshots(x->loop, v, MOST_SNAPSHOTS) : 0;
  BT_OUT_TABLE(call->out, "snapshots", columns);
  for (uint32_t i = 0; i < n; i++)
    BT_OUT_ROW(call->out, bt_out_number(v[i].position), bt_out_time(v[i].recorded_us), bt_out_bytes(v[i].bytes));
}

int bt_cmd_archive(struct bt_call *call) {
  struct bt_journal *journal = call->context->journal;
  uint64_t n = 0, away = 0, bytes = 0;
  put_segments(call, &n, &away, &bytes);
  put_snapshots(call);
  bt_show_chores(call);
  char *data_dir = call->context->config->settings.data_dir;
  bt_out_pair(call->out, "data_dir", bt_out_text(bt_str(data_dir)));
  bt_out_pair(call->out, "journal_from", bt_out_number(bt_journal_first(journal)));
  bt_out_pair(call->out, "journal_until", bt_out_number(bt_journal_durable(journal)));
  bt_out_pair(call->out, "journal_bytes", bt_out_bytes(bt_journal_bytes(journal)));
  bt_out_pair(call->out, "journal_entry_bytes", bt_out_bytes(bt_journal_entry_bytes(journal)));
  bt_out_pair(call->out, "segments_known", bt_out_number(n));
  bt_out_pair(call->out, "segments_away", bt_out_number(away));
  bt_out_pair(call->out, "archive_bytes", bt_out_bytes(bytes));
  if (away)
    bt_out_note(call->out, BT_LIT("What is not here can be put back into data_dir/archive at any time."));
  return 0;
}
