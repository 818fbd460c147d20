/* The program that the adapter supervises: three pipes, a process group of its own, and one epoll descriptor over all
 * of it.
 *
 * Nothing blocks but child_stop, and that for as long as its argument says. */
#ifndef BATON_EXEC_CHILD_H
#define BATON_EXEC_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct child {
  int epoll; /* for the life of the adapter */
  pid_t pid; /* 0: none runs */
  int pidfd;
  int in; /* its stdin; -1: closed, or it does not listen */
  int out, err;
  bool wants_out, wants_in; /* what epoll waits for */
};

/* 0, or -1 with errno. */
int child_init(struct child *c);
void child_fini(struct child *c);
/* directory: where it runs, "" for here. environment: NULL for the adapter's own. listens: false gives it /dev/null to
 * read. 0, or an errno. */
int child_start(struct child *c, char *const *argv, const char *directory, char *const *environment, bool listens);
/* Wait for output of the program, and for room in its stdin, or not. */
void child_want(struct child *c, bool out, bool in);
void child_close_in(struct child *c);
void child_close_out(struct child *c);
void child_close_err(struct child *c);
/* Has it ended? *ret_status is then as of waitpid, and what is left of its process group was told to end too. Pipes
 * stay open. */
bool child_ended(struct child *c, int *ret_status);
/* Waits until it ended, for at most timeout_ms. */
bool child_wait(const struct child *c, int timeout_ms);
void child_signal(const struct child *c, int signal);

#endif
