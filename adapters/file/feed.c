#include "feed.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS 1000 /* until a folder or the broker is tried again */
#define QUERY_MS 5000

/* Says a trouble when it begins and when it ends. */
static void edge(bool *trouble, bool now, const char *what, const char *name, const char *why) {
  if (now != *trouble)
    baton_log(now ? "error" : "info", what, "state", now ? "trouble" : "over", "name", name, now ? "why" : NULL, why,
              NULL);
  *trouble = now;
}

static void refuse(struct feed *f, const char *name, const char *why) {
  snprintf(f->refused, sizeof f->refused, "file %.120s: %.350s", name, why);
}

int feed_read(struct feed *f, const char *config_file, char *error) {
  if (strlen(f->delimiter) != 1 || strchr("\"\r\n", *f->delimiter))
    return snprintf(error, 256, "delimiter is one character, and no quote"), -1;
  if (config_file)
    f->map = map_read(config_file, "fields", "column", error);
  else
    snprintf(error, 256, "fields, the mapping, can only be set in a configuration file (--config FILE)");
  return f->map ? 0 : -1;
}

int feed_open(struct feed *f) {
  return drop_open(&f->drop, f->folder);
}

void feed_receipt(const struct feed *f, const baton_receipt *receipt) {
  if (receipt->user && f->play)
    play_receipt(f->play, receipt);
}

/* How far an earlier run came; asked once, before the first file. */
static bool ask_cursor(struct feed *f, baton *b) {
  void *stored = NULL;
  size_t n = 0;
  if (f->asked)
    return true;
  int rc = baton_cursor(b, PLAY_SOURCE, QUERY_MS, &stored, &n);
  edge(&f->cursor_trouble, rc < 0, "cursor", PLAY_SOURCE, baton_error(b));
  if (rc < 0)
    return false;
  f->position = stored ? strndup(stored, n) : NULL;
  baton_free(stored);
  f->asked = true;
  return true;
}

static void put(const struct feed *f, const char *name, const char *folder, uint64_t digest) {
  if (drop_put(&f->drop, name, folder, digest) < 0)
    baton_log("error", "file-stuck", "file", name, "folder", folder, "why", strerror(errno), NULL);
}

static void put_rejects(const struct feed *f, const struct play *p) {
  static const char *const ends[] = {"rejects", "reasons"};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    char *name;
    if (asprintf(&name, "%s.%s", p->name, ends[i]) < 0)
      return;
    put(f, name, "rejects", play_digest(p));
    free(name);
  }
}

/* The file is as good as it was, and the first once the machine has what it lacks. */
static void wait_for_machine(struct feed *f, char *name, bool taken, int error) {
  snprintf(f->down, sizeof f->down, "file %.120s waits: %s", name, strerror(error));
  edge(&f->file_trouble, true, "file-waits", name, strerror(error));
  drop_wait(&f->drop, name, taken);
}

/* 1: f->play is open; 0: no file is ready; -1: one waits, again in a second. */
static int next_file(struct feed *f) {
  char *name, path[PATH_MAX], error[256];
  for (;;) {
    int got = drop_take(&f->drop, &name);
    if (got == 0)
      return 0;
    if (got < 0 && name && drop_is_passing(errno))
      return wait_for_machine(f, name, false, errno), -1;
    if (got < 0) {
      refuse(f, name ? name : "", strerror(errno));
      baton_log("error", "file-not-taken", "file", name ? name : "", "why", strerror(errno), NULL);
      free(name);
      continue;
    }
    errno = ENAMETOOLONG;
    snprintf(error, sizeof error, "%s", strerror(errno));
    if (snprintf(path, sizeof path, "%s/taken/%s", f->folder, name) < (int)sizeof path)
      f->play = play_open(path, f->map, *f->delimiter, f->whole_events, f->position ? f->position : "", error);
    if (!f->play && drop_is_passing(errno))
      return wait_for_machine(f, name, true, errno), -1;
    edge(&f->file_trouble, false, "file-waits", name, NULL);
    free(f->position); /* what comes after was never begun */
    f->position = NULL;
    if (!f->play) {
      baton_log("error", "file-refused", "file", name, "why", error, NULL);
      refuse(f, name, error);
      put(f, name, "rejects", 0);
    }
    free(name);
    if (f->play)
      return 1;
  }
}

static void finish(struct feed *f, bool failed, const char *why) {
  struct play *p = f->play;
  play_show(p, true);
  if (failed) {
    baton_log("error", "file-failed", "file", p->name, "why", why, "next", "stays in taken, read again after a restart",
              NULL);
    refuse(f, p->name, why);
  } else {
    *f->refused = '\0';
    play_report(p);
    put_rejects(f, p);
    put(f, p->name, "done", play_digest(p));
  }
  play_free(p);
  f->play = NULL;
}

int feed_step(struct feed *f, baton *b) {
  char error[256];
  bool gone = drop_collect(&f->drop) < 0;
  const char *why = strerror(errno);
  edge(&f->folder_trouble, gone, "folder", f->folder, why);
  *f->down = '\0';
  if (gone)
    snprintf(f->down, sizeof f->down, "folder %.180s: %s", f->folder, why);
  int idle = gone ? RETRY_MS : -1;
  if (!baton_connected(b))
    return idle;
  if (!ask_cursor(f, b))
    return RETRY_MS;
  int next = f->play ? 1 : next_file(f);
  if (next < 0)
    return RETRY_MS;
  if (next == 0)
    return f->once && !gone ? BATON_STEP_DONE : idle;
  play_show(f->play, false);
  switch (play_step(f->play, b, error)) {
  case PLAY_WAIT:
    return idle;
  case PLAY_MORE:
    return 0;
  case PLAY_END:
    finish(f, false, NULL);
    return 0;
  default:
    finish(f, true, error);
    return 0;
  }
}

void feed_fini(struct feed *f) {
  play_free(f->play); /* the last receipts came while the connection was closed */
  drop_close(&f->drop);
  map_free(f->map);
  free(f->position);
}
