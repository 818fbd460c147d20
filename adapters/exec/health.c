/* How the program does, for operators: as its runs end, and as it says itself. */
#include <string.h>

#include "exec.h"

#define STEADY_MS 5000 /* a program that ran this long after a crash is well again */

void exec_down(struct exec *x) {
  x->down = true;
  baton_health(x->b, BATON_DOWN, x->why);
}

void exec_up(struct exec *x) {
  if (x->down)
    baton_health(x->b, BATON_WELL, NULL);
  x->down = false;
}

int exec_steady_ms(struct exec *x, int64_t now_ms) {
  int64_t left_ms = x->started_ms + STEADY_MS - now_ms;
  if (!x->down)
    return -1;
  if (left_ms > 0)
    return (int)left_ms;
  exec_up(x);
  return -1;
}

bool exec_health(struct exec *x, const char *state, const char *text) {
  static const struct {
    const char *name;
    baton_health_state state;
  } states[] = {{"well", BATON_WELL}, {"troubled", BATON_TROUBLED}, {"down", BATON_DOWN}};
  for (size_t i = 0; i < sizeof states / sizeof *states; i++)
    if (strcmp(state, states[i].name) == 0 && (states[i].state == BATON_WELL || (text && *text))) {
      x->down = false; /* it runs, and knows best */
      baton_health(x->b, states[i].state, text);
      return true;
    }
  return false;
}
