/* The way of a mail into Baton: one at a time, in the order of the folder.
 *
 *   look -> fetch -> read -> decide what it is -> submit, and wait for the receipt -> mark or move it -> next
 *
 * The cursor, "UIDVALIDITY:UID", passes a mail only when all of this is done, so whatever is killed in between, the
 * mail is taken again; its source key is the same, and the broker knows it. The cursor goes with the next mail's event,
 * or alone when there is none. */
#ifndef MAIL_INTAKE_H
#define MAIL_INTAKE_H

#include <jansson.h>

#include "answer.h"
#include "baton.h"
#include "contact.h"
#include "imap.h"
#include "key.h"
#include "post.h"
#include "reader.h"
#include "refs.h"

enum intake_phase {
  INTAKE_START,  /* the cursor is not known yet */
  INTAKE_CURSOR, /* asked for */
  INTAKE_LOOK,
  INTAKE_LOOKING,
  INTAKE_NEXT,
  INTAKE_FETCHING,
  INTAKE_READING,
  INTAKE_DECIDE,
  INTAKE_ASKED, /* for the card that an acceptance names, or who has the case */
  INTAKE_SUBMIT,
  INTAKE_SENT,   /* waits for the receipt */
  INTAKE_POSTED, /* waits for the mail to who wrote to be taken */
  INTAKE_AFTER,
  INTAKE_MARKING,
  INTAKE_WAIT
};

/* What is done with a mail in the folder. */
enum intake_end { END_TAKEN, END_REFUSED, END_AUTOMATIC };
enum { DO_FLAG = 1, DO_MOVE = 2, DO_CREATE = 4, DO_DELETE = 8 };

/* What the mail at hand is taken for. */
enum intake_sort { SORT_CONTACT, SORT_NOTE, SORT_RETURNED, SORT_ANSWER };

struct intake {
  const struct settings *settings;
  struct net *net;
  struct imap imap;
  struct reader reader;
  struct post *post;
  baton *b;
  char department[33], source[64];

  enum intake_phase phase;
  bool knows_cursor, cursor_due, passed; /* passed: a mail since the last look */
  uint32_t validity, last;               /* of the cursor */
  size_t at;                             /* in imap.uids */
  int64_t again_ms;                      /* nothing is done before */
  unsigned attempts;
  int64_t look_ms, posted_ms; /* the folder is looked at, whatever is said; what was written back is waited for */

  /* The mail at hand. */
  uint32_t uid, done_uid; /* done_uid: it is in Baton, and only to be marked */
  enum intake_end end;
  unsigned fetches, todo, doing;
  bool created; /* the folder it goes to */
  char key[KEY_TEXT];
  struct wire_mail fetched;
  bool is_cut;
  json_t *mail; /* what was read; NULL: it could not be */
  enum intake_sort sort;
  struct place place;
  char ref[REF_TEXT]; /* of the place */
  struct token token; /* that it answers */
  bool has_token, is_ours;
  struct answer answer;
  json_t *card, *receipt; /* for an answer */
  int receipt_code;

  char trouble[200]; /* what operators are to know; "" */
  bool is_stuck;     /* the trouble keeps everything from going on */
  uint64_t taken, refused, automatic, gone;
};

int intake_init(struct intake *t, const struct settings *s, struct net *net, struct post *post);
void intake_fini(struct intake *t);
int intake_step(struct intake *t, baton *b); /* milliseconds until it wants to be called again, -1 */
void intake_receipt(struct intake *t, const baton_receipt *r);

/* intake.c */
void intake_go_on(struct intake *t, enum intake_phase phase); /* no trouble any more */

/* intake_cursor.c */
size_t intake_position(const struct intake *t, char ret[32]);
void intake_ask_cursor(struct intake *t);
void intake_send_cursor(struct intake *t); /* alone, where it is due */
void intake_place_cursor(struct intake *t);

/* intake_submit.c */
void intake_submit(struct intake *t);

/* intake_decide.c: what the mail is; moves to the phase that comes next. */
void intake_decide(struct intake *t);
/* The event, as the mail is taken for now; NULL: no memory. */
baton_event *intake_event(struct intake *t);
/* The answer is decided, or cannot be given: tells who wrote. view: the Answer about the case, or NULL. */
void intake_tell_outcome(struct intake *t, int code, const json_t *view);
/* A colleague's words are on the case: tells them so, where they were asked to decide. */
void intake_noted(struct intake *t);
/* The mail has had its effect, or is to have none. */
void intake_end_mail(struct intake *t, enum intake_end end, const char *why);
/* Tries again later, and says why. */
void intake_hold(struct intake *t, enum intake_phase phase, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
