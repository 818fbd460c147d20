#include "faults.h"

#include <stdio.h>
#include <string.h>

static bool begins(const char *state, const char *with) {
  return strncmp(state, with, strlen(with)) == 0;
}

enum fault fault_of(const struct answer *a) {
  static const char *const server[] = {"08", "25006", "57P", "58", "F0", "3D", "28"};
  static const char *const passing[] = {"40", "53", "55", "57014", "25", "XX", "0B"};
  if (a->lost || !*a->state)
    return FAULT_SERVER;
  for (size_t i = 0; i < sizeof server / sizeof *server; i++)
    if (begins(a->state, server[i]))
      return FAULT_SERVER;
  for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
    if (begins(a->state, passing[i]))
      return FAULT_PASSING;
  return FAULT_DATA;
}

bool fault_of_row(const struct answer *a) {
  static const char *const row[] = {"21", "22", "2F", "38", "39", "54", "P0", "XX001", "XX002"};
  for (size_t i = 0; !a->lost && i < sizeof row / sizeof *row; i++)
    if (begins(a->state, row[i]))
      return true;
  return false;
}

/* Messages of class 22 quote the value, which may hold quotes of its own: all between the first quote and the last
 * goes. In other classes quotes hold names of tables and columns. */
void fault_words(const struct answer *a, char to[LINK_WORDS]) {
  const char *from = begins(a->state, "22") ? strchr(a->words, '"') : NULL;
  const char *rest = from ? strrchr(a->words, '"') + 1 : "";
  int n = from ? (int)(from - a->words) : LINK_WORDS;
  if (from && rest == from + 1)
    rest = ""; /* the message was cut within the value */
  snprintf(to, LINK_WORDS, "%s%s%.*s%s%s", a->state, *a->state ? ": " : "", n, a->words, from ? "(value)" : "", rest);
}
