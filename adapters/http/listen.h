/* The address to listen on: "127.0.0.1:8080", "[::1]:8080". */
#ifndef BATON_HTTP_LISTEN_H
#define BATON_HTTP_LISTEN_H

#include <stdbool.h>

/* Whether it is an address with a port, and (*ret_loopback) reached from this machine alone. */
bool listen_is_valid(const char *address, bool *ret_loopback);
/* A listening descriptor, or -1 with errno. */
int listen_open(const char *address);

#endif
