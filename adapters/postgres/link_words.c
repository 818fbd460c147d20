#include <string.h>

#include "link.h"

void link_words(char to[LINK_WORDS], const char *from) {
  size_t n = 0;
  while (*from == '\n' || *from == ' ')
    from++;
  for (; *from && n < LINK_WORDS - 1; from++) {
    if (*from == '\n' && !from[1 + strspn(from + 1, " \t\n")])
      break;
    to[n++] = *from >= ' ' && *from <= '~' ? *from : *from == '\n' || *from == '\t' ? ' ' : '?';
  }
  to[n] = '\0';
}
