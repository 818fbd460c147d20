#include "words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

/* Copies one word to `to`, returns where it ends in the line; NULL: an open quote. */
static const char *word_copy(const char *p, char **to) {
  char quote = 0;
  for (; *p && (quote || !is_blank(*p)); p++) {
    if (!quote && (*p == '\'' || *p == '"'))
      quote = *p;
    else if (quote && *p == quote)
      quote = 0;
    else if (*p == '\\' && quote != '\'' && p[1])
      *(*to)++ = *++p;
    else
      *(*to)++ = *p;
  }
  *(*to)++ = '\0';
  return quote ? NULL : p;
}

char **words_split(const char *line, const char **error) {
  size_t n = strlen(line), most = n / 2 + 2, count = 0;
  char **words = calloc(1, most * sizeof *words + n + 2); /* each word has a blank before it, or is the first */
  *error = "no memory";
  if (!words)
    return NULL;
  char *to = (char *)(words + most);
  while (is_blank(*line))
    line++;
  while (line && *line) {
    words[count++] = to;
    line = word_copy(line, &to);
    while (line && is_blank(*line))
      line++;
  }
  if (line && count > 0)
    return words;
  *error = line ? "it is empty" : "a quote never ends";
  free(words);
  return NULL;
}
