/* The spool of a whole program: its options, and the commands about its rejects. */
#ifndef BATON_SDK_SPOOL_PROGRAM_H
#define BATON_SDK_SPOOL_PROGRAM_H

#include "options.h"

struct bt_sdk_spool_settings {
  const char *folder, *key_file;
  int64_t max_mb;
};

enum { BT_SDK_SPOOL_OPTIONS = 3 };
void bt_sdk_spool_option_rows(struct bt_sdk_spool_settings *to, baton_option rows[BT_SDK_SPOOL_OPTIONS]);
/* What the types alone do not say. */
bool bt_sdk_spool_settings_check(struct bt_sdk_settings *s, const struct bt_sdk_spool_settings *values);
/* For --check: what there is of key and folder fits; nothing is made. false: a sentence on stderr. */
bool bt_sdk_spool_try(const struct bt_sdk_spool_settings *values);
/* Opens it for the loop. false: a line in the log. *ret stays NULL where none is configured. */
struct bt_sdk_spool;
bool bt_sdk_spool_start(const struct bt_sdk_spool_settings *values, struct bt_sdk_spool **ret);

/* --spooled, --rejects, --rejects-retry, --rejects-drop; key NULL: all. Returns the exit code. */
int bt_sdk_spool_command(const struct bt_sdk_spool_settings *values, enum bt_sdk_asked asked, const char *key);

#endif
