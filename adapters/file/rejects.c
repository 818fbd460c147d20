#include "rejects.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "csv.h"

static int rejects_compare(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

bool rejects_has(const struct rejects *r, uint64_t row) {
  return r->n_known && bsearch(&row, r->known, r->n_known, sizeof row, rejects_compare);
}

static int rejects_know(struct rejects *r, uint64_t row) {
  size_t n = r->n_known;
  uint64_t *grown = n & (n - 1) ? r->known : realloc(r->known, (n ? 2 * n : 1) * sizeof row);
  if (!grown)
    return errno = ENOMEM, -1;
  r->known = grown;
  r->known[r->n_known++] = row;
  return 0;
}

static uint64_t rejects_number(const char *text) {
  char *end;
  uint64_t n = strtoull(text, &end, 10);
  return end == text ? 0 : n;
}

/* Both readers stop before a row whose line end is missing: that one was being written. *ret_end: where good rows end.
 */
static int rejects_read_csv(struct rejects *r, FILE *in, int64_t *ret_end) {
  struct csv csv;
  struct csv_row *row = malloc(sizeof *row);
  if (!row || csv_init(&csv, in, r->delimiter, 4 * (size_t)CSV_ROW_MAX) < 0) {
    free(row);
    return errno = ENOMEM, -1;
  }
  int bad = 0, got;
  while (!bad && (got = csv_next(&csv, row)) > 0 && csv.end_size > 0) {
    uint64_t number = row->n ? rejects_number(row->field[0]) : 0;
    if (number)
      bad = rejects_know(r, number);
    *ret_end = csv.at;
  }
  csv_fini(&csv);
  free(row);
  return bad;
}

static int rejects_read_json(struct rejects *r, FILE *in, int64_t *ret_end) {
  static const char head[] = "{\"row\":";
  char *line = NULL;
  size_t room = 0;
  ssize_t n;
  int bad = 0;
  while (!bad && (n = getline(&line, &room, in)) > 0 && line[n - 1] == '\n') {
    if (strncmp(line, head, sizeof head - 1) == 0)
      bad = rejects_know(r, rejects_number(line + sizeof head - 1));
    *ret_end += n;
  }
  free(line);
  return bad;
}

static int rejects_read(struct rejects *r) {
  int64_t end = 0;
  FILE *in = fopen(r->path, "re");
  if (!in)
    return errno == ENOENT ? 0 : -1;
  int bad = r->csv ? rejects_read_csv(r, in, &end) : rejects_read_json(r, in, &end);
  if (ferror(in))
    bad = -1;
  fclose(in);
  if (r->n_known)
    qsort(r->known, r->n_known, sizeof *r->known, rejects_compare);
  return bad < 0 ? -1 : truncate(r->path, end);
}

int rejects_open(struct rejects *r, const char *path, const char *header, char delimiter) {
  *r = (struct rejects){.path = path, .header = header, .delimiter = delimiter, .csv = header, .fd = -1};
  if (rejects_read(r) == 0)
    return 0;
  rejects_close(r);
  return -1;
}

static void rejects_quote(FILE *out, const char *text) {
  putc('"', out);
  for (; *text; text++) {
    if (*text == '"')
      putc('"', out);
    putc(*text, out);
  }
  putc('"', out);
}

static void rejects_csv(const struct rejects *r, FILE *out, const struct reject *j) {
  char d = r->delimiter;
  fprintf(out, "%llu%c%llu%c%s%c", (unsigned long long)j->row, d, (unsigned long long)j->line, d, j->code, d);
  rejects_quote(out, j->reason);
  putc(d, out);
  if (j->whole && j->original)
    fputs(j->original, out);
  else
    rejects_quote(out, j->original ? j->original : "");
  putc('\n', out);
}

static void rejects_json(FILE *out, const struct reject *j) {
  json_t *o = json_pack("{s:I,s:I,s:s,s:s}", "row", (json_int_t)j->row, "line", (json_int_t)j->line, "code", j->code,
                        "reason", j->reason);
  json_t *original = j->original ? json_string(j->original) : NULL;
  if (original) /* not text: the line number leads to it */
    json_object_set_new(o, "original", original);
  if (o && json_dumpf(o, out, JSON_COMPACT) == 0)
    putc('\n', out);
  json_decref(o);
}

static int rejects_create(struct rejects *r) {
  if (r->fd >= 0)
    return 0;
  r->fd = open(r->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (r->fd < 0)
    return -1;
  struct stat st;
  if (!r->csv || (fstat(r->fd, &st) == 0 && st.st_size > 0))
    return 0;
  char d = r->delimiter;
  if (dprintf(r->fd, "row%cline%ccode%creason%c%s\n", d, d, d, d, r->header) > 0)
    return 0;
  int saved = errno;
  (void)!ftruncate(r->fd, 0);
  close(r->fd);
  r->fd = -1;
  return errno = saved, -1;
}

int rejects_add(struct rejects *r, const struct reject *reject) {
  char *text = NULL;
  size_t size = 0;
  if (rejects_has(r, reject->row))
    return 0;
  if (rejects_create(r) < 0)
    return -1;
  FILE *out = open_memstream(&text, &size);
  if (!out)
    return -1;
  if (r->csv)
    rejects_csv(r, out, reject);
  else
    rejects_json(out, reject);
  int bad = fclose(out);
  off_t before = lseek(r->fd, 0, SEEK_END);
  ssize_t n = bad ? -1 : write(r->fd, text, size);
  free(text);
  if (n == (ssize_t)size)
    return 0;
  int saved = n < 0 ? errno : ENOSPC;
  (void)!ftruncate(r->fd, before);
  return errno = saved, -1;
}

int rejects_sync(const struct rejects *r) {
  return r->fd < 0 ? 0 : fdatasync(r->fd);
}

void rejects_close(struct rejects *r) {
  if (r->fd >= 0)
    close(r->fd);
  r->fd = -1;
  free(r->known);
  r->known = NULL;
  r->n_known = 0;
}
