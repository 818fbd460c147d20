#include "base/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char credentials[] = "CREDENTIALS_DIRECTORY";
static const char *const variables[] = {credentials, "STATE_DIRECTORY", "RUNTIME_DIRECTORY"};

/* The variable's name that `text` begins with; NULL: none. */
static const char *known(const char *text, size_t n) {
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
    if (strlen(variables[i]) == n && strncmp(variables[i], text, n) == 0)
      return variables[i];
  return NULL;
}

int bt_folder_expand(const char *path, char *ret_path, size_t size, const char **ret_why) {
  const char *rest = path, *folder = "";
  if (*path == '$') {
    size_t n = strcspn(path + 1, "/");
    const char *name = known(path + 1, n);
    *ret_why = "names a variable that is not known: a path may begin with $CREDENTIALS_DIRECTORY, $STATE_DIRECTORY or "
               "$RUNTIME_DIRECTORY";
    if (!name)
      return -BT_USAGE;
    *ret_why = "names a folder that the service manager did not make: start it by its unit, or set the variable";
    folder = getenv(name);
    if (!folder || *folder != '/')
      return -BT_USAGE;
    rest = path + 1 + n;
  }
  *ret_why = "is too long";
  int n = snprintf(ret_path, size, "%s%s", folder, rest);
  return n < 0 || (size_t)n >= size ? -BT_LIMIT : 0;
}

bool bt_folder_is_credential(const char *path) {
  const char *folder = getenv(credentials);
  size_t n = folder ? strlen(folder) : 0;
  return n > 1 && strncmp(path, folder, n) == 0 && path[n] == '/' && !strstr(path + n, "/../");
}
