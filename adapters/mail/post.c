#include "post.h"

#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AGAIN_MS = 250, AGAIN_CAP_MS = 60000, PROGRESS_MS = 5000, REPLIES_MAX = 64, REPLY_TRIES = 8 };

struct letter {
  struct letter *next;
  struct post *post;
  uint64_t sequence; /* of a delivery; 0: a reply */
  uint32_t attempt;
  unsigned cuts;
  int64_t not_before_ms; /* it was put off */
  struct addresses to;
  char *data, *address;
  size_t n;
};

void post_init(struct post *p, struct net *net, const struct settings *s) {
  *p = (struct post){.net = net, .settings = s};
}

static void letter_free(struct letter *l) {
  if (l) {
    g_free(l->data);
    free(l->address);
    free(l);
  }
}

void post_fini(struct post *p) {
  smtp_free(p->smtp);
  letter_free(p->current);
  for (struct letter *l = p->first, *next; l; l = next) {
    next = l->next;
    letter_free(l);
  }
  *p = (struct post){.net = NULL};
}

static void append(struct post *p, struct letter *l) {
  l->next = NULL;
  *(p->last ? &p->last->next : &p->first) = l;
  p->last = l;
}

static struct letter *letter_new(struct post *p, const struct mail *m) {
  struct letter *l = calloc(1, sizeof *l);
  if (!l)
    return NULL;
  l->post = p;
  l->to = *m->to;
  l->data = compose(p->settings, m, &l->n);
  return l;
}

int post_deliver(struct post *p, uint64_t sequence, uint32_t attempt, const struct mail *m) {
  struct letter *l = letter_new(p, m);
  if (!l)
    return -1;
  l->sequence = sequence;
  l->attempt = attempt;
  append(p, l);
  return 0;
}

int post_reply(struct post *p, const char *address, const struct mail *m) {
  struct mail copy = *m;
  char *owned = p->replies < REPLIES_MAX ? strdup(address) : NULL;
  struct addresses to = {.v = {owned}, .n = 1};
  copy.to = &to;
  struct letter *l = owned ? letter_new(p, &copy) : NULL;
  if (!l) {
    free(owned);
    return -1;
  }
  l->address = owned;
  p->replies++;
  append(p, l);
  return 0;
}

size_t post_replies(const struct post *p) {
  return p->replies;
}

/* ---- What became of one ---- */

static void settle(struct post *p, const struct letter *l, enum sent sent, const char *why) {
  char sequence[24];
  uint32_t wait_ms = sent == SENT_LATER ? (uint32_t)baton_backoff_ms(l->attempt, 2000, 300000) + 1 : 0;
  baton_verdict verdict = sent == SENT ? BATON_ACK : sent == SENT_LATER ? BATON_RETRY : BATON_REJECT;
  snprintf(sequence, sizeof sequence, "%" PRIu64, l->sequence);
  if (*why)
    baton_log(sent == SENT_REFUSED ? "error" : "warn", sent == SENT ? "recipient-refused" : "mail-not-taken",
              "delivery", sequence, "next",
              sent == SENT         ? "the others have it"
              : sent == SENT_LATER ? "again later"
                                   : "dead letter",
              "why", why, NULL);
  if (baton_settle(p->b, l->sequence, verdict, wait_ms, sent == SENT ? NULL : why) < 0)
    baton_log("warn", "not-settled", "delivery", sequence, "why", baton_error(p->b), NULL);
}

/* Returns whether it is to be tried again. */
static bool settle_reply(struct post *p, struct letter *l, enum sent sent, const char *why) {
  if (sent == SENT_LATER && ++l->attempt < REPLY_TRIES) {
    l->not_before_ms = baton_now_ms() + baton_backoff_ms(l->attempt, 5000, 300000);
    return true;
  }
  p->replies--;
  if (sent != SENT)
    baton_log("warn", "reply-not-sent", "why", why, NULL);
  return false;
}

static void on_sent(void *user, enum sent sent, const char *why) {
  struct letter *l = user;
  struct post *p = l->post;
  p->smtp = NULL;
  p->current = NULL;
  if (sent == SENT_AWAY) {
    snprintf(p->why, sizeof p->why, "%s", why);
    p->again_ms = baton_now_ms() + baton_backoff_ms(++p->attempts, AGAIN_MS, AGAIN_CAP_MS);
    l->next = p->first; /* order is kept */
    p->first = l;
    p->last = p->last ? p->last : l;
    return;
  }
  p->attempts = 0;
  if (sent == SENT_CUT) { /* where it is this mail that the server falls over, the others go on */
    snprintf(p->why, sizeof p->why, "%s", why);
    l->not_before_ms = baton_now_ms() + baton_backoff_ms(++l->cuts, AGAIN_MS, AGAIN_CAP_MS);
    append(p, l);
    return;
  }
  p->why[0] = '\0';
  if (l->sequence) {
    settle(p, l, sent, why);
  } else if (settle_reply(p, l, sent, why)) {
    append(p, l);
    return;
  }
  letter_free(l);
}

/* ---- Sending ---- */

static struct letter *take_due(struct post *p) {
  struct letter *before = NULL;
  for (struct letter *l = p->first; l; before = l, l = l->next) {
    if (l->not_before_ms > baton_now_ms())
      continue;
    *(before ? &before->next : &p->first) = l->next;
    if (p->last == l)
      p->last = before;
    return l;
  }
  return NULL;
}

static void say_in_progress(struct post *p) {
  if (baton_now_ms() < p->progress_ms)
    return;
  p->progress_ms = baton_now_ms() + PROGRESS_MS;
  if (p->current && p->current->sequence && baton_settle(p->b, p->current->sequence, BATON_IN_PROGRESS, 0, NULL) < 0)
    return;
  for (const struct letter *l = p->first; l; l = l->next)
    if (l->sequence && baton_settle(p->b, l->sequence, BATON_IN_PROGRESS, 0, NULL) < 0)
      return; /* the connection to the broker is gone: it delivers again */
}

int post_step(struct post *p, baton *b) {
  p->b = b;
  if (!p->first && !p->current)
    return -1;
  say_in_progress(p);
  if (p->current)
    return PROGRESS_MS;
  int64_t left = p->again_ms - baton_now_ms();
  if (p->attempts > 0 && left > 0)
    return left < PROGRESS_MS ? (int)left : PROGRESS_MS;
  p->current = take_due(p);
  if (!p->current)
    return PROGRESS_MS / 8;
  p->smtp = smtp_send(p->net, p->settings, &p->current->to, p->current->data, p->current->n, on_sent, p->current);
  if (!p->smtp)
    on_sent(p->current, SENT_AWAY, "no memory");
  return PROGRESS_MS;
}
