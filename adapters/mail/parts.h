/* Goes through the parts of a mail: collects its text and tells its attachments. */
#ifndef MAIL_PARTS_H
#define MAIL_PARTS_H

#include <gmime/gmime.h>
#include <jansson.h>

#include "read.h"

struct parts {
  GString *text;
  json_t *attachments;
  size_t more;     /* attachments beyond those told by name */
  const char *cut; /* why something was left out; NULL */
  const struct read_limits *limits;
  gint64 until_us;
  int64_t seen;
};

void parts_init(struct parts *p, const struct read_limits *limits);
void parts_fini(struct parts *p);
void parts_read(struct parts *p, GMimeObject *top); /* NULL is fine */

#endif
