/* What the service manager and the system's journal hear of an adapter, by libsystemd. Without a service manager, or
 * built without libsystemd, every call does nothing. Nothing here fails. */
#ifndef BATON_SDK_SERVICE_H
#define BATON_SDK_SERVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

/* Looks at the environment. From then on the log goes to the journal with its fields where stderr leads there. */
void bt_sdk_service_open(void);
void bt_sdk_service_ready(void);
void bt_sdk_service_stopping(void);
/* One short line for people; the same one is not told again. */
void bt_sdk_service_status(const char *status);
/* The main loop has gone round. Only from there: what hangs must not be called alive. */
void bt_sdk_service_alive(void);
/* At most so long may the main loop wait, in milliseconds; -1: as long as it likes. */
int bt_sdk_service_wait_ms(void);

bool bt_sdk_service_journal(void); /* the log's records go to the journal */
/* false: not taken, write a line instead. */
bool bt_sdk_service_journal_send(const struct iovec *fields, int n);

#endif
