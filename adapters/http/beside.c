#include "beside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *beside(const char *config_file, const char *name) {
  const char *slash = strrchr(config_file, '/');
  char *path;
  if (*name == '/' || !slash)
    return strdup(name);
  return asprintf(&path, "%.*s/%s", (int)(slash - config_file), config_file, name) < 0 ? NULL : path;
}
