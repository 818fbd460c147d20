/* The parts of batonctl top: a sample of the broker's figures, a frame of lines made of two of them, a screen. */
#ifndef BT_CTL_TOP_H
#define BT_CTL_TOP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctl/ctl.h"

/* What the broker said at one moment. Zeroed: nothing. */
struct bt_top_sample {
  json_t *status, *standing, *adapters, *counters; /* documents; NULL: there is no broker, or it did not answer */
  int64_t at_us;                                   /* monotonic */
};
/* Asks over read.sock, keeping the connection in *link (NULL: none yet) while it holds. A broker that does not answer
 * within a few seconds is none. False: no broker. */
bool bt_top_sample_take(const char *control_dir, FILE **link, struct bt_top_sample *ret);
void bt_top_sample_free(struct bt_top_sample *s);

enum bt_top_sort { BT_TOP_BY_TROUBLE, BT_TOP_BY_NAME, BT_TOP_BY_CASES, BT_TOP_SORTS };
extern const char *const bt_top_sort_names[BT_TOP_SORTS];

enum bt_top_look { BT_TOP_PLAIN, BT_TOP_HEAD, BT_TOP_WARN, BT_TOP_BAD };
enum { BT_TOP_LINES = 512, BT_TOP_LINE = 512 };

struct bt_top_frame {
  uint32_t n;
  struct {
    enum bt_top_look look;
    char text[BT_TOP_LINE]; /* UTF-8 without control characters */
  } v[BT_TOP_LINES];
};

struct bt_top_view {
  const char *control_dir;
  enum bt_top_sort sort;
  double interval_s;
  bool paused;
  bool ascii;             /* no more than ASCII */
  uint32_t width, height; /* height 0: as many lines as there are */
};

/* before: an earlier sample, for the rates; with nothing in it there are none. Fills at most view->height lines. */
void bt_top_frame_make(const struct bt_top_view *view, const struct bt_top_sample *before,
                       const struct bt_top_sample *now, struct bt_top_frame *ret);

/* The live one; returns batonctl's exit code. */
int bt_top_run(struct bt_top_view *view, bool colour);

#endif
