/* Log records as entries of the system's journal. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/log.h"
#include "service/private.h"

#ifndef BATON_SYSTEMD
void bt_service_log_open(void) {
}
#else
#define SD_JOURNAL_SUPPRESS_LOCATION /* the event is where it comes from */
#include <syslog.h>
#include <systemd/sd-journal.h>

enum { FIELDS_MAX = 32, KEY_MAX = 48, OWN_FIELDS = 3 };

static const int priorities[] = {
    [BT_LOG_DEBUG] = LOG_DEBUG, [BT_LOG_INFO] = LOG_INFO, [BT_LOG_WARN] = LOG_WARNING, [BT_LOG_ERROR] = LOG_ERR};

/* The journal's names have capitals, digits and underscores. */
static void put_key(char *to, const char *key) {
  size_t n = 0;
  for (; key[n] && n < KEY_MAX; n++)
    to[n] = isalnum((unsigned char)key[n]) ? (char)toupper((unsigned char)key[n]) : '_';
  to[n] = '\0';
}

/* false: the line goes to stderr, which leads to the journal as well. */
static bool send_entry(enum bt_log_level level, const char *event, const struct bt_log_field *fields,
                       struct bt_str message) {
  char own[OWN_FIELDS][BT_LOG_LINE + 16], text[FIELDS_MAX][KEY_MAX + 16 + BT_LOG_VALUE], key[KEY_MAX + 1];
  struct iovec v[OWN_FIELDS + FIELDS_MAX];
  int n = 0;
  snprintf(own[0], sizeof own[0], "MESSAGE=%.*s", (int)message.n, message.p);
  snprintf(own[1], sizeof own[1], "PRIORITY=%d", priorities[level]);
  snprintf(own[2], sizeof own[2], "BATON_EVENT=%.256s", event);
  for (; n < OWN_FIELDS; n++)
    v[n] = (struct iovec){own[n], strlen(own[n])};
  for (int i = 0; fields[i].key && i < FIELDS_MAX; i++) {
    char value[BT_LOG_VALUE];
    put_key(key, fields[i].key);
    int length = snprintf(text[i], sizeof text[i], "BATON_%s=%s", key, bt_log_value(&fields[i], value));
    v[n++] = (struct iovec){text[i], (size_t)length};
  }
  return sd_journal_sendv(v, n) >= 0;
}

/* $JOURNAL_STREAM names device and inode of the stream that the service manager made; a stderr that was led elsewhere
 * since is another one. */
void bt_service_log_open(void) {
  const char *stream = getenv("JOURNAL_STREAM");
  unsigned long long device, inode;
  struct stat st;
  bool ours = stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
              st.st_dev == (dev_t)device && st.st_ino == (ino_t)inode;
  bt_log_set_sink(ours ? send_entry : NULL);
}
#endif
