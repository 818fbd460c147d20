/* Folders that the service manager makes for a process and names in its environment.
 *
 * A configured path may begin with $CREDENTIALS_DIRECTORY, $STATE_DIRECTORY or $RUNTIME_DIRECTORY (systemd.exec(5)):
 * where the files lie is then said once, in the unit. No other variable is known, and none further on in a path. */
#ifndef BT_BASE_FOLDER_H
#define BT_BASE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/code.h"

/* Writes the path with the variable's value in its place; a path that does not begin with a $ as it is. -BT_USAGE with
 * a sentence that goes on from the path in `why`; -BT_LIMIT, likewise, where it does not fit. */
int bt_folder_expand(const char *path, char *ret_path, size_t size, const char **ret_why) BT_MUST_CHECK;
/* Lies below $CREDENTIALS_DIRECTORY. Such a file may have a group's bits: systemd lets its one reader in by an access
 * list, whose mask stands there. */
bool bt_folder_is_credential(const char *path);

#endif
