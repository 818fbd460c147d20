/* What is done with a mail in the folder when it is in Baton, or is not to be: a mark, another folder. */
#ifndef MAIL_AFTER_H
#define MAIL_AFTER_H

#include "intake.h"

unsigned after_what(const struct settings *s, enum intake_end end); /* DO_... */
/* Begins the next of what is to do (INTAKE_MARKING); true: nothing is left. */
bool after_next(struct intake *t);
void after_done(struct intake *t, enum imap_outcome o);

#endif
