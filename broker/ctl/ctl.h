/* The parts of batonctl. Functions return its exit code. */
#ifndef BT_CTL_CTL_H
#define BT_CTL_CTL_H

#include <stdbool.h>
#include <stdint.h>

enum bt_exit { BT_EXIT_OK, BT_EXIT_REFUSED, BT_EXIT_USAGE, BT_EXIT_NO_BROKER };

struct bt_ctl_options {
  const char *control_dir;
  bool json;
  uint32_t width; /* of the terminal; 0: the answer goes elsewhere */
  bool ascii;     /* the reader's locale is not UTF-8 */
  bool colour;    /* the terminal may be sent escapes */
};

/* "batonctl: ..." on stderr. */
void bt_ctl_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Sends the words to the broker and prints what it says. */
int bt_ctl_ask(const struct bt_ctl_options *options, char *const *words, int n);
/* Commands of batonctl's own; words are what stands behind the command. */
int bt_ctl_keygen(const struct bt_ctl_options *options, char *const *words, int n);
int bt_ctl_verify(const struct bt_ctl_options *options, char *const *words, int n);

#endif
