/* What the end of a call means for its delivery. */
#ifndef BATON_HTTP_HOOK_JUDGE_H
#define BATON_HTTP_HOOK_JUDGE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

enum hook_meaning {
  HOOK_TAKEN,    /* 2xx */
  HOOK_REJECTED, /* the system will never take this delivery */
  HOOK_LATER,    /* this delivery not now; others may pass */
  HOOK_DOUBTFUL, /* the delivery's fault or the system's */
  HOOK_OUTAGE,   /* the system takes nothing now */
  HOOK_BROKEN    /* the system takes nothing until a person changes something */
};

enum { HOOK_STATUSES = 8 };
/* Of 400 to 499. */
struct hook_statuses {
  int at[HOOK_STATUSES];
  size_t n;
};

struct hook_judgement {
  enum hook_meaning meaning;
  char why[160]; /* printable ASCII, nothing that the system sent but its status */
};

struct hook_end {
  CURLcode code;
  long status;    /* 0: none came */
  long os_errno;  /* of the connection */
  bool connected; /* the request went out */
};

struct hook_judgement hook_judge(const struct hook_end *end, const struct hook_statuses *reject_on);

#endif
