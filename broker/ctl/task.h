/* What commands that work on folders share: progress on a terminal, failures, a verification at the end. */
#ifndef BT_CTL_TASK_H
#define BT_CTL_TASK_H

#include "backup/task.h"
#include "control/out.h"
#include "ctl/ctl.h"

void bt_ctl_task(const struct bt_ctl_options *options, struct bt_task *ret);
void bt_ctl_clear(const struct bt_ctl_options *options); /* the line of progress */
/* Complains; the exit code. */
int bt_ctl_failed(const struct bt_task *w, int rc);
/* Shows what is in out, and frees its arena; the exit code. */
int bt_ctl_show(const struct bt_ctl_options *options, struct bt_out *out);
/* The same, behind what a verification of the folder says: not in order where that is not. */
int bt_ctl_end_with_verify(const struct bt_ctl_options *options, struct bt_out *out, const char *data_dir);

#endif
