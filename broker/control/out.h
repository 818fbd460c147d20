/* What a command answers: pairs and tables, built once, shown as aligned text or as one JSON document.
 *
 * Keys are lower-case words joined by "_": the member's name in JSON, the heading in text. A value's type says how it
 * looks in both. Everything lives in the arena; when that is exhausted the calls do nothing and rendering says
 * -BT_LIMIT. Slices are borrowed until then, columns for ever. Text is safe for a terminal: control characters in data
 * are shown escaped. */
#ifndef BT_CONTROL_OUT_H
#define BT_CONTROL_OUT_H

#include <stdio.h>

#include "base/arena.h"
#include "base/code.h"
#include "core/event.h"

enum bt_out_type {
  BT_OUT_NONE, /* nothing there: "-", null */
  BT_OUT_TEXT, /* empty: as NONE */
  BT_OUT_NUMBER,
  BT_OUT_BYTES, /* text: in KiB, MiB and so on; JSON: a number */
  BT_OUT_REAL,
  BT_OUT_SHARE, /* 0 to 1; text: per cent */
  BT_OUT_TIME,  /* microseconds since 1970, 0: none; JSON: RFC 3339 */
  BT_OUT_SPAN,  /* microseconds; JSON: seconds, and "_s" behind the key */
  BT_OUT_FLAG,
  BT_OUT_NAMES, /* JSON: an array */
};

struct bt_out_value {
  enum bt_out_type type;
  union {
    struct bt_str text;
    uint64_t number;
    double real;
    int64_t us;
    bool flag;
    struct bt_strs names;
  };
};

struct bt_out_value bt_out_none(void);
struct bt_out_value bt_out_text(struct bt_str s);
struct bt_out_value bt_out_literal(const char *s); /* lives as long as the output */
struct bt_out_value bt_out_number(uint64_t n);
struct bt_out_value bt_out_bytes(uint64_t n);
struct bt_out_value bt_out_real(double d);
struct bt_out_value bt_out_share(uint64_t part, uint64_t whole);
struct bt_out_value bt_out_time(int64_t us);
struct bt_out_value bt_out_span(int64_t us);
struct bt_out_value bt_out_flag(bool flag);
struct bt_out_value bt_out_names(const struct bt_strs *names);
/* Nothing, no names, no time at all, or not so. */
bool bt_out_is_nothing(const struct bt_out_value *v);

enum bt_out_how {
  BT_OUT_PLAIN,
  BT_OUT_WIDE,   /* clipped where the lines would be too wide */
  BT_OUT_WRAP,   /* goes on in further lines where they would be too wide */
  BT_OUT_RARE,   /* in text only where some row has a value that is not nothing */
  BT_OUT_DETAIL, /* only in JSON */
};
struct bt_out_column {
  const char *key;
  enum bt_out_type type; /* of its values; decides heading and side */
  enum bt_out_how how;
};

enum { BT_OUT_MAX_COLUMNS = 64 };

struct bt_out_row {
  struct bt_out_row *next;
  struct bt_out_value v[];
};
struct bt_out_item {
  struct bt_out_item *next;
  const char *key;
  bool rare;                           /* text leaves it out where it holds nothing */
  struct bt_out_value value;           /* a pair */
  const struct bt_out_column *columns; /* a table; NULL: a pair */
  uint32_t n_columns, n_rows;
  struct bt_out_row *first, *last;
};
struct bt_out {
  struct bt_arena *arena;
  struct bt_out_item *first, *last;
};

void bt_out_pair(struct bt_out *o, const char *key, struct bt_out_value value);
/* Rows that follow belong to it. */
void bt_out_table(struct bt_out *o, const char *key, const struct bt_out_column *columns, uint32_t n);
/* One value for each column, in their order. */
void bt_out_row(struct bt_out *o, const struct bt_out_value *v);
#define BT_OUT_TABLE(o, key, columns) bt_out_table((o), (key), (columns), sizeof(columns) / sizeof *(columns))
#define BT_OUT_ROW(o, ...) bt_out_row((o), (const struct bt_out_value[]){__VA_ARGS__})
/* Of the pair or table that was last begun: text leaves it out where it holds nothing, JSON never does. */
void bt_out_rare(struct bt_out *o);
/* A pair of that sort. */
void bt_out_rare_pair(struct bt_out *o, const char *key, struct bt_out_value value);
/* A sentence for the reader, after what is there so far. */
void bt_out_note(struct bt_out *o, struct bt_str sentence);

/* width: columns that a line should fit into; 0: as wide as it needs. */
int bt_out_render_text(const struct bt_out *o, uint32_t width, FILE *to) BT_MUST_CHECK;
int bt_out_render_json(const struct bt_out *o, FILE *to) BT_MUST_CHECK;

/* s with whatever could move a terminal's cursor or deceive its reader escaped (\n, \xHH, \u{HHHH}). */
struct bt_str bt_out_escape(struct bt_arena *arena, struct bt_str s);

#endif
