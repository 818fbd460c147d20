#include "service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

#ifdef BATON_SYSTEMD
#define SD_JOURNAL_SUPPRESS_LOCATION /* the event is where it comes from */
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
#else
#define sd_notify(unset, state) 0
#define sd_notifyf(...) 0
#define sd_watchdog_enabled(unset, ret) 0
#define sd_journal_sendv(v, n) (-1)
#endif

/* The process's own. */
static bool managed, to_journal;
static int64_t watchdog_ms, told_alive_ms;
static char told_status[256];

/* $JOURNAL_STREAM names device and inode of the stream that the service manager made; a stderr that was led elsewhere
 * since is another one. */
static bool stderr_is_journal(void) {
  const char *stream = getenv("JOURNAL_STREAM");
  unsigned long long device, inode;
  struct stat st;
  return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
         st.st_dev == (dev_t)device && st.st_ino == (ino_t)inode;
}

void bt_sdk_service_open(void) {
  const char *socket = getenv("NOTIFY_SOCKET");
  uint64_t every_us = 0;
  managed = socket && *socket;
  /* Thrice as often as it is asked for: one that comes late is not one that is missing. */
  watchdog_ms = sd_watchdog_enabled(0, &every_us) > 0 ? (int64_t)(every_us / 3000) : 0;
  told_alive_ms = 0;
  *told_status = '\0';
  to_journal = stderr_is_journal();
}

void bt_sdk_service_ready(void) {
  if (managed)
    (void)sd_notify(0, "READY=1");
}

void bt_sdk_service_stopping(void) {
  if (managed)
    (void)sd_notify(0, "STOPPING=1\nSTATUS=stopping: what was sent is finished");
}

void bt_sdk_service_status(const char *status) {
  if (!managed || strncmp(told_status, status, sizeof told_status - 1) == 0)
    return;
  snprintf(told_status, sizeof told_status, "%s", status);
  (void)sd_notifyf(0, "STATUS=%s", told_status);
}

void bt_sdk_service_alive(void) {
  const int64_t now_ms = bt_sdk_mono_ms();
  if (!managed || !watchdog_ms || (told_alive_ms && now_ms - told_alive_ms < watchdog_ms))
    return;
  told_alive_ms = now_ms;
  (void)sd_notify(0, "WATCHDOG=1");
}

int bt_sdk_service_wait_ms(void) {
  return managed && watchdog_ms ? (int)watchdog_ms : -1;
}

bool bt_sdk_service_journal(void) {
  return to_journal;
}

bool bt_sdk_service_journal_send(const struct iovec *fields, int n) {
  (void)fields;
  (void)n;
  return sd_journal_sendv(fields, n) >= 0;
}
