/* The level below which baton_log is silent. */
#ifndef BATON_SDK_LOG_H
#define BATON_SDK_LOG_H

int bt_sdk_log_level(const char *level); /* rank of "debug", "info", "warn", "error"; -1: no such level */
void bt_sdk_log_set_level(int level);    /* default: info */

#endif
