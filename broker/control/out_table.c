/* A table as text: columns side by side, a heading, and what to do where a line would be too wide. */
#include <ctype.h>

#include "control/out_text.h"

enum { FAIR = 16, NARROWEST = 8, PAD_AT_MOST = 60 };

struct layout {
  bool shown[BT_OUT_MAX_COLUMNS];
  size_t width[BT_OUT_MAX_COLUMNS];
  bool fits; /* there is a width to keep to */
};

/* At most `room` columns, the last of them an ellipsis where it was longer. */
static void put_clipped(struct bt_str s, size_t room, FILE *to) {
  if (bt_out_width(s) <= room) {
    fwrite(s.p, 1, s.n, to);
    return;
  }
  const size_t n = room ? bt_out_fitting(s, room - 1) : 0;
  fwrite(s.p, 1, n, to);
  fputs("…", to);
}

static bool is_right(enum bt_out_type type) {
  return type == BT_OUT_NUMBER || type == BT_OUT_BYTES || type == BT_OUT_REAL || type == BT_OUT_SHARE ||
         type == BT_OUT_SPAN;
}

static bool gives_way(enum bt_out_how how) {
  return how == BT_OUT_WIDE || how == BT_OUT_WRAP;
}

static size_t total(const struct bt_out_item *t, const struct layout *l) {
  size_t sum = 0;
  for (uint32_t c = 0; c < t->n_columns; c++)
    sum += l->shown[c] ? l->width[c] + (sum ? 2 : 0) : 0;
  return sum;
}

/* Takes from the widest of the columns that give way until a line fits (true), or none can give any more. */
static bool shrink(const struct bt_out_item *t, size_t width, size_t floor, struct layout *l) {
  for (size_t sum = total(t, l); sum > width; sum--) {
    uint32_t widest = t->n_columns;
    for (uint32_t c = 0; c < t->n_columns; c++)
      if (l->shown[c] && gives_way(t->columns[c].how) && l->width[c] > floor &&
          (widest == t->n_columns || l->width[c] > l->width[widest]))
        widest = c;
    if (widest == t->n_columns)
      return false;
    l->width[widest]--;
  }
  return true;
}

static size_t longest_word(const char *key) {
  size_t longest = 0;
  while (*key) {
    size_t n = strcspn(key, "_");
    longest = n > longest ? n : longest;
    key += n + (key[n] == '_');
  }
  return longest;
}

static void measure(const struct bt_out_item *t, struct bt_str *const *cells, bool broken_heads, struct layout *l) {
  for (uint32_t c = 0; c < t->n_columns; c++) {
    l->width[c] = broken_heads ? longest_word(t->columns[c].key) : strlen(t->columns[c].key);
    for (uint32_t r = 0; r < t->n_rows; r++) {
      size_t w = bt_out_width(cells[r][c]);
      l->width[c] = w > l->width[c] ? w : l->width[c];
    }
  }
}

/* Wide columns give way first, then headings go onto several lines, then wide columns give what they have left. */
static struct layout lay_out(const struct bt_out_item *t, struct bt_str *const *cells, uint32_t width) {
  static const struct {
    bool broken_heads;
    size_t floor;
  } tries[] = {{false, FAIR}, {true, FAIR}, {true, NARROWEST}};
  struct layout l = {.fits = width > 0};
  uint32_t r = 0;
  for (uint32_t c = 0; c < t->n_columns; c++)
    l.shown[c] = t->columns[c].how != BT_OUT_DETAIL && t->columns[c].how != BT_OUT_RARE;
  for (const struct bt_out_row *row = t->first; row; row = row->next, r++)
    for (uint32_t c = 0; c < t->n_columns; c++)
      l.shown[c] |= t->columns[c].how == BT_OUT_RARE && !bt_out_is_nothing(&row->v[c]);
  if (!width) {
    measure(t, cells, false, &l);
    for (uint32_t c = 0; c < t->n_columns; c++)
      l.width[c] = l.width[c] < PAD_AT_MOST ? l.width[c] : PAD_AT_MOST;
    return l;
  }
  for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
    measure(t, cells, tries[i].broken_heads, &l);
    if (shrink(t, width, tries[i].floor, &l))
      break;
  }
  return l;
}

/* One line of a row; *rest of each cell is what is left for the next. True: something is. Spaces are only written
 * before something else, so no line ends with one. */
static bool put_line(const struct bt_out_item *t, const struct layout *l, struct bt_str *rest, bool heads,
                     size_t indent, FILE *to) {
  size_t owed = 0;
  bool more = false;
  for (uint32_t c = 0; c < t->n_columns; c++) {
    if (!l->shown[c])
      continue;
    size_t room = l->width[c];
    if (!rest[c].n) {
      owed += room + 2;
      continue;
    }
    bool wraps = l->fits && (heads || t->columns[c].how == BT_OUT_WRAP);
    bool clips = l->fits && t->columns[c].how == BT_OUT_WIDE;
    struct bt_str piece = rest[c];
    if (wraps)
      piece = bt_out_break(&rest[c], room - indent);
    else
      rest[c].n = 0;
    size_t w = bt_out_width(piece) + indent;
    if (clips && w > room) /* a wide character may leave a column over */
      w = bt_out_width((struct bt_str){piece.p, bt_out_fitting(piece, room - 1)}) + 1;
    size_t pad = w < room ? room - w : 0;
    bool right = is_right(t->columns[c].type);
    bt_out_put_spaces(owed + indent + (right ? pad : 0), to);
    put_clipped(piece, clips ? room : SIZE_MAX, to);
    owed = 2 + (right ? 0 : pad);
    more |= rest[c].n > 0;
  }
  putc('\n', to);
  return more;
}

static void put_row(const struct bt_out_item *t, const struct layout *l, const struct bt_str *cells, bool heads,
                    FILE *to) {
  struct bt_str rest[BT_OUT_MAX_COLUMNS];
  memcpy(rest, cells, t->n_columns * sizeof *cells);
  for (size_t indent = 0; put_line(t, l, rest, heads, indent, to);)
    indent = heads ? 0 : BT_OUT_INDENT;
}

static struct bt_str heading(struct bt_arena *a, const char *key) {
  struct bt_str head = bt_arena_copy(a, bt_str(key));
  for (size_t i = 0; i < head.n; i++) {
    char *p = (char *)head.p + i;
    *p = *p == '_' ? ' ' : (char)toupper((unsigned char)*p);
  }
  return head;
}

int bt_out_put_table(const struct bt_out_item *t, struct bt_arena *a, uint32_t width, FILE *to) {
  struct bt_str **cells = BT_NEW_ARRAY(a, struct bt_str *, t->n_rows);
  struct bt_str heads[BT_OUT_MAX_COLUMNS];
  if (!cells)
    return -BT_LIMIT;
  uint32_t r = 0;
  for (const struct bt_out_row *row = t->first; row; row = row->next, r++) {
    cells[r] = BT_NEW_ARRAY(a, struct bt_str, t->n_columns);
    for (uint32_t c = 0; cells[r] && c < t->n_columns; c++)
      cells[r][c] = t->columns[c].how == BT_OUT_DETAIL ? (struct bt_str){0} : bt_out_value_text(a, &row->v[c]);
  }
  for (uint32_t c = 0; c < t->n_columns; c++)
    heads[c] = heading(a, t->columns[c].key);
  if (a->exhausted)
    return -BT_LIMIT;
  struct layout l = lay_out(t, cells, width);
  put_row(t, &l, heads, true, to);
  for (r = 0; r < t->n_rows; r++)
    put_row(t, &l, cells[r], false, to);
  return 0;
}
