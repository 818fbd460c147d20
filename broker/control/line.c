/* A line against the command table: its words, which command it is, arguments and options. */
#include "control/line.h"

enum { MAX_WORDS = 512 };

int bt_line_split(struct bt_arena *a, struct bt_str line, struct bt_strs *ret) {
  ret->n = 0;
  ret->v = BT_NEW_ARRAY(a, struct bt_str, MAX_WORDS);
  if (!ret->v)
    return -BT_NOMEM;
  for (size_t i = 0; i < line.n;) {
    size_t start = i;
    while (i < line.n && line.p[i] != ' ' && line.p[i] != '\t' && line.p[i] != '\r')
      i++;
    if (i > start && ret->n == MAX_WORDS)
      return -BT_LIMIT;
    if (i > start)
      ret->v[ret->n++] = (struct bt_str){line.p + start, i - start};
    else
      i++;
  }
  return 0;
}

/* How many of the words are the command's own; 0: it is another. */
static uint32_t own_words(const char *command, const struct bt_strs *words) {
  uint32_t n = 0;
  while (*command) {
    size_t length = strcspn(command, " ");
    if (n == words->n || !bt_str_eq(words->v[n], (struct bt_str){command, length}))
      return 0;
    n++;
    command += length + (command[length] == ' ');
  }
  return n;
}

const struct bt_command *bt_line_command(const struct bt_strs *words, uint32_t *ret_own) {
  for (const struct bt_command *c = bt_command_table; c->words; c++) {
    *ret_own = own_words(c->words, words);
    if (*ret_own)
      return c;
  }
  return NULL;
}

/* The word is "key=..." with a key that the command's arguments name as an option. */
static bool is_option(const struct bt_command *c, struct bt_str word) {
  const char *equals = memchr(word.p, '=', word.n);
  size_t n = equals ? (size_t)(equals - word.p) + 1 : 0;
  for (const char *p = c->arguments; n && (p = strchr(p, '[')); p++)
    if (strncmp(p + 1, word.p, n) == 0)
      return true;
  return false;
}

static int usage(struct bt_call *call, const struct bt_command *c) {
  return bt_call_refuse(call, BT_USAGE, "usage: %s%s%s", c->words, *c->arguments ? " " : "", c->arguments);
}

int bt_line_arguments(struct bt_call *call, const struct bt_command *c, const struct bt_strs *words, uint32_t own) {
  call->args = (struct bt_strs){0, BT_NEW_ARRAY(call->arena, struct bt_str, words->n)};
  call->options = (struct bt_strs){0, BT_NEW_ARRAY(call->arena, struct bt_str, words->n)};
  if (!call->args.v || !call->options.v)
    return -BT_NOMEM;
  for (uint32_t i = own; i < words->n; i++) {
    struct bt_strs *to = is_option(c, words->v[i]) ? &call->options : &call->args;
    to->v[to->n++] = words->v[i];
  }
  return call->args.n < c->min || (c->max != BT_ANY_NUMBER && call->args.n > c->max) ? usage(call, c) : 0;
}
