/* Options of a program: one table, read from a libconfig file and from the command line, which wins.
 *
 * What cannot be right is an error with file, line and key. Strings belong to `struct bt_sdk_settings` and live until
 * bt_sdk_settings_fini. */
#ifndef BATON_SDK_OPTIONS_H
#define BATON_SDK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "baton.h"

struct bt_sdk_settings {
  const baton_option *options; /* all of them; ends with key == NULL */
  bool *given;                 /* one for each */
  char **strings;
  size_t n_strings;
  bool spools;            /* the program has a spool and its commands */
  const char *reject_key; /* that such a command named; NULL: none. Borrowed from argv */
  char error[512];
};

enum bt_sdk_asked {
  BT_SDK_RUN,
  BT_SDK_HELP,
  BT_SDK_VERSION,
  BT_SDK_CHECK,
  BT_SDK_SPOOLED, /* these four where the program spools */
  BT_SDK_REJECTS,
  BT_SDK_REJECTS_RETRY,
  BT_SDK_REJECTS_DROP
};

/* false: error is set. */
bool bt_sdk_settings_init(struct bt_sdk_settings *s, const baton_option *options);
void bt_sdk_settings_fini(struct bt_sdk_settings *s);
/* Reads the command line and the file that --config names (*ret_config: that name or NULL, borrowed from argv). Where
 * help or the version was asked for, nothing else is looked at. */
bool bt_sdk_settings_read(struct bt_sdk_settings *s, int argc, char **argv, const char **ret_config,
                          enum bt_sdk_asked *ret_asked);
void bt_sdk_settings_help(const struct bt_sdk_settings *s, const baton_program *program);

/* For the two readers. A value in text form; base: the folder for BATON_FILE, NULL: as it is. `where` opens the error.
 */
bool bt_sdk_option_put(struct bt_sdk_settings *s, size_t option, const char *text, const char *base, const char *where);
bool bt_sdk_settings_fail(struct bt_sdk_settings *s, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The option of this key ('-' and '_' are one); -1: none. */
int bt_sdk_option_find(const struct bt_sdk_settings *s, const char *key, size_t n);
bool bt_sdk_config_read(struct bt_sdk_settings *s, const char *file);

#endif
