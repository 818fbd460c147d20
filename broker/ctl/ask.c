/* One command, one answer, over the broker's control sockets. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/ctl.h"

enum { LINE = 4096, NOT_GRANTED = -1 }; /* the broker's bound; its newline included */

static int make_line(const struct bt_ctl_options *o, char *const *words, int n, char line[LINE], size_t *ret_n) {
  size_t at = 0;
  if (o->json)
    at += (size_t)snprintf(line, LINE, "json ");
  if (o->width)
    at += (size_t)snprintf(line + at, LINE - at, "width %u ", o->width);
  at += (size_t)snprintf(line + at, LINE - at, "%s%s", o->ascii ? "ascii " : "", o->colour ? "colour " : "");
  for (int i = 0; i < n; i++) {
    size_t length = strlen(words[i]);
    if (strpbrk(words[i], "\r\n")) { /* it would be a second command */
      bt_ctl_complain("a word must not hold a line break");
      return BT_EXIT_USAGE;
    }
    if (length + 2 > LINE - at) {
      bt_ctl_complain("the command is too long: at most %d bytes", LINE - 1);
      return BT_EXIT_USAGE;
    }
    memcpy(line + at, words[i], length);
    at += length;
    line[at++] = i + 1 < n ? ' ' : '\n';
  }
  *ret_n = at;
  return BT_EXIT_OK;
}

/* The stream, or NULL after a complaint. */
static FILE *dial(const char *dir, const char *name) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  int n = snprintf(at.sun_path, sizeof at.sun_path, "%s/%s", dir, name);
  if (n < 0 || (size_t)n >= sizeof at.sun_path) {
    bt_ctl_complain("%s/%s: the path is too long for a socket", dir, name);
    return NULL;
  }
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  FILE *f = fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof at) == 0 ? fdopen(fd, "r+") : NULL;
  if (f)
    return f;
  bt_ctl_complain("%s: %s%s", at.sun_path, strerror(errno),
                  errno == ENOENT || errno == ECONNREFUSED ? " (does the broker run? --control names its folder)" : "");
  if (fd >= 0)
    close(fd);
  return NULL;
}

static bool send_all(int fd, const char *p, size_t n) {
  while (n) {
    ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR)
      return false;
    p += sent > 0 ? sent : 0;
    n -= sent > 0 ? (size_t)sent : 0;
  }
  return true;
}

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

static int read_answer(FILE *from, bool json, bool last_try) {
  char *line = NULL;
  size_t room = 0;
  int code = BT_EXIT_OK;
  bool whole = getline(&line, &room, from) > 0;
  if (whole && strncmp(line, "error ", 6) == 0)
    code = refused(line);
  bool again = code == NOT_GRANTED && !last_try;
  if (whole && code != BT_EXIT_OK && !again && !json)
    bt_ctl_complain("%.*s", (int)strcspn(line + 6, "\n"), line + 6);
  whole = whole && print_rest(from, again ? NULL : stdout, &line, &room);
  free(line);
  if (!whole) {
    bt_ctl_complain("the broker ended the connection before its answer");
    return BT_EXIT_NO_BROKER;
  }
  return code == NOT_GRANTED && last_try ? BT_EXIT_REFUSED : code;
}

static int try_at(const struct bt_ctl_options *o, const char *socket_name, const char *line, size_t n, bool last_try) {
  FILE *f = dial(o->control_dir, socket_name);
  if (!f)
    return BT_EXIT_NO_BROKER;
  /* A broker that turns us away says why before it closes, and does not wait for the command. */
  (void)!send_all(fileno(f), line, n);
  int code = read_answer(f, o->json, last_try);
  fclose(f);
  return code;
}

/* Which commands need the admin socket is the broker's to say; it says so before it does anything. */
int bt_ctl_ask(const struct bt_ctl_options *options, char *const *words, int n) {
  char line[LINE];
  size_t length;
  int code = make_line(options, words, n, line, &length);
  if (code != BT_EXIT_OK)
    return code;
  code = try_at(options, "read.sock", line, length, false);
  if (code == NOT_GRANTED)
    code = try_at(options, "admin.sock", line, length, true);
  return code;
}
