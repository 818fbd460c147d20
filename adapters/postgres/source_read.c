#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "source.h"

#define TEXT_MAX "8192" /* bytes of a column that are fetched; a mapping takes less */
#define BAD_RUN_MAX 100
enum { INT8 = 20 }; /* the server's number for bigint */

const Oid source_types[2][3] = {{0, 0, INT8}, {INT8, INT8, INT8}};

static const char peek_outbox_sql[] = "select max(id) from baton.outbox where id > $1";
static const char next_outbox_sql[] = "select min(id) from baton.outbox where id > $1 and id <= $3";
static const char read_outbox_sql[] =
    "select id, left(source_key, 200), case when octet_length(event::text) <= 131072 then event::text end, "
    "to_char(created_at at time zone 'UTC', 'YYYYMMDDHH24MISSUS') from baton.outbox "
    "where id > $1 and id <= $3 order by id limit $2";

/* ---- Statements ---- */

static void put_quoted(FILE *to, const char *text, char quote) {
  fputc(quote, to);
  for (; *text; text++) {
    if (*text == quote)
      fputc(quote, to);
    fputc(*text, to);
  }
  fputc(quote, to);
}

/* The columns that the mapping reads, where they are not too long; then the names of those that are. */
static void put_columns(FILE *to, const struct source *s) {
  size_t n = 0;
  const char *const *column = map_columns(s->map, &n);
  for (size_t i = 0; i < n; i++) {
    fputs("case when octet_length(q.", to);
    put_quoted(to, column[i], '"');
    fputs("::text) <= " TEXT_MAX " then q.", to);
    put_quoted(to, column[i], '"');
    fputs(" end as ", to);
    put_quoted(to, column[i], '"');
    fputs(", ", to);
  }
  fputs("concat_ws(', ', null", to);
  for (size_t i = 0; i < n; i++) {
    fputs(", case when octet_length(q.", to);
    put_quoted(to, column[i], '"');
    fputs("::text) > " TEXT_MAX " then ", to);
    put_quoted(to, column[i], '\'');
    fputs(" end", to);
  }
  fputs(")", to);
}

static char *query_read_sql(const struct source *s) {
  char *text = NULL;
  size_t n;
  FILE *to = open_memstream(&text, &n);
  if (!to)
    return NULL;
  fputs("select ", to);
  put_columns(to, s);
  fprintf(to, ", q.\"%s\"::bigint from (%s\n) as q where q.\"%s\" <= $3 order by q.\"%s\"", s->position_column,
          s->query, s->position_column, s->position_column);
  if (fclose(to) == 0)
    return text;
  free(text);
  return NULL;
}

bool source_read_sql(struct source *s) {
  if (s->outbox) {
    s->peek_sql = strdup(peek_outbox_sql);
    s->next_sql = strdup(next_outbox_sql);
    s->read_sql = strdup(read_outbox_sql);
  } else {
    static const char peek[] = "select %s(q.\"%s\")::bigint from (%s\n) as q";
    if (asprintf(&s->peek_sql, peek, "max", s->position_column, s->query) < 0)
      s->peek_sql = NULL;
    if (asprintf(&s->next_sql, peek, "min", s->position_column, s->query) < 0)
      s->next_sql = NULL;
    s->read_sql = query_read_sql(s);
  }
  return s->peek_sql && s->next_sql && s->read_sql;
}

/* ---- Reading ---- */

static void run(struct source *s, const char *sql, int64_t most, int64_t to, link_done *done) {
  char read[24], rows[24], last[24];
  snprintf(read, sizeof read, "%" PRId64, s->read);
  snprintf(rows, sizeof rows, "%" PRId64, most);
  snprintf(last, sizeof last, "%" PRId64, to);
  const char *value[] = {read, rows, last};
  const struct command c = {.sql = sql, .n = 3, .value = value, .type = source_types[s->outbox]};
  s->in_job = true;
  link_run(&s->link, &c, 1, done, s);
}

/* A batch may fail because of any of its rows; read alone, a row can only fail because of itself. Where row after row
 * does, it is the query. */
static void failed(struct source *s, const struct answer *a) {
  char words[LINK_WORDS], sentence[LINK_WORDS + 96];
  s->in_job = false;
  fault_words(a, words);
  if (!s->has_one) {
    s->careful = s->batch;
    return;
  }
  s->has_one = false;
  if (++s->bad_run > BAD_RUN_MAX) {
    snprintf(sentence, sizeof sentence, "reading fails at row after row, now at position %" PRId64 ": %s", s->one,
             words);
    link_refuse(&s->link, sentence);
    return;
  }
  source_pass_unread(s, s->one, words);
}

static void have_read(void *context, struct answer *a) {
  struct source *s = context;
  if (a->lost) /* it may have been more than can be taken in at once */
    s->careful = s->batch;
  if (a->failed >= 0 && fault_of_row(a)) {
    failed(s, a);
    return;
  }
  if (!source_good(s, a))
    return;
  PGresult *rows = a->result[0];
  bool one = s->has_one, full = PQntuples(rows) >= s->batch;
  a->result[0] = NULL;
  s->has_one = false;
  s->bad_run = 0;
  s->careful -= one;
  if (one && PQntuples(rows) == 0)
    s->read = s->one; /* gone in between */
  if (!source_take(s, rows))
    return;
  if (full || one)
    s->due_ms = 0; /* more up to this mark */
  else
    source_rest(s, s->n_rows ? 0 : s->poll_ms);
}

static void found(void *context, struct answer *a) {
  struct source *s = context;
  if (!source_good(s, a))
    return;
  s->has_one = !PQgetisnull(a->result[0], 0, 0);
  if (s->has_one)
    s->one = strtoll(PQgetvalue(a->result[0], 0, 0), NULL, 10);
  else
    source_rest(s, s->poll_ms);
}

void source_read(struct source *s) {
  if (s->careful > 0 && !s->has_one)
    run(s, s->next_sql, 1, s->mark, found);
  else
    run(s, s->read_sql, s->batch, s->has_one ? s->one : s->mark, have_read);
}
