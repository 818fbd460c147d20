#include "after.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *folder_of(const struct settings *s, enum intake_end end) {
  return end == END_REFUSED ? s->rejects : end == END_AUTOMATIC ? s->automatic : s->move_to;
}

/* A refused mail that stays is flagged, for people to see. */
unsigned after_what(const struct settings *s, enum intake_end end) {
  bool moves = *folder_of(s, end) != '\0';
  bool flags = end == END_REFUSED ? !moves : s->seen;
  return (flags ? DO_FLAG : 0u) | (moves ? DO_MOVE : 0u);
}

bool after_next(struct intake *t) {
  const char *folder = folder_of(t->settings, t->end);
  static const unsigned order[] = {DO_FLAG, DO_CREATE, DO_MOVE, DO_DELETE};
  t->doing = 0;
  for (size_t i = 0; i < 4 && !t->doing; i++)
    t->doing = t->todo & order[i];
  if (!t->doing)
    return true;
  t->phase = INTAKE_MARKING;
  switch (t->doing) {
  case DO_FLAG:
    imap_flag(&t->imap, t->uid, t->end == END_REFUSED ? "\\Flagged" : "\\Seen");
    break;
  case DO_CREATE:
    imap_create(&t->imap, folder);
    break;
  case DO_MOVE:
    imap_put_away(&t->imap, t->uid, folder, !t->imap.can_move);
    break;
  default: /* a server without MOVE: it was copied */
    imap_flag(&t->imap, t->uid, "\\Deleted");
    break;
  }
  return false;
}

void after_done(struct intake *t, enum imap_outcome o) {
  if (o == IMAP_LOST) {
    t->phase = INTAKE_LOOK; /* it is found again, as done */
    return;
  }
  t->phase = INTAKE_AFTER;
  bool create = o == IMAP_NO && t->doing == DO_MOVE && strcasestr(t->imap.told, "TRYCREATE");
  if (create && !t->created) {
    t->created = true;
    t->todo |= DO_CREATE;
    return;
  }
  t->todo &= ~t->doing;
  if (o == IMAP_OK && t->doing == DO_MOVE && !t->imap.can_move)
    t->todo |= DO_DELETE;
  if (o == IMAP_NO && t->doing != DO_CREATE) {
    baton_log("warn", "mail-not-marked", "key", t->key, "why", t->imap.told, NULL);
    snprintf(t->trouble, sizeof t->trouble, "a mail that was taken cannot be marked or moved: %.100s", t->imap.told);
  }
}
