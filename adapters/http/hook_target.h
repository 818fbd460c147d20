/* One system that deliveries go to, and what is on its way there.
 *
 * A failure that says nothing about the delivery (no connection, 503, a wrong key) keeps the call at the head of the
 * queue and pauses the target; what may be the delivery's own fault (500, no answer) is put off by the broker's retry,
 * but only while others get through: once the target counts as down, the call goes to the end of the queue, and the
 * next one is tried. So an outage of any length makes no dead letter, and one poisoned delivery does not keep the
 * others out. While a target fails, one call at a time tries it. */
#ifndef BATON_HTTP_HOOK_TARGET_H
#define BATON_HTTP_HOOK_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "hook_judge.h"
#include "hook_secret.h"

struct hook_call;
struct curl_slist;
typedef struct baton_table baton_table;
TAILQ_HEAD(hook_list, hook_call);

enum { HOOK_HOST_MAX = 100, HOOK_DOWN_AFTER = 3, HOOK_WHY_MAX = 256 };

struct hook_field;

struct hook_target {
  /* the configuration */
  char *name, *url;
  char host[HOOK_HOST_MAX]; /* with the port where there is one: all of the URL that is ever told */
  struct hook_secret secret[2];
  size_t n_secrets;
  struct curl_slist *headers;
  char **kind, **topic; /* NULL: all; both end with NULL */
  struct hook_field *field;
  size_t n_fields;
  char *ca_file, *certificate_file, *key_file, *proxy; /* NULL: none */
  long timeout_ms, parallel;
  bool answers, insecure;
  struct hook_statuses reject_on;

  /* the state */
  struct hook_list waiting, busy;
  size_t n_waiting;
  long under_way;
  unsigned failures; /* in a row */
  unsigned rounds;   /* pauses in a row */
  int64_t paused_until_ms;
  char why[HOOK_WHY_MAX]; /* of the last failure in the row */
  uint64_t rejected, refused;
};

void hook_target_init(struct hook_target *t);
void hook_target_fini(struct hook_target *t);
bool hook_target_is_down(const struct hook_target *t);
/* May another call begin? */
bool hook_target_is_free(const struct hook_target *t, int64_t now_ms);
/* The call that is to begin now, not taken out; NULL: none. */
struct hook_call *hook_target_next(struct hook_target *t, int64_t now_ms);
/* When it wants to be looked at though nothing happens; INT64_MAX: no need. */
int64_t hook_target_due(const struct hook_target *t);
/* It answered, whatever it said. */
void hook_target_reached(struct hook_target *t);
/* pause_ms: what it asked for; 0: nothing. */
void hook_target_failed(struct hook_target *t, const struct hook_judgement *j, int64_t pause_ms, int first_ms,
                        int most_ms, int64_t now_ms);

#endif
