/* config try: a new configuration on what has happened. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/dir.h"
#include "config/config.h"
#include "control/out.h"
#include "ctl/ctl.h"
#include "loop/try.h"

enum { LAST = 1000, MOST = 1000000, ROWS = 500, MEMORY = 64 << 20 };

static const char usage[] = "usage: batonctl config try FILE [DATA_DIR] [last=N] [against=FILE]";

struct asked {
  const char *file, *data_dir, *against;
  uint32_t last;
};

static bool take_words(char *const *words, int n, struct asked *ret) {
  *ret = (struct asked){.last = LAST};
  if (n < 2 || strcmp(words[0], "try") != 0)
    return false;
  ret->file = words[1];
  for (int i = 2; i < n; i++) {
    char *end = NULL;
    if (strncmp(words[i], "last=", 5) == 0) {
      unsigned long v = strtoul(words[i] + 5, &end, 10);
      if (!words[i][5] || *end || v < 1 || v > MOST)
        return false;
      ret->last = (uint32_t)v;
    } else if (strncmp(words[i], "against=", 8) == 0 && words[i][8]) {
      ret->against = words[i] + 8;
    } else if (!ret->data_dir && !strchr(words[i], '=')) {
      ret->data_dir = words[i];
    } else {
      return false;
    }
  }
  return true;
}

/* The data folder that the configuration names. It is loaded again for the time that is looked at. */
static bool find_data_dir(struct asked *asked, char buf[BT_PATH_SIZE]) {
  struct bt_config *config;
  if (bt_config_load(asked->file, bt_clock_wall_us(), stderr, &config))
    return false;
  if (!asked->data_dir)
    snprintf(buf, BT_PATH_SIZE, "%s", config->settings.data_dir);
  else
    snprintf(buf, BT_PATH_SIZE, "%s", asked->data_dir);
  bt_config_free(config);
  asked->data_dir = buf;
  return true;
}

/* What runs, as the broker wrote it down when it adopted it. */
static bool find_against(struct asked *asked, char buf[BT_PATH_SIZE]) {
  if (asked->against)
    return true;
  if (bt_path_join(buf, asked->data_dir, "adopted.conf") < 0 || !bt_path_exists(buf)) {
    bt_ctl_complain("%s: what the broker runs with is not noted there; name its configuration with against=FILE", buf);
    return false;
  }
  asked->against = buf;
  return true;
}

static void put_counts(struct bt_out *o, const struct bt_try_report *r) {
  static const struct bt_out_column columns[] = {{"what", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"requests", BT_OUT_NUMBER, BT_OUT_PLAIN}};
  bt_out_pair(o, "requests", bt_out_number(r->requests));
  bt_out_pair(o, "same", bt_out_number(r->same));
  bt_out_pair(o, "different", bt_out_number(r->differ));
  bt_out_pair(o, "not_covered", bt_out_number(r->not_covered));
  bt_out_pair(o, "recorded_otherwise", bt_out_number(r->otherwise));
  bt_out_pair(o, "from_entry", r->from ? bt_out_number(r->from) : bt_out_none());
  bt_out_pair(o, "to_entry", r->to ? bt_out_number(r->to) : bt_out_none());
  bt_out_rare_pair(o, "rebuilt_from_snapshot", r->snapshot ? bt_out_number(r->snapshot) : bt_out_none());
  bt_out_rare_pair(o, "out_of_reach_before", r->reach > 1 ? bt_out_number(r->reach) : bt_out_none());
  BT_OUT_TABLE(o, "counts", columns);
  for (int i = 0; i < BT_TRY_WHATS; i++)
    BT_OUT_ROW(o, bt_out_literal(bt_try_names[i]), bt_out_number(r->counts[i]));
}

static void put_rows(struct bt_out *o, const struct bt_try_report *r) {
  static const struct bt_out_column columns[] = {
      {"event", BT_OUT_NUMBER, BT_OUT_PLAIN}, {"case", BT_OUT_NUMBER, BT_OUT_PLAIN},
      {"kind", BT_OUT_TEXT, BT_OUT_PLAIN},    {"what", BT_OUT_TEXT, BT_OUT_PLAIN},
      {"was", BT_OUT_TEXT, BT_OUT_WRAP},      {"would_be", BT_OUT_TEXT, BT_OUT_WRAP}};
  BT_OUT_TABLE(o, "differences", columns);
  for (uint32_t i = 0; i < r->n; i++) {
    const struct bt_try_row *row = &r->v[i];
    BT_OUT_ROW(o, bt_out_number(row->sequence), row->case_id ? bt_out_number(row->case_id) : bt_out_none(),
               bt_out_literal(bt_kind_name((int)row->kind)), bt_out_literal(bt_try_names[row->what]),
               bt_out_text(row->was), bt_out_text(row->would));
  }
  bt_out_rare(o);
  if (r->more)
    bt_out_note(o, bt_arena_printf(o->arena,
                                   "and %llu more differences, counted above: ask for fewer requests with last=N",
                                   (unsigned long long)r->more));
}

/* What is before lies in segments that are not here. */
static void put_reach(struct bt_out *o, const struct bt_try_report *r, uint32_t asked) {
  if (r->reach > 1 && r->requests < asked)
    bt_out_note(o, bt_arena_printf(o->arena,
                                   "Only %llu of the last %u requests could be tried: what is before entry %llu is out "
                                   "of reach, as archive segments are not here (show archive) and no older snapshot "
                                   "serves. Put the segments back to try more.",
                                   (unsigned long long)r->requests, asked, (unsigned long long)r->reach));
}

static void put_notes(struct bt_out *o, const struct bt_try_report *r) {
  bt_out_note(o, BT_LIT("Requests that were refused are not stored and not covered; nor is what falls due by itself."));
  if (r->not_covered)
    bt_out_note(o, BT_LIT("Not covered: the configuration that runs does not come to what is recorded of them."));
  if (r->otherwise)
    bt_out_note(
        o, BT_LIT("Recorded otherwise: when these came in another configuration ran. They are compared all the same, "
                  "under the one that runs and the one to try."));
}

static int show(const struct bt_ctl_options *options, struct bt_arena *arena, const struct bt_try_report *report,
                uint32_t asked) {
  struct bt_out out = {.arena = arena};
  put_counts(&out, report);
  put_rows(&out, report);
  put_reach(&out, report, asked);
  put_notes(&out, report);
  int rc = options->json ? bt_out_render_json(&out, stdout) : bt_out_render_text(&out, options->width, stdout);
  return rc ? BT_EXIT_REFUSED : BT_EXIT_OK;
}

int bt_ctl_config(const struct bt_ctl_options *options, char *const *words, int n) {
  char data_dir[BT_PATH_SIZE], against[BT_PATH_SIZE];
  struct asked asked;
  if (!take_words(words, n, &asked)) {
    bt_ctl_complain("%s (N: 1 to %d, %d where it is not given)", usage, MOST, LAST);
    return BT_EXIT_USAGE;
  }
  if (!find_data_dir(&asked, data_dir))
    return BT_EXIT_REFUSED;
  if (!bt_ctl_is_data_folder(asked.data_dir) || !find_against(&asked, against))
    return BT_EXIT_NO_BROKER;
  struct bt_arena arena;
  bt_arena_init(&arena, MEMORY);
  const struct bt_try_options try = {
      .data_dir = asked.data_dir,
      .before = asked.against,
      .after = asked.file,
      .last = asked.last,
      .rows = ROWS,
      .progress = isatty(STDERR_FILENO) ? stderr : NULL,
      .errors = stderr,
  };
  struct bt_try_report report;
  int rc = bt_try(&try, &arena, &report);
  int code = BT_EXIT_REFUSED;
  if (rc)
    bt_ctl_complain("%s: %s: %s", asked.data_dir, bt_code_name(rc), report.text ? report.text : bt_code_text(rc));
  else
    code = show(options, &arena, &report, asked.last);
  bt_arena_fini(&arena);
  return code;
}
