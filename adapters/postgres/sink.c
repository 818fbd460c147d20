#include "sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "session.h"

#define AT_ONCE 32
#define TELL_MS 5000
#define LOOK_MS 15000
#define CLEAN_MS 600000
#define RETRY_FIRST_MS 1000
#define RETRY_MOST_MS 300000
#define INBOX_VERSION 1

static const char version_sql[] = "select version from baton.about where part = 'inbox'";
static const char taken_sql[] = "insert into baton.taken (adapter, sequence, case_id, version) "
                                "values ($1, $2::bigint, nullif($3::bigint, 0), $4::bigint)";
/* An operator wants it written again: the statements decide what a second time means. */
static const char again_sql[] = "insert into baton.taken (adapter, sequence, case_id, version) "
                                "values ($1, $2::bigint, nullif($3::bigint, 0), $4::bigint) "
                                "on conflict (adapter, sequence) do update set taken_at = now()";
static const char clean_sql[] =
    "delete from baton.taken where (adapter, sequence) in (select adapter, sequence from baton.taken "
    "where taken_at < now() - $1::bigint * interval '1 day' limit 1000)";

/* ---- The connection ---- */

enum { OPEN_VERSION = SESSION_COMMANDS, OPEN_TAKEN, OPEN_AGAIN, OPEN_FIRST };

static void tell_bad_statement(struct sink *k, const struct answer *a) {
  char words[LINK_WORDS], sentence[LINK_WORDS + 64];
  const struct statement *s = &k->statements.s[a->failed - OPEN_FIRST];
  fault_words(a, words);
  snprintf(sentence, sizeof sentence, "the statement for %.32s: %s", s->kind, words);
  link_refuse(&k->link, sentence);
}

static void opened(void *context, struct answer *a) {
  struct sink *k = context;
  char lineage[48];
  k->in_job = false;
  if (a->lost)
    return;
  if (a->failed >= OPEN_FIRST && a->failed < OPEN_FIRST + k->statements.n && fault_of(a) == FAULT_DATA) {
    tell_bad_statement(k, a);
    return;
  }
  if (!session_good(&k->link, a, OPEN_VERSION, "inbox.sql", lineage))
    return;
  const PGresult *version = a->result[OPEN_VERSION];
  if (PQntuples(version) != 1 || atoi(PQgetvalue(version, 0, 0)) != INBOX_VERSION) {
    link_refuse(&k->link, PQntuples(version)
                              ? "baton.inbox is of another version: run the inbox.sql that came with this adapter"
                              : "baton.about has no row for the inbox: run inbox.sql");
    return;
  }
  link_opened(&k->link);
  if (!k->first)
    link_well(&k->link);
  k->look_ms = baton_now_ms() + LOOK_MS;
}

void sink_open(void *context) {
  struct sink *k = context;
  struct command c[OPEN_FIRST + STATEMENTS_MAX];
  int n = session_commands(k->link.to, c);
  c[n++] = (struct command){.sql = version_sql};
  c[n++] = (struct command){.name = "baton_taken", .sql = taken_sql};
  c[n++] = (struct command){.name = "baton_again", .sql = again_sql};
  for (int i = 0; i < k->statements.n; i++)
    c[n++] = (struct command){.name = k->statements.s[i].name, .sql = k->statements.s[i].sql};
  k->in_job = true;
  link_run(&k->link, c, n, opened, k);
}

void sink_fini(struct sink *k) {
  link_close(&k->link);
  for (struct parcel *p = k->first, *next; p; p = next) {
    next = p->next;
    parcel_free(p);
  }
  k->first = NULL;
  statements_fini(&k->statements);
}

/* ---- The queue ---- */

baton_verdict sink_delivery(struct sink *k, const baton_delivery *d) {
  struct parcel *p = calloc(1, sizeof *p);
  if (!p || statements_fill(&k->statements, d, k->adapter, p) < 0) {
    parcel_free(p);
    return BATON_RETRY;
  }
  if (p->n == 0) { /* no statement concerns it */
    parcel_free(p);
    return BATON_ACK;
  }
  p->sequence = d->sequence;
  p->attempt = d->attempt;
  p->redelivery = d->redelivery;
  p->told_ms = baton_now_ms();
  snprintf(p->number, sizeof p->number, "%" PRIu64, d->sequence);
  snprintf(p->stream, sizeof p->stream, "%" PRIu64, d->case_id);
  snprintf(p->version, sizeof p->version, "%" PRIu64, d->version);
  if (!k->first)
    k->end = &k->first;
  *k->end = p;
  k->end = &p->next;
  return BATON_LATER;
}

static void settle(struct sink *k, struct parcel *p, baton_verdict verdict, uint32_t after_ms, const char *reason) {
  if (baton_settle(k->b, p->sequence, verdict, after_ms, reason) < 0)
    baton_log("warn", "not-settled", "sequence", p->number, "why", baton_error(k->b), NULL);
  struct parcel **at = &k->first;
  while (*at != p)
    at = &(*at)->next;
  *at = p->next;
  if (!p->next)
    k->end = at;
  parcel_free(p);
}

/* ---- A transaction ---- */

static void say(const struct parcel *p, const char *event, const char *why, uint64_t count) {
  char digits[24];
  snprintf(digits, sizeof digits, "%" PRIu64, count);
  if (baton_log_due(count))
    baton_log("warn", event, "sequence", p->number, "why", why, "count", digits, NULL);
}

/* What became of the only delivery of a transaction. */
static void judge(struct sink *k, struct parcel *p, const struct answer *a) {
  char words[LINK_WORDS];
  fault_words(a, words);
  if (a->failed == 1 && strcmp(a->state, "23505") == 0) { /* its line is there: it was taken before */
    k->repeats++;
    link_well(&k->link);
    settle(k, p, BATON_ACK, 0, NULL);
    return;
  }
  switch (fault_of(a)) {
  case FAULT_SERVER:
    link_refuse(&k->link, words);
    break;
  case FAULT_PASSING:
    say(p, "delivery-later", words, ++k->retried);
    settle(k, p, BATON_RETRY, (uint32_t)baton_backoff_ms(p->attempt, RETRY_FIRST_MS, RETRY_MOST_MS), words);
    break;
  default:
    say(p, "delivery-rejected", words, ++k->rejected);
    link_well(&k->link);
    settle(k, p, BATON_REJECT, 0, words);
  }
}

static void done(void *context, struct answer *a) {
  struct sink *k = context;
  struct parcel *only = NULL;
  bool good = !a->lost && a->failed < 0;
  int n = k->running;
  k->in_job = false;
  k->running = 0;
  for (struct parcel *p = k->first, *next; p && n > 0; p = next) {
    next = p->next;
    if (!p->running)
      continue;
    p->running = false;
    if (good) {
      k->taken++;
      settle(k, p, BATON_ACK, 0, NULL);
    } else if (!a->lost) {
      p->alone = true;
      only = p;
    }
  }
  if (good)
    link_well(&k->link);
  else if (!a->lost && n == 1)
    judge(k, only, a);
  else if (!a->lost && fault_of(a) == FAULT_SERVER) {
    char words[LINK_WORDS];
    fault_words(a, words);
    link_refuse(&k->link, words);
  }
}

static int add(struct parcel *p, const char *adapter, const char **taken, struct command *c) {
  int n = 0;
  taken[0] = adapter, taken[1] = p->number, taken[2] = p->stream, taken[3] = p->version;
  c[n++] = (struct command){.name = p->redelivery ? "baton_again" : "baton_taken", .n = 4, .value = taken};
  for (int i = 0; i < p->n; i++) {
    const struct filled *f = &p->filled[i];
    c[n++] = (struct command){.name = f->statement->name, .n = f->statement->n, .value = (const char *const *)f->value};
  }
  p->running = true;
  return n;
}

static void begin(struct sink *k) {
  struct command c[LINK_COMMANDS_MAX];
  const char *taken[AT_ONCE][4];
  int n = 0;
  c[n++] = (struct command){.sql = "begin"};
  for (struct parcel *p = k->first; p && k->running < AT_ONCE; p = p->next) {
    if (p->alone && k->running > 0)
      break;
    n += add(p, k->adapter, taken[k->running++], c + n);
    if (p->alone)
      break;
  }
  c[n++] = (struct command){.sql = "commit"};
  k->in_job = true;
  link_run(&k->link, c, n, done, k);
}

/* ---- Beside it ---- */

static void looked(void *context, struct answer *a) {
  struct sink *k = context;
  char words[LINK_WORDS];
  k->in_job = false;
  if (a->lost)
    return;
  fault_words(a, words);
  if (a->failed >= 0)
    link_refuse(&k->link, words);
  k->look_ms = baton_now_ms() + LOOK_MS;
}

/* After a failure, or now and then: does the server still answer; lines that are no longer needed go. */
static void look(struct sink *k) {
  char days[24];
  snprintf(days, sizeof days, "%" PRId64, k->keep_days);
  const char *value[] = {days};
  struct command c = {.sql = "rollback"};
  if (PQtransactionStatus(k->link.conn) == PQTRANS_IDLE) {
    bool cleans = k->keep_days && baton_now_ms() >= k->clean_ms;
    c = cleans ? (struct command){.sql = clean_sql, .n = 1, .value = value} : (struct command){.sql = "select 1"};
    k->clean_ms = cleans ? baton_now_ms() + CLEAN_MS : k->clean_ms;
  }
  k->in_job = true;
  link_run(&k->link, &c, 1, looked, k);
}

/* Whoever waits for a lock, or for the server, says so before the broker thinks that it is gone. */
static int tell_progress(struct sink *k) {
  int64_t now_ms = baton_now_ms(), next_ms = TELL_MS;
  for (struct parcel *p = k->first; p; p = p->next) {
    if (now_ms - p->told_ms >= TELL_MS) {
      if (baton_settle(k->b, p->sequence, BATON_IN_PROGRESS, 0, NULL) < 0)
        baton_log("debug", "not-told", "sequence", p->number, "why", baton_error(k->b), NULL);
      p->told_ms = now_ms;
    }
    if (p->told_ms + TELL_MS - now_ms < next_ms)
      next_ms = p->told_ms + TELL_MS - now_ms;
  }
  return k->first ? (int)next_ms : LOOK_MS;
}

int sink_step(struct sink *k, baton *b) {
  k->b = b;
  int ms = link_step(&k->link), tell_ms = tell_progress(k);
  if (k->link.state == LINK_READY && !k->in_job) {
    if (PQtransactionStatus(k->link.conn) != PQTRANS_IDLE || (!k->first && baton_now_ms() >= k->look_ms))
      look(k);
    else if (k->first)
      begin(k);
    ms = 0;
    if (!k->in_job)
      ms = (int)(k->look_ms - baton_now_ms());
  }
  if (k->link.state == LINK_WAITS) {
    int64_t left = k->link.due_ms - baton_now_ms();
    ms = left > 0 ? (int)left : 0;
  }
  return ms >= 0 && ms < tell_ms ? ms : tell_ms;
}
