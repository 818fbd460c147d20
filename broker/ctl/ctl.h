/* The parts of batonctl. Functions return its exit code. */
#ifndef BT_CTL_CTL_H
#define BT_CTL_CTL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum bt_exit { BT_EXIT_OK, BT_EXIT_REFUSED, BT_EXIT_USAGE, BT_EXIT_NO_BROKER, BT_EXIT_CONFIRM };

struct bt_ctl_options {
  const char *control_dir;
  bool json;
  uint32_t width; /* of the terminal; 0: the answer goes elsewhere */
  bool ascii;     /* the reader's locale is not UTF-8 */
  bool colour;    /* the terminal may be sent escapes */
  bool progress;  /* somebody sees what is written to stderr */
  bool yes;       /* what asks for a confirmation has it */
  const char *as; /* for whom root acts; NULL: for itself */
};

/* "batonctl: ..." on stderr. */
void bt_ctl_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A command as the broker takes it: how to answer, then the words. BT_EXIT_OK, or BT_EXIT_USAGE after a complaint. */
enum { BT_CTL_LINE = 4096 }; /* the broker's bound; the newline included */
int bt_ctl_line(const struct bt_ctl_options *o, char *const *words, int n, char line[BT_CTL_LINE], size_t *ret_n);
/* A stream to one of the sockets, or NULL, after a complaint unless `quiet`. Send to its descriptor by bt_ctl_send. */
FILE *bt_ctl_dial(const char *dir, const char *name, bool quiet);
bool bt_ctl_send(int fd, const char *p, size_t n);

/* Sends the words to the broker and prints what it says. */
int bt_ctl_ask(const struct bt_ctl_options *options, char *const *words, int n);
/* The running broker's data folder; BT_PATH_SIZE bytes. */
int bt_ctl_data_dir(const struct bt_ctl_options *options, char *ret);
/* Commands of batonctl's own; words are what stands behind the command. */
int bt_ctl_keygen(const struct bt_ctl_options *options, char *const *words, int n);
int bt_ctl_backup(const struct bt_ctl_options *options, char *const *words, int n);
/* verify, of a backup. */
int bt_ctl_check_backup(const struct bt_ctl_options *options, const char *dir);
int bt_ctl_restore(const struct bt_ctl_options *options, char *const *words, int n);
int bt_ctl_export(const struct bt_ctl_options *options, char *const *words, int n);
int bt_ctl_import(const struct bt_ctl_options *options, char *const *words, int n);
int bt_ctl_repair(const struct bt_ctl_options *options, char *const *words, int n);
int bt_ctl_verify(const struct bt_ctl_options *options, char *const *words, int n);
int bt_ctl_config(const struct bt_ctl_options *options, char *const *words, int n);
/* Says where it is none. */
bool bt_ctl_is_data_folder(const char *dir);
int bt_ctl_follow(const struct bt_ctl_options *options, char *const *words, int n);
int bt_ctl_top(const struct bt_ctl_options *options, char *const *words, int n);

#endif
