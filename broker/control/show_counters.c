/* What was counted since the broker started. */
#include "control/command.h"

#define TEXT BT_OUT_TEXT
#define NUMBER BT_OUT_NUMBER
#define PLAIN BT_OUT_PLAIN
#define WIDE BT_OUT_WIDE

static const void *place(const struct bt_call *call, const struct bt_figure_info *f) {
  return (const char *)call->context->counters + f->offset;
}

static bool is(const struct bt_figure_info *f, enum bt_figure_type type) {
  return f->offset != BT_NOT_COUNTED && f->type == type;
}

static struct bt_out_value under(const struct bt_histogram *h, const struct bt_figure_info *f, unsigned percent) {
  const uint64_t bound = bt_histogram_under(h, f->bounds, percent);
  return bt_histogram_count(h) && bound != UINT64_MAX ? bt_out_number(bound) : bt_out_none();
}

int bt_cmd_counters(struct bt_call *call) {
  static const struct bt_out_column counters[] = {
      {"counter", TEXT, PLAIN}, {"value", NUMBER, PLAIN}, {"meaning", TEXT, WIDE}};
  static const struct bt_out_column histograms[] = {
      {"histogram", TEXT, PLAIN}, {"of", TEXT, PLAIN},    {"count", NUMBER, PLAIN}, {"mean", NUMBER, PLAIN},
      {"median", NUMBER, PLAIN},  {"p99", NUMBER, PLAIN}, {"meaning", TEXT, WIDE}};
  BT_OUT_TABLE(call->out, "counters", counters);
  for (const struct bt_figure_info *f = bt_figures; f < bt_figures + BT_FIGURE_COUNT; f++)
    if (is(f, BT_FIGURE_COUNTER))
      BT_OUT_ROW(call->out, bt_out_literal(f->name), bt_out_number(*(const uint64_t *)place(call, f)),
                 bt_out_literal(f->help));
  BT_OUT_TABLE(call->out, "histograms", histograms);
  for (const struct bt_figure_info *f = bt_figures; f < bt_figures + BT_FIGURE_COUNT; f++) {
    if (!is(f, BT_FIGURE_HISTOGRAM))
      continue;
    const struct bt_histogram *h = place(call, f);
    const uint64_t n = bt_histogram_count(h);
    BT_OUT_ROW(call->out, bt_out_literal(f->name), bt_out_literal(*f->unit ? "microseconds" : "entries"),
               bt_out_number(n), n ? bt_out_number(h->sum / n) : bt_out_none(), under(h, f, 50), under(h, f, 99),
               bt_out_literal(f->help));
  }
  return 0;
}
