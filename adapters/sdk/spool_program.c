#include "spool_program.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "spool.h"

void bt_sdk_spool_option_rows(struct bt_sdk_spool_settings *to, baton_option rows[BT_SDK_SPOOL_OPTIONS]) {
  rows[0] = (baton_option){"spool.folder",
                           BATON_FILE,
                           &to->folder,
                           "",
                           0,
                           0,
                           "where events wait on disk until the broker has them; it is made"};
  rows[1] = (baton_option){"spool.key_file",
                           BATON_FILE,
                           &to->key_file,
                           "",
                           0,
                           0,
                           "32 random bytes that seal them, mode 0600, outside of the folder; made where missing"};
  rows[2] = (baton_option){"spool.max_mb",
                           BATON_INT,
                           &to->max_mb,
                           "256",
                           1,
                           65536,
                           "megabytes of events and rejects that it holds; the file may take half as much again"};
}

bool bt_sdk_spool_settings_check(struct bt_sdk_settings *s, const struct bt_sdk_spool_settings *values) {
  if (*values->folder && !*values->key_file)
    return bt_sdk_settings_fail(s, "spool.key_file", "is required where there is a spool.folder");
  if (!*values->folder && *values->key_file)
    return bt_sdk_settings_fail(s, "spool.folder", "is required where there is a spool.key_file");
  return true;
}

static struct bt_sdk_spool_options options_of(const struct bt_sdk_spool_settings *values) {
  return (struct bt_sdk_spool_options){
      .folder = values->folder, .key_file = values->key_file, .limit = (uint64_t)values->max_mb << 20};
}

bool bt_sdk_spool_try(const struct bt_sdk_spool_settings *values) {
  struct bt_sdk_spool_options o = options_of(values);
  struct bt_sdk_spool_store store;
  char data[4096];
  struct stat st;
  if (!*values->folder)
    return true;
  snprintf(data, sizeof data, "%s/data.mdb", values->folder);
  if (stat(data, &st) != 0 && (errno == ENOENT || errno == ENOTDIR)) { /* the first start makes what is missing */
    uint8_t key[BT_SDK_SPOOL_KEY_BYTES];
    char error[BT_SDK_SPOOL_ERROR];
    if (stat(values->key_file, &st) != 0 || bt_sdk_spool_key(values->key_file, false, key, error) == 0)
      return true;
    fprintf(stderr, "%s\n", error);
    return false;
  }
  int rc = bt_sdk_spool_store_open(&store, &o, true);
  if (rc < 0)
    fprintf(stderr, "%s\n", store.error);
  bt_sdk_spool_store_close(&store);
  return rc == 0;
}

bool bt_sdk_spool_start(const struct bt_sdk_spool_settings *values, struct bt_sdk_spool **ret) {
  struct bt_sdk_spool_options o = options_of(values);
  char error[BT_SDK_SPOOL_ERROR], events[24], rejects[24];
  if (!*values->folder)
    return true;
  struct bt_sdk_spool *s = bt_sdk_spool_open(&o, error);
  if (!s) {
    baton_log("error", "cannot-start", "why", error, NULL);
    return false;
  }
  snprintf(events, sizeof events, "%llu", (unsigned long long)s->store.events);
  snprintf(rejects, sizeof rejects, "%llu", (unsigned long long)s->store.rejects);
  baton_log("info", "spool-opened", "folder", values->folder, "events", events, "rejects", rejects, NULL);
  *ret = s;
  return true;
}
