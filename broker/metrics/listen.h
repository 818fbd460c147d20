/* The socket that metrics are scraped at. Private to this room. */
#ifndef BT_METRICS_LISTEN_H
#define BT_METRICS_LISTEN_H

/* ADDRESS:PORT, ADDRESS in IPv4, in IPv6 in brackets, or localhost. The listening socket; -1 with errno. */
int bt_metrics_listen(const char *address);

#endif
