/* Paths of a configuration, and the folders that the service manager makes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk.h"

static const char credentials[] = "CREDENTIALS_DIRECTORY";
static const char *const variables[] = {credentials, "STATE_DIRECTORY", "RUNTIME_DIRECTORY"};

static char *fail(char *error, const char *name, const char *why) {
  snprintf(error, BT_SDK_ERROR, "%.100s %s", name, why);
  return NULL;
}

/* The value of the variable of n characters that begins at `text`; NULL: none, error is set. */
static const char *value(const char *text, size_t n, char *error) {
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
    if (strlen(variables[i]) == n && strncmp(variables[i], text, n) == 0) {
      const char *folder = getenv(variables[i]);
      return folder && *folder == '/' ? folder
                                      : fail(error, text - 1,
                                             "names a folder that the service manager did not make: start it by its "
                                             "unit, or set the variable");
    }
  return fail(error, text - 1,
              "names a variable that is not known: a path may begin with $CREDENTIALS_DIRECTORY, $STATE_DIRECTORY or "
              "$RUNTIME_DIRECTORY");
}

char *baton_path(const char *folder, const char *name, char *error) {
  const char *slash = "";
  char *path;
  if (*name == '$') {
    size_t n = strcspn(name + 1, "/");
    if (!(folder = value(name + 1, n, error)))
      return NULL;
    name += 1 + n;
  } else if (!folder || *name == '/' || !*name) {
    folder = "";
  } else {
    slash = "/";
  }
  return asprintf(&path, "%s%s%s", folder, slash, name) < 0 ? fail(error, name, "needs memory that is not there")
                                                            : path;
}

bool bt_sdk_is_credential(const char *path) {
  const char *folder = getenv(credentials);
  size_t n = folder ? strlen(folder) : 0;
  return n > 1 && strncmp(path, folder, n) == 0 && path[n] == '/' && !strstr(path + n, "/../");
}
