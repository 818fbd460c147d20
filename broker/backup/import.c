/* A data folder from JSON lines. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "backup/backup.h"
#include "backup/build.h"
#include "codec/entry_json.h"
#include "codec/event_codec.h"

enum {
  EXPORT_FORMAT = 1,
  JOURNAL_FORMAT = 1,
  LINE_MAX_BYTES = 16 << 20,
  LINE_MAX_VALUES = 1 << 18, /* each costs hundreds of bytes of memory */
  LINE_ARENA = 128 << 20,
  TELL_EVERY = 1024
};

struct importing {
  struct bt_task *w;
  FILE *from;
  uint64_t line_number, next;
  char *line;
  size_t room;
  struct bt_str text;
  struct bt_json_header header;
  uint8_t chain[32];
  struct bt_arena arena;
  struct bt_build build;
};

static int wrong(struct importing *m, int code, const char *text) {
  return bt_task_fail(m->w, code, "line %" PRIu64 ": %s", m->line_number, text);
}

/* How many values it would be read as, at most. */
static size_t values_of(struct bt_str line) {
  size_t n = 1;
  bool inside = false;
  for (size_t i = 0; i < line.n; i++) {
    const char c = line.p[i];
    if (c == '"')
      inside = !inside;
    else if (inside)
      i += c == '\\';
    else
      n += c == ',' || c == '{' || c == '[';
  }
  return n;
}

/* 1: there is one. A line that is too long is not read to its end. */
static int next_line(struct importing *m) {
  size_t n = 0;
  int c;
  m->line_number++;
  while ((c = getc_unlocked(m->from)) != EOF && c != '\n') {
    if (n == m->room) {
      size_t room = m->room ? 2 * m->room : 64 * 1024;
      char *line = room <= LINE_MAX_BYTES ? realloc(m->line, room) : NULL;
      if (!line)
        return wrong(m, -BT_LIMIT, "it is longer than any entry");
      m->line = line;
      m->room = room;
    }
    m->line[n++] = (char)c;
  }
  m->text = (struct bt_str){m->line, n};
  if (ferror(m->from))
    return wrong(m, -BT_IO, "it cannot be read");
  if (values_of(m->text) > LINE_MAX_VALUES)
    return wrong(m, -BT_LIMIT, "it holds more than any entry");
  return c == EOF && n == 0 ? 0 : 1;
}

static int read_header(struct importing *m) {
  const char *text = "";
  int rc = next_line(m);
  if (rc <= 0)
    return rc < 0 ? rc : wrong(m, -BT_INVALID, "there is nothing in it");
  rc = bt_header_read_json(m->text, &m->header, &text);
  if (rc < 0)
    return wrong(m, rc, text);
  if (m->header.format > EXPORT_FORMAT || m->header.journal_format > JOURNAL_FORMAT)
    return wrong(m, -BT_NEWER, "it was written by a newer version of the broker");
  if (m->header.from != 1)
    return wrong(m, -BT_INVALID, "it does not begin at entry 1: a part of a log makes no data folder");
  memcpy(m->chain, m->header.before, sizeof m->chain);
  return 0;
}

static int check(struct importing *m, const struct bt_json_entry *e) {
  struct bt_entry decoded;
  char text[160];
  if (e->sequence != m->next) {
    snprintf(text, sizeof text,
             "it is entry %" PRIu64 ", and %" PRIu64 " was to come: something is missing, or twice there", e->sequence,
             m->next);
    return wrong(m, -BT_INVALID, text);
  }
  bt_chain_next(m->chain, e->sequence, e->head, e->body, m->chain);
  if (memcmp(m->chain, e->chain, sizeof m->chain) != 0)
    return wrong(m, -BT_CORRUPT, "the entry does not fit its chain hash: it was changed");
  int rc = bt_entry_decode(e->head, e->body, &m->arena, &decoded);
  return rc < 0 ? wrong(m, rc, bt_code_text(rc)) : 0;
}

static int read_entries(struct importing *m) {
  int more, rc = 0;
  while (rc == 0 && (more = next_line(m)) != 0) {
    struct bt_json_entry e;
    const char *text = "";
    if (more < 0)
      return more;
    bt_arena_reset(&m->arena);
    rc = bt_entry_read_json(m->text, &m->arena, &e, &text);
    if (rc < 0)
      return wrong(m, rc, *text ? text : bt_code_text(rc));
    rc = check(m, &e);
    if (rc == 0)
      rc = bt_build_add(&m->build, e.sequence, e.head, e.body);
    m->next++;
    if (m->next % TELL_EVERY == 0)
      bt_task_tell(m->w, "import", m->next, m->header.to);
  }
  if (rc == 0 && m->next != m->header.to + 1) {
    char text[120];
    snprintf(text, sizeof text, "it ends behind entry %" PRIu64 ", and the first line says %" PRIu64 ": it was cut off",
             m->next - 1, m->header.to);
    return wrong(m, -BT_INVALID, text);
  }
  return rc;
}

static int run(struct importing *m, const char *data_dir) {
  uint64_t position;
  int rc = read_header(m);
  if (rc == 0)
    rc = bt_build_begin(&m->build, m->w, data_dir);
  if (rc == 0)
    rc = bt_build_journal(&m->build, 0);
  if (rc == 0)
    rc = read_entries(m);
  if (rc == 0)
    rc = bt_build_record(&m->build, NULL, NULL, &position);
  if (rc == 0 && m->header.has_key)
    rc = bt_build_key(&m->build, m->header.key, sizeof m->header.key);
  if (rc == 0)
    rc = bt_build_end(&m->build);
  bt_build_drop(&m->build);
  return rc;
}

int bt_import(struct bt_task *w, FILE *from, const char *data_dir, struct bt_import_report *ret) {
  struct importing m = {.w = w, .from = from, .next = 1};
  bt_arena_init(&m.arena, LINE_ARENA);
  int rc = run(&m, data_dir);
  bt_arena_fini(&m.arena);
  free(m.line);
  *ret = (struct bt_import_report){m.next - 1, m.header.has_key};
  explicit_bzero(m.header.key, sizeof m.header.key);
  return rc < 0 ? bt_task_fail(w, rc, "%s", bt_code_text(rc)) : 0;
}
