#include "export_row.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COLUMNS_MAX 256

/* ---- Reading ---- */

static bool is_path(const char *path, char *why) {
  return strcmp(path, ".") == 0 || strcmp(path, "kind") == 0 || baton_delivery_check(path, why) == 0;
}

static int column_bad(const baton_table *t, const char *file, const char *where, const char *why, char *error) {
  snprintf(error, 256, "%.100s:%u: %.140s", file, baton_table_line(t, where), why);
  return -1;
}

static const char *get(const baton_table *t, const char *where, const char *key) {
  char path[64];
  snprintf(path, sizeof path, "%s.%s", where, key);
  return baton_table_get(t, path);
}

static int column_read(struct export_shape *s, const baton_table *t, size_t i, const char *file, char *error) {
  static const char *const keys[] = {"name", "path", "as", NULL};
  char where[48], why[256] = "";
  snprintf(where, sizeof where, "export.columns.[%zu]", i);
  if (baton_table_check(t, where, keys, error) < 0)
    return -1;
  struct export_column c = {.name = get(t, where, "name"), .path = get(t, where, "path")};
  const char *as = get(t, where, "as");
  if (!c.path || !*c.path)
    return column_bad(t, file, where, "path is missing", error);
  if (!c.name || !*c.name)
    c.name = c.path;
  if (!is_path(c.path, why))
    return column_bad(t, file, where, why, error);
  c.is_time = as && strcmp(as, "time") == 0;
  if (as && !c.is_time)
    return column_bad(t, file, where, "as is time or left out", error);
  for (size_t k = 0; k < s->n_columns; k++)
    if (strcmp(s->column[k].name, c.name) == 0)
      return column_bad(t, file, where, "a second column of this name", error);
  s->column[s->n_columns++] = c;
  return 0;
}

static bool has_sequence(const baton_table *t, size_t n) {
  for (size_t i = 0; i < n; i++) {
    char where[48];
    snprintf(where, sizeof where, "export.columns.[%zu]", i);
    const char *path = get(t, where, "path");
    if (path && (strcmp(path, "sequence") == 0 || strcmp(path, "recorded.sequence") == 0))
      return true;
  }
  return false;
}

int export_shape_read(struct export_shape *s, const baton_table *t, const char *file, char *error) {
  static const struct export_column standard[] = {
      {"sequence", "sequence", false},
      {"recorded_at", "recorded.recorded_at_us", true},
      {"ref", "recorded.ref", false},
      {"kind", "kind", false},
      {"item", ".", false},
  };
  size_t n = baton_table_size(t, "export.columns"), n_standard = sizeof standard / sizeof *standard;
  s->whole = n == 0 && !s->is_csv;
  if (n > COLUMNS_MAX)
    return snprintf(error, 256, "%.120s: export.columns has more than %d columns", file, COLUMNS_MAX), -1;
  s->column = calloc(n + n_standard, sizeof *s->column);
  if (!s->column)
    return snprintf(error, 256, "no memory"), -1;
  if (n == 0) {
    memcpy(s->column, standard, sizeof standard);
    s->n_columns = n_standard;
    return 0;
  }
  if (!has_sequence(t, n))
    s->column[s->n_columns++] = standard[0];
  for (size_t i = 0; i < n; i++)
    if (column_read(s, t, i, file, error) < 0)
      return -1;
  return 0;
}

void export_shape_fini(struct export_shape *s) {
  free(s->column);
  s->column = NULL;
}

/* ---- Writing ---- */

/* "-17.5", "+44 20 7946 0000": what begins with a sign and is no more than digits. */
static bool is_number(const char *text) {
  size_t digits = strcspn(text, "0123456789");
  return text[digits] && text[1 + strspn(text + 1, "0123456789 .,()-")] == '\0';
}

static bool is_formula(const char *text) {
  if (!*text || !strchr("=+-@\t\r\n", *text))
    return false;
  return !(strchr("+-", *text) && is_number(text));
}

void export_cell(FILE *out, const char *text, char delimiter, bool keeps_formulas) {
  bool formula = !keeps_formulas && is_formula(text);
  const char quoting[] = {delimiter, '"', '\r', '\n', '\0'};
  size_t n = strlen(text);
  bool quoted = formula || strpbrk(text, quoting) || (n > 0 && (text[0] == ' ' || text[n - 1] == ' '));
  if (quoted)
    putc('"', out);
  if (formula)
    putc('\'', out);
  for (; *text; text++) {
    if (*text == '"')
      putc('"', out);
    putc(*text, out);
  }
  if (quoted)
    putc('"', out);
}

static const char *time_text(const char *us, char ret[40]) {
  int64_t at = strtoll(us, NULL, 10);
  time_t s = (time_t)(at / 1000000);
  struct tm parts;
  if (at < 0 || !gmtime_r(&s, &parts))
    return us;
  size_t n = strftime(ret, 40, "%Y-%m-%dT%H:%M:%S", &parts);
  snprintf(ret + n, 40 - n, ".%06dZ", (int)(at % 1000000));
  return ret;
}

static const char *value(const struct export_column *c, const baton_delivery *d, char time[40]) {
  const char *text = strcmp(c->path, ".") == 0      ? d->json
                     : strcmp(c->path, "kind") == 0 ? d->kind
                                                    : baton_delivery_get(d, c->path);
  if (!text)
    return "";
  return c->is_time ? time_text(text, time) : text;
}

static void json_row(FILE *out, const struct export_shape *s, const baton_delivery *d) {
  char time[40];
  putc('{', out);
  for (size_t i = 0; i < s->n_columns; i++) {
    const struct export_column *c = &s->column[i];
    const char *text = value(c, d, time);
    json_t *name = json_string(c->name), *v = json_string(text);
    fputs(i ? "," : "", out);
    json_dumpf(name, out, JSON_ENCODE_ANY);
    putc(':', out);
    if (strcmp(c->path, ".") == 0)
      fputs(text, out);
    else
      json_dumpf(v, out, JSON_ENCODE_ANY);
    json_decref(name);
    json_decref(v);
  }
  fputs("}\n", out);
}

static void csv_row(FILE *out, const struct export_shape *s, const baton_delivery *d) {
  char time[40];
  for (size_t i = 0; i < s->n_columns; i++) {
    if (i)
      putc(s->delimiter, out);
    export_cell(out, d ? value(&s->column[i], d, time) : s->column[i].name, s->delimiter, s->keeps_formulas);
  }
  fputs("\r\n", out);
}

/* d: NULL for the first line. */
static char *print(const struct export_shape *s, const baton_delivery *d, size_t *ret_size) {
  char *text = NULL;
  FILE *out = open_memstream(&text, ret_size);
  if (!out)
    return NULL;
  if (s->is_csv)
    csv_row(out, s, d);
  else if (d && s->whole)
    fprintf(out, "%s\n", d->json);
  else if (d)
    json_row(out, s, d);
  bool bad = ferror(out);
  if (fclose(out) == 0 && !bad)
    return text;
  free(text);
  return NULL;
}

char *export_shape_header(const struct export_shape *s) {
  size_t size;
  return print(s, NULL, &size);
}

char *export_shape_row(const struct export_shape *s, const baton_delivery *d, size_t *ret_size) {
  return print(s, d, ret_size);
}
