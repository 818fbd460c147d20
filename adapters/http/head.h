#ifndef BATON_HTTP_HEAD_H
#define BATON_HTTP_HEAD_H

#include <stdbool.h>

struct MHD_Connection;

/* Why it is refused; NULL: it is not. */
const char *head_trouble(struct MHD_Connection *connection);
/* Whether an address, as it came, is one: without blanks, control characters and %00, behind which nothing would be
 * seen. */
bool head_address_is_valid(const char *uri);
/* Nobody who read its body in another way may have put the next request behind it. */
bool head_ends_connection(struct MHD_Connection *connection);

#endif
