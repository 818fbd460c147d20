/* Aligned text: pairs below one another, tables with a heading. */
#include <ctype.h>
#include <inttypes.h>

#include "base/clock.h"
#include "control/out.h"

enum { NARROWEST = 8, PAD_AT_MOST = 60 };

static size_t width_of(struct bt_str s) {
  size_t n = 0;
  for (size_t i = 0; i < s.n; i++)
    n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
  return n;
}

static struct bt_str span_text(struct bt_arena *a, int64_t us) {
  double s = (double)us / (double)BT_SECOND_US;
  if (s < 120)
    return bt_arena_printf(a, s < 10 ? "%.1f s" : "%.0f s", s);
  if (s < 7200)
    return bt_arena_printf(a, "%.0f min", s / 60);
  return s < 48 * 3600 ? bt_arena_printf(a, "%.1f h", s / 3600) : bt_arena_printf(a, "%.1f d", s / 86400);
}

/* "2026-03-01 09:30:00Z" */
static struct bt_str time_text(struct bt_arena *a, int64_t us) {
  char buf[40];
  struct bt_str t = bt_arena_copy(a, bt_str(bt_clock_format(us, buf, sizeof buf)));
  if (t.n < 8)
    return t;
  char *p = (char *)t.p;
  char *date_end = memchr(p, 'T', t.n);
  if (date_end)
    *date_end = ' ';
  p[t.n - 8] = 'Z';
  return (struct bt_str){p, t.n - 7};
}

static struct bt_str names_text(struct bt_arena *a, const struct bt_strs *names) {
  size_t size = 0, n = 0;
  for (uint32_t i = 0; i < names->n; i++)
    size += names->v[i].n + 2;
  char *all = bt_arena_alloc(a, size);
  for (uint32_t i = 0; all && i < names->n; i++) {
    if (i) {
      memcpy(all + n, ", ", 2);
      n += 2;
    }
    memcpy(all + n, names->v[i].p, names->v[i].n);
    n += names->v[i].n;
  }
  return n ? bt_out_escape(a, (struct bt_str){all, n}) : BT_LIT("-");
}

static struct bt_str value_text(struct bt_arena *a, const struct bt_out_value *v) {
  switch (v->type) {
  case BT_OUT_TEXT:
    return bt_out_escape(a, v->text);
  case BT_OUT_NUMBER:
    return bt_arena_printf(a, "%" PRIu64, v->number);
  case BT_OUT_REAL:
    return bt_arena_printf(a, "%.2f", v->real);
  case BT_OUT_SHARE:
    return bt_arena_printf(a, "%.1f %%", v->real * 100);
  case BT_OUT_TIME:
    return time_text(a, v->us);
  case BT_OUT_SPAN:
    return span_text(a, v->us);
  case BT_OUT_FLAG:
    return v->flag ? BT_LIT("yes") : BT_LIT("no");
  case BT_OUT_NAMES:
    return names_text(a, &v->names);
  case BT_OUT_NONE:
    break;
  }
  return BT_LIT("-");
}

static void put_key(const char *key, FILE *to) {
  for (; *key; key++)
    putc(*key == '_' ? ' ' : *key, to);
}

static void put_spaces(size_t n, FILE *to) {
  for (; n; n--)
    putc(' ', to);
}

/* At most `room` characters, the last of them an ellipsis where it was longer. */
static void put_clipped(struct bt_str s, size_t room, FILE *to) {
  if (width_of(s) <= room) {
    fwrite(s.p, 1, s.n, to);
    return;
  }
  size_t i = 0, seen = 0;
  while (i < s.n && seen < room) {
    if (((unsigned char)s.p[i] & 0xc0) != 0x80 && ++seen == room)
      break;
    i++;
  }
  fwrite(s.p, 1, i, to);
  fputs("…", to);
}

struct layout {
  size_t width[BT_OUT_MAX_COLUMNS];
  bool clip;
};

static bool is_right(enum bt_out_type type) {
  return type == BT_OUT_NUMBER || type == BT_OUT_REAL || type == BT_OUT_SHARE || type == BT_OUT_SPAN;
}

/* Takes from the widest of the wide columns until a line fits, or none can give any more. */
static void shrink(const struct bt_out_item *t, size_t width, struct layout *l) {
  size_t total = 0;
  for (uint32_t c = 0; c < t->n_columns; c++)
    total += t->columns[c].how == BT_OUT_DETAIL ? 0 : l->width[c] + 2;
  while (total > width + 2) {
    uint32_t widest = t->n_columns;
    for (uint32_t c = 0; c < t->n_columns; c++)
      if (t->columns[c].how == BT_OUT_WIDE && l->width[c] > NARROWEST &&
          (widest == t->n_columns || l->width[c] > l->width[widest]))
        widest = c;
    if (widest == t->n_columns)
      return;
    l->width[widest]--;
    total--;
  }
}

static struct layout lay_out(const struct bt_out_item *t, struct bt_str *const *cells, uint32_t width) {
  struct layout l = {.clip = width > 0};
  for (uint32_t c = 0; c < t->n_columns; c++) {
    l.width[c] = strlen(t->columns[c].key);
    for (uint32_t r = 0; r < t->n_rows; r++) {
      size_t w = width_of(cells[r][c]);
      l.width[c] = w > l.width[c] ? w : l.width[c];
    }
    if (!width && l.width[c] > PAD_AT_MOST)
      l.width[c] = PAD_AT_MOST;
  }
  if (width)
    shrink(t, width, &l);
  return l;
}

static void put_line(const struct bt_out_item *t, const struct layout *l, const struct bt_str *cells, FILE *to) {
  size_t owed = 0; /* spaces are only written before something else, so no line ends with one */
  for (uint32_t c = 0; c < t->n_columns; c++) {
    if (t->columns[c].how == BT_OUT_DETAIL)
      continue;
    bool clip = l->clip && t->columns[c].how == BT_OUT_WIDE;
    size_t w = width_of(cells[c]);
    if (clip && w > l->width[c])
      w = l->width[c];
    size_t pad = w < l->width[c] ? l->width[c] - w : 0;
    put_spaces(owed + (is_right(t->columns[c].type) ? pad : 0), to);
    put_clipped(cells[c], clip ? l->width[c] : SIZE_MAX, to);
    owed = 2 + (is_right(t->columns[c].type) ? 0 : pad);
  }
  putc('\n', to);
}

static int put_table(const struct bt_out_item *t, struct bt_arena *a, uint32_t width, FILE *to) {
  struct bt_str **cells = BT_NEW_ARRAY(a, struct bt_str *, t->n_rows);
  struct bt_str *heads = BT_NEW_ARRAY(a, struct bt_str, t->n_columns);
  if (!cells || !heads)
    return -BT_LIMIT;
  uint32_t r = 0;
  for (const struct bt_out_row *row = t->first; row; row = row->next, r++) {
    cells[r] = BT_NEW_ARRAY(a, struct bt_str, t->n_columns);
    for (uint32_t c = 0; cells[r] && c < t->n_columns; c++)
      cells[r][c] = t->columns[c].how == BT_OUT_DETAIL ? (struct bt_str){0} : value_text(a, &row->v[c]);
  }
  for (uint32_t c = 0; c < t->n_columns; c++) {
    heads[c] = bt_arena_copy(a, bt_str(t->columns[c].key));
    for (size_t i = 0; i < heads[c].n; i++) {
      char *p = (char *)heads[c].p + i;
      *p = *p == '_' ? ' ' : (char)toupper((unsigned char)*p);
    }
  }
  if (a->exhausted)
    return -BT_LIMIT;
  struct layout l = lay_out(t, cells, width);
  put_line(t, &l, heads, to);
  for (r = 0; r < t->n_rows; r++)
    put_line(t, &l, cells[r], to);
  return 0;
}

static bool is_note(const struct bt_out_item *i) {
  return !i->columns && strcmp(i->key, "note") == 0;
}

static size_t key_width(const struct bt_out *o) {
  size_t w = 0;
  for (const struct bt_out_item *i = o->first; i; i = i->next)
    if (!i->columns && !is_note(i) && strlen(i->key) > w)
      w = strlen(i->key);
  return w;
}

static int put_item(const struct bt_out *o, const struct bt_out_item *i, size_t keys, uint32_t width, FILE *to) {
  if (i->columns && i->n_rows) {
    if (o->first->next) {
      put_key(i->key, to);
      fputs(":\n", to);
    }
    return put_table(i, o->arena, width, to);
  }
  if (i->columns) {
    fputs("no ", to);
    put_key(i->key, to);
  } else if (!is_note(i)) {
    put_key(i->key, to);
    put_spaces(keys - strlen(i->key) + 2, to);
  }
  struct bt_str text = i->columns ? (struct bt_str){0} : value_text(o->arena, &i->value);
  if (text.n)
    fwrite(text.p, 1, text.n, to);
  putc('\n', to);
  return 0;
}

int bt_out_render_text(const struct bt_out *o, uint32_t width, FILE *to) {
  size_t keys = key_width(o);
  int rc = o->arena->exhausted ? -BT_LIMIT : 0;
  const struct bt_out_item *before = NULL;
  for (const struct bt_out_item *i = o->first; i && rc == 0; before = i, i = i->next) {
    if (before && (i->columns || before->columns || is_note(i)))
      putc('\n', to);
    rc = put_item(o, i, keys, width, to);
  }
  return o->arena->exhausted ? -BT_LIMIT : rc;
}
