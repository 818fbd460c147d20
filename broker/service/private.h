/* Private to this room. */
#ifndef BT_SERVICE_PRIVATE_H
#define BT_SERVICE_PRIVATE_H

/* Sends the log to the system's journal where stderr leads there. */
void bt_service_log_open(void);

#endif
