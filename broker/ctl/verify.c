/* Verification of a data folder, also beside the broker that runs on it. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/dir.h"
#include "control/out.h"
#include "ctl/ctl.h"
#include "loop/verify.h"

/* What to do about it; NULL: nothing that could be said here. */
static const char *way_forward(const struct bt_verify_report *r) {
  if (r->ok)
    return NULL;
  if (r->code == -BT_OLDER)
    return "Nothing is wrong: the broker of this version sets the record aside when it starts, and makes it anew. "
           "Until "
           "then it is the version that wrote it that can verify it.";
  if (r->journal_ok)
    return "The journal is whole, only the record is bad. With the broker stopped, move the folder record/ out of the "
           "data folder and start the broker: it makes the record anew from a snapshot and the journal.";
  if (r->code == -BT_AWAY)
    return "Put the archive segments that are not here back into archive/ in the data folder, and verify again.";
  if (r->code == -BT_CORRUPT && !r->entries && !r->position)
    return "It may be only the record: with the broker stopped, move the folder record/ out of the data folder and "
           "verify again, which then checks the journal alone.";
  if (r->sequence)
    return "The journal is damaged. batonctl verify --repair says what can be kept and what would be lost, without "
           "doing "
           "anything yet; a backup may hold what is damaged here.";
  return NULL;
}

static void put_report(struct bt_out *o, const struct bt_verify_report *r) {
  static const struct bt_out_column columns[] = {{"table", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"rows", BT_OUT_NUMBER, BT_OUT_PLAIN}};
  bt_out_pair(o, "result", bt_out_literal(r->ok ? "ok" : bt_code_name(r->code)));
  if (r->text[0])
    bt_out_pair(o, "what", bt_out_literal(r->text));
  bt_out_pair(o, "journal_entries", bt_out_number(r->entries));
  bt_out_pair(o, "record_position", bt_out_number(r->position));
  bt_out_pair(o, "from_entry", bt_out_number(r->from));
  bt_out_pair(o, "segments", bt_out_number(r->segments));
  bt_out_pair(o, "segments_away", bt_out_number(r->away));
  bt_out_pair(o, "snapshots", bt_out_number(r->snapshots));
  if (r->snapshot)
    bt_out_pair(o, "rebuilt_from_snapshot", bt_out_number(r->snapshot));
  if (r->ok)
    bt_out_pair(
        o, "record_digest",
        bt_out_text(bt_arena_copy(o->arena, bt_str(bt_hex((char[2 *BT_SUM_SIZE + 1]){0}, r->digest, BT_SUM_SIZE)))));
  if (r->sequence)
    bt_out_pair(o, "entry_to_blame", bt_out_number(r->sequence));
  if (r->table >= 0 && r->table < BT_T_COUNT) {
    bt_out_pair(o, "table_to_blame", bt_out_literal(bt_table_names[r->table]));
    bt_out_pair(o, "key_to_blame", bt_out_literal(r->key));
  }
  BT_OUT_TABLE(o, "record", columns);
  for (int t = 0; t < BT_T_COUNT; t++)
    BT_OUT_ROW(o, bt_out_literal(bt_table_names[t]), bt_out_number(r->rows[t]));
  if (r->ok && r->away)
    bt_out_note(o, BT_LIT("What is in archive segments that are not here was not looked at."));
  if (way_forward(r))
    bt_out_note(o, bt_str(way_forward(r)));
}

bool bt_ctl_is_data_folder(const char *dir) {
  char journal[BT_PATH_SIZE];
  struct stat st;
  if (bt_path_join(journal, dir, "journal") == 0 && stat(journal, &st) == 0 && S_ISDIR(st.st_mode))
    return true;
  bt_ctl_complain("%s: no broker's data folder: there is no journal/ in it", dir);
  return false;
}

int bt_ctl_verify(const struct bt_ctl_options *options, char *const *words, int n) {
  if (n == 0)
    return bt_ctl_ask(options, (char *[]){"verify"}, 1);
  for (int i = 0; i < n; i++)
    if (strcmp(words[i], "repair") == 0)
      return bt_ctl_repair(options, words, n);
  if (n != 1) {
    bt_ctl_complain("usage: batonctl verify [DATA_DIR], or verify repair DATA_DIR [from=BACKUP] [into=NEW_DIR]");
    return BT_EXIT_USAGE;
  }
  char manifest[BT_PATH_SIZE];
  if (bt_path_join(manifest, words[0], "manifest") == 0 && bt_path_exists(manifest))
    return bt_ctl_check_backup(options, words[0]);
  if (!bt_ctl_is_data_folder(words[0]))
    return BT_EXIT_NO_BROKER;
  struct bt_verify_report report = {.table = -1};
  int rc = bt_verify(words[0], isatty(STDERR_FILENO) ? stderr : NULL, &report);
  if (rc < 0) {
    bt_ctl_complain("%s: cannot be verified: %s%s%s", words[0], bt_code_text(rc), report.text[0] ? ": " : "",
                    report.text);
    return BT_EXIT_NO_BROKER;
  }
  struct bt_arena arena;
  bt_arena_init(&arena, 1024 * 1024);
  struct bt_out out = {.arena = &arena};
  put_report(&out, &report);
  rc = options->json ? bt_out_render_json(&out, stdout) : bt_out_render_text(&out, options->width, stdout);
  bt_arena_fini(&arena);
  return rc == 0 && report.ok ? BT_EXIT_OK : BT_EXIT_REFUSED;
}
