#include "ctl/task.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "loop/verify.h"

enum { TELL_EVERY_US = 100 * 1000 };

static void tell(void *context, const char *what, uint64_t done, uint64_t of) {
  static int64_t told_us;
  const int64_t now_us = bt_clock_mono_us();
  (void)context;
  if (now_us - told_us < TELL_EVERY_US)
    return;
  told_us = now_us;
  fprintf(stderr, "\r\033[K%s: %" PRIu64 " of %" PRIu64, what, done, of);
  fflush(stderr);
}

static bool shown;

void bt_ctl_task(const struct bt_ctl_options *options, struct bt_task *ret) {
  shown = options->progress;
  *ret = (struct bt_task){.tell = options->progress ? tell : NULL};
}

void bt_ctl_clear(const struct bt_ctl_options *options) {
  if (options->progress)
    fputs("\r\033[K", stderr);
}

static void clear_line(void) {
  if (shown)
    fputs("\r\033[K", stderr);
}

int bt_ctl_failed(const struct bt_task *w, int rc) {
  clear_line();
  bt_ctl_complain("%s", w->text[0] ? w->text : bt_code_text(rc));
  return rc == -BT_USAGE ? BT_EXIT_USAGE : rc == -BT_ABSENT ? BT_EXIT_NO_BROKER : BT_EXIT_REFUSED;
}

int bt_ctl_show(const struct bt_ctl_options *options, struct bt_out *out) {
  clear_line();
  int rc = options->json ? bt_out_render_json(out, stdout) : bt_out_render_text(out, options->width, stdout);
  bt_arena_fini(out->arena);
  return rc == 0 ? BT_EXIT_OK : BT_EXIT_REFUSED;
}

/* What was made is not what was recorded: so that no broker takes it up by itself, its journal gets another name. */
static void refuse(struct bt_out *out, const char *data_dir) {
  char journal[BT_PATH_SIZE], refused[BT_PATH_SIZE];
  if (bt_path_join(journal, data_dir, "journal") == 0 && bt_path_join(refused, data_dir, "journal.refused") == 0 &&
      rename(journal, refused) == 0)
    bt_out_note(out, BT_LIT("No broker starts on this folder: its journal was named journal.refused. Take another "
                            "backup or export, or an earlier position of this one (upto=)."));
}

int bt_ctl_end_with_verify(const struct bt_ctl_options *options, struct bt_out *out, const char *data_dir) {
  static struct bt_verify_report r;
  char digest[2 * BT_SUM_SIZE + 1];
  clear_line();
  int rc = bt_verify(data_dir, options->progress ? stderr : NULL, &r);
  if (rc < 0)
    r.code = rc;
  /* Where the beginning of the log was away when it was copied, nothing is wrong with what there is. */
  const bool in_part = rc == 0 && !r.ok && r.code == -BT_AWAY, fine = rc == 0 && (r.ok || in_part);
  bt_out_pair(out, "verified", bt_out_literal(in_part ? "in part" : fine ? "ok" : bt_code_name(r.code)));
  if (r.text[0])
    bt_out_pair(out, "what", bt_out_literal(r.text));
  bt_out_pair(out, "journal_entries", bt_out_number(r.entries));
  bt_out_pair(out, "cases", bt_out_number(r.rows[BT_T_CASES]));
  if (!in_part)
    bt_out_pair(out, "record_digest", bt_out_literal(bt_hex(digest, r.digest, BT_SUM_SIZE)));
  if (rc == 0 && !fine)
    refuse(out, data_dir);
  int code = bt_ctl_show(options, out);
  return fine ? code : BT_EXIT_REFUSED;
}
