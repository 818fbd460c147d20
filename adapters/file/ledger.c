#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char head[] = "baton-exported 1\n";

int ledger_sync_folder(const char *folder) {
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return -1;
  int rc = fsync(fd), saved = errno;
  close(fd);
  return errno = saved, rc;
}

static int sync_own_folder(const struct ledger *l) {
  char *copy = strdup(l->path);
  int rc = copy ? ledger_sync_folder(dirname(copy)) : -1, saved = errno;
  free(copy);
  return errno = saved, rc;
}

static int remember(struct ledger *l, const uint64_t *sequence, size_t n) {
  uint64_t *grown = realloc(l->known, (l->n_known + n + 1) * sizeof *grown);
  if (!grown)
    return -1;
  l->known = grown;
  memcpy(l->known + l->n_known, sequence, n * sizeof *sequence);
  l->n_known += n;
  return 0;
}

bool ledger_has(const struct ledger *l, uint64_t sequence) {
  for (size_t i = l->n_known; i > 0; i--)
    if (l->known[i - 1] == sequence)
      return true;
  return false;
}

/* ---- Reading ---- */

/* "NAME UPTO N s1 … sN", ended by NUL. false: not whole; errno ENOMEM: no memory. */
static bool read_line(struct ledger *l, char *line) {
  char name[LEDGER_NAME_MAX];
  int64_t upto;
  size_t n, i;
  int used = 0;
  if (sscanf(line, "%63s %" SCNd64 " %zu%n", name, &upto, &n, &used) != 3 || n > 2 * LEDGER_KEEP || upto < 0)
    return false;
  uint64_t *sequence = malloc((n + 1) * sizeof *sequence);
  char *at = line + used, *end;
  for (i = 0; sequence && i < n && *at == ' '; i++, at = end) {
    sequence[i] = strtoull(at, &end, 10);
    if (end == at)
      break;
  }
  bool whole = sequence && i == n && *at == '\0' && remember(l, sequence, n) == 0;
  free(sequence);
  if (whole) {
    snprintf(l->name, sizeof l->name, "%s", name);
    l->upto = upto;
  }
  return whole;
}

static int read_lines(struct ledger *l, FILE *in) {
  char *line = NULL;
  size_t room = 0;
  ssize_t n = getline(&line, &room, in);
  bool good = n > 0 && strcmp(line, head) == 0;
  l->end = (int64_t)strlen(head);
  while (good && (n = getline(&line, &room, in)) > 0) {
    bool ended = line[n - 1] == '\n' && strlen(line) == (size_t)n;
    line[n - 1] = '\0';
    if (!ended || !read_line(l, line)) {
      good = getc(in) == EOF; /* torn: only the last one can be */
      break;
    }
    l->end += n;
  }
  free(line);
  return ferror(in) ? -1 : good ? 0 : (errno = EBADMSG, -1);
}

/* ---- Writing ---- */

static int write_all(int fd, const char *text, size_t n, int64_t at) {
  ssize_t wrote = pwrite(fd, text, n, at);
  return wrote == (ssize_t)n ? 0 : wrote < 0 ? -1 : (errno = ENOSPC, -1);
}

static char *print_line(const char *name, int64_t upto, const uint64_t *sequence, size_t n, size_t *ret_size) {
  char *text = NULL;
  FILE *out = open_memstream(&text, ret_size);
  if (!out)
    return NULL;
  fprintf(out, "%s %" PRId64 " %zu", name, upto, n);
  for (size_t i = 0; i < n; i++)
    fprintf(out, " %" PRIu64, sequence[i]);
  putc('\n', out);
  return fclose(out) == 0 ? text : (free(text), NULL);
}

/* A new file with the first line and perhaps another, whole or not at all. */
static int replace(struct ledger *l, const char *line, size_t n) {
  char *aside;
  size_t head_n = strlen(head);
  if (asprintf(&aside, "%s.new", l->path) < 0)
    return -1;
  int fd = open(aside, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), saved;
  bool good = fd >= 0 && write_all(fd, head, head_n, 0) == 0 && write_all(fd, line, n, (int64_t)head_n) == 0 &&
              fsync(fd) == 0 && rename(aside, l->path) == 0 && sync_own_folder(l) == 0;
  saved = errno;
  free(aside);
  if (!good && fd >= 0)
    close(fd);
  if (!good)
    return errno = saved, -1;
  if (l->fd >= 0)
    close(l->fd);
  l->fd = fd;
  l->end = (int64_t)(head_n + n);
  return 0;
}

/* Only the last ones can come again. A failure costs nothing but room: the old file is still there. */
static void shorten(struct ledger *l) {
  size_t size;
  const uint64_t *last = l->known + l->n_known - LEDGER_KEEP;
  char *text = print_line(l->name, l->upto, last, LEDGER_KEEP, &size);
  if (text && replace(l, text, size) == 0) {
    memmove(l->known, last, LEDGER_KEEP * sizeof *last);
    l->n_known = LEDGER_KEEP;
  }
  free(text);
}

int ledger_add(struct ledger *l, const char *name, int64_t upto, const uint64_t *sequence, size_t n) {
  size_t size;
  char *text = print_line(name, upto, sequence, n, &size);
  /* Cut first: a try that failed may have left a part of its line. */
  bool good = text && ftruncate(l->fd, l->end) == 0 && write_all(l->fd, text, size, l->end) == 0 &&
              fdatasync(l->fd) == 0 && remember(l, sequence, n) == 0;
  int saved = errno;
  free(text);
  if (!good)
    return errno = saved, -1;
  l->end += (int64_t)size;
  snprintf(l->name, sizeof l->name, "%s", name);
  l->upto = upto;
  if (l->n_known >= 2 * LEDGER_KEEP)
    shorten(l);
  return 0;
}

int ledger_open(struct ledger *l, const char *folder) {
  *l = (struct ledger){.fd = -1};
  if (asprintf(&l->path, "%s/.exported", folder) < 0)
    return l->path = NULL, -1;
  l->fd = open(l->path, O_RDWR | O_CLOEXEC);
  if (l->fd < 0)
    return errno == ENOENT ? replace(l, "", 0) : -1;
  int copy = fcntl(l->fd, F_DUPFD_CLOEXEC, 0);
  FILE *in = copy >= 0 ? fdopen(copy, "r") : NULL;
  int rc = in ? read_lines(l, in) : -1, saved = errno;
  if (in)
    fclose(in);
  else if (copy >= 0)
    close(copy);
  if (rc == 0 && ftruncate(l->fd, l->end) < 0)
    return -1;
  return errno = saved, rc < 0 ? -1 : 1;
}

void ledger_close(struct ledger *l) {
  if (l->fd >= 0)
    close(l->fd);
  free(l->path);
  free(l->known);
  *l = (struct ledger){.fd = -1};
}
