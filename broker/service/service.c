#include "service/service.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "service/private.h"

#ifdef BATON_SYSTEMD
#include <systemd/sd-daemon.h>
enum { WITH_SYSTEMD = 1 };
#else
enum { WITH_SYSTEMD = 0 };
#define sd_watchdog_enabled(unset, ret) 0
#endif

enum { STATUS_SIZE = 256, NOTICE_SIZE = STATUS_SIZE + 64 };

/* The process's own. */
static bool managed;
static int64_t watchdog_us, told_alive_us;
static char told_status[STATUS_SIZE];
static bool ready_owed; /* the manager had no room for it */

/* sd_notify(3) waits where the manager does not read, and cases would wait with it: what finds no room is not sent. */
static bool send_notice(const char *text) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  const char *path = getenv("NOTIFY_SOCKET");
  const size_t n = path ? strlen(path) : 0;
  if (n < 2 || n >= sizeof at.sun_path || (*path != '/' && *path != '@'))
    return true; /* there is nobody to be told */
  memcpy(at.sun_path, path, n);
  if (*path == '@') /* a name that is in no folder */
    at.sun_path[0] = '\0';
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return false;
  const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
  const bool sent = sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&at, size) >= 0;
  close(fd);
  return sent;
}

static bool notify(const char *format, ...) __attribute__((format(printf, 1, 2)));
static bool notify(const char *format, ...) {
  char text[NOTICE_SIZE];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return send_notice(text);
}

void bt_service_open(void) {
  uint64_t every_us = 0;
  const char *socket = getenv("NOTIFY_SOCKET");
  managed = WITH_SYSTEMD && socket && *socket;
  /* Thrice as often as it is asked for: one that comes late is not one that is missing. */
  watchdog_us = sd_watchdog_enabled(0, &every_us) > 0 ? (int64_t)(every_us / 3) : 0;
  told_alive_us = 0;
  *told_status = '\0';
  ready_owed = false;
  bt_service_log_open();
}

/* A line feed in it would begin another notice. */
static void put_status(const char *status) {
  snprintf(told_status, sizeof told_status, "%s", status);
  for (char *p = told_status; *p; p++)
    if (*p < ' ')
      *p = ' ';
}

void bt_service_ready(const char *status) {
  put_status(status);
  ready_owed = managed && !notify("READY=1\nSTATUS=%s", told_status);
}

void bt_service_reloading(void) {
  if (managed)
    (void)notify("RELOADING=1\nMONOTONIC_USEC=%lld", (long long)bt_clock_mono_us());
}

void bt_service_stopping(const char *status) {
  put_status(status);
  if (managed)
    (void)notify("STOPPING=1\nSTATUS=%s", told_status);
}

void bt_service_status(const char *format, ...) {
  char was[STATUS_SIZE], status[STATUS_SIZE];
  if (!managed)
    return;
  va_list args;
  va_start(args, format);
  vsnprintf(status, sizeof status, format, args);
  va_end(args);
  if (ready_owed)
    ready_owed = !notify("READY=1");
  memcpy(was, told_status, sizeof was);
  put_status(status);
  if (strcmp(was, told_status) != 0 && !notify("STATUS=%s", told_status))
    *told_status = '\0';
}

void bt_service_extend(int64_t more_us) {
  (void)more_us;
  if (managed)
    (void)notify("EXTEND_TIMEOUT_USEC=%lld", (long long)more_us);
}

void bt_service_alive(int64_t now_us) {
  if (!managed || !watchdog_us || (told_alive_us && now_us - told_alive_us < watchdog_us))
    return;
  /* Where there was no room for it, it is tried again before it would be missed. */
  told_alive_us = notify("WATCHDOG=1") ? now_us : now_us - watchdog_us + watchdog_us / 16;
}
