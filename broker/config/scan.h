/* A look at the files before libconfig reads them, for what libconfig 1.5 lets pass or does not survive:
 *
 * - a number beyond 32 bits becomes another number without a word (5000000000 is read as 705032704);
 * - a comment or @include that does not end swallows the rest of the file;
 * - an @include of a folder ends the process;
 * - a zero byte in a text cuts it short. */
#ifndef BT_CONFIG_SCAN_H
#define BT_CONFIG_SCAN_H

#include "config/problems.h"

struct bt_config;

/* file and everything it includes (names relative to dir). Whatever is found goes to `problems`; libconfig may only
 * read the file when there is none. The configuration learns of each file that was read. */
void bt_scan(struct bt_problems *problems, struct bt_config *config, const char *dir, const char *file);

/* dir/name in the arena, or just name where dir is "."; NULL past its limit. */
const char *bt_scan_join(struct bt_arena *arena, const char *dir, const char *name);

#endif
