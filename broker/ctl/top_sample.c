#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/clock.h"
#include "ctl/top.h"

enum { PATIENCE_S = 5 };

static void hang_up(FILE **link) {
  if (*link)
    fclose(*link);
  *link = NULL;
}

static bool dial(const char *dir, FILE **link) {
  const struct timeval patience = {.tv_sec = PATIENCE_S};
  if (!*link && (*link = bt_ctl_dial(dir, "read.sock", true)))
    setsockopt(fileno(*link), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return *link;
}

/* One document: "ok", a line of JSON, a dot. NULL: none came. */
static json_t *read_document(FILE *from) {
  char *line = NULL;
  size_t room = 0;
  json_t *document = NULL;
  bool fine = getline(&line, &room, from) > 0 && strcmp(line, "ok\n") == 0;
  ssize_t n;
  while ((n = getline(&line, &room, from)) > 0 && strcmp(line, ".\n") != 0)
    if (fine && !document)
      document = json_loadb(line, (size_t)n, 0, NULL);
  free(line);
  if (n > 0)
    return document;
  json_decref(document);
  return NULL;
}

static bool ask_all(FILE *link, struct bt_top_sample *s) {
  static const char questions[] = "json status\njson show standing\njson show adapters\njson show counters\n";
  json_t **const answers[] = {&s->status, &s->standing, &s->adapters, &s->counters};
  if (!bt_ctl_send(fileno(link), questions, sizeof questions - 1))
    return false;
  for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
    if (!(*answers[i] = read_document(link)))
      return false;
  return true;
}

bool bt_top_sample_take(const char *control_dir, FILE **link, struct bt_top_sample *ret) {
  *ret = (struct bt_top_sample){.status = NULL};
  const bool fine = dial(control_dir, link) && ask_all(*link, ret);
  ret->at_us = bt_clock_mono_us();
  if (fine)
    return true;
  hang_up(link);
  bt_top_sample_free(ret);
  return false;
}

void bt_top_sample_free(struct bt_top_sample *s) {
  json_decref(s->status);
  json_decref(s->standing);
  json_decref(s->adapters);
  json_decref(s->counters);
  *s = (struct bt_top_sample){.status = NULL};
}
