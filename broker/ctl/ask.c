/* One command, one answer, over the broker's control sockets. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/dir.h"
#include "ctl/ctl.h"

enum { CODE = 32, NOT_GRANTED = -1 };

/* What the broker said first. */
struct answer {
  char confirm[CODE]; /* not empty: nothing was done, the command is to be repeated with this */
};

/* "error CODE text". */
static int refused(const char *line) {
  const char *code = line + strlen("error ");
  size_t n = strcspn(code, " \n");
  if (n == strlen("NOT_GRANTED") && strncmp(code, "NOT_GRANTED", n) == 0)
    return NOT_GRANTED;
  return n == strlen("USAGE") && strncmp(code, "USAGE", n) == 0 ? BT_EXIT_USAGE : BT_EXIT_REFUSED;
}

/* Prints lines up to the dot. False: the connection ended before it. */
static bool print_rest(FILE *from, FILE *to, char **line, size_t *room) {
  ssize_t n;
  while ((n = getline(line, room, from)) > 0) {
    const char *p = *line;
    if (strcmp(p, ".\n") == 0)
      return true;
    if (to)
      fwrite(p + (*p == '.'), 1, (size_t)n - (*p == '.'), to);
  }
  return false;
}

/* Lines of progress come before the answer; they write over each other. */
static bool first_line(FILE *from, char **line, size_t *room) {
  bool told = false;
  ssize_t n;
  while ((n = getline(line, room, from)) > 0 && strncmp(*line, "progress ", 9) == 0) {
    fprintf(stderr, "\r\033[K%.*s", (int)strcspn(*line + 9, "\n"), *line + 9);
    told = true;
  }
  if (told)
    fputs("\r\033[K", stderr);
  return n > 0;
}

/* What would happen is printed, unless it happens without a further word: then the second answer says what did. */
static int read_answer(FILE *from, const struct bt_ctl_options *o, bool last_try, struct answer *ret) {
  char *line = NULL;
  size_t room = 0;
  int code = BT_EXIT_OK;
  bool whole = first_line(from, &line, &room);
  if (whole && strncmp(line, "error ", 6) == 0)
    code = refused(line);
  if (whole && strncmp(line, "confirm ", 8) == 0) {
    code = BT_EXIT_CONFIRM;
    snprintf(ret->confirm, CODE, "%.*s", (int)strcspn(line + 8, "\n"), line + 8);
  }
  bool again = code == NOT_GRANTED && !last_try, quiet = again || (code == BT_EXIT_CONFIRM && o->yes);
  if (whole && code != BT_EXIT_OK && code != BT_EXIT_CONFIRM && !again && !o->json)
    bt_ctl_complain("%.*s", (int)strcspn(line + 6, "\n"), line + 6);
  whole = whole && print_rest(from, quiet ? NULL : stdout, &line, &room);
  free(line);
  if (!whole) {
    bt_ctl_complain("the broker ended the connection before its answer");
    return BT_EXIT_NO_BROKER;
  }
  return code == NOT_GRANTED && last_try ? BT_EXIT_REFUSED : code;
}

static int try_at(const struct bt_ctl_options *o, const char *socket_name, const char *line, size_t n, bool last_try,
                  struct answer *ret) {
  FILE *f = bt_ctl_dial(o->control_dir, socket_name, false);
  if (!f)
    return BT_EXIT_NO_BROKER;
  /* A broker that turns us away says why before it closes, and does not wait for the command. */
  (void)!bt_ctl_send(fileno(f), line, n);
  int code = read_answer(f, o, last_try, ret);
  fclose(f);
  return code;
}

/* Which commands need the admin socket is the broker's to say; it says so before it does anything. */
static int ask_once(const struct bt_ctl_options *options, char *const *words, int n, struct answer *ret) {
  char line[BT_CTL_LINE];
  size_t length;
  int code = bt_ctl_line(options, words, n, line, &length);
  if (code != BT_EXIT_OK)
    return code;
  code = try_at(options, "read.sock", line, length, false, ret);
  if (code == NOT_GRANTED)
    code = try_at(options, "admin.sock", line, length, true, ret);
  return code;
}

/* Only somebody at a terminal is asked; a script says --yes, or repeats the command with the code. */
static bool agrees(const struct bt_ctl_options *o) {
  char said[16];
  if (o->yes)
    return true;
  if (o->json || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
    return false;
  fputs("Do this? [y/N] ", stdout);
  fflush(stdout);
  return fgets(said, sizeof said, stdin) && (said[0] == 'y' || said[0] == 'Y');
}

int bt_ctl_ask(const struct bt_ctl_options *options, char *const *words, int n) {
  struct answer first = {.confirm = ""}, second = {.confirm = ""};
  char word[CODE + 16];
  int code = ask_once(options, words, n, &first);
  if (code != BT_EXIT_CONFIRM || !agrees(options))
    return code;
  char **again = calloc((size_t)n + 1, sizeof *again);
  if (!again)
    return BT_EXIT_REFUSED;
  memcpy(again, words, (size_t)n * sizeof *again);
  snprintf(word, sizeof word, "confirm=%s", first.confirm);
  again[n] = word;
  code = ask_once(options, again, n + 1, &second);
  free(again);
  return code;
}

int bt_ctl_data_dir(const struct bt_ctl_options *options, char *ret) {
  static const char command[] = "json show archive\n";
  char *line = NULL, *text = NULL;
  size_t room = 0, n = 0;
  FILE *f = bt_ctl_dial(options->control_dir, "read.sock", false), *memory = f ? open_memstream(&text, &n) : NULL;
  bool whole = memory && bt_ctl_send(fileno(f), command, strlen(command)) && getline(&line, &room, f) > 0 &&
               strcmp(line, "ok\n") == 0 && print_rest(f, memory, &line, &room);
  if (memory && fclose(memory) != 0)
    whole = false;
  if (f)
    fclose(f);
  json_t *root = whole ? json_loadb(text, n, 0, NULL) : NULL;
  const char *dir = json_string_value(json_object_get(root, "data_dir"));
  const bool fits = dir && strlen(dir) < BT_PATH_SIZE;
  if (fits)
    strcpy(ret, dir);
  else if (f)
    bt_ctl_complain("the broker does not say where its data folder is");
  json_decref(root);
  free(line);
  free(text);
  return fits ? BT_EXIT_OK : BT_EXIT_NO_BROKER;
}
