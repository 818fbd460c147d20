#include "rows.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "csv.h"
#include "map_json.h"
#include "utf8.h"

struct rows {
  FILE *in;
  bool is_csv, whole_events;
  int64_t size;
  uint64_t digest, number;
  size_t n; /* columns asked for */
  const char *const *column;
  const char **value;
  /* CSV */
  struct csv csv;
  struct csv_row csv_row;
  size_t *place; /* column asked for → field */
  size_t width;
  int64_t header_at;
  size_t header_size;
  /* JSON lines */
  json_t *object;
  char (*number_text)[MAP_NUMBER_TEXT];
  char *line_text, *event;
  uint64_t line;
  int64_t at;
  char problem[128];
};

static bool rows_has_end(const char *name, const char *end) {
  size_t n = strlen(name), m = strlen(end);
  return n > m && strcasecmp(name + n - m, end) == 0;
}

static int rows_read_through(struct rows *r, const char *path) {
  const char *slash = strrchr(path, '/');
  const char *name = slash ? slash + 1 : path;
  unsigned char block[64 * 1024];
  size_t n;
  XXH3_state_t *state = XXH3_createState();
  if (!state)
    return -1;
  XXH3_64bits_reset(state);
  XXH3_64bits_update(state, name, strlen(name) + 1);
  while ((n = fread(block, 1, sizeof block, r->in)) > 0) {
    XXH3_64bits_update(state, block, n);
    r->size += (int64_t)n;
  }
  r->digest = XXH3_64bits_digest(state);
  XXH3_freeState(state);
  if (ferror(r->in))
    return -1;
  rewind(r->in);
  return 0;
}

/* Finds each column in the header line. errno as of rows_open. */
static int rows_bind(struct rows *r, char *error) {
  struct csv_row *h = &r->csv_row;
  int got = csv_next(&r->csv, h);
  if (got <= 0 || h->problem) {
    snprintf(error, 256, "its first line must name the columns: %s",
             got == 0  ? "the file is empty"
             : got < 0 ? strerror(errno)
                       : h->problem);
    errno = got < 0 ? errno : 0;
    return -1;
  }
  r->width = h->n;
  r->header_at = h->at;
  r->header_size = h->size;
  for (size_t i = 0; i < r->n; i++) {
    size_t found = 0, place = 0;
    for (size_t f = 0; f < h->n; f++)
      if (strcmp(h->field[f], r->column[i]) == 0) {
        place = f;
        found++;
      }
    if (found != 1) {
      snprintf(error, 256, "%s column \"%.64s\" in its first line", found ? "more than one" : "no", r->column[i]);
      return errno = 0, -1;
    }
    r->place[i] = place;
  }
  return 0;
}

struct rows *rows_open(const char *path, char delimiter, bool whole_events, const char *const *columns, size_t n,
                       char *error) {
  struct rows *r = calloc(1, sizeof *r);
  if (!r)
    return snprintf(error, 256, "%s", strerror(ENOMEM)), errno = ENOMEM, NULL;
  r->is_csv = rows_has_end(path, ".csv");
  r->whole_events = whole_events;
  r->column = columns;
  r->n = n;
  r->value = calloc(n + 1, sizeof *r->value);
  r->place = calloc(n + 1, sizeof *r->place);
  r->number_text = calloc(n + 1, sizeof *r->number_text);
  r->line_text = r->is_csv ? NULL : malloc(CSV_ROW_MAX);
  r->in = fopen(path, "rbe");
  int cause = r->in ? 0 : errno;
  bool ok = false, is_lines = rows_has_end(path, ".jsonl") || rows_has_end(path, ".ndjson");
  if (!r->value || !r->place || !r->number_text || (!r->is_csv && !r->line_text))
    snprintf(error, 256, "%s", strerror(cause = ENOMEM));
  else if (!r->is_csv && !is_lines)
    snprintf(error, 256, "its name ends in none of .csv, .jsonl, .ndjson");
  else if (cause || (rows_read_through(r, path) < 0 && (cause = errno)))
    snprintf(error, 256, "cannot be read: %s", strerror(cause));
  else if (r->is_csv && csv_init(&r->csv, r->in, delimiter, 0) < 0)
    snprintf(error, 256, "%s", strerror(cause = ENOMEM));
  else if (r->is_csv && rows_bind(r, error) < 0)
    cause = errno;
  else
    ok = true;
  if (ok)
    return r;
  rows_close(r);
  return errno = cause, NULL;
}

void rows_close(struct rows *r) {
  if (!r)
    return;
  if (r->in)
    fclose(r->in);
  csv_fini(&r->csv);
  json_decref(r->object);
  free(r->value);
  free(r->place);
  free(r->number_text);
  free(r->line_text);
  free(r->event);
  free(r);
}

static int rows_next_csv(struct rows *r, struct row *row) {
  struct csv_row *c = &r->csv_row;
  int got = csv_next(&r->csv, c);
  if (got <= 0)
    return got;
  row->line = c->line;
  row->at = c->at;
  row->size = c->size;
  row->problem = c->problem;
  if (c->problem)
    return 1;
  if (c->n != r->width) {
    snprintf(r->problem, sizeof r->problem, "%zu columns where the first line has %zu", c->n, r->width);
    row->problem = r->problem;
    return 1;
  }
  for (size_t i = 0; i < r->n; i++)
    r->value[i] = c->field[r->place[i]];
  for (size_t f = 0; f < c->n && !row->problem; f++)
    if (!utf8_valid(c->field[f], strlen(c->field[f]))) {
      snprintf(r->problem, sizeof r->problem, "column %zu is not valid UTF-8", f + 1);
      row->problem = r->problem;
    }
  return 1;
}

/* "a.b" is member b of member a; a member of that very name comes first. */
static const json_t *rows_member(const json_t *object, const char *name) {
  const json_t *v = json_object_get(object, name);
  const char *dot = strchr(name, '.');
  if (v || !dot)
    return v;
  char head[128];
  snprintf(head, sizeof head, "%.*s", (int)(dot - name), name);
  v = json_object_get(object, head);
  return json_is_object(v) ? rows_member(v, dot + 1) : NULL;
}

static const char *rows_json_text(struct rows *r, size_t i, const json_t *v) {
  const char *text = map_json_text(v, r->number_text[i]);
  if (!text)
    snprintf(r->problem, sizeof r->problem, "\"%.64s\" is no single value", r->column[i]);
  return text;
}

static const char *rows_take_json(struct rows *r, struct row *row) {
  json_error_t e;
  json_decref(r->object);
  r->object = json_loadb(r->line_text, row->size, JSON_REJECT_DUPLICATES, &e);
  if (!r->object || !json_is_object(r->object)) {
    snprintf(r->problem, sizeof r->problem, "not one JSON object: %.90s", r->object ? "another value" : e.text);
    return r->problem;
  }
  json_t *event = r->whole_events ? json_object_get(r->object, "event") : NULL;
  free(r->event);
  r->event = NULL;
  if (json_is_object(event)) {
    row->event = r->event = json_dumps(event, JSON_COMPACT);
    row->key = json_string_value(json_object_get(r->object, "key"));
    return row->event ? NULL : "no memory";
  }
  for (size_t i = 0; i < r->n; i++)
    if (!(r->value[i] = rows_json_text(r, i, rows_member(r->object, r->column[i]))))
      return r->problem;
  return NULL;
}

/* The next line without its end; -2: too long, and passed over. */
static ssize_t rows_line(struct rows *r) {
  int ch;
  size_t n = 0;
  while ((ch = getc_unlocked(r->in)) != EOF && ch != '\n') {
    if (n < CSV_ROW_MAX)
      r->line_text[n] = (char)ch;
    n++;
  }
  if (ferror(r->in) || (ch == EOF && n == 0))
    return -1;
  r->at += (int64_t)n + (ch == '\n');
  return (ssize_t)n;
}

static int rows_next_json(struct rows *r, struct row *row) {
  for (;;) {
    row->at = r->at;
    row->line = ++r->line;
    ssize_t n = rows_line(r);
    if (n < 0)
      return ferror(r->in) ? -1 : 0;
    row->size = (size_t)n;
    if (n > CSV_ROW_MAX) {
      row->problem = "longer than a row may be";
      return 1;
    }
    if (n == 0 || (n == 1 && r->line_text[0] == '\r'))
      continue;
    row->problem = rows_take_json(r, row);
    return 1;
  }
}

int rows_next(struct rows *r, struct row *ret_row) {
  *ret_row = (struct row){.value = r->value};
  int got = r->is_csv ? rows_next_csv(r, ret_row) : rows_next_json(r, ret_row);
  if (got > 0)
    ret_row->number = ++r->number;
  return got;
}

bool rows_are_csv(const struct rows *r) {
  return r->is_csv;
}

int64_t rows_size(const struct rows *r) {
  return r->size;
}

uint64_t rows_digest(const struct rows *r) {
  return r->digest;
}

char *rows_text(const struct rows *r, int64_t at, size_t size) {
  char *text = malloc(size + 1);
  if (!text)
    return NULL;
  ssize_t n = pread(fileno(r->in), text, size, at);
  if (n != (ssize_t)size) {
    free(text);
    return NULL;
  }
  text[n] = '\0';
  return text;
}

char *rows_header(const struct rows *r) {
  return r->is_csv ? rows_text(r, r->header_at, r->header_size) : NULL;
}
