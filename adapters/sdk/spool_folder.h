/* The spool's folder: made whole or not at all, and one process's at a time. */
#ifndef BATON_SDK_SPOOL_FOLDER_H
#define BATON_SDK_SPOOL_FOLDER_H

#include <stdbool.h>
#include <sys/types.h>

enum { BT_SDK_SPOOL_PATH = 4096, BT_SDK_SPOOL_ADVICE = 128 };

/* The folder, or what would be made under that name, holds the file (or would). */
bool bt_sdk_spool_inside(const char *folder, const char *file);
/* Lets `fill` make its files in a temporary folder, syncs them, and renames it. 0, what fill returned, or -errno. */
int bt_sdk_spool_build(const char *folder, int (*fill)(const char *folder, void *context), void *context);
/* A new name in a folder lasts only once the folder is synced. */
bool bt_sdk_spool_sync_parent(const char *path);

/* Claims the folder for this process until the descriptor is closed. -1: *ret_holder is the process that has it, 0
 * where it cannot be told (errno says why). */
int bt_sdk_spool_claim(const char *folder, pid_t *ret_holder);

/* spool_room.c: what an operator can do about an error of the system at this folder or file, with a colon before it; or
 * "". Returns `to`. */
const char *bt_sdk_spool_advice(const char *path, int e, char to[BT_SDK_SPOOL_ADVICE]);

#endif
