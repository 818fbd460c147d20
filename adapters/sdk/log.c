#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "baton.h"
#include "log.h"
#include "service.h"

enum { LINE_MAX_BYTES = 4000, LEVELS = 4, FIELDS_MAX = 24, OWN_FIELDS = 3, FIELD_SIZE = 1024, KEY_MAX = 48 };

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

/* ---- The journal ---- */

/* A value as it stands in a line, but for the quotes; the journal's names have capitals, digits and underscores. */
static size_t field(char to[FIELD_SIZE], const char *key, const char *value) {
  struct line l = {.n = 0};
  size_t n = (size_t)snprintf(to, FIELD_SIZE, "BATON_%.*s=", KEY_MAX, key);
  for (char *c = to; *c != '='; c++)
    *c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
  put_value(&l, value);
  size_t quotes = l.n >= 2 && l.text[0] == '"' ? 1 : 0, length = l.n - 2 * quotes;
  length = length < FIELD_SIZE - n ? length : FIELD_SIZE - n;
  memcpy(to + n, l.text + quotes, length);
  return n + length;
}

/* message: the line from the event's name on. */
static bool send_to_journal(int rank, const char *event, va_list fields, const char *message, size_t n_message) {
  static const char *const priorities[LEVELS] = {"PRIORITY=7", "PRIORITY=6", "PRIORITY=4", "PRIORITY=3"};
  char text[LINE_MAX_BYTES + 64], value[FIELDS_MAX + 1][FIELD_SIZE];
  int length = snprintf(text, sizeof text, "MESSAGE=%.*s", (int)n_message, message);
  const char *priority = priorities[rank < 0 ? 1 : rank];
  struct iovec v[OWN_FIELDS + FIELDS_MAX] = {{text, (size_t)length}, {(char *)priority, strlen(priority)}};
  v[2] = (struct iovec){value[0], field(value[0], "event", event)};
  int n = OWN_FIELDS;
  for (const char *key; n < OWN_FIELDS + FIELDS_MAX && (key = va_arg(fields, const char *)); n++) {
    const char *of = va_arg(fields, const char *);
    char *to = value[n - OWN_FIELDS + 1];
    v[n] = (struct iovec){to, field(to, key, of ? of : "")};
  }
  return bt_sdk_service_journal_send(v, n);
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
  const size_t head = l.n;
  put_value(&l, event);
  va_list fields, again;
  va_start(fields, event);
  va_copy(again, fields);
  for (const char *key; (key = va_arg(fields, const char *));) {
    const char *value = va_arg(fields, const char *);
    put_char(&l, ' ');
    put_text(&l, key);
    put_char(&l, '=');
    put_value(&l, value ? value : "");
  }
  va_end(fields);
  bool sent = bt_sdk_service_journal() && send_to_journal(rank, event, again, l.text + head, l.n - head);
  va_end(again);
  l.text[l.n++] = '\n';
  /* One write, so that lines of several processes on one stderr do not mix. A stderr that is gone is nobody's to tell.
   */
  ssize_t written = sent ? 0 : write(STDERR_FILENO, l.text, l.n);
  (void)written;
  errno = saved;
}

bool baton_log_due(uint64_t count) {
  return (count & (count - 1)) == 0;
}
