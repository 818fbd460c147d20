/* Aligned text: values in words, pairs below one another, tables where they come. */
#include <inttypes.h>

#include "base/clock.h"
#include "control/out_text.h"

enum { NARROWEST = 20 };

size_t bt_out_width(struct bt_str s) {
  size_t n = 0;
  for (size_t i = 0, columns; i < s.n; n += columns)
    i += bt_out_char(s, i, &columns);
  return n;
}

size_t bt_out_fitting(struct bt_str s, size_t room) {
  size_t i = 0;
  for (size_t used = 0; i < s.n;) {
    size_t columns;
    const size_t bytes = bt_out_char(s, i, &columns);
    if (used + columns > room)
      break;
    used += columns;
    i += bytes;
  }
  return i;
}

static struct bt_str span_text(struct bt_arena *a, int64_t us) {
  double s = (double)us / (double)BT_SECOND_US;
  if (s < 120)
    return bt_arena_printf(a, s < 10 ? "%.1f s" : "%.0f s", s);
  if (s < 7200)
    return bt_arena_printf(a, "%.0f min", s / 60);
  return s < 48 * 3600 ? bt_arena_printf(a, "%.1f h", s / 3600) : bt_arena_printf(a, "%.1f d", s / 86400);
}

static struct bt_str bytes_text(struct bt_arena *a, uint64_t n) {
  static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
  double v = (double)n / 1024;
  size_t u = 0;
  if (n < 1024)
    return bt_arena_printf(a, "%" PRIu64 " B", n);
  for (; v >= 1000 && u + 1 < sizeof units / sizeof *units; u++)
    v /= 1024;
  return bt_arena_printf(a, "%.1f %s", v, units[u]);
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
  struct bt_str all = bt_arena_join(a, names->v, names->n, BT_LIT(", "));
  return all.n ? bt_out_escape(a, all) : BT_LIT("-");
}

struct bt_str bt_out_value_text(struct bt_arena *a, const struct bt_out_value *v) {
  switch (v->type) {
  case BT_OUT_TEXT:
    return bt_out_escape(a, v->text);
  case BT_OUT_NUMBER:
    return bt_arena_printf(a, "%" PRIu64, v->number);
  case BT_OUT_BYTES:
    return bytes_text(a, v->number);
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

struct bt_str bt_out_break(struct bt_str *rest, size_t room) {
  size_t end = bt_out_fitting(*rest, room), blank = 0, columns;
  if (!end && rest->n)
    end = bt_out_char(*rest, 0, &columns);
  for (size_t i = 0; i < end; i++)
    blank = rest->p[i] == ' ' ? i : blank;
  bool whole = end == rest->n;
  size_t cut = whole || rest->p[end] == ' ' || !blank ? end : blank;
  struct bt_str piece = {rest->p, cut};
  while (cut < rest->n && rest->p[cut] == ' ')
    cut++;
  *rest = (struct bt_str){rest->p + cut, rest->n - cut};
  while (piece.n && piece.p[piece.n - 1] == ' ')
    piece.n--;
  return piece;
}

static void put_key(const char *key, FILE *to) {
  for (; *key; key++)
    putc(*key == '_' ? ' ' : *key, to);
}

void bt_out_put_spaces(size_t n, FILE *to) {
  for (; n; n--)
    putc(' ', to);
}

static bool is_note(const struct bt_out_item *i) {
  return !i->columns && strcmp(i->key, "note") == 0;
}

static bool is_left_out(const struct bt_out_item *i) {
  return i->rare && (i->columns ? !i->n_rows : bt_out_is_nothing(&i->value));
}

static size_t key_width(const struct bt_out *o) {
  size_t w = 0;
  for (const struct bt_out_item *i = o->first; i; i = i->next)
    if (!i->columns && !is_note(i) && !is_left_out(i) && strlen(i->key) > w)
      w = strlen(i->key);
  return w;
}

/* What follows a key, or stands alone, in lines of at most `width` columns (0: one line), of which `used` are taken. */
static void put_words(struct bt_str words, size_t used, uint32_t width, FILE *to) {
  size_t room = width > used + NARROWEST ? width - used : width ? NARROWEST : SIZE_MAX;
  for (bool first = true; first || words.n; first = false) {
    struct bt_str piece = bt_out_break(&words, room);
    if (!first)
      bt_out_put_spaces(used, to);
    if (piece.n)
      fwrite(piece.p, 1, piece.n, to);
    putc('\n', to);
  }
}

static int put_item(const struct bt_out *o, const struct bt_out_item *i, size_t keys, uint32_t width, FILE *to) {
  if (i->columns && i->n_rows) {
    if (o->first->next) {
      put_key(i->key, to);
      fputs(":\n", to);
    }
    return bt_out_put_table(i, o->arena, width, to);
  }
  if (i->columns) {
    fputs("no ", to);
    put_key(i->key, to);
    putc('\n', to);
    return 0;
  }
  size_t used = 0;
  if (!is_note(i)) {
    put_key(i->key, to);
    used = keys + 2;
    bt_out_put_spaces(used - strlen(i->key), to);
  }
  put_words(bt_out_value_text(o->arena, &i->value), used, width, to);
  return 0;
}

int bt_out_render_text(const struct bt_out *o, uint32_t width, FILE *to) {
  size_t keys = key_width(o);
  int rc = o->arena->exhausted ? -BT_LIMIT : 0;
  const struct bt_out_item *before = NULL;
  for (const struct bt_out_item *i = o->first; i && rc == 0; i = i->next) {
    if (is_left_out(i))
      continue;
    if (before && (i->columns || before->columns || is_note(i)))
      putc('\n', to);
    rc = put_item(o, i, keys, width, to);
    before = i;
  }
  return o->arena->exhausted ? -BT_LIMIT : rc;
}
