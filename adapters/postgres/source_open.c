#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "faults.h"
#include "session.h"
#include "source.h"

#define ASK_MS 5000
#define OUTBOX_VERSION 1
#define LONGEST_GAP_S (7 * 86400) /* the broker remembers keys for two weeks, by default */

static const char rejects_sql[] = "select version from baton.about where part = 'outbox'";
static const char outbox_sql[] =
    "select a.version, a.incarnation, a.from_id, case when q.is_called then q.last_value else 0 end, "
    "(select to_char(o.created_at at time zone 'UTC', 'YYYYMMDDHH24MISSUS') from baton.outbox o where o.id = "
    "$1::bigint) "
    "from baton.about a, baton.outbox_id_seq q where a.part = 'outbox'";

enum { OPEN_PART = SESSION_COMMANDS, OPEN_LISTEN };

static const char *cell(const PGresult *r, int column) {
  return PQntuples(r) > 0 && !PQgetisnull(r, 0, column) ? PQgetvalue(r, 0, column) : "";
}

static int64_t number(const PGresult *r, int column) {
  return strtoll(cell(r, column), NULL, 10);
}

/* From the first row that is not settled. The rows between it and the last one sent were decided by the broker, which
 * tells again what it decided as long as it remembers their keys; later they would become second events. */
static void resume(struct source *s) {
  const struct place *p = &s->place;
  char from[24];
  int64_t gap_s = (int64_t)time(NULL) - p->said_s;
  s->resent_to = p->sent;
  s->read = p->low - 1;
  if (p->low <= p->sent && gap_s > LONGEST_GAP_S) {
    s->read = p->sent;
    baton_log(
        "error", "rows-not-asked-again", "source", s->name, "why",
        "the adapter was away for so long that they could become second events; what was refused of them is not in "
        "the rejects",
        NULL);
  }
  snprintf(from, sizeof from, "%" PRId64, s->read);
  baton_log("info", "resumed", "source", s->name, "after", from, NULL);
}

static void start_anew(struct source *s, int64_t incarnation, int64_t after) {
  s->place = (struct place){.known = true, .incarnation = incarnation, .sent = after, .low = after + 1};
  s->resent_to = s->read = after;
}

/* NULL: it is the database that was read, as it was left; else what is wrong, and what to do. */
static const char *changed(const struct source *s, const char *lineage, int64_t last, const char *mark) {
  const struct place *p = &s->place;
  bool other = *p->lineage && strcmp(p->lineage, "-") != 0 && strcmp(p->lineage, lineage) != 0;
  if (last < p->sent)
    return "the ids of baton.outbox have gone back behind what was read: a backup was restored, or the table emptied "
           "with "
           "its identity. Look at baton.restored() in baton-postgres(1), then call it";
  if (*mark && *p->mark != '-' && *p->mark && strcmp(mark, p->mark) != 0)
    return "the newest row of baton.outbox that was read is another one now: a backup was restored. Look at "
           "baton.restored() in baton-postgres(1), then call it";
  if (other && !*mark && *p->mark != '-' && *p->mark)
    return "another database server than before, without the newest row that was read: was a backup restored? Look at "
           "baton.restored() in baton-postgres(1), then call it";
  return NULL;
}

static const char *check_outbox(struct source *s, const PGresult *r, const char *lineage) {
  const struct place *p = &s->place;
  if (number(r, 0) != OUTBOX_VERSION)
    return PQntuples(r) ? "baton.outbox is of another version: run the outbox.sql that came with this adapter"
                        : "baton.about has no row for the outbox: run outbox.sql again";
  int64_t incarnation = number(r, 1), from = number(r, 2);
  if (!p->known || p->incarnation != incarnation)
    start_anew(s, incarnation, from);
  else {
    const char *why = changed(s, lineage, number(r, 3), cell(r, 4));
    if (why)
      return why;
  }
  return NULL;
}

static const char *check_query(struct source *s, const char *lineage) {
  const struct place *p = &s->place;
  const char *colon = strchr(lineage, ':');
  if (!p->known)
    start_anew(s, 0, s->start_after);
  else if (colon && strchr(p->lineage, ':') && strncmp(p->lineage, lineage, (size_t)(colon - lineage) + 1) != 0)
    return "another database cluster than the one that was read; where its positions go on, say so with a new name in "
           "`source` and the last position in `start_after`";
  return NULL;
}

static void opened(void *context, struct answer *a) {
  struct source *s = context;
  char words[LINK_WORDS], lineage[48];
  bool first = s->read == INT64_MIN;
  s->in_job = false;
  if (a->lost)
    return;
  if (!session_good(&s->link, a, OPEN_PART, "outbox.sql", lineage))
    return;
  const char *why = s->outbox ? check_outbox(s, a->result[OPEN_PART], lineage) : check_query(s, lineage);
  if (why) {
    link_words(words, why);
    link_refuse(&s->link, words);
    return;
  }
  snprintf(s->place.lineage, sizeof s->place.lineage, "%s", lineage);
  if (first && s->read == INT64_MIN)
    resume(s);
  link_opened(&s->link);
  s->phase = SOURCE_RESTS;
  s->has_one = false;
  s->due_ms = 0;
}

void source_open(void *context) {
  struct source *s = context;
  struct command c[SESSION_COMMANDS + 2];
  char sent[24];
  snprintf(sent, sizeof sent, "%" PRId64, s->place.sent);
  const char *value[] = {sent};
  int n = session_commands(s->link.to, c);
  if (s->outbox) {
    c[n++] = (struct command){.sql = outbox_sql, .n = 1, .value = value};
    c[n++] = (struct command){.sql = "listen baton_outbox"};
  } else if (s->keeps_rejects) {
    c[n++] = (struct command){.sql = rejects_sql};
  }
  s->in_job = true;
  link_run(&s->link, c, n, opened, s);
}

static void on_place(void *user, int code, const char *json) {
  struct source *s = user;
  s->asked = false;
  if (code != 0 || !json) {
    char words[LINK_WORDS];
    snprintf(words, sizeof words, "the broker does not tell how far was read: %s", baton_code_name(code));
    if (code != -BATON_E_CLOSED)
      source_trouble(s, words);
    return;
  }
  if (!place_read(&s->place, json)) {
    source_trouble(s, "the broker has a cursor that is not one of this adapter's: say another name in `source`");
    return;
  }
  s->has_place = true;
  s->read = INT64_MIN; /* to be settled when the database was seen */
}

bool source_ask(struct source *s, baton *b) {
  char query[128];
  if (s->has_place || s->asked || !baton_connected(b))
    return s->has_place;
  snprintf(query, sizeof query, "{\"cursor\":{\"source\":\"%.64s\"}}", s->name);
  s->asked = true;
  if (baton_ask(b, query, ASK_MS, on_place, s) < 0)
    s->asked = false;
  return s->has_place;
}
