#include "play.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_A_STEP 512
#define CURSOR_EVERY 1024 /* rows without an event, after which the cursor goes alone */

/* A cursor of another file, of a finished one, or none at all means: from the first row. */
static void play_resume(struct play *p, const char *position) {
  uint64_t digest, sent, low;
  if (sscanf(position, "%16" SCNx64 " %" SCNu64 " %" SCNu64, &digest, &sent, &low) != 3 || digest != play_digest(p))
    return;
  p->sent = p->cursor = sent;
  p->low = low;
  char from[24];
  snprintf(from, sizeof from, "%" PRIu64, sent + 1);
  baton_log("info", "file-resumed", "file", p->name, "row", from, NULL);
}

struct play *play_open(const char *path, const struct map *map, char delimiter, bool whole_events, const char *position,
                       char *error) {
  const char *slash = strrchr(path, '/');
  size_t n_columns;
  const char *const *columns = map_columns(map, &n_columns);
  struct play *p = calloc(1, sizeof *p);
  if (!p || !(p->name = strdup(slash ? slash + 1 : path))) {
    play_free(p);
    return snprintf(error, 256, "%s", strerror(ENOMEM)), errno = ENOMEM, NULL;
  }
  p->map = map;
  p->rejects.fd = p->rejects.reasons_fd = -1;
  p->rows = rows_open(path, delimiter, whole_events, columns, n_columns, error);
  if (!p->rows) {
    int cause = errno;
    play_free(p);
    return errno = cause, NULL;
  }
  p->header = rows_header(p->rows);
  if ((rows_are_csv(p->rows) && !p->header) || rejects_open(&p->rejects, path, p->header) < 0) {
    int cause = errno;
    snprintf(error, 256, "its rejects cannot be read: %s", strerror(cause));
    play_free(p);
    return errno = cause, NULL;
  }
  play_resume(p, position);
  return p;
}

void play_free(struct play *p) {
  if (!p)
    return;
  for (struct play_pending *q = p->first, *next; q; q = next) {
    next = q->next;
    free(q);
  }
  baton_event_free(p->mapped.event);
  rejects_close(&p->rejects);
  rows_close(p->rows);
  free(p->header);
  free(p->name);
  free(p);
}

uint64_t play_digest(const struct play *p) {
  return rows_digest(p->rows);
}

/* ---- What was not taken ---- */

/* Said when it begins and when a row could be written again. */
static void play_trouble(struct play *p, bool now) {
  if (now && !p->reject_trouble)
    baton_log("error", "rejects-unwritable", "file", p->name, "why", strerror(errno), NULL);
  else if (!now && p->reject_trouble)
    baton_log("info", "rejects-writable-again", "file", p->name, NULL);
  p->reject_trouble = now;
}

static void play_reject(struct play *p, const struct play_pending *at, const char *code, const char *reason) {
  char *text = rows_text(p->rows, at->at, at->size);
  struct reject j = {
      .row = at->row, .line = at->line, .code = code, .reason = reason, .original = text, .size = at->size};
  bool bad = rejects_add(&p->rejects, &j) < 0;
  p->unwritten += bad;
  play_trouble(p, bad);
  free(text);
  p->rejected++;
}

static void play_reject_row(struct play *p, const char *reason) {
  struct play_pending at = {.row = p->row.number, .line = p->row.line, .at = p->row.at, .size = p->row.size};
  play_reject(p, &at, "BAD_ROW", reason);
}

void play_receipt(struct play *p, const baton_receipt *r) {
  struct play_pending *q = r->user;
  char reason[512];
  if (r->code == 0) {
    p->accepted += !r->duplicate;
    p->duplicates += r->duplicate;
  } else {
    snprintf(reason, sizeof reason, "%s%s%s%s", r->text, *r->field ? " (" : "", r->field, *r->field ? ")" : "");
    play_reject(p, q, r->code_name, reason);
  }
  *(q->previous ? &q->previous->next : &p->first) = q->next;
  *(q->next ? &q->next->previous : &p->last) = q->previous;
  free(q);
}

/* ---- Rows into events ---- */

/* 1: p->mapped holds the row's event; 0: nothing is to be sent for this row. */
static int play_map(struct play *p) {
  struct mapped *m = &p->mapped;
  if (p->row.problem)
    return play_reject_row(p, p->row.problem), 0;
  m->key[0] = '\0';
  if (p->row.key && strlen(p->row.key) > MAP_KEY_MAX) /* cut, two rows could become one */
    return play_reject_row(p, "a source key has 1 to 128 bytes"), 0;
  if (p->row.event) {
    m->event = baton_event_from_json(p->row.event, strlen(p->row.event), m->problem);
    if (!m->event)
      return play_reject_row(p, m->problem), 0;
    if (p->row.key)
      snprintf(m->key, sizeof m->key, "%s", p->row.key);
  } else {
    enum map_verdict verdict = map_row(p->map, p->row.value, m);
    p->skipped += verdict == MAP_SKIP;
    if (verdict == MAP_BAD)
      play_reject_row(p, m->problem);
    if (verdict != MAP_EVENT)
      return 0;
  }
  if (!*m->key)
    snprintf(m->key, sizeof m->key, "%016" PRIx64 ":%" PRIu64, play_digest(p), p->row.number);
  return 1;
}

/* Up to the first row that has an event; 1, 0 at the end, -1 when reading failed. */
static int play_read(struct play *p) {
  struct row row;
  int got = rows_next(p->rows, &row);
  if (got <= 0) {
    p->at_end = got == 0;
    return got;
  }
  p->row = row;
  if (p->row.number >= p->low && !rejects_has(&p->rejects, p->row.number))
    p->has_event = play_map(p) > 0;
  return 1;
}

static size_t play_position(const struct play *p, uint64_t low, char ret[64]) {
  return (size_t)snprintf(ret, 64, "%016" PRIx64 " %" PRIu64 " %" PRIu64, play_digest(p), p->row.number, low);
}

static int play_send(struct play *p, baton *b) {
  char position[64];
  struct play_pending *q = malloc(sizeof *q);
  if (!q)
    return -BATON_E_NOMEM;
  *q = (struct play_pending){
      .previous = p->last, .row = p->row.number, .line = p->row.line, .at = p->row.at, .size = p->row.size};
  size_t n = play_position(p, p->first ? p->first->row : q->row, position);
  bool again = q->row <= p->sent; /* the cursor is past it already and does not go back */
  int rc = again ? baton_submit(b, p->mapped.key, p->mapped.event, q)
                 : baton_submit_cursor(b, p->mapped.key, p->mapped.event, PLAY_SOURCE, position, n, q);
  if (rc < 0)
    free(q);
  if (rc == -BATON_E_BUSY)
    return rc;
  p->mapped.event = NULL; /* taken over, whatever was said */
  p->has_event = false;
  if (rc == -BATON_E_CLOSED || rc == -BATON_E_NOMEM)
    return rc;
  if (rc < 0)
    return play_reject_row(p, baton_error(b)), 0;
  *(p->last ? &p->last->next : &p->first) = q;
  p->last = q;
  p->cursor = again ? p->cursor : q->row;
  return 0;
}

/* Rows that made no event move the cursor too. */
static int play_send_cursor(struct play *p, baton *b) {
  char position[64];
  uint64_t low = p->first ? p->first->row : p->row.number + 1;
  if (p->row.number <= p->cursor || (!p->at_end && p->row.number < p->cursor + CURSOR_EVERY))
    return 0;
  size_t n = play_position(p, low, position);
  int rc = baton_submit_cursor(b, NULL, NULL, PLAY_SOURCE, position, n, NULL);
  if (rc == 0)
    p->cursor = p->row.number;
  return rc;
}

/* Everything is receipted: nothing of this file is to be resumed any more. */
static int play_send_done(struct play *p, baton *b) {
  char position[64];
  int n = snprintf(position, sizeof position, "%016" PRIx64 " done", play_digest(p));
  int rc = baton_submit_cursor(b, NULL, NULL, PLAY_SOURCE, position, (size_t)n, NULL);
  p->said_done = rc == 0;
  return rc;
}

static int play_rows(struct play *p, baton *b) {
  for (int i = 0; i < ROWS_A_STEP && !p->at_end; i++) {
    int rc = !p->has_event && play_read(p) < 0 ? -BATON_E_IO : 0;
    if (rc == 0 && p->has_event)
      rc = play_send(p, b);
    if (rc == 0)
      rc = play_send_cursor(p, b);
    if (rc < 0)
      return rc;
  }
  return p->at_end ? play_send_cursor(p, b) : 0;
}

/* Before the cursor goes past them. */
static void play_sync(struct play *p) {
  if (p->rejected == p->synced)
    return;
  if (rejects_sync(&p->rejects) < 0)
    play_trouble(p, true);
  else
    p->synced = p->rejected;
}

enum play_state play_step(struct play *p, baton *b, char *error) {
  play_sync(p);     /* what receipts refused since the last step */
  if (*p->failed) { /* receipts still due point into it */
    snprintf(error, 256, "%s", p->failed);
    return p->first ? PLAY_WAIT : PLAY_FAILED;
  }
  int rc = play_rows(p, b);
  if (rc == 0 && p->at_end && !p->said_done && baton_in_flight(b) == 0)
    rc = play_send_done(p, b);
  play_sync(p);
  if (rc == -BATON_E_BUSY)
    return PLAY_WAIT;
  if (rc < 0) {
    snprintf(p->failed, sizeof p->failed, "%s", rc == -BATON_E_IO ? strerror(errno) : baton_error(b));
    return play_step(p, b, error);
  }
  if (!p->at_end)
    return PLAY_MORE;
  return !p->said_done || baton_in_flight(b) > 0 ? PLAY_WAIT : PLAY_END;
}
