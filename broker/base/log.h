/* Log lines in logfmt on stderr: one record, one line, whatever came in.
 *
 * Values are escaped to printable ASCII and quoted where needed. Log ids and names, never what a customer said.
 * Only main, loop and control log; everything else returns its errors. */
#ifndef BT_BASE_LOG_H
#define BT_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum { BT_LOG_LINE = 4096, BT_LOG_VALUE = 1024 };

enum bt_log_level { BT_LOG_DEBUG, BT_LOG_INFO, BT_LOG_WARN, BT_LOG_ERROR };

struct bt_log_field {
  const char *key;
  enum { BT_LOG_STR, BT_LOG_INT, BT_LOG_UINT } type;
  struct bt_str s;
  int64_t i;
  uint64_t u;
};

#define BT_L_STR(k, v) ((struct bt_log_field){.key = (k), .type = BT_LOG_STR, .s = (v)})
#define BT_L_TEXT(k, v) ((struct bt_log_field){.key = (k), .type = BT_LOG_STR, .s = bt_str(v)})
#define BT_L_INT(k, v) ((struct bt_log_field){.key = (k), .type = BT_LOG_INT, .i = (v)})
#define BT_L_UINT(k, v) ((struct bt_log_field){.key = (k), .type = BT_LOG_UINT, .u = (v)})

/* bt_log(BT_LOG_INFO, "session-opened", BT_L_STR("adapter", name), BT_L_UINT("session", id)) */
#define bt_log(level, ...) BT_LOG_PICK(level, __VA_ARGS__, BT_L_INT(NULL, 0))
#define BT_LOG_PICK(level, event, ...) bt_log_write((level), (event), (const struct bt_log_field[]){__VA_ARGS__})

/* fields end with one whose key is NULL. Writes one line with one write(2). */
void bt_log_write(enum bt_log_level level, const char *event, const struct bt_log_field *fields);
void bt_log_set_level(enum bt_log_level level); /* default: info */
enum bt_log_level bt_log_level(void);
const char *bt_log_level_name(enum bt_log_level level); /* "info" */
/* Takes records instead of stderr; NULL: none does. `message` is the line from the event's name on, without its end.
 * false: the line goes to stderr after all. */
typedef bool bt_log_sink_fn(enum bt_log_level level, const char *event, const struct bt_log_field *fields,
                            struct bt_str message);
void bt_log_set_sink(bt_log_sink_fn *sink);
/* The field's value as it stands in a line but for the quotes, cut where it does not fit. Returns buf. */
const char *bt_log_value(const struct bt_log_field *field, char buf[BT_LOG_VALUE]);
int bt_log_level_parse(const char *text, enum bt_log_level *ret_level);

#endif
