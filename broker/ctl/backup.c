/* Backup and restore at the command line. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/backup.h"
#include "base/clock.h"
#include "config/config.h"
#include "control/out.h"
#include "ctl/ctl.h"
#include "ctl/task.h"

/* ---- backup ---- */

static int dump(const char *file, char **ret, size_t *ret_n) {
  struct bt_config *config;
  int rc = bt_config_load(file, bt_clock_wall_us(), stderr, &config);
  FILE *f = rc == 0 ? open_memstream(ret, ret_n) : NULL;
  if (rc == 0 && f)
    bt_config_dump(config, f);
  if (f && fclose(f) != 0)
    rc = -BT_NOMEM;
  if (rc == 0)
    bt_config_free(config);
  return rc;
}

static void put_backup(struct bt_out *o, const char *dir, const struct bt_backup_report *r) {
  bt_out_pair(o, "backup", bt_out_literal(dir));
  bt_out_pair(o, "position", bt_out_number(r->position));
  bt_out_pair(o, "recorded", bt_out_time(r->recorded_us));
  bt_out_pair(o, "from_entry", bt_out_number(r->from));
  bt_out_pair(o, "entries", bt_out_number(r->entries));
  bt_out_pair(o, "segments", bt_out_number(r->segments));
  bt_out_pair(o, "bytes", bt_out_bytes(r->bytes));
  bt_out_pair(o, "snapshot", bt_out_number(r->snapshot));
}

static int make(const struct bt_ctl_options *options, char *const *words, int n) {
  struct bt_task w;
  struct bt_backup_report r;
  char *conf = NULL;
  size_t conf_n = 0;
  struct bt_backup_order o = {.dir = words[0], .data_dir = words[1]};
  if (strcmp(words[n - 1], "snapshot") == 0) {
    o.snapshot = true;
    n--;
  }
  if (n > 3) {
    bt_ctl_complain("usage: batonctl backup DIR [DATA_DIR [CONFIG]] [snapshot]");
    return BT_EXIT_USAGE;
  }
  if (n == 3 && dump(words[2], &conf, &conf_n) < 0)
    return BT_EXIT_REFUSED;
  o.configuration = (struct bt_str){conf, conf_n};
  umask(077);
  bt_ctl_task(options, &w);
  int rc = bt_backup_make(&w, &o, &r);
  free(conf);
  if (rc < 0)
    return bt_ctl_failed(&w, rc);
  struct bt_arena arena;
  bt_arena_init(&arena, 64 * 1024);
  struct bt_out out = {.arena = &arena};
  put_backup(&out, o.dir, &r);
  return bt_ctl_show(options, &out);
}

int bt_ctl_check_backup(const struct bt_ctl_options *options, const char *dir) {
  struct bt_task w;
  struct bt_backup_report r;
  struct bt_arena arena;
  bt_ctl_task(options, &w);
  int rc = bt_backup_check(&w, dir, &r);
  if (rc < 0)
    return bt_ctl_failed(&w, rc);
  bt_arena_init(&arena, 64 * 1024);
  struct bt_out out = {.arena = &arena};
  bt_out_pair(&out, "result", bt_out_literal("ok"));
  put_backup(&out, dir, &r);
  return bt_ctl_show(options, &out);
}

/* A running broker has another working folder. */
static int ask(const struct bt_ctl_options *options, char *const *words, int n) {
  char here[BT_PATH_SIZE], path[BT_PATH_SIZE];
  char *v[3] = {"backup", words[0], n > 1 ? words[1] : NULL};
  if (words[0][0] != '/') {
    if (!getcwd(here, sizeof here) || bt_path_join(path, here, words[0]) < 0) {
      bt_ctl_complain("%s: the path is too long", words[0]);
      return BT_EXIT_USAGE;
    }
    v[1] = path;
  }
  return bt_ctl_ask(options, v, n + 1);
}

int bt_ctl_backup(const struct bt_ctl_options *options, char *const *words, int n) {
  if (n < 1) {
    bt_ctl_complain("usage: batonctl backup DIR [DATA_DIR [CONFIG]] [snapshot]");
    return BT_EXIT_USAGE;
  }
  const bool running = n == 1 || (n == 2 && strcmp(words[1], "snapshot") == 0);
  return running ? ask(options, words, n) : make(options, words, n);
}

/* ---- restore ---- */

static bool take_upto(const char *word, struct bt_restore_order *o) {
  char *end;
  const char *value = strncmp(word, "upto=", 5) == 0 ? word + 5 : NULL;
  if (!value || !*value)
    return false;
  o->upto = strtoull(value, &end, 10);
  if (*end == '\0' && o->upto)
    return true;
  o->upto = 0;
  return bt_clock_parse(bt_str(value), &o->upto_us) == 0;
}

static void put_restored(struct bt_out *o, const struct bt_restore_order *order, const struct bt_restore_report *r) {
  bt_out_pair(o, "restored", bt_out_literal(order->data_dir));
  bt_out_pair(o, "position", bt_out_number(r->position));
  bt_out_pair(o, "recorded", bt_out_time(r->recorded_us));
  bt_out_pair(o, "entries_left_out", bt_out_number(r->left_out));
  bt_out_pair(o, "from_snapshot", bt_out_number(r->snapshot));
}

int bt_ctl_restore(const struct bt_ctl_options *options, char *const *words, int n) {
  struct bt_task w;
  struct bt_restore_report r;
  struct bt_restore_order o = {.dir = words[0], .data_dir = n > 1 ? words[1] : NULL};
  if (n < 2 || n > 3 || (n == 3 && !take_upto(words[2], &o))) {
    bt_ctl_complain("usage: batonctl restore DIR DATA_DIR [upto=POSITION|TIME]");
    return BT_EXIT_USAGE;
  }
  umask(077);
  bt_ctl_task(options, &w);
  int rc = bt_restore(&w, &o, &r);
  if (rc < 0)
    return bt_ctl_failed(&w, rc);
  struct bt_arena arena;
  bt_arena_init(&arena, 64 * 1024);
  struct bt_out out = {.arena = &arena};
  put_restored(&out, &o, &r);
  return bt_ctl_end_with_verify(options, &out, o.data_dir);
}
