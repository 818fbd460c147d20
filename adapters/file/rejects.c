#include "rejects.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "csv.h"

static const char reasons_head[] = "row,line,code,reason,upto\n";
enum { ROW, LINE, CODE, REASON, UPTO, COLUMNS };

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

/* ---- What an earlier run left ---- */

/* Stops before a line without its end, which was being written, and before a row that is not in NAME.rejects. */
static int rejects_read_rows(struct rejects *r, struct csv *csv, struct csv_row *row, int64_t size) {
  int bad = 0, got;
  while (!bad && (got = csv_next(csv, row)) > 0 && csv->end_size > 0) {
    uint64_t number;
    int64_t upto;
    if (row->n == COLUMNS && sscanf(row->field[ROW], "%" SCNu64, &number) == 1 &&
        sscanf(row->field[UPTO], "%" SCNd64, &upto) == 1) {
      if (upto > size)
        break;
      bad = rejects_know(r, number);
      r->end = upto;
    }
    r->reasons_end = csv->at;
  }
  return bad || ferror(csv->in) ? -1 : 0;
}

static int rejects_read(struct rejects *r) {
  struct csv csv = {0};
  struct stat st = {0};
  FILE *in = fopen(r->reasons_path, "re");
  if (!in)
    return errno == ENOENT ? 0 : -1;
  struct csv_row *row = malloc(sizeof *row);
  bool ok = row && csv_init(&csv, in, ',', 0) == 0 && (stat(r->path, &st) == 0 || errno == ENOENT) &&
            rejects_read_rows(r, &csv, row, st.st_size) == 0;
  int saved = errno;
  csv_fini(&csv);
  free(row);
  fclose(in);
  if (r->n_known)
    qsort(r->known, r->n_known, sizeof *r->known, rejects_compare);
  return ok ? 0 : (errno = saved, -1);
}

int rejects_open(struct rejects *r, const char *path, const char *header) {
  *r = (struct rejects){.header = header, .fd = -1, .reasons_fd = -1};
  if (asprintf(&r->path, "%s.rejects", path) < 0)
    r->path = NULL;
  if (asprintf(&r->reasons_path, "%s.reasons", path) < 0)
    r->reasons_path = NULL;
  if (!r->path || !r->reasons_path)
    errno = ENOMEM;
  else if (rejects_read(r) == 0)
    return 0;
  int saved = errno;
  rejects_close(r);
  return errno = saved, -1;
}

/* ---- One row more ---- */

/* Open for writing behind the bytes that count; what lies beyond is cut off. */
static int rejects_file(const char *path, int64_t end, int *fd) {
  if (*fd < 0)
    *fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (*fd < 0 || ftruncate(*fd, end) < 0 || lseek(*fd, end, SEEK_SET) < 0)
    return -1;
  return 0;
}

static int rejects_write(int fd, const char *text, size_t n, int64_t *end) {
  ssize_t wrote = write(fd, text, n);
  if (wrote != (ssize_t)n)
    return wrote < 0 ? -1 : (errno = ENOSPC, -1);
  *end += (int64_t)n;
  return 0;
}

static int rejects_row(struct rejects *r, const struct reject *j, int64_t *end) {
  if (rejects_file(r->path, *end, &r->fd) < 0)
    return -1;
  if (*end == 0 && r->header &&
      (rejects_write(r->fd, r->header, strlen(r->header), end) < 0 || rejects_write(r->fd, "\n", 1, end) < 0))
    return -1;
  if (!j->original)
    return 0;
  return rejects_write(r->fd, j->original, j->size, end) < 0 ? -1 : rejects_write(r->fd, "\n", 1, end);
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

static int rejects_reason(struct rejects *r, const struct reject *j, int64_t upto, int64_t *end) {
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  if (!out)
    return -1;
  fprintf(out, "%s%" PRIu64 ",%" PRIu64 ",%s,", *end ? "" : reasons_head, j->row, j->line, j->code);
  rejects_quote(out, j->reason);
  fprintf(out, ",%" PRId64 "\n", upto);
  int bad = fclose(out);
  if (!bad)
    bad = rejects_file(r->reasons_path, *end, &r->reasons_fd);
  if (!bad)
    bad = rejects_write(r->reasons_fd, text, size, end);
  free(text);
  return bad;
}

int rejects_add(struct rejects *r, const struct reject *reject) {
  int64_t end = r->end, reasons_end = r->reasons_end;
  if (rejects_has(r, reject->row))
    return 0;
  if (rejects_row(r, reject, &end) < 0 || rejects_reason(r, reject, end, &reasons_end) < 0)
    return -1;
  r->end = end;
  r->reasons_end = reasons_end;
  return 0;
}

int rejects_sync(const struct rejects *r) {
  if (r->fd >= 0 && fdatasync(r->fd) < 0)
    return -1;
  return r->reasons_fd < 0 ? 0 : fdatasync(r->reasons_fd);
}

void rejects_close(struct rejects *r) {
  if (r->fd >= 0)
    close(r->fd);
  if (r->reasons_fd >= 0)
    close(r->reasons_fd);
  free(r->known);
  free(r->path);
  free(r->reasons_path);
  *r = (struct rejects){.fd = -1, .reasons_fd = -1};
}
