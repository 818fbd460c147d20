/* What an event that comes from outside may say of itself. The adapter may be granted more than its peers are: other
 * departments, and history. */
#ifndef BATON_HTTP_RIGHTS_H
#define BATON_HTTP_RIGHTS_H

#include <jansson.h>
#include <stdbool.h>

/* Makes the event the department's. history: it may be one that is told later (backfill). NULL; or why it may not be,
 * and the field that is to blame. */
const char *rights_bind(json_t *event, const char *department, bool history, const char **ret_field);

#endif
