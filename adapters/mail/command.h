/* The one-word language in which people answer our mail: its first line.
 *
 *   accept [what you understood]
 *   refuse no capacity | wrong department [NAME] | missing information WHAT | closed | WHY
 *   answer TEXT */
#ifndef MAIL_COMMAND_H
#define MAIL_COMMAND_H

#include <stddef.h>

enum command_kind { COMMAND_NONE, COMMAND_ACCEPT, COMMAND_REFUSE, COMMAND_ANSWER };
enum { COMMAND_TEXT = 2048 };

struct command {
  enum command_kind kind;
  const char *reason;      /* of a refusal, as in RefusalReason */
  char department[33];     /* the right one, where it is named */
  char text[COMMAND_TEXT]; /* the rest of the line and what follows it, trimmed; cut at COMMAND_TEXT */
  const char *wrong;       /* a sentence, where something is missing; else NULL */
};

void command_read(const char *text, struct command *ret);

#endif
