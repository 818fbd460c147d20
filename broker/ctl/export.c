/* Export and import at the command line. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backup/backup.h"
#include "control/out.h"
#include "ctl/ctl.h"
#include "ctl/task.h"

static bool take_number(const char *word, const char *key, uint64_t *to) {
  char *end;
  const size_t n = strlen(key);
  if (strncmp(word, key, n) != 0)
    return false;
  *to = strtoull(word + n, &end, 10);
  return *end == '\0' && *to > 0;
}

static bool take_words(char *const *words, int n, struct bt_export_order *o) {
  for (int i = 1; i < n; i++) {
    if (strcmp(words[i], "with-key") == 0)
      o->with_key = true;
    else if (!take_number(words[i], "from=", &o->from) && !take_number(words[i], "upto=", &o->to))
      return false;
  }
  return n > 0;
}

int bt_ctl_export(const struct bt_ctl_options *options, char *const *words, int n) {
  struct bt_task w;
  char data_dir[BT_PATH_SIZE];
  uint64_t entries;
  struct bt_export_order o = {.data_dir = n ? words[0] : NULL};
  if (!take_words(words, n, &o)) {
    bt_ctl_complain("usage: batonctl export DATA_DIR|- [from=N] [upto=N] [with-key]");
    return BT_EXIT_USAGE;
  }
  if (strcmp(o.data_dir, "-") == 0) {
    int code = bt_ctl_data_dir(options, data_dir);
    if (code != BT_EXIT_OK)
      return code;
    o.data_dir = data_dir;
  }
  bt_ctl_task(options, &w);
  int rc = bt_export(&w, &o, stdout, &entries);
  if (rc < 0)
    return bt_ctl_failed(&w, rc);
  bt_ctl_clear(options);
  return BT_EXIT_OK;
}

int bt_ctl_import(const struct bt_ctl_options *options, char *const *words, int n) {
  struct bt_task w;
  struct bt_import_report r;
  struct bt_arena arena;
  if (n != 2) {
    bt_ctl_complain("usage: batonctl import FILE|- DATA_DIR");
    return BT_EXIT_USAGE;
  }
  FILE *from = strcmp(words[0], "-") == 0 ? stdin : fopen(words[0], "re");
  if (!from) {
    bt_ctl_complain("%s: %s", words[0], strerror(errno));
    return BT_EXIT_NO_BROKER;
  }
  umask(077);
  bt_ctl_task(options, &w);
  int rc = bt_import(&w, from, words[1], &r);
  if (from != stdin)
    fclose(from);
  if (rc < 0)
    return bt_ctl_failed(&w, rc);
  bt_arena_init(&arena, 64 * 1024);
  struct bt_out out = {.arena = &arena};
  bt_out_pair(&out, "imported", bt_out_literal(words[1]));
  bt_out_pair(&out, "position", bt_out_number(r.position));
  bt_out_pair(&out, "with_key", bt_out_flag(r.key));
  if (!r.key)
    bt_out_note(&out, BT_LIT("The identifier key was not exported with it: put identifiers.key of the old data folder "
                             "beside the record (mode 0600), or the broker does not start."));
  return bt_ctl_end_with_verify(options, &out, words[1]);
}
