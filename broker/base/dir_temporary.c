#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/dir.h"

static bool is_left(const char *name, const char *word) {
  const size_t n = strlen(word);
  long pid;
  return strncmp(name, word, n) == 0 && sscanf(name + n, "-%ld-", &pid) == 1 && pid > 0 && kill((pid_t)pid, 0) != 0 &&
         errno == ESRCH;
}

static void sweep(const char *dir, const char *word) {
  char path[BT_PATH_SIZE];
  DIR *d = opendir(dir);
  for (struct dirent *e; d && (e = readdir(d));)
    if (is_left(e->d_name, word) && bt_path_join(path, dir, e->d_name) == 0)
      (void)!bt_dir_remove(path); /* another one may be at it: the next time finds what is left */
  if (d)
    closedir(d);
}

int bt_dir_temporary(char *buf, const char *dir, const char *word) {
  const char *other = getenv("TMPDIR");
  char name[64];
  sweep(dir, word);
  snprintf(name, sizeof name, "baton-%s-%ld-XXXXXX", word, (long)getpid());
  int rc = bt_path_join(buf, dir, name + strlen("baton-"));
  if (rc < 0)
    return rc;
  if (mkdtemp(buf))
    return 0;
  rc = bt_path_join(buf, other && *other ? other : "/tmp", name);
  if (rc < 0)
    return rc;
  return mkdtemp(buf) ? 0 : -BT_IO;
}
