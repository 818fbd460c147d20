/* The live screen: a frame, a line of keys, and a wait for a key or the next sample. */
#include <curses.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctl/top.h"

enum { PAIR_WARN = 1, PAIR_BAD, PAIR_HEAD };

static const double intervals[] = {0.5, 1, 2, 5, 10, 30, 60};
enum { INTERVALS = sizeof intervals / sizeof *intervals };

struct live {
  struct bt_top_view *view;
  FILE *link;
  struct bt_top_sample before, now;
  struct bt_top_frame frame;
  int64_t next_us; /* monotonic: when the next sample is due */
  bool quit;
};

static volatile sig_atomic_t ended;

static void note_end(int number) {
  (void)number;
  ended = 1;
}

static void begin_colours(bool colour) {
  if (!colour || !has_colors())
    return;
  start_color();
  use_default_colors();
  init_pair(PAIR_WARN, COLOR_YELLOW, -1);
  init_pair(PAIR_BAD, COLOR_RED, -1);
  init_pair(PAIR_HEAD, COLOR_CYAN, -1);
}

static attr_t look(enum bt_top_look l, bool colour) {
  const bool coloured = colour && has_colors();
  switch (l) {
  case BT_TOP_HEAD:
    return A_BOLD | (coloured ? (attr_t)COLOR_PAIR(PAIR_HEAD) : 0);
  case BT_TOP_WARN:
    return coloured ? (attr_t)COLOR_PAIR(PAIR_WARN) : A_UNDERLINE;
  case BT_TOP_BAD:
    return A_BOLD | (coloured ? (attr_t)COLOR_PAIR(PAIR_BAD) : 0);
  default:
    return A_NORMAL;
  }
}

static void draw(struct live *l, bool colour) {
  struct bt_top_view *v = l->view;
  v->width = (uint32_t)COLS;
  v->height = LINES > 1 ? (uint32_t)LINES - 1 : 1;
  bt_top_frame_make(v, &l->before, &l->now, &l->frame);
  erase();
  for (uint32_t i = 0; i < l->frame.n; i++) {
    attrset(look(l->frame.v[i].look, colour));
    mvaddstr((int)i, 0, l->frame.v[i].text);
  }
  attrset(A_REVERSE);
  if (LINES > 1)
    mvaddnstr(LINES - 1, 0, "q quit  s sort  p pause  + - interval", COLS - 1);
  attrset(A_NORMAL);
  refresh();
}

static void sample(struct live *l) {
  bt_top_sample_free(&l->before);
  l->before = l->now;
  (void)bt_top_sample_take(l->view->control_dir, &l->link, &l->now); /* none there is a frame, too */
  l->next_us = bt_clock_mono_us() + (int64_t)(l->view->interval_s * 1e6);
}

static void change_interval(struct live *l, bool longer) {
  double *s = &l->view->interval_s;
  int at = 0;
  while (at < INTERVALS - 1 && (longer ? intervals[at] <= *s : intervals[at + 1] < *s))
    at++;
  *s = intervals[at];
  l->next_us = bt_clock_mono_us();
}

static void take_key(struct live *l, int key) {
  switch (key) {
  case 'q':
  case 'Q':
    l->quit = true;
    break;
  case 's':
    l->view->sort = (l->view->sort + 1) % BT_TOP_SORTS;
    break;
  case 'p':
  case ' ':
    l->view->paused = !l->view->paused;
    l->next_us = bt_clock_mono_us();
    break;
  case '+':
  case '=':
    change_interval(l, true);
    break;
  case '-':
    change_interval(l, false);
    break;
  default: /* KEY_RESIZE among them: it is drawn anew */
    break;
  }
}

/* A terminal that is gone is the end, or nobody would ever stop this. */
static void wait_for_key(struct live *l) {
  const int64_t left_us = l->next_us - bt_clock_mono_us();
  struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
  const int wait_ms = l->view->paused ? -1 : left_us > 0 ? (int)(left_us / 1000) + 1 : 0;
  if (poll(&in, 1, wait_ms) > 0 && !(in.revents & POLLIN))
    l->quit = true;
  int key = getch();
  if (key == ERR && (in.revents & POLLIN))
    l->quit = true;
  for (; key != ERR; key = getch())
    take_key(l, key);
}

/* newterm does not give back what it took for a terminal that nobody knows. */
static bool is_known(void) {
  int why;
  if (setupterm(NULL, STDOUT_FILENO, &why) != OK)
    return false;
  const bool moves = cursor_address != NULL;
  del_curterm(cur_term);
  return moves;
}

int bt_top_run(struct bt_top_view *view, bool colour) {
  static struct live l;
  struct sigaction action = {.sa_handler = note_end};
  l.view = view;
  setlocale(LC_CTYPE, "");
  SCREEN *screen = is_known() ? newterm(NULL, stdout, stdin) : NULL;
  if (!screen) {
    bt_ctl_complain("top: this terminal cannot move its cursor: top --once prints one frame");
    return BT_EXIT_USAGE;
  }
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  cbreak();
  noecho();
  nodelay(stdscr, TRUE);
  keypad(stdscr, TRUE);
  curs_set(0);
  begin_colours(colour);
  while (!l.quit && !ended) {
    if (!view->paused && bt_clock_mono_us() >= l.next_us)
      sample(&l);
    draw(&l, colour);
    wait_for_key(&l);
  }
  endwin();
  delscreen(screen);
  bt_top_sample_free(&l.before);
  bt_top_sample_free(&l.now);
  if (l.link)
    fclose(l.link);
  return BT_EXIT_OK;
}
