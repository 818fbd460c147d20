/* What the broker remembers of each configured adapter beyond its sessions: the last Report, and how it left.
 *
 * In memory alone: one row for each adapter of the rules, in their order. */
#ifndef BT_WIRE_KNOWN_H
#define BT_WIRE_KNOWN_H

#include "wire/wire.h"

struct bt_known_row {
  struct bt_known known;
  char name[33]; /* of the adapter: outlives the rules that it came from */
  char text[BT_MAX_REPORT_TEXT];
};
struct bt_known_table {
  uint32_t n;
  struct bt_known_row *v;
};

/* For these rules; what is known of adapters that stay is kept. Without memory nothing is known. */
void bt_known_adopt(struct bt_known_table *t, const struct bt_rules *rules);
void bt_known_fini(struct bt_known_table *t);
/* NULL: no such adapter. */
struct bt_known_row *bt_known_find(const struct bt_known_table *t, const struct bt_rules *rules, struct bt_str adapter);
void bt_known_report(struct bt_known_row *row, const struct bt_report *report, int64_t now_us);

#endif
