#include "config/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/loading.h"

enum { DEEPEST = 10 /* libconfig's own bound */, LARGEST = 64 << 20, NAME_MAX_SHOWN = 64 };

struct scan {
  const struct scan *outer; /* the file that includes this one; NULL: none does */
  struct bt_problems *problems;
  struct bt_config *config; /* learns of each file */
  const char *dir, *file;
  const char *p, *end;
  int line;
  char key[NAME_MAX_SHOWN + 1]; /* the last name seen: what a number most likely belongs to */
};

static void scan_included(const struct scan *outer, const char *file);

const char *bt_scan_join(struct bt_arena *arena, const char *dir, const char *name) {
  if (strcmp(dir, ".") == 0)
    return bt_arena_copy(arena, bt_str(name)).p;
  return bt_arena_printf(arena, "%s/%s", dir, name).p;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '*';
}

static void skip_line(struct scan *s) {
  while (s->p < s->end && *s->p != '\n')
    s->p++;
}

static void skip_comment(struct scan *s) {
  int began = s->line;
  for (s->p += 2; s->p < s->end; s->p++) {
    if (*s->p == '\n')
      s->line++;
    if (*s->p == '*' && s->p + 1 < s->end && s->p[1] == '/') {
      s->p += 2;
      return;
    }
  }
  bt_problem_add(s->problems, s->file, began, NULL, "the comment that begins here does not end: */ is missing");
}

static void skip_text(struct scan *s) {
  int began = s->line;
  for (s->p++; s->p < s->end && *s->p != '"'; s->p++) {
    if (*s->p == '\\' && s->p + 1 < s->end)
      s->p++;
    if (*s->p == '\n')
      s->line++;
  }
  if (s->p < s->end)
    s->p++;
  else
    bt_problem_add(s->problems, s->file, began, s->key, "the text that begins here does not end: \" is missing");
}

static void take_name(struct scan *s) {
  size_t n = 0;
  for (; s->p < s->end && (is_letter(*s->p) || is_digit(*s->p) || *s->p == '_' || *s->p == '-'); s->p++)
    if (n < NAME_MAX_SHOWN)
      s->key[n++] = *s->p;
  s->key[n] = 0;
}

/* Everything that looks like a whole number; libconfig refuses what only looks like one. */
static void take_number(struct scan *s) {
  char text[32];
  size_t n = 0;
  bool fraction = false;
  for (; s->p < s->end && (is_letter(*s->p) || is_digit(*s->p) || *s->p == '.'); s->p++) {
    fraction |= *s->p == '.';
    if (n < sizeof text - 1)
      text[n++] = *s->p;
  }
  text[n] = 0;
  bool hex = text[0] == '0' && (text[1] | 0x20) == 'x';
  if (!hex && strpbrk(text, "eE"))
    fraction = true;
  unsigned long long value = strtoull(text, NULL, hex ? 16 : 10); /* past its range: the largest */
  if (!fraction && value > INT32_MAX)
    bt_problem_add(s->problems, s->file, s->line, s->key, "%s is out of range: at most %d is understood", text,
                   INT32_MAX);
}

/* At "@include" at the front of a line. */
static void take_include(struct scan *s) {
  s->p += strlen("@include");
  while (s->p < s->end && is_blank(*s->p))
    s->p++;
  const char *name = s->p + 1;
  if (s->p < s->end && *s->p == '"')
    for (s->p++; s->p < s->end && *s->p != '"' && *s->p != '\n' && *s->p != '\\'; s->p++)
      ;
  if (s->p >= s->end || *s->p != '"' || s->p == name) {
    bt_problem_add(s->problems, s->file, s->line, "@include", "needs a plain file name: @include \"departments.conf\"");
    skip_line(s);
    return;
  }
  struct bt_str copy = bt_arena_copy(&s->problems->arena, (struct bt_str){name, (size_t)(s->p - name)});
  const char *path = copy.p ? bt_scan_join(&s->problems->arena, s->dir, copy.p) : NULL;
  s->p++;
  if (path)
    scan_included(s, path);
}

static bool at_include(const struct scan *s, bool front) {
  size_t n = strlen("@include");
  return front && (size_t)(s->end - s->p) >= n && memcmp(s->p, "@include", n) == 0;
}

static void scan_text(struct scan *s) {
  bool front = true; /* nothing but blanks on this line yet */
  while (s->p < s->end) {
    char c = *s->p, next = s->p + 1 < s->end ? s->p[1] : 0;
    if (c == '\n') {
      s->line++;
      s->p++;
      front = true;
      continue;
    }
    if (at_include(s, front))
      take_include(s);
    else if (c == '#' || (c == '/' && next == '/'))
      skip_line(s);
    else if (c == '/' && next == '*')
      skip_comment(s);
    else if (c == '"')
      skip_text(s);
    else if (is_letter(c))
      take_name(s);
    else if (is_digit(c))
      take_number(s);
    else
      s->p++;
    front = front && is_blank(c);
  }
}

/* The whole of a regular file; NULL with the reason in errno. */
static char *read_whole(const char *file, size_t *ret_n) {
  int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0)
    return NULL;
  struct stat st;
  char *text = NULL;
  int error = 0;
  if (fstat(fd, &st))
    error = errno;
  else if (S_ISDIR(st.st_mode))
    error = EISDIR;
  else if (!S_ISREG(st.st_mode))
    error = EINVAL;
  else if (st.st_size > LARGEST)
    error = EFBIG;
  else if (!(text = malloc((size_t)st.st_size + 1)))
    error = ENOMEM;
  for (*ret_n = 0; !error && *ret_n < (size_t)st.st_size;) {
    ssize_t n = read(fd, text + *ret_n, (size_t)st.st_size - *ret_n);
    if (n < 0)
      error = errno;
    if (n <= 0)
      break;
    *ret_n += (size_t)n;
  }
  close(fd);
  if (error) {
    free(text);
    text = NULL;
    errno = error;
  }
  return text;
}

static void scan_file(struct scan *s) {
  const struct scan *outer = s->outer;
  size_t n;
  char *text = read_whole(s->file, &n);
  if (!text) {
    bt_problem_add(s->problems, outer ? outer->file : s->file, outer ? outer->line : 1, outer ? "@include" : NULL,
                   "%s cannot be read: %s", s->file, errno == EINVAL ? "not a regular file" : strerror(errno));
    return;
  }
  bt_files_note(s->config, s->file, text, n);
  s->p = text;
  s->end = text + n;
  if (memchr(text, 0, n))
    bt_problem_add(s->problems, s->file, 1, NULL, "holds a zero byte: not a text file");
  else
    scan_text(s);
  free(text);
}

static void scan_included(const struct scan *outer, const char *file) {
  int depth = 1;
  for (const struct scan *o = outer; o; o = o->outer, depth++)
    if (strcmp(o->file, file) == 0 || depth == DEEPEST) {
      bt_problem_add(outer->problems, outer->file, outer->line, "@include",
                     "%s includes itself, or is more than %d deep", file, DEEPEST);
      return;
    }
  struct scan s = {
      .outer = outer, .problems = outer->problems, .config = outer->config, .dir = outer->dir, .file = file, .line = 1};
  scan_file(&s);
}

void bt_scan(struct bt_problems *problems, struct bt_config *config, const char *dir, const char *file) {
  struct scan s = {.problems = problems, .config = config, .dir = dir, .file = file, .line = 1};
  scan_file(&s);
}
