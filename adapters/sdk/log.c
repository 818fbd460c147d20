#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "baton.h"
#include "log.h"

enum { LINE_MAX_BYTES = 4000, LEVELS = 4 };

static const char *const levels[LEVELS] = {"debug", "info", "warn", "error"};
static int threshold = 1; /* the process's own: which lines it wants */

struct line {
  char text[LINE_MAX_BYTES + 64];
  size_t n;
};

static void put_char(struct line *l, char c) {
  if (l->n < LINE_MAX_BYTES)
    l->text[l->n++] = c;
}

static void put_text(struct line *l, const char *text) {
  while (*text)
    put_char(l, *text++);
}

/* Printable ASCII stays; everything else becomes \xNN, so that one record is one line whatever came in. */
static void put_value(struct line *l, const char *text) {
  bool bare = *text && text[strcspn(text, " \"=\\")] == '\0';
  for (const char *c = text; bare && *c; c++)
    bare = *c > ' ' && *c < 0x7f;
  if (bare) {
    put_text(l, text);
    return;
  }
  put_char(l, '"');
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    char escaped[8];
    if (c == '"' || c == '\\')
      snprintf(escaped, sizeof escaped, "\\%c", c);
    else if (c == '\n')
      snprintf(escaped, sizeof escaped, "\\n");
    else if (c < ' ' || c >= 0x7f)
      snprintf(escaped, sizeof escaped, "\\x%02x", c);
    else
      snprintf(escaped, sizeof escaped, "%c", c);
    put_text(l, escaped);
  }
  put_char(l, '"');
}

static void put_time(struct line *l) {
  struct timespec now;
  struct tm tm;
  char text[64];
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &tm);
  size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
  snprintf(text + n, sizeof text - n, ".%06ldZ", now.tv_nsec / 1000);
  put_text(l, text);
}

int bt_sdk_log_level(const char *level) {
  for (int i = 0; i < LEVELS; i++)
    if (strcmp(level, levels[i]) == 0)
      return i;
  return -1;
}

void bt_sdk_log_set_level(int level) {
  threshold = level;
}

void baton_log(const char *level, const char *event, ...) {
  int rank = bt_sdk_log_level(level);
  if (rank >= 0 && rank < threshold)
    return;
  struct line l = {.n = 0};
  int saved = errno;
  put_text(&l, "ts=");
  put_time(&l);
  put_text(&l, " level=");
  put_value(&l, level);
  put_text(&l, " event=");
  put_value(&l, event);
  va_list fields;
  va_start(fields, event);
  for (const char *key; (key = va_arg(fields, const char *));) {
    const char *value = va_arg(fields, const char *);
    put_char(&l, ' ');
    put_text(&l, key);
    put_char(&l, '=');
    put_value(&l, value ? value : "");
  }
  va_end(fields);
  l.text[l.n++] = '\n';
  /* One write, so that lines of several processes on one stderr do not mix. A stderr that is gone is nobody's to tell.
   */
  ssize_t written = write(STDERR_FILENO, l.text, l.n);
  (void)written;
  errno = saved;
}

bool baton_log_due(uint64_t count) {
  return (count & (count - 1)) == 0;
}
