#include "source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"

#define PEEK_ROWS "65536"
#define HIGHEST "9223372036854775807"
#define EMPTY_MS 10
#define WAIT_MOST_MS 100
#define LONG_WAIT_MS 30000
#define CLEAN_MS 60000
#define ASK_AGAIN_MS 1000

/* Only those who may still show a row: the lock of an INSERT, taken before it asks for a position, kept to the end. */
#define HOLDERS                                                                                                        \
  "from pg_locks where locktype = 'relation' and mode = 'RowExclusiveLock' and granted "                               \
  "and pid is distinct from pg_backend_pid() "                                                                         \
  "and database = (select oid from pg_database where datname = current_database()) "                                   \
  "and relation in (select to_regclass(t)::oid from jsonb_array_elements_text($1::jsonb) as t)"

static const char holders_sql[] = "select coalesce(jsonb_agg(distinct virtualtransaction), '[]') " HOLDERS;
/* A transaction that is prepared (two-phase commit) goes on under another name and without a process. */
static const char waits_sql[] =
    "select count(*), max(pid) " HOLDERS " and (pid is null or $2::jsonb ? virtualtransaction)";
/* The newest row that was read stays: by it the adapter knows its database again. */
static const char clean_sql[] =
    "delete from baton.outbox where id in (select id from baton.outbox where id < $1::bigint "
    "and created_at < now() - $2::bigint * interval '1 day' order by id limit 1000)";

int source_start(struct source *s, char *error) {
  if (s->outbox)
    s->tables = strdup("[\"baton.outbox\"]");
  if (s->tables && source_read_sql(s))
    return 0;
  snprintf(error, 256, "no memory");
  return -1;
}

void source_fini(struct source *s) {
  link_close(&s->link);
  while (s->first)
    source_unpend(s, s->first);
  baton_event_free(s->mapped.event);
  PQclear(s->rows);
  map_free(s->map);
  free(s->field);
  free(s->writers);
  free(s->tables);
  free(s->peek_sql);
  free(s->next_sql);
  free(s->read_sql);
}

void source_trouble(struct source *s, const char *words) {
  link_words(s->trouble, words);
}

void source_rest(struct source *s, int64_t ms) {
  s->phase = SOURCE_RESTS;
  s->due_ms = baton_now_ms() + (s->notified ? 0 : ms);
  s->notified = false;
  s->trouble[0] = '\0';
  s->rewinds = s->first ? s->rewinds : 0;
  link_well(&s->link);
}

bool source_good(struct source *s, const struct answer *a) {
  char words[LINK_WORDS];
  s->in_job = false;
  if (a->lost)
    return false;
  if (a->failed < 0)
    return true;
  fault_words(a, words);
  link_refuse(&s->link, words);
  return false;
}

/* ---- A round ---- */

static void marked(void *context, struct answer *a) {
  struct source *s = context;
  if (!source_good(s, a))
    return;
  if (PQgetisnull(a->result[0], 0, 0)) {
    s->not_before_ms = baton_now_ms() + EMPTY_MS; /* anybody may notify, and for nothing */
    source_rest(s, s->poll_ms);
    return;
  }
  s->mark = strtoll(PQgetvalue(a->result[0], 0, 0), NULL, 10);
  if (s->mark == INT64_MAX) { /* once it was read, every other row would lie before it, and never be read */
    link_refuse(&s->link, "a row has the largest position there is, " HIGHEST ": nothing could come after it");
    return;
  }
  free(s->writers);
  s->writers = strdup(PQgetvalue(a->result[1], 0, 0));
  s->marked_ms = baton_now_ms();
  s->wait_ms = 1;
  s->phase = !s->writers                                          ? SOURCE_RESTS
             : s->settle_ms == 0 && strcmp(s->writers, "[]") == 0 ? SOURCE_READS
                                                                  : SOURCE_WAITS;
  s->due_ms = s->marked_ms + (s->settle_ms ? s->settle_ms : s->phase == SOURCE_WAITS);
}

static void look_for_mark(struct source *s) {
  char read[24];
  snprintf(read, sizeof read, "%" PRId64, s->read);
  const char *peek[] = {read, PEEK_ROWS, HIGHEST}, *holders[] = {s->tables};
  const struct command c[] = {{.sql = s->peek_sql, .n = 3, .value = peek, .type = source_types[s->outbox]},
                              {.sql = holders_sql, .n = 1, .value = holders}};
  s->notified = false;
  s->in_job = true;
  link_run(&s->link, c, 2, marked, s);
}

static void tell_long_wait(struct source *s, const char *pid) {
  char words[LINK_WORDS];
  if (baton_now_ms() - s->marked_ms - s->settle_ms < LONG_WAIT_MS)
    return;
  snprintf(words, sizeof words, "rows wait for a transaction that wrote into the table and stays open (%s%.20s)",
           *pid ? "server process " : "a prepared one", pid);
  source_trouble(s, words);
}

static void waited(void *context, struct answer *a) {
  struct source *s = context;
  if (!source_good(s, a))
    return;
  if (strcmp(PQgetvalue(a->result[0], 0, 0), "0") == 0) {
    s->phase = SOURCE_READS;
    s->due_ms = 0;
    return;
  }
  tell_long_wait(s, PQgetvalue(a->result[0], 0, 1));
  s->due_ms = baton_now_ms() + s->wait_ms;
  s->wait_ms = 2 * s->wait_ms < WAIT_MOST_MS ? 2 * s->wait_ms : WAIT_MOST_MS;
}

static void look_for_writers(struct source *s) {
  const char *value[] = {s->tables, s->writers};
  const struct command c = {.sql = waits_sql, .n = 2, .value = value};
  s->in_job = true;
  link_run(&s->link, &c, 1, waited, s);
}

static void cleaned(void *context, struct answer *a) {
  struct source *s = context;
  if (source_good(s, a))
    s->clean_ms = baton_now_ms() + (strcmp(PQcmdTuples(a->result[0]), "1000") == 0 ? 0 : CLEAN_MS);
}

static void clean(struct source *s) {
  char before[24], days[24];
  snprintf(before, sizeof before, "%" PRId64, s->place.low < s->place.sent ? s->place.low : s->place.sent);
  snprintf(days, sizeof days, "%" PRId64, s->keep_days);
  const char *value[] = {before, days};
  const struct command c = {.sql = clean_sql, .n = 2, .value = value};
  s->in_job = true;
  link_run(&s->link, &c, 1, cleaned, s);
}

static void begin_job(struct source *s) {
  if (s->phase == SOURCE_WAITS)
    look_for_writers(s);
  else if (s->phase == SOURCE_READS)
    source_read(s);
  else if (s->outbox && s->keep_days && baton_now_ms() >= s->clean_ms && !s->notified)
    clean(s);
  else
    look_for_mark(s);
}

/* From the first row that the broker wants again; what it decided on in between comes back as duplicates. */
static void go_back(struct source *s) {
  for (struct pending *p = s->first, *next; p; p = next) {
    next = p->next;
    if (p->refused)
      continue;
    if (p->position <= s->read)
      s->read = p->position - 1;
    source_unpend(s, p);
  }
  baton_event_free(s->mapped.event);
  s->mapped.event = NULL;
  s->has_event = s->rewind = s->has_one = false;
  s->row = s->n_rows = 0;
  s->resent_to = s->place.sent > s->resent_to ? s->place.sent : s->resent_to;
  s->phase = SOURCE_RESTS;
  s->due_ms = baton_now_ms() + baton_backoff_ms(++s->rewinds, 500, 30000);
  source_trouble(s, "the broker could not take an event; it is sent again");
}

static int until(int64_t due_ms, int other_ms) {
  int64_t left = due_ms - baton_now_ms();
  int ms = left > 0 ? (int)left : 0;
  return other_ms >= 0 && other_ms < ms ? other_ms : ms;
}

int source_step(struct source *s, baton *b) {
  s->b = b;
  if (!source_ask(s, b))
    return baton_connected(b) ? ASK_AGAIN_MS : -1;
  int ms = link_step(&s->link);
  if (s->rewind && baton_in_flight(b) == 0)
    go_back(s);
  bool sent = source_send(s, b);
  if (s->in_job || s->link.state != LINK_READY)
    return s->link.state == LINK_WAITS ? until(s->link.due_ms, -1) : ms;
  if (source_store(s))
    return 0;
  if (!sent || s->rewind)
    return ms; /* receipts make room */
  source_send_place(s, b);
  int64_t due_ms = s->due_ms > s->not_before_ms ? s->due_ms : s->not_before_ms;
  if (baton_now_ms() < due_ms)
    return until(due_ms, ms);
  begin_job(s);
  return 0;
}
