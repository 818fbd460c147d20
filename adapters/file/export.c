#include "export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "map_rules.h"

#define FIRST_MS 1000
#define MOST_MS 5000 /* a disk of our own: nobody is bothered by another try */
#define TELL_MS 5000 /* well within any settle timeout worth setting */

/* ---- Configuration ---- */

static const char *kind_at(const struct export *e, size_t i) {
  char path[48];
  snprintf(path, sizeof path, "export.kinds.[%zu]", i);
  return baton_table_get(e->table, path);
}

static int read_kinds(struct export *e, const char *file, char *error) {
  e->n_kinds = baton_table_size(e->table, "export.kinds");
  for (size_t i = 0; i < e->n_kinds; i++) {
    const char *kind = kind_at(e, i);
    if (!kind || !baton_delivery_has_kind(kind))
      return snprintf(error, 256, "%.120s:%u: no such kind of event: %.64s", file,
                      baton_table_line(e->table, "export.kinds"), kind ? kind : "(not a text)"),
             -1;
  }
  return 0;
}

static int choice(const char *key, const char *value, const char *first, const char *second, char *error) {
  if (strcmp(value, first) == 0 || strcmp(value, second) == 0)
    return 0;
  return snprintf(error, 256, "export.%s is %s or %s", key, first, second), -1;
}

int export_read(struct export *e, const char *config_file, char *error) {
  e->last = &e->first;
  e->file.fd = e->file.lock = e->file.ledger.fd = -1;
  if (choice("format", e->format, "csv", "jsonl", error) < 0 ||
      choice("formulas", e->formulas, "disarm", "keep", error) < 0)
    return -1;
  if (strlen(e->delimiter) != 1 || strchr("\"\r\n", *e->delimiter))
    return snprintf(error, 256, "export.delimiter is one character, and no quote"), -1;
  if (!config_file)
    return snprintf(error, 256, "export needs a configuration file (--config FILE)"), -1;
  e->table = baton_table_read(config_file, error);
  if (!e->table)
    return -1;
  e->shape.is_csv = strcmp(e->format, "csv") == 0;
  e->shape.delimiter = *e->delimiter;
  e->shape.keeps_formulas = strcmp(e->formulas, "keep") == 0;
  if (read_kinds(e, config_file, error) < 0 || export_shape_read(&e->shape, e->table, config_file, error) < 0)
    return -1;
  return 0;
}

int export_open(struct export *e, char *error) {
  e->header = export_shape_header(&e->shape);
  if (!e->header)
    return snprintf(error, 256, "no memory"), -1;
  e->file = (struct export_file){.folder = e->folder, .end = e->format, .header = e->header};
  return export_file_open(&e->file, error);
}

/* ---- Deliveries ---- */

static bool is_wanted(const struct export *e, const char *kind) {
  for (size_t i = 0; i < e->n_kinds; i++)
    if (map_same_kind(kind_at(e, i), strlen(kind_at(e, i)), kind))
      return true;
  return e->n_kinds == 0;
}

baton_verdict export_take(struct export *e, const baton_delivery *d) {
  if (!is_wanted(e, d->kind) && strcmp(d->kind, "Resync") == 0)
    baton_log("warn", "resync-not-written", "ref", d->ref, "text",
              "deliveries of this case waited too long and never came; Resync is not among export.kinds", NULL);
  /* One that the ledger has was acknowledged, and the broker did not hear of it; but where an operator wants it again,
   * it is written again. */
  if (!is_wanted(e, d->kind) || (!d->redelivery && ledger_has(&e->file.ledger, d->sequence)))
    return BATON_ACK;
  struct export_row *r = calloc(1, sizeof *r);
  if (r)
    r->text = export_shape_row(&e->shape, d, &r->size);
  if (!r || !r->text) {
    free(r);
    return BATON_RETRY;
  }
  r->sequence = d->sequence;
  *e->last = r;
  e->last = &r->next;
  return BATON_LATER;
}

static void settle(const struct export *e, uint64_t sequence, baton_verdict verdict) {
  if (e->b && baton_settle(e->b, sequence, verdict, 0, NULL) < 0)
    baton_log("warn", "not-settled", "why", baton_error(e->b), NULL);
}

static void take_off(struct export *e) {
  struct export_row *r = e->first;
  e->first = r->next;
  if (!e->first)
    e->last = &e->first;
  free(r->text);
  free(r);
}

static void trouble(struct export *e) {
  snprintf(e->why, sizeof e->why, "deliveries cannot be written to %.100s: %s", e->folder, strerror(errno));
  e->again_ms = baton_now_ms() + baton_backoff_ms(++e->failures, FIRST_MS, MOST_MS);
}

static bool is_full(const struct export *e, int64_t now) {
  return e->file.fd >= 0 && (e->file.rows >= (uint64_t)e->rows || now >= e->begun_ms + e->seconds * 1000);
}

/* 0: nothing is left to write or finish now. */
static int work(struct export *e, int64_t now, bool finish) {
  while (e->first || is_full(e, now) || (finish && e->file.fd >= 0)) {
    if ((is_full(e, now) || !e->first) && export_file_finish(&e->file) < 0)
      return -1;
    if (!e->first)
      break;
    bool fresh = e->file.fd < 0;
    int n = export_file_write(&e->file, e->first, (uint64_t)e->rows);
    if (n < 0)
      return -1;
    if (fresh)
      e->begun_ms = now;
    for (; n > 0; n--) {
      settle(e, e->first->sequence, BATON_ACK);
      take_off(e);
    }
  }
  return 0;
}

static int64_t earlier(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* The broker would give them to nobody else, but would count a try. */
static void say_in_progress(struct export *e, int64_t now) {
  if (now < e->tell_ms)
    return;
  e->tell_ms = now + TELL_MS;
  for (const struct export_row *r = e->first; r && baton_connected(e->b); r = r->next)
    settle(e, r->sequence, BATON_IN_PROGRESS);
}

int export_step(struct export *e, baton *b) {
  int64_t now = baton_now_ms(), next = INT64_MAX;
  e->b = b;
  if (now >= e->again_ms) {
    if (work(e, now, false) < 0) {
      trouble(e);
      e->tell_ms = e->failures == 1 ? now + TELL_MS : e->tell_ms;
    } else {
      e->failures = 0;
      *e->why = '\0';
    }
  }
  if (e->failures) {
    say_in_progress(e, now);
    next = earlier(e->again_ms, e->tell_ms);
  } else if (e->file.fd >= 0) {
    next = e->begun_ms + e->seconds * 1000;
  }
  return next == INT64_MAX ? -1 : next > now ? (int)earlier(next - now, 60000) : 0;
}

void export_stop(struct export *e) {
  if (e->table && work(e, baton_now_ms(), true) < 0)
    baton_log("error", "export-not-finished", "why", strerror(errno), "next", "finished at the next start", NULL);
}

void export_fini(struct export *e) {
  while (e->first)
    take_off(e);
  if (e->table)
    export_file_close(&e->file);
  export_shape_fini(&e->shape);
  baton_table_free(e->table);
  free(e->header);
}
