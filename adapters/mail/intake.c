#include "intake.h"

#include <errno.h>
#include <glib.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "after.h"

enum { AGAIN_MS = 1000, AGAIN_CAP_MS = 60000, FETCHES = 5, POST_MS = 15000 };

int intake_init(struct intake *t, const struct settings *s, struct net *net, struct post *post) {
  *t = (struct intake){.settings = s, .net = net, .post = post};
  struct imap_settings to = {.url = s->imap_url,
                             .user = s->imap_user,
                             .password = s->imap_password,
                             .folder = s->folder,
                             .ca_file = s->imap_ca_file,
                             .starttls = s->imap_starttls,
                             .idle = s->idle,
                             .timeout_ms = s->timeout_s * 1000};
  struct read_limits limits = {.max_parts = s->max_parts, .max_depth = s->max_depth, .ms = s->read_ms};
  char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, s->folder, -1);
  snprintf(t->source, sizeof t->source, strlen(s->folder) < 50 ? "mail:%s" : "mail:%.0s%.40s", s->folder, sum);
  g_free(sum);
  reader_init(&t->reader, net, &limits);
  return imap_init(&t->imap, net, &to, (size_t)s->max_mail_kib << 10);
}

static void forget_mail(struct intake *t) {
  json_decref(t->mail);
  json_decref(t->card);
  json_decref(t->receipt);
  t->mail = t->card = t->receipt = NULL;
}

void intake_fini(struct intake *t) {
  t->phase = INTAKE_START; /* answers and receipts that come while the connection is closed change nothing any more */
  forget_mail(t);
  reader_fini(&t->reader);
  imap_fini(&t->imap);
}

void intake_hold(struct intake *t, enum intake_phase phase, const char *format, ...) {
  va_list a;
  va_start(a, format);
  vsnprintf(t->trouble, sizeof t->trouble, format, a);
  va_end(a);
  t->is_stuck = true;
  t->phase = phase;
  t->again_ms = baton_now_ms() + baton_backoff_ms(++t->attempts, AGAIN_MS, AGAIN_CAP_MS);
}

void intake_go_on(struct intake *t, enum intake_phase phase) {
  t->phase = phase;
  t->attempts = 0;
  if (t->is_stuck)
    t->trouble[0] = '\0';
  t->is_stuck = false;
}

void intake_end_mail(struct intake *t, enum intake_end end, const char *why) {
  if (why)
    baton_log(end == END_REFUSED ? "error" : "info", end == END_REFUSED ? "mail-refused" : "mail-passed-over", "key",
              t->key, "why", why, NULL);
  t->taken += end == END_TAKEN;
  t->refused += end == END_REFUSED;
  t->automatic += end == END_AUTOMATIC;
  t->end = end;
  t->done_uid = t->uid;
  t->posted_ms = baton_now_ms() + POST_MS;
  t->todo = after_what(t->settings, end);
  t->created = false;
  intake_go_on(t, INTAKE_POSTED);
}

/* ---- Looking and fetching ---- */

static void look(struct intake *t) {
  intake_place_cursor(t);
  t->at = 0;
  t->passed = false;
  t->look_ms = baton_now_ms() + t->settings->poll_s * 1000;
  if (t->last == UINT32_MAX) { /* there is no higher number */
    snprintf(t->trouble, sizeof t->trouble,
             "the folder's numbers are used up: no mail is found in it; a new one is needed");
    t->is_stuck = true;
    t->phase = INTAKE_WAIT;
    return;
  }
  imap_search(&t->imap, t->last + 1);
  t->phase = INTAKE_LOOKING;
}

static void looked(struct intake *t, enum imap_outcome o) {
  if (o == IMAP_OK)
    intake_go_on(t, INTAKE_NEXT);
  else if (o == IMAP_NO)
    intake_hold(t, INTAKE_LOOK, "the folder cannot be searched: %.120s", t->imap.told);
  else
    t->phase = INTAKE_LOOK;
}

static void next(struct intake *t) {
  forget_mail(t);
  if (t->at == t->imap.n_uids) {
    intake_send_cursor(t);
    t->phase = t->imap.n_uids == IMAP_UIDS && t->passed ? INTAKE_LOOK : INTAKE_WAIT;
    return;
  }
  uint32_t uid = t->imap.uids[t->at];
  t->fetches = uid == t->uid ? t->fetches : 0;
  t->uid = uid;
  if (uid == t->done_uid) { /* the connection was lost before it was marked */
    t->phase = INTAKE_AFTER;
    return;
  }
  if (!t->is_stuck)
    t->trouble[0] = '\0'; /* of the mail before */
  t->fetches++;
  imap_fetch(&t->imap, uid);
  t->phase = INTAKE_FETCHING;
}

static void pass(struct intake *t) {
  t->last = t->uid;
  t->cursor_due = t->passed = true;
  t->at++;
  t->uid = 0;
  intake_go_on(t, INTAKE_NEXT);
}

/* Somebody has taken it out in between. The cursor stays: the number is the server's word alone. */
static void pass_gone(struct intake *t) {
  char count[24];
  snprintf(count, sizeof count, "%" PRIu64, ++t->gone);
  if (baton_log_due(t->gone))
    baton_log("info", "mail-gone", "next", "passed over", "count", count, NULL);
  t->at++;
  t->uid = 0;
  intake_go_on(t, INTAKE_NEXT);
}

/* A mail that the server cannot give out is a contact all the same: somebody has to look. */
static void take_unfetched(struct intake *t) {
  char what[64];
  snprintf(what, sizeof what, "%" PRIu32 ":%" PRIu32, t->validity, t->uid);
  key_make("", 0, what, t->key);
  t->fetched = (struct wire_mail){.uid = t->uid};
  baton_log("error", "mail-not-fetched", "uid", what, "why", t->imap.told, NULL);
  intake_go_on(t, INTAKE_DECIDE);
}

static void fetched(struct intake *t, enum imap_outcome o) {
  bool refuses = o == IMAP_NO || (o == IMAP_OK && t->imap.is_nil && !t->imap.body);
  if (o == IMAP_LOST && t->fetches < FETCHES) {
    t->phase = INTAKE_LOOK;
  } else if (o == IMAP_OK && !t->imap.body && !refuses) {
    pass_gone(t);
  } else if ((refuses || o == IMAP_LOST) && t->fetches >= FETCHES) {
    take_unfetched(t);
  } else if (refuses) {
    intake_hold(t, INTAKE_LOOK, "a mail cannot be fetched: %.120s", t->imap.told);
  } else {
    t->fetched = t->imap.mail;
    t->is_cut = t->imap.body_n < t->fetched.size && t->imap.body_n >= t->imap.wire.body_max;
    t->fetches = 0;
    key_make(t->imap.body, t->imap.body_n, t->fetched.received, t->key);
    if (reader_ask(&t->reader, t->imap.body, t->imap.body_n) <
        0) /* a new look at the folder would seem to be a success */
      intake_hold(t, INTAKE_NEXT, "no process can be started to read mail: %.80s", strerror(errno));
    else
      t->phase = INTAKE_READING;
  }
}

/* ---- The steps ---- */

static void read_done(struct intake *t) {
  if (t->reader.state != READER_DONE)
    return;
  t->is_cut |= t->reader.is_short;
  t->mail = reader_take(&t->reader);
  t->phase = INTAKE_DECIDE;
}

/* What was written back is to be on its way before the mail counts as done; not for ever: others wait. */
static void posted(struct intake *t) {
  if (post_replies(t->post) == 0 || *t->post->why || baton_now_ms() >= t->posted_ms)
    t->phase = INTAKE_AFTER;
}

static void wait_for_news(struct intake *t) {
  bool due = t->imap.news || baton_now_ms() >= t->look_ms;
  if (t->imap.phase == IMAP_IDLING && due)
    imap_leave(&t->imap);
  else if (t->imap.phase == IMAP_READY && due)
    t->phase = INTAKE_LOOK;
  else if (t->imap.phase == IMAP_READY)
    imap_idle(&t->imap);
  else if (t->imap.phase == IMAP_AWAY)
    t->phase = INTAKE_LOOK;
}

static void advance(struct intake *t) {
  bool ready = t->imap.phase == IMAP_READY, broker = baton_connected(t->b);
  enum imap_outcome o = IMAP_NONE;
  if (t->phase == INTAKE_LOOKING || t->phase == INTAKE_FETCHING || t->phase == INTAKE_MARKING)
    o = imap_take_outcome(&t->imap);
  switch (t->phase) {
  case INTAKE_START:
    if (broker)
      intake_ask_cursor(t);
    break;
  case INTAKE_LOOK:
    if (ready && broker)
      look(t);
    break;
  case INTAKE_LOOKING:
    if (o != IMAP_NONE)
      looked(t, o);
    break;
  case INTAKE_NEXT:
    if (t->imap.phase == IMAP_AWAY)
      t->phase = INTAKE_LOOK;
    else if (ready && broker)
      next(t);
    break;
  case INTAKE_FETCHING:
    if (o != IMAP_NONE)
      fetched(t, o);
    break;
  case INTAKE_READING:
    read_done(t);
    break;
  case INTAKE_DECIDE:
    if (broker)
      intake_decide(t);
    break;
  case INTAKE_SUBMIT:
    if (broker)
      intake_submit(t);
    break;
  case INTAKE_POSTED:
    posted(t);
    break;
  case INTAKE_AFTER:
    if (t->imap.validity != t->validity || t->imap.phase == IMAP_AWAY)
      t->phase = INTAKE_LOOK;
    else if (ready && after_next(t))
      pass(t);
    break;
  case INTAKE_MARKING:
    if (o != IMAP_NONE)
      after_done(t, o);
    break;
  case INTAKE_WAIT:
    wait_for_news(t);
    break;
  default:
    break;
  }
}

static int sooner(int a, int64_t b) {
  return b < 0 || (a >= 0 && a < b) ? a : (int)b;
}

/* When it wants to be called again without anything having happened. */
static int next_ms(const struct intake *t, int ms) {
  bool waits = t->phase == INTAKE_WAIT && (t->imap.phase == IMAP_READY || t->imap.phase == IMAP_IDLING);
  int64_t left = (t->phase == INTAKE_POSTED ? t->posted_ms : t->look_ms) - baton_now_ms();
  if (waits || t->phase == INTAKE_POSTED)
    ms = sooner(ms, left < 0 ? 0 : left);
  return sooner(ms, imap_next_ms(&t->imap));
}

int intake_step(struct intake *t, baton *b) {
  t->b = b;
  imap_step(&t->imap);
  int reader_ms = reader_step(&t->reader), rounds = 0;
  int64_t left = t->again_ms - baton_now_ms();
  if (left > 0)
    return sooner(imap_next_ms(&t->imap), left);
  enum intake_phase before;
  do {
    before = t->phase;
    advance(t);
  } while (t->phase != before && ++rounds < 32);
  return t->phase != before ? 0 : next_ms(t, reader_ms);
}
