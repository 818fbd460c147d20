/* baton-file: plays what departments drop into a folder into Baton. baton-file(1) is its manual. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baton.h"
#include "drop.h"
#include "play.h"

#define RETRY_MS 1000 /* until a folder or the broker is tried again */
#define QUERY_MS 5000

struct adapter {
  /* options */
  const char *folder, *delimiter;
  bool once;

  struct map *map;
  struct drop drop;
  struct play *play;
  char *position; /* the stored cursor, until the first file is open; NULL: not asked yet */
  bool asked;
  bool folder_trouble, cursor_trouble; /* said once */
};

/* Says a trouble when it begins and when it ends. */
static void edge(bool *trouble, bool now, const char *what, const char *name, const char *why) {
  if (now != *trouble)
    baton_log(now ? "error" : "info", what, "state", now ? "trouble" : "over", "name", name, now ? "why" : NULL, why,
              NULL);
  *trouble = now;
}

static void on_receipt(void *context, const baton_receipt *receipt) {
  struct adapter *a = context;
  if (receipt->user && a->play)
    play_receipt(a->play, receipt);
}

static int check(void *context, const char *config_file) {
  struct adapter *a = context;
  char error[256];
  if (strlen(a->delimiter) != 1 || strchr("\"\r\n", *a->delimiter)) {
    baton_log("error", "configuration", "why", "delimiter is one character, and no quote", NULL);
    return -BATON_E_USAGE;
  }
  if (config_file)
    a->map = map_read(config_file, error);
  else
    snprintf(error, sizeof error, "fields, the mapping, can only be set in a configuration file (--config FILE)");
  if (!a->map) {
    baton_log("error", "configuration", "why", error, NULL);
    return -BATON_E_USAGE;
  }
  return 0;
}

static int start(void *context, baton_options *connection, const char *config_file) {
  (void)config_file;
  struct adapter *a = context;
  connection->on_receipt = on_receipt;
  connection->credit = 0;
  signal(SIGIO, SIG_IGN); /* a lease that is broken while we hold it */
  if (drop_open(&a->drop, a->folder) < 0) {
    baton_log("error", "folder", "name", a->folder, "why", strerror(errno), NULL);
    return -BATON_E_IO;
  }
  return 0;
}

static int own_fd(void *context) {
  return ((struct adapter *)context)->drop.inotify;
}

/* How far an earlier run came; asked once, before the first file. */
static bool ask_cursor(struct adapter *a, baton *b) {
  void *stored = NULL;
  size_t n = 0;
  if (a->asked)
    return true;
  int rc = baton_cursor(b, PLAY_SOURCE, QUERY_MS, &stored, &n);
  edge(&a->cursor_trouble, rc < 0, "cursor", PLAY_SOURCE, baton_error(b));
  if (rc < 0)
    return false;
  a->position = stored ? strndup(stored, n) : NULL;
  baton_free(stored);
  a->asked = true;
  return true;
}

static void put(const struct adapter *a, const char *name, const char *folder, uint64_t digest) {
  if (drop_put(&a->drop, name, folder, digest) < 0)
    baton_log("error", "file-stuck", "file", name, "folder", folder, "why", strerror(errno), NULL);
}

static void put_rejects(const struct adapter *a, const struct play *p) {
  static const char *const ends[] = {"rejects", "reasons"};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    char *name;
    if (asprintf(&name, "%s.%s", p->name, ends[i]) < 0)
      return;
    put(a, name, "rejects", play_digest(p));
    free(name);
  }
}

/* 1: a->play is open; 0: no file is ready. */
static int next_file(struct adapter *a) {
  char *name, path[PATH_MAX], error[256];
  for (;;) {
    int got = drop_take(&a->drop, &name);
    if (got == 0)
      return 0;
    if (got < 0) {
      baton_log("error", "file-not-taken", "file", name ? name : "", "why", strerror(errno), NULL);
      free(name);
      continue;
    }
    if (snprintf(path, sizeof path, "%s/taken/%s", a->folder, name) < (int)sizeof path)
      a->play = play_open(path, a->map, *a->delimiter, a->position ? a->position : "", error);
    free(a->position); /* what comes after was never begun */
    a->position = NULL;
    if (!a->play) {
      baton_log("error", "file-refused", "file", name, "why", error, NULL);
      put(a, name, "rejects", 0);
    }
    free(name);
    if (a->play)
      return 1;
  }
}

static void finish(struct adapter *a, bool failed, const char *why) {
  struct play *p = a->play;
  play_show(p, true);
  if (failed) {
    baton_log("error", "file-failed", "file", p->name, "why", why, "next", "stays in taken, read again after a restart",
              NULL);
  } else {
    play_report(p);
    put_rejects(a, p);
    put(a, p->name, "done", play_digest(p));
  }
  play_free(p);
  a->play = NULL;
}

static int step(void *context, baton *b) {
  struct adapter *a = context;
  char error[256];
  bool gone = drop_collect(&a->drop) < 0;
  edge(&a->folder_trouble, gone, "folder", a->folder, strerror(errno));
  int idle = gone ? RETRY_MS : -1;
  if (!baton_connected(b))
    return idle;
  if (!ask_cursor(a, b))
    return RETRY_MS;
  if (!a->play && !next_file(a))
    return a->once && !gone ? BATON_STEP_DONE : idle;
  play_show(a->play, false);
  switch (play_step(a->play, b, error)) {
  case PLAY_WAIT:
    return idle;
  case PLAY_MORE:
    return 0;
  case PLAY_END:
    finish(a, false, NULL);
    return 0;
  default:
    finish(a, true, error);
    return 0;
  }
}

int main(int argc, char **argv) {
  struct adapter a = {.drop = {.inotify = -1, .watch = -1}};
  const baton_option options[] = {
      {"folder", BATON_FILE, &a.folder, NULL, 0, 0, "the drop folder; made where it is missing"},
      {"fields", BATON_SECTION, NULL, NULL, 0, 0, "which column goes where in an event"},
      {"delimiter", BATON_STRING, &a.delimiter, ",", 0, 0, "the character between the columns of a CSV file"},
      {"once", BATON_BOOL, &a.once, "false", 0, 0, "end when every file that lies there is played"},
      {NULL, BATON_STRING, NULL, NULL, 0, 0, NULL},
  };
  const baton_program program = {
      .name = "baton-file",
      .version = BATON_VERSION,
      .summary = "Plays CSV and JSON-lines files from a drop folder into Baton.",
      .options = options,
      .check = check,
      .start = start,
      .step = step,
      .fd = own_fd,
      .context = &a,
  };
  int code = baton_main(argc, argv, &program);
  play_free(a.play); /* the last receipts came while the connection was closed */
  drop_close(&a.drop);
  map_free(a.map);
  free(a.position);
  return code;
}
