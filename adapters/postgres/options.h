/* What the configuration says, and whether it makes sense. */
#ifndef BATON_POSTGRES_OPTIONS_H
#define BATON_POSTGRES_OPTIONS_H

#include "sink.h"
#include "source.h"

struct adapter {
  struct link_to to;
  const char *password_file, *reads, *writes, *source_name;
  char password[256];
  bool has_source, has_sink;
  struct source source;
  struct sink sink;
  int epoll;
  char told[LINK_WORDS + 32]; /* the state that was told last */
};

/* 0, or -1 after a log line. */
int options_check(struct adapter *a, const char *config_file);

#endif
