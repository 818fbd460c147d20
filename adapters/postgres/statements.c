#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "map_rules.h"
#include "sink.h"
#include "table.h"

static const char inbox_sql[] =
    "insert into baton.inbox (adapter, sequence, case_id, ref, version, kind, department, recorded_at, after_gap, "
    "delivery) "
    "values ($1, $2::bigint, nullif($3::bigint, 0), nullif($4, ''), $5::bigint, $6, nullif($7, ''), "
    "to_timestamp($8::bigint / 1000000.0), $9::boolean, $10::jsonb) on conflict (adapter, sequence) do nothing";
static const char *const inbox_path[] = {
    "adapter", "sequence", "case", "ref", "version", "kind", "department", "recorded.recorded_at_us", "gap", "json"};

static int bad(const struct statements *t, int i, char *error, const char *why, const char *what) {
  char path[48];
  snprintf(path, sizeof path, "statements.[%d]", i);
  snprintf(error, 256, "line %u: %.140s%s%.60s", baton_table_line(t->table, path), why, *what ? ": " : "", what);
  return -1;
}

static bool is_kind(const char *name) {
  const char *kind;
  for (size_t i = 0; (kind = baton_event_kind(i)); i++)
    if (map_same_kind(name, strlen(name), kind))
      return true;
  return strcmp(name, "*") == 0 || map_same_kind(name, strlen(name), "resync");
}

static bool is_path(const char *path, char *why) {
  static const char *const words[] = {"adapter", "case", "ref", "version", "kind", "department", "json"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcmp(path, words[i]) == 0)
      return true;
  return baton_delivery_check(path, why) == 0;
}

static int read_one(struct statements *t, int i, char *error) {
  static const char *const keys[] = {"kind", "sql", "parameters", NULL};
  struct statement *s = &t->s[i];
  char path[64], why[256];
  snprintf(path, sizeof path, "statements.[%d]", i);
  if (baton_table_check(t->table, path, keys, error) < 0)
    return -1;
  snprintf(path, sizeof path, "statements.[%d].kind", i);
  s->kind = baton_table_get(t->table, path);
  snprintf(path, sizeof path, "statements.[%d].sql", i);
  s->sql = baton_table_get(t->table, path);
  if (!s->kind || !s->sql)
    return bad(t, i, error, "a statement has kind, sql and parameters", "");
  if (!is_kind(s->kind))
    return bad(t, i, error, "no such kind of event", s->kind);
  snprintf(path, sizeof path, "statements.[%d].parameters", i);
  size_t n = baton_table_size(t->table, path);
  if (n > PARAMETERS_MAX)
    return bad(t, i, error, "a statement has at most 32 parameters", "");
  for (; s->n < (int)n; s->n++) {
    snprintf(path, sizeof path, "statements.[%d].parameters.[%d]", i, s->n);
    s->path[s->n] = baton_table_get(t->table, path);
    if (!s->path[s->n])
      return bad(t, i, error, "a parameter is a path, in quotes", "");
    if (!is_path(s->path[s->n], why))
      return bad(t, i, error, why, "");
  }
  snprintf(s->name, sizeof s->name, "baton_%d", i);
  return 0;
}

static int count_kind(const struct statements *t, const char *kind) {
  int n = 0;
  for (int i = 0; i < t->n; i++)
    n += map_same_kind(kind, strlen(kind), t->s[i].kind);
  return n;
}

int statements_read(struct statements *t, const char *file, bool with_inbox, char *error) {
  *t = (struct statements){.table = baton_table_read(file, error)};
  if (!t->table)
    return -1;
  size_t n = baton_table_size(t->table, "statements");
  if (n >= STATEMENTS_MAX)
    return snprintf(error, 256, "%.120s: at most %d statements", file, STATEMENTS_MAX - 1), -1;
  for (; t->n < (int)n; t->n++)
    if (read_one(t, t->n, error) < 0)
      return -1;
  for (int i = 0; i < t->n; i++)
    if (count_kind(t, t->s[i].kind) > STATEMENTS_A_KIND)
      return bad(t, i, error, "at most 8 statements for one kind", t->s[i].kind);
  if (with_inbox && !count_kind(t, "*")) {
    struct statement *s = &t->s[t->n++];
    *s = (struct statement){.kind = "*", .name = "baton_inbox", .sql = inbox_sql};
    s->n = sizeof inbox_path / sizeof *inbox_path;
    memcpy(s->path, inbox_path, sizeof inbox_path);
  }
  return 0;
}

void statements_fini(struct statements *t) {
  baton_table_free(t->table);
  t->table = NULL;
}

/* ---- A delivery's values ---- */

/* NULL where the delivery has none; *ret_bad without memory. */
static char *value_of(const baton_delivery *d, const char *path, const char *adapter, bool *ret_bad) {
  char digits[24];
  const char *value;
  if (strcmp(path, "adapter") == 0)
    value = adapter;
  else if (strcmp(path, "json") == 0)
    value = d->json;
  else if (strcmp(path, "kind") == 0)
    value = d->kind;
  else if (strcmp(path, "ref") == 0)
    value = d->ref;
  else if (strcmp(path, "department") == 0)
    value = d->department;
  else if (strcmp(path, "gap") == 0 || strcmp(path, "stub") == 0)
    value = (*path == 'g' ? d->gap : d->stub) ? "true" : "false";
  else if (strcmp(path, "case") == 0 || strcmp(path, "version") == 0)
    snprintf(digits, sizeof digits, "%" PRIu64, *path == 'c' ? d->case_id : d->version), value = digits;
  else
    value = baton_delivery_get(d, path);
  char *copy = value ? strdup(value) : NULL;
  *ret_bad |= value && !copy;
  return copy;
}

int statements_fill(const struct statements *t, const baton_delivery *d, const char *adapter, struct parcel *p) {
  bool no_memory = false, own = count_kind(t, d->kind) > 0;
  for (int i = 0; i < t->n; i++) {
    const struct statement *s = &t->s[i];
    if (own ? !map_same_kind(d->kind, strlen(d->kind), s->kind) : strcmp(s->kind, "*") != 0)
      continue;
    struct filled *f = &p->filled[p->n++];
    f->statement = s;
    for (int k = 0; k < s->n; k++)
      f->value[k] = value_of(d, s->path[k], adapter, &no_memory);
  }
  return no_memory ? -1 : 0;
}

void parcel_free(struct parcel *p) {
  if (!p)
    return;
  for (int i = 0; i < p->n; i++)
    for (int k = 0; k < PARAMETERS_MAX; k++)
      free(p->filled[i].value[k]);
  free(p);
}
