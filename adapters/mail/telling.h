/* What a delivery says to the department's people. */
#ifndef MAIL_TELLING_H
#define MAIL_TELLING_H

#include <glib.h>
#include <jansson.h>

#include "notice.h"

/* One delivery being put into words. */
struct telling {
  struct telling *next;
  struct notice *n;
  size_t kind;                          /* among telling_kinds */
  json_t *item, *asked;                 /* asked: the card, where none came with the delivery */
  const json_t *recorded, *body, *card; /* body: of the kind */
  uint64_t sequence, case_id, version;
  uint32_t attempt;
  const char *name, *department;
  unsigned char digest[TOKEN_DIGEST];
  GString *text;
  char subject[256];
  struct token token;
};

/* The kinds that are told, up to one without a name. */
struct telling_kind {
  const char *kind, *member;
  enum notice_kind to;
  bool (*tell)(struct telling *t); /* whether there is anything to tell; sets subject, text and token */
  bool asks;                       /* for the card */
};
extern const struct telling_kind telling_kinds[];

#endif
