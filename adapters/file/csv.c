#include "csv.h"

#include <stdlib.h>

int csv_init(struct csv *c, FILE *in, char delimiter, size_t row_max) {
  *c = (struct csv){.in = in, .delimiter = delimiter, .row_max = row_max ? row_max : CSV_ROW_MAX};
  c->buffer = malloc(c->row_max + CSV_FIELDS_MAX + 1);
  return c->buffer ? 0 : -1;
}

void csv_fini(struct csv *c) {
  free(c->buffer);
  c->buffer = NULL;
}

static int csv_get(struct csv *c) {
  int ch = getc_unlocked(c->in);
  c->at += ch != EOF;
  c->line += ch == '\n';
  return ch;
}

static void csv_unget(struct csv *c, int ch) {
  if (ch == EOF)
    return;
  c->at--;
  c->line -= ch == '\n';
  ungetc(ch, c->in);
}

static void csv_skip_mark(struct csv *c) {
  static const unsigned char mark[3] = {0xEF, 0xBB, 0xBF};
  unsigned char head[3];
  size_t n = fread(head, 1, sizeof head, c->in);
  if (n == 3 && head[0] == mark[0] && head[1] == mark[1] && head[2] == mark[2])
    c->at = 3;
  else
    rewind(c->in);
}

/* One field: what ended it (delimiter, '\n' or EOF) comes back, -2 with *problem set when it broke a rule. */
static int csv_field(struct csv *c, const char **problem) {
  bool quoted = false, closed = false;
  size_t begin = c->used;
  c->end_size = 0;
  for (;;) {
    int ch = csv_get(c);
    if (ch == '\r' && (!quoted || closed)) {
      c->end_size = 1;
      ch = csv_get(c);
      if (ch != '\n' && ch != EOF)
        return *problem = "a carriage return outside quotes", -2;
    }
    if (ch == EOF && quoted && !closed)
      return *problem = "a quoted field that never ends", -2;
    if (ch == EOF || ((ch == '\n' || ch == (unsigned char)c->delimiter) && (!quoted || closed))) {
      c->end_size += ch == '\n';
      c->buffer[c->used++] = '\0';
      return ch;
    }
    if (closed)
      return *problem = "text after the closing quote", -2;
    if (ch == '"' && !quoted) {
      if (c->used != begin)
        return *problem = "a quote inside an unquoted field", -2;
      quoted = true;
      continue;
    }
    if (ch == '"') {
      int next = csv_get(c);
      if (next != '"') {
        csv_unget(c, next);
        closed = true;
        continue;
      }
    }
    if (ch == '\0')
      return *problem = "a NUL byte", -2;
    if (c->used >= c->row_max)
      return *problem = "longer than a row may be", -2;
    c->buffer[c->used++] = (char)ch;
  }
}

/* The bad row is its first physical line; what follows is read afresh. */
static int csv_recover(struct csv *c, struct csv_row *row) {
  if (fseeko(c->in, row->at, SEEK_SET) < 0)
    return -1;
  c->line = row->line - 1;
  c->at = row->at;
  int ch, before = 0;
  for (row->size = 0; (ch = csv_get(c)) != '\n' && ch != EOF; before = ch)
    row->size++;
  if (before == '\r')
    row->size--;
  row->n = 0;
  return ferror(c->in) ? -1 : 1;
}

static int csv_fields(struct csv *c, struct csv_row *row) {
  int end;
  c->used = 0;
  row->n = 0;
  do {
    if (row->n == CSV_FIELDS_MAX)
      return row->problem = "more columns than can be read", -2;
    row->field[row->n++] = c->buffer + c->used;
    end = csv_field(c, &row->problem);
    if (end == -2)
      return -2;
  } while (end != '\n' && end != EOF);
  return end;
}

int csv_next(struct csv *c, struct csv_row *ret_row) {
  if (c->at == 0)
    csv_skip_mark(c);
  for (;;) {
    ret_row->problem = NULL;
    ret_row->line = c->line + 1;
    ret_row->at = c->at;
    int end = csv_fields(c, ret_row);
    if (ferror(c->in))
      return -1;
    if (end == -2)
      return csv_recover(c, ret_row);
    ret_row->size = (size_t)(c->at - ret_row->at) - c->end_size;
    if (ret_row->size > 0) /* "" in quotes is a value, an empty line is not */
      return 1;
    if (end == EOF)
      return 0;
  }
}
