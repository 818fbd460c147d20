/* verify repair DATA_DIR: what would be lost, and then the repair. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "backup/backup.h"
#include "control/out.h"
#include "ctl/ctl.h"
#include "ctl/task.h"

static void put_found(struct bt_out *o, const struct bt_repair_report *r) {
  bt_out_pair(o, "found", bt_out_literal(r->found.text[0] ? r->found.text : bt_code_text(r->found.code)));
  if (r->found.sequence)
    bt_out_pair(o, "entry_to_blame", bt_out_number(r->found.sequence));
  if (r->found.table >= 0 && r->found.table < BT_T_COUNT && r->found.key[0]) {
    bt_out_pair(o, "table_to_blame", bt_out_literal(bt_table_names[r->found.table]));
    bt_out_pair(o, "key_to_blame", bt_out_literal(r->found.key));
  }
  bt_out_pair(o, "last_entry_kept", bt_out_number(r->last));
  bt_out_pair(o, "entries_lost", bt_out_number(r->lost));
  if (r->lost) {
    bt_out_pair(o, "lost_from", bt_out_number(r->last + 1));
    bt_out_pair(o, "lost_until", bt_out_number(r->highest));
    bt_out_pair(o, "lost_unreadable", bt_out_number(r->unreadable));
  }
  bt_out_pair(o, "filled_from_backup", bt_out_number(r->filled));
  bt_out_pair(o, "segments_kept", bt_out_number(r->segments));
  bt_out_pair(o, "segments_away", bt_out_number(r->away));
  bt_out_pair(o, "segments_damaged", bt_out_number(r->bad));
  if (r->bad) {
    bt_out_pair(o, "history_missing_from", bt_out_number(r->bad_first));
    bt_out_pair(o, "history_missing_until", bt_out_number(r->bad_last));
  }
}

static void put_lost(struct bt_out *o, const struct bt_repair_report *r) {
  static const struct bt_out_column cases[] = {{"case", BT_OUT_NUMBER, BT_OUT_PLAIN},
                                               {"entries_lost", BT_OUT_NUMBER, BT_OUT_PLAIN}};
  static const struct bt_out_column adapters[] = {{"adapter", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                  {"entries_lost", BT_OUT_NUMBER, BT_OUT_PLAIN},
                                                  {"receipts_void", BT_OUT_NUMBER, BT_OUT_PLAIN}};
  BT_OUT_TABLE(o, "cases", cases);
  for (uint32_t i = 0; i < r->n_cases; i++)
    BT_OUT_ROW(o, bt_out_number(r->cases[i].id), bt_out_number(r->cases[i].entries));
  BT_OUT_TABLE(o, "adapters", adapters);
  for (uint32_t i = 0; i < r->n_adapters; i++)
    BT_OUT_ROW(o, bt_out_literal(r->adapters[i].name), bt_out_number(r->adapters[i].entries),
               bt_out_number(r->adapters[i].receipts));
  if (r->more)
    bt_out_note(o, BT_LIT("There are more than are listed here."));
  if (r->unreadable)
    bt_out_note(o, BT_LIT("Of the unreadable ones nothing can be said: any case and any adapter may be concerned."));
  if (r->n_adapters)
    bt_out_note(o,
                BT_LIT("These adapters were told that their events are taken. Let them send again what they sent since "
                       "the last entry kept."));
}

static bool take_words(char *const *words, int n, struct bt_repair_order *o) {
  for (int i = 0; i < n; i++) {
    if (strcmp(words[i], "repair") == 0)
      continue;
    if (strncmp(words[i], "from=", 5) == 0)
      o->backup = words[i] + 5;
    else if (strncmp(words[i], "into=", 5) == 0)
      o->into = words[i] + 5;
    else if (o->data_dir)
      return false;
    else
      o->data_dir = words[i];
  }
  return o->data_dir != NULL;
}

int bt_ctl_repair(const struct bt_ctl_options *options, char *const *words, int n) {
  static struct bt_repair_report r;
  struct bt_task w;
  struct bt_arena arena;
  struct bt_repair_order o = {.apply = options->yes};
  if (!take_words(words, n, &o)) {
    bt_ctl_complain("usage: batonctl verify repair DATA_DIR [from=BACKUP] [into=NEW_DIR] [--yes]");
    return BT_EXIT_USAGE;
  }
  umask(077);
  bt_ctl_task(options, &w);
  int rc = bt_repair(&w, &o, &r);
  if (rc < 0)
    return bt_ctl_failed(&w, rc);
  bt_arena_init(&arena, 1 << 20);
  struct bt_out out = {.arena = &arena};
  if (r.found.ok) {
    bt_out_pair(&out, "result", bt_out_literal("ok"));
    bt_out_note(&out, BT_LIT("Nothing is wrong, and nothing was done."));
    return bt_ctl_show(options, &out);
  }
  bt_out_pair(&out, "result", bt_out_literal(o.apply ? "repaired" : "to be repaired"));
  put_found(&out, &r);
  put_lost(&out, &r);
  if (!o.apply) {
    bt_out_note(&out, BT_LIT("Nothing was done. With --yes it is repaired."));
    rc = bt_ctl_show(options, &out);
    return rc == BT_EXIT_OK ? BT_EXIT_CONFIRM : rc;
  }
  bt_out_pair(&out, "repaired", bt_out_literal(r.repaired));
  if (r.kept[0])
    bt_out_pair(&out, "damaged_kept_in", bt_out_literal(r.kept));
  bt_out_pair(&out, "rebuilt_from_snapshot", bt_out_number(r.snapshot));
  return bt_ctl_end_with_verify(options, &out, r.repaired);
}
