/* batonctl top: what it was asked for, and the frame that is printed once. */
#include "ctl/top.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 100 };

static const char usage[] = "usage: batonctl top [--once] [--interval SECONDS] [--sort trouble|name|cases]";

static bool take_sort(const char *word, enum bt_top_sort *ret) {
  for (int i = 0; i < BT_TOP_SORTS; i++)
    if (strcmp(word, bt_top_sort_names[i]) == 0) {
      *ret = (enum bt_top_sort)i;
      return true;
    }
  return false;
}

static bool take_interval(const char *word, double *ret) {
  char *end;
  const double seconds = strtod(word, &end);
  if (end == word || *end || !(seconds >= 0.2 && seconds <= 3600))
    return false;
  *ret = seconds;
  return true;
}

static bool take_words(char *const *words, int n, struct bt_top_view *view, bool *once) {
  for (int i = 1; i < n; i++) {
    bool fine = true;
    if (strcmp(words[i], "once") == 0)
      *once = true;
    else if (strncmp(words[i], "interval=", 9) == 0)
      fine = take_interval(words[i] + 9, &view->interval_s);
    else
      fine = strncmp(words[i], "sort=", 5) == 0 && take_sort(words[i] + 5, &view->sort);
    if (!fine)
      return false;
  }
  return true;
}

/* Two samples, for the rates between them. */
static int print_once(struct bt_top_view *view) {
  static struct bt_top_frame frame;
  struct bt_top_sample before, now;
  FILE *link = NULL;
  const double s = view->interval_s;
  const struct timespec pause = {(time_t)s, (long)((s - (double)(time_t)s) * 1e9)};
  const bool first = bt_top_sample_take(view->control_dir, &link, &before);
  if (first)
    nanosleep(&pause, NULL);
  const bool both = first && bt_top_sample_take(view->control_dir, &link, &now);
  if (!both)
    bt_ctl_complain("top: no broker at %s", view->control_dir);
  if (both)
    bt_top_frame_make(view, &before, &now, &frame);
  for (uint32_t i = 0; both && i < frame.n; i++)
    puts(frame.v[i].text);
  bt_top_sample_free(&before);
  if (first)
    bt_top_sample_free(&now);
  if (link)
    fclose(link);
  return both ? BT_EXIT_OK : BT_EXIT_NO_BROKER;
}

int bt_ctl_top(const struct bt_ctl_options *o, char *const *words, int n) {
  struct bt_top_view view = {
      .control_dir = o->control_dir, .interval_s = 2, .ascii = o->ascii, .width = o->width ? o->width : WIDTH};
  bool once = false;
  if (!take_words(words, n, &view, &once)) {
    bt_ctl_complain("%s", usage);
    return BT_EXIT_USAGE;
  }
  if (once)
    return print_once(&view);
  const char *term = getenv("TERM");
  if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !term || !*term || strcmp(term, "dumb") == 0) {
    bt_ctl_complain("top: it needs a terminal whose cursor can be moved: top --once prints one frame");
    return BT_EXIT_USAGE;
  }
  return bt_top_run(&view, o->colour);
}
