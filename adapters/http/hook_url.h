/* Where a target is: https, or http on this machine. */
#ifndef BATON_HTTP_HOOK_URL_H
#define BATON_HTTP_HOOK_URL_H

#include <stdbool.h>
#include <stddef.h>

/* ret_host (n bytes): the host, and the port where it has one of its own; all of a URL that may be logged. insecure:
 * plain http to anywhere. 0, or -1 with a sentence that does not hold the URL in error (at least 256 bytes). */
int hook_url_check(const char *url, bool insecure, char *ret_host, size_t n, char *error);

#endif
