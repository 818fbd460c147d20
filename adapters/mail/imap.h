/* One connection to one folder of a mailbox, and at most one command under way on it.
 *
 * libcurl connects, encrypts and logs in; what is said after that is said here, because libcurl can neither wait for
 * new mail nor look at one without marking it as read. A connection that is lost, hangs or talks nonsense is closed and
 * tried again, with backoff, by itself; whoever waits for a command then finds IMAP_LOST. */
#ifndef MAIL_IMAP_H
#define MAIL_IMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "net.h"
#include "wire.h"

struct imap_settings {
  const char *url, *user, *password, *folder, *ca_file;
  bool starttls, idle;
  int64_t timeout_ms;
};

enum imap_phase {
  IMAP_AWAY,
  IMAP_CONNECTING,
  IMAP_GREETING,
  IMAP_SELECTING,
  IMAP_READY,
  IMAP_BUSY,
  IMAP_IDLING,
  IMAP_LEAVING
};
enum imap_outcome { IMAP_NONE, IMAP_OK, IMAP_NO, IMAP_LOST };
enum { IMAP_UIDS = 512, IMAP_WHY = 200 };

struct imap {
  struct imap_settings settings;
  struct net *net;
  CURL *easy;
  struct net_job job;
  struct wire wire;
  int fd;
  enum imap_phase phase;
  unsigned tag, attempts; /* tag 0: nothing was said yet */
  int64_t opened_ms;      /* when the folder was there */
  size_t heard;           /* bytes since something was last said */
  int64_t deadline_ms;    /* of what is under way; of IMAP_AWAY: when it is tried again */
  char curl_error[CURL_ERROR_SIZE];
  char why[IMAP_WHY];      /* it does not work; "" when it does */
  char told[IMAP_WHY];     /* with the last NO */
  uint32_t validity, next; /* UIDVALIDITY, UIDNEXT as it was when the folder was opened */
  bool can_idle, can_move, news, has_more;
  enum imap_outcome outcome;

  /* What the last command brought. */
  uint32_t first, wanted, uids[IMAP_UIDS]; /* wanted: the UID that is fetched */
  bool is_nil;                             /* it is there, and the server does not give it out */
  size_t n_uids;
  struct wire_mail mail;
  char *body; /* of the mail; the caller may take it (and set it to NULL) */
  size_t body_n;
};

int imap_init(struct imap *m, struct net *net, const struct imap_settings *settings, size_t body_max);
void imap_fini(struct imap *m);
void imap_step(struct imap *m); /* does what there is to do */
/* The milliseconds until it wants to be called again, -1: when something happens. */
int imap_next_ms(const struct imap *m);
/* What became of the command; told once. */
enum imap_outcome imap_take_outcome(struct imap *m);

/* In IMAP_READY alone; then IMAP_BUSY until there is an outcome. */
void imap_search(struct imap *m, uint32_t first);
void imap_fetch(struct imap *m, uint32_t uid);
void imap_flag(struct imap *m, uint32_t uid, const char *flag);
void imap_put_away(struct imap *m, uint32_t uid, const char *folder, bool copy);
void imap_create(struct imap *m, const char *folder);
void imap_look(struct imap *m); /* NOOP: the server says what is new */
/* Waits for news (m->news) until imap_leave. Where the server cannot, nothing happens. */
void imap_idle(struct imap *m);
void imap_leave(struct imap *m); /* IMAP_READY soon after */

#endif
