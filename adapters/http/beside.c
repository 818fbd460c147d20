#include "beside.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "baton.h"

char *beside(const char *config_file, const char *name) {
  char folder[PATH_MAX] = "", error[256];
  const char *slash = strrchr(config_file, '/');
  if (slash)
    snprintf(folder, sizeof folder, "%.*s", slash == config_file ? 1 : (int)(slash - config_file), config_file);
  char *path = baton_path(slash ? folder : NULL, name, error);
  return path || *name != '$' ? path : strdup(name); /* where it is opened, it is told that there is no such file */
}
