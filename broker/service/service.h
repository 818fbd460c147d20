/* What the service manager and the system's journal hear of this process, by libsystemd.
 *
 * Without a service manager ($NOTIFY_SOCKET is not set), or built without libsystemd, every call does nothing. One
 * thread. Nothing here fails: whoever is told may have gone away, and the broker goes on without him. A notice is one
 * datagram to a socket of this machine; one that finds no room there is not waited for: a manager who does not read
 * must not stop cases. That it is ready is told again until it is heard, with the next status. */
#ifndef BT_SERVICE_SERVICE_H
#define BT_SERVICE_SERVICE_H

#include <stdint.h>

/* Looks at the environment; before any other thread is made. Where stderr leads to the system's journal, log records go
 * there with their fields (PRIORITY, MESSAGE, BATON_EVENT and BATON_KEY for each key) instead of as lines. */
void bt_service_open(void);

/* Everything is open, or what was reloaded holds: `status` is one short line for people. */
void bt_service_ready(const char *status);
/* A reload begins; bt_service_ready ends it, whether the new configuration was taken or not. */
void bt_service_reloading(void);
void bt_service_stopping(const char *status);
/* One short line for people. What was told last is not told again. */
void bt_service_status(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Before it is ready or while it stops: give it so long from now on, whatever the unit allows. */
void bt_service_extend(int64_t more_us);
/* The loop has made a round. Passed on as often as the watchdog wants it, and not at all where there is none; now_us:
 * the monotonic clock. Only from the loop: a thread that says so for it would go on when the loop hangs. */
void bt_service_alive(int64_t now_us);

#endif
