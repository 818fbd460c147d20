/* Takes what others wrote, and signatures, off a mail's text. */
#ifndef MAIL_TRIM_H
#define MAIL_TRIM_H

#include <stdbool.h>

/* In place. UTF-8, lines end in LF or CRLF. Lines that are quoted ("> ") go, with the line that introduces them ("On
 * ... wrote:", and in German, French and Dutch); from a mark of a forwarded or answered mail, and from a signature's
 * "-- ", on everything goes. A text of which nothing would remain stays as it is. Returns whether something was taken
 * off. */
bool trim_text(char *text);

#endif
