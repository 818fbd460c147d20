/* baton-file: plays what departments drop into a folder into Baton, and writes what is delivered into files.
 * baton-file(1) is its manual. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "baton.h"
#include "export.h"
#include "feed.h"

struct adapter {
  struct feed feed;
  struct export out;
};

static void on_receipt(void *context, const baton_receipt *receipt) {
  feed_receipt(&((struct adapter *)context)->feed, receipt);
}

static baton_verdict on_delivery(void *context, const baton_delivery *delivery) {
  return export_take(&((struct adapter *)context)->out, delivery);
}

static int check(void *context, const char *config_file) {
  struct adapter *a = context;
  char error[256];
  if (!*a->feed.folder && !*a->out.folder)
    snprintf(error, sizeof error, "neither folder (files to play) nor export.folder (files to write) is set");
  else if ((!*a->feed.folder || feed_read(&a->feed, config_file, error) == 0) &&
           (!*a->out.folder || export_read(&a->out, config_file, error) == 0))
    return 0;
  baton_log("error", "configuration", "why", error, NULL);
  return -BATON_E_USAGE;
}

static int start(void *context, baton_options *connection, const char *config_file) {
  (void)config_file;
  struct adapter *a = context;
  char error[256];
  connection->on_receipt = on_receipt;
  signal(SIGIO, SIG_IGN); /* a lease that is broken while we hold it */
  if (*a->out.folder)
    connection->on_delivery = on_delivery;
  else
    connection->credit = 0;
  if (*a->feed.folder && feed_open(&a->feed) < 0) {
    baton_log("error", "folder", "name", a->feed.folder, "why", strerror(errno), NULL);
    return -BATON_E_IO;
  }
  if (*a->out.folder && export_open(&a->out, error) < 0) {
    baton_log("error", "export", "why", error, NULL);
    return -BATON_E_IO;
  }
  return 0;
}

static void tell_health(const struct adapter *a, baton *b) {
  const char *down = *a->feed.down ? a->feed.down : a->out.why;
  if (*down)
    baton_health(b, BATON_DOWN, down);
  else
    baton_health(b, *a->feed.refused ? BATON_TROUBLED : BATON_WELL, a->feed.refused);
}

static int step(void *context, baton *b) {
  struct adapter *a = context;
  int in = *a->feed.folder ? feed_step(&a->feed, b) : -1;
  int out = *a->out.folder ? export_step(&a->out, b) : -1;
  tell_health(a, b);
  return in < -1 || out < 0 ? in : in < 0 || out < in ? out : in;
}

static int own_fd(void *context) {
  return ((struct adapter *)context)->feed.drop.inotify;
}

static void stop(void *context) {
  export_stop(&((struct adapter *)context)->out);
}

int main(int argc, char **argv) {
  struct adapter a = {.feed.drop = {.inotify = -1, .watch = -1}};
  const baton_option options[] = {
      {"folder", BATON_FILE, &a.feed.folder, "", 0, 0, "the drop folder; made where it is missing"},
      {"fields", BATON_SECTION, NULL, NULL, 0, 0, "which column goes where in an event"},
      {"delimiter", BATON_STRING, &a.feed.delimiter, ",", 0, 0, "the character between the columns of a CSV file"},
      {"whole_events", BATON_BOOL, &a.feed.whole_events, "false", 0, 0,
       "take a JSON line with a member event for an event as it is, beside the mapping"},
      {"once", BATON_BOOL, &a.feed.once, "false", 0, 0, "end when every file that lies there is played"},
      {"export.folder", BATON_FILE, &a.out.folder, "", 0, 0, "where deliveries become files; made where it is missing"},
      {"export.format", BATON_STRING, &a.out.format, "csv", 0, 0, "csv or jsonl"},
      {"export.columns", BATON_SECTION, NULL, NULL, 0, 0, "what of a delivery goes into which column"},
      {"export.kinds", BATON_SECTION, NULL, NULL, 0, 0, "kinds of events that are written; all where left out"},
      {"export.rows", BATON_INT, &a.out.rows, "1000", 1, 10000000, "rows after which a file is finished"},
      {"export.seconds", BATON_INT, &a.out.seconds, "60", 1, 86400, "seconds after its first row that it is, too"},
      {"export.delimiter", BATON_STRING, &a.out.delimiter, ",", 0, 0, "the character between the columns"},
      {"export.formulas", BATON_STRING, &a.out.formulas, "disarm", 0, 0,
       "disarm: a ' before what a spreadsheet would take for a formula; keep: as it is"},
      {NULL, BATON_STRING, NULL, NULL, 0, 0, NULL},
  };
  const baton_program program = {
      .name = "baton-file",
      .version = BATON_VERSION,
      .summary = "Plays CSV and JSON-lines files from a drop folder into Baton, and writes deliveries into files.",
      .options = options,
      .check = check,
      .start = start,
      .step = step,
      .fd = own_fd,
      .stop = stop,
      .context = &a,
  };
  int code = baton_main(argc, argv, &program);
  feed_fini(&a.feed);
  export_fini(&a.out);
  return code;
}
