#include "config/problems.h"

#include <stdlib.h>

#include "base/code.h"

struct bt_problem {
  struct bt_problem *older;
  struct bt_str file, key, text;
  int line;
  uint32_t number; /* among equals the order in which they were found */
};

enum { MEMORY = 16 << 20 };

void bt_problems_init(struct bt_problems *p) {
  *p = (struct bt_problems){0};
  bt_arena_init(&p->arena, MEMORY);
}

void bt_problems_fini(struct bt_problems *p) {
  bt_arena_fini(&p->arena);
}

void bt_problem_add(struct bt_problems *p, const char *file, int line, const char *key, const char *format, ...) {
  va_list args;
  va_start(args, format);
  bt_problem_addv(p, file, line, key, format, args);
  va_end(args);
}

void bt_problem_addv(struct bt_problems *p, const char *file, int line, const char *key, const char *format,
                     va_list args) {
  char text[512];
  vsnprintf(text, sizeof text, format, args);
  uint32_t number = p->n++;
  struct bt_problem *new = BT_NEW(&p->arena, struct bt_problem);
  if (!new)
    return; /* the arena remembers */
  *new = (struct bt_problem){.older = p->first,
                             .file = bt_arena_copy(&p->arena, bt_str(file)),
                             .key = bt_arena_copy(&p->arena, bt_str(key)),
                             .text = bt_arena_copy(&p->arena, bt_str(text)),
                             .line = line,
                             .number = number};
  p->first = new;
}

static int by_place(const void *a, const void *b) {
  const struct bt_problem *x = *(struct bt_problem *const *)a, *y = *(struct bt_problem *const *)b;
  int c = bt_str_cmp(x->file, y->file);
  if (c == 0)
    c = (x->line > y->line) - (x->line < y->line);
  return c ? c : (x->number > y->number) - (x->number < y->number);
}

/* One problem is one line, whatever the file holds. */
static void print_text(struct bt_str s, FILE *to) {
  for (size_t i = 0; i < s.n; i++)
    fputc((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i], to);
}

static void print_one(const struct bt_problem *x, FILE *to) {
  print_text(x->file, to);
  fprintf(to, ":%d: ", x->line);
  print_text(x->key, to);
  fputs(x->key.n ? ": " : "", to);
  print_text(x->text, to);
  fputc('\n', to);
}

int bt_problems_print(const struct bt_problems *p, FILE *to) {
  size_t n = 0;
  for (struct bt_problem *x = p->first; x; x = x->older)
    n++;
  struct bt_problem **v = calloc(n ? n : 1, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  size_t i = 0;
  for (struct bt_problem *x = p->first; x; x = x->older)
    v[i++] = x;
  qsort(v, n, sizeof *v, by_place);
  for (i = 0; i < n; i++)
    print_one(v[i], to);
  free(v);
  return p->arena.exhausted ? -BT_NOMEM : 0;
}

/* Levenshtein's distance (1965), in one row. */
static size_t distance(const char *a, const char *b) {
  enum { LONGEST = 48 };
  size_t row[LONGEST + 1], na = strlen(a), nb = strlen(b);
  if (na > LONGEST || nb > LONGEST)
    return LONGEST;
  for (size_t j = 0; j <= nb; j++)
    row[j] = j;
  for (size_t i = 1; i <= na; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= nb; j++) {
      size_t change = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      size_t shift = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
      row[j] = change < shift ? change : shift;
    }
  }
  return row[nb];
}

const char *bt_nearest(const char *word, const char *const *words, size_t n) {
  const char *best = NULL;
  size_t length = strlen(word), least = length / 2 + 1; /* half of it may be mistyped, not more */
  for (size_t i = 0; i < n; i++) {
    if (length > 2 && strncmp(words[i], word, length) == 0)
      return words[i]; /* a unit was left out */
    size_t d = distance(word, words[i]);
    if (d < least) {
      least = d;
      best = words[i];
    }
  }
  return best;
}
