#include "command.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const char blanks[] = " \t\r\n", marks[] = " \t\r\n.,;:!-";

/* Past the words (blanks between them in any number), where they stand at p as whole words; else NULL. */
static const char *past(const char *p, const char *words) {
  while (*words) {
    size_t n = strcspn(words, " ");
    if (strncasecmp(p, words, n) != 0)
      return NULL;
    p += n;
    words += n;
    if (!*words)
      break;
    words++;
    size_t gap = strspn(p, blanks);
    if (gap == 0)
      return NULL;
    p += gap;
  }
  return !*p || strchr(marks, *p) ? p : NULL;
}

static const char *skip(const char *p, const char *what) {
  return p + strspn(p, what);
}

static void take_text(struct command *c, const char *p) {
  p = skip(p, marks);
  size_t n = strlen(p);
  while (n > 0 && strchr(blanks, p[n - 1]))
    n--;
  if (n >= COMMAND_TEXT) {
    n = COMMAND_TEXT - 1;
    while (n > 0 && ((unsigned char)p[n] & 0xc0) == 0x80)
      n--;
  }
  memcpy(c->text, p, n);
  c->text[n] = '\0';
}

/* "refuse wrong department: billing" names one; more than one word is a reason in words. */
static void take_department(struct command *c) {
  size_t n = strspn(c->text, "abcdefghijklmnopqrstuvwxyz0123456789-"), line = strcspn(c->text, "\n");
  if (n == 0 || n >= sizeof c->department || n + strspn(c->text + n, " \t\r.") < line)
    return;
  memcpy(c->department, c->text, n);
  c->department[n] = '\0';
  const char *rest = skip(c->text + line, blanks);
  memmove(c->text, rest, strlen(rest) + 1);
}

static void read_refusal(struct command *c, const char *p) {
  static const struct {
    const char *words, *reason;
  } reasons[] = {
      {"no capacity", "NO_CAPACITY"},
      {"wrong department", "WRONG_DEPARTMENT"},
      {"missing information", "MISSING_INFORMATION"},
      {"closed", "CLOSED"},
      {"other", "OTHER"},
  };
  p = skip(p, marks);
  c->reason = "OTHER";
  for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
    const char *rest = past(p, reasons[i].words);
    if (!rest)
      continue;
    c->reason = reasons[i].reason;
    p = rest;
    break;
  }
  take_text(c, p);
  if (strcmp(c->reason, "WRONG_DEPARTMENT") == 0)
    take_department(c);
  else if (!*c->text && strcmp(c->reason, "MISSING_INFORMATION") == 0)
    c->wrong = "Say what is missing, behind \"refuse missing information\".";
  else if (!*c->text && strcmp(c->reason, "OTHER") == 0)
    c->wrong = "Say why, behind \"refuse\".";
}

void command_read(const char *text, struct command *c) {
  const char *p = skip(text, blanks), *rest;
  *c = (struct command){.kind = COMMAND_NONE};
  if ((rest = past(p, "accept")) || (rest = past(p, "accepted"))) {
    c->kind = COMMAND_ACCEPT;
    take_text(c, rest);
  } else if ((rest = past(p, "refuse")) || (rest = past(p, "refused"))) {
    c->kind = COMMAND_REFUSE;
    read_refusal(c, rest);
  } else if ((rest = past(p, "answer"))) {
    c->kind = COMMAND_ANSWER;
    take_text(c, rest);
    if (!*c->text)
      c->wrong = "Write the answer behind \"answer\".";
  }
}
