#include "base/log.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/code.h"

/* A line is at most what a pipe takes in one piece, so lines of several processes on one stderr do not mix. */
enum { LINE_SIZE = BT_LOG_LINE, TAIL_ROOM = 16 };

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static enum bt_log_level threshold = BT_LOG_INFO;
static bt_log_sink_fn *log_sink;

struct line {
  char text[LINE_SIZE];
  size_t n;
  bool cut;
};

static void put(struct line *l, const char *p, size_t n) {
  if (n > LINE_SIZE - TAIL_ROOM - l->n) {
    l->cut = true;
    return;
  }
  memcpy(l->text + l->n, p, n);
  l->n += n;
}

static bool is_plain(struct bt_str s) {
  for (size_t i = 0; i < s.n; i++)
    if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '"' || s.p[i] == '\\' || s.p[i] == '=')
      return false;
  return s.n > 0;
}

static void put_quoted(struct line *l, struct bt_str s) {
  put(l, "\"", 1);
  for (size_t i = 0; i < s.n && !l->cut; i++) {
    char c = s.p[i], hex[5];
    if (c == '"' || c == '\\')
      put(l, (char[]){'\\', c}, 2);
    else if (c >= ' ' && c <= '~')
      put(l, &c, 1);
    else
      put(l, hex, (size_t)snprintf(hex, sizeof(hex), "\\x%02x", (unsigned char)c));
  }
  /* TAIL_ROOM leaves space for the closing quote of a value that was cut. */
  l->text[l->n++] = '"';
}

static void put_value(struct line *l, const struct bt_log_field *f) {
  char number[24];
  if (f->type == BT_LOG_INT)
    put(l, number, (size_t)snprintf(number, sizeof(number), "%" PRId64, f->i));
  else if (f->type == BT_LOG_UINT)
    put(l, number, (size_t)snprintf(number, sizeof(number), "%" PRIu64, f->u));
  else if (is_plain(f->s) && f->s.n <= LINE_SIZE / 2)
    put(l, f->s.p, f->s.n);
  else
    put_quoted(l, f->s);
}

void bt_log_write(enum bt_log_level level, const char *event, const struct bt_log_field *fields) {
  if (level < threshold)
    return;
  struct line l = {.n = 0};
  char at[32];
  const size_t head = l.n =
      (size_t)snprintf(l.text, LINE_SIZE, "ts=%s level=%s event=", bt_clock_format(bt_clock_wall_us(), at, sizeof(at)),
                       level_names[level]);
  l.n += (size_t)snprintf(l.text + l.n, LINE_SIZE - l.n, "%.256s", event);
  for (const struct bt_log_field *f = fields; f->key && !l.cut; f++) {
    put(&l, " ", 1);
    put(&l, f->key, strlen(f->key));
    put(&l, "=", 1);
    if (!l.cut)
      put_value(&l, f);
  }
  if (l.cut) {
    memcpy(l.text + l.n, " cut=1", 6);
    l.n += 6;
  }
  if (log_sink && log_sink(level, event, fields, (struct bt_str){l.text + head, l.n - head}))
    return;
  l.text[l.n++] = '\n';
  /* Nobody is left to be told when stderr is gone. */
  if (write(STDERR_FILENO, l.text, l.n) < 0)
    return;
}

void bt_log_set_level(enum bt_log_level level) {
  threshold = level;
}

enum bt_log_level bt_log_level(void) {
  return threshold;
}

const char *bt_log_level_name(enum bt_log_level level) {
  return level_names[level];
}

void bt_log_set_sink(bt_log_sink_fn *sink) {
  log_sink = sink;
}

const char *bt_log_value(const struct bt_log_field *f, char buf[BT_LOG_VALUE]) {
  struct line l = {.n = 0};
  put_value(&l, f);
  bool quoted = f->type == BT_LOG_STR && l.n >= 2 && l.text[0] == '"';
  size_t n = l.n - (quoted ? 2 : 0);
  n = n < BT_LOG_VALUE ? n : BT_LOG_VALUE - 1;
  memcpy(buf, l.text + (quoted ? 1 : 0), n);
  buf[n] = '\0';
  return buf;
}

int bt_log_level_parse(const char *text, enum bt_log_level *ret_level) {
  for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++)
    if (strcmp(text, level_names[i]) == 0) {
      *ret_level = (enum bt_log_level)i;
      return 0;
    }
  return -BT_INVALID;
}
