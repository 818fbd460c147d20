#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "source.h"
#include "utf8.h"

#define JSON_BYTES_MAX 131072

/* The columns of the outbox, as source.c asks for them. */
enum { OUTBOX_ID, OUTBOX_KEY, OUTBOX_EVENT, OUTBOX_MARK };

static int64_t position_at(const struct source *s, int row) {
  return strtoll(PQgetvalue(s->rows, row, s->position_field), NULL, 10);
}

static bool bind(struct source *s) {
  size_t n = 0;
  const char *const *column = map_columns(s->map, &n);
  free(s->field);
  s->field = calloc(n + 1, sizeof *s->field);
  for (size_t i = 0; s->field && i < n; i++) {
    s->field[i] = -1;
    for (int f = 0; f < PQnfields(s->rows); f++)
      if (strcmp(PQfname(s->rows, f), column[i]) == 0)
        s->field[i] = f;
    if (s->field[i] >= 0)
      continue;
    char words[LINK_WORDS];
    snprintf(words, sizeof words, "the query gives no column \"%.64s\", which fields reads", column[i]);
    link_refuse(&s->link, words);
    return false;
  }
  return s->field;
}

/* Rows of one position may be cut in two by the end of the batch: they wait for the next one, whole. */
static bool drop_cut_position(struct source *s) {
  if (s->outbox || s->n_rows < s->batch)
    return true;
  int64_t last = position_at(s, s->n_rows - 1);
  int n = s->n_rows;
  while (n > 0 && position_at(s, n - 1) == last)
    n--;
  s->n_rows = n;
  if (n == 0)
    link_refuse(&s->link, "a whole batch of rows has one and the same position: a larger `batch` is needed");
  return n > 0;
}

bool source_take(struct source *s, PGresult *rows) {
  PQclear(s->rows);
  s->rows = rows;
  s->row = 0;
  s->n_rows = PQntuples(rows);
  s->position_field = s->outbox ? OUTBOX_ID : PQnfields(rows) - 1;
  if ((s->outbox || bind(s)) && drop_cut_position(s))
    return true;
  s->n_rows = 0;
  return false;
}

/* ---- A row into an event: true, or the reason in s->mapped.problem ---- */

static enum map_verdict from_outbox(struct source *s) {
  struct mapped *m = &s->mapped;
  const char *key = PQgetvalue(s->rows, s->row, OUTBOX_KEY), *json = PQgetvalue(s->rows, s->row, OUTBOX_EVENT);
  m->event = NULL;
  m->problem[0] = m->key[0] = '\0';
  if (!PQgetisnull(s->rows, s->row, OUTBOX_KEY)) {
    if (!*key || strlen(key) > MAP_KEY_MAX || !utf8_valid(key, strlen(key)))
      return snprintf(m->problem, sizeof m->problem, "a source key has 1 to 128 bytes of UTF-8"), MAP_BAD;
    strcpy(m->key, key);
  }
  if (PQgetisnull(s->rows, s->row, OUTBOX_EVENT))
    return snprintf(m->problem, sizeof m->problem, "event is empty, or has more than %d bytes", JSON_BYTES_MAX),
           MAP_BAD;
  m->event = baton_event_from_json(json, strlen(json), m->problem);
  return m->event ? MAP_EVENT : MAP_BAD;
}

static enum map_verdict from_query(struct source *s) {
  size_t n = 0;
  const char *const *column = map_columns(s->map, &n);
  const char **value = calloc(n + 1, sizeof *value);
  enum map_verdict verdict = MAP_EVENT;
  s->mapped.event = NULL;
  s->mapped.key[0] = '\0';
  const char *too_long = PQgetvalue(s->rows, s->row, s->position_field - 1);
  if (*too_long) {
    snprintf(s->mapped.problem, sizeof s->mapped.problem, "too long: column %.100s", too_long);
    verdict = MAP_BAD;
  }
  for (size_t i = 0; value && i < n && verdict == MAP_EVENT; i++) {
    value[i] = PQgetvalue(s->rows, s->row, s->field[i]); /* "" for NULL */
    if (utf8_valid(value[i], strlen(value[i])))
      continue;
    snprintf(s->mapped.problem, sizeof s->mapped.problem, "column %.64s is not valid UTF-8", column[i]);
    verdict = MAP_BAD;
  }
  if (!value)
    verdict = MAP_BAD;
  else if (verdict == MAP_EVENT)
    verdict = map_row(s->map, value, &s->mapped);
  free(value);
  return verdict;
}

static void name_key(struct source *s, int64_t position) {
  char *key = s->mapped.key;
  if (!*key && s->outbox)
    snprintf(key, sizeof s->mapped.key, "%.60s:%" PRId64 ":%" PRId64, s->name, s->place.incarnation, position);
  else if (!*key)
    snprintf(key, sizeof s->mapped.key, "%.60s:%" PRId64, s->name, position);
}

static void advance_to(struct source *s, int64_t position, const char *mark) {
  s->place.sent = position;
  s->place.low = s->first ? s->first->position : position + 1;
  s->place.said_s = (int64_t)time(NULL);
  snprintf(s->place.mark, sizeof s->place.mark, "%s", mark);
}

static void refuse(struct source *s, int64_t position, const char *code, const char *why) {
  struct pending *p = source_pend(s, position, s->mapped.key);
  if (p)
    source_refuse(s, p, code, why);
}

void source_pass_unread(struct source *s, int64_t position, const char *why) {
  s->mapped.key[0] = '\0';
  name_key(s, position);
  refuse(s, position, "BAD_ROW", why);
  s->read = position;
  if (position > s->place.sent)
    advance_to(s, position, "-");
}

static bool is_second(const struct source *s, int64_t position) {
  return !s->outbox && s->row > 0 && position_at(s, s->row - 1) == position;
}

/* The row becomes s->mapped's event, or is refused or passed over. */
static void make(struct source *s) {
  int64_t position = position_at(s, s->row);
  enum map_verdict verdict = s->outbox ? from_outbox(s) : from_query(s);
  bool no_key = !*s->mapped.key;
  name_key(s, position);
  if (verdict == MAP_EVENT && no_key && is_second(s, position)) {
    baton_event_free(s->mapped.event);
    s->mapped.event = NULL;
    snprintf(s->mapped.problem, sizeof s->mapped.problem,
             "another row has the same position: fields wants an entry for the key");
    verdict = MAP_BAD;
  }
  if (verdict == MAP_BAD)
    refuse(s, position, "BAD_ROW", s->mapped.problem);
  s->has_event = verdict == MAP_EVENT;
}

/* ---- Sending ---- */

static void advance(struct source *s, int64_t position) {
  advance_to(s, position, s->outbox ? PQgetvalue(s->rows, s->row, OUTBOX_MARK) : "-");
}

static int submit(struct source *s, baton *b, int64_t position) {
  char place[PLACE_MAX];
  struct mapped *m = &s->mapped;
  struct pending *p = source_pend(s, position, m->key);
  if (!p)
    return -BATON_E_NOMEM;
  int rc;
  if (position <= s->resent_to) { /* the cursor is past it already and does not go back */
    rc = baton_submit(b, m->key, m->event, p);
  } else {
    struct place was = s->place;
    advance(s, position);
    rc = baton_submit_cursor(b, m->key, m->event, s->name, place, (size_t)place_write(&s->place, place), p);
    if (rc == -BATON_E_BUSY)
      s->place = was;
    s->said = INT64_MIN; /* it says less than "all is settled" */
  }
  if (rc == -BATON_E_BUSY) {
    source_unpend(s, p);
    return rc;
  }
  m->event = NULL; /* taken over, whatever was said */
  s->has_event = false;
  if (rc == -BATON_E_CLOSED || rc == -BATON_E_NOMEM) {
    source_unpend(s, p);
    s->rewind = true;
    return rc;
  }
  if (rc < 0)
    source_refuse(s, p, "BAD_ROW", baton_error(b));
  return 0;
}

bool source_send(struct source *s, baton *b) {
  while (s->row < s->n_rows && !s->rewind) {
    int64_t position = position_at(s, s->row);
    if (!s->has_event)
      make(s);
    if (s->has_event && submit(s, b, position) < 0)
      return false;
    if (position > s->place.sent)
      advance(s, position);
    s->read = position;
    s->row++;
  }
  return s->row >= s->n_rows;
}

void source_send_place(struct source *s, baton *b) {
  char place[PLACE_MAX];
  if (s->first || s->rewind || s->read < s->place.sent || s->said == s->place.sent)
    return;
  s->place.low = s->place.sent + 1;
  if (baton_submit_cursor(b, NULL, NULL, s->name, place, (size_t)place_write(&s->place, place), NULL) == 0)
    s->said = s->place.sent; /* else at the next opportunity */
}
