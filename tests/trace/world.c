/* What a store does with entries, in plain memory. */
#include <inttypes.h>
#include <string.h>

#include "trace.h"

/* FNV-1a, twice with different starts: enough to tell texts apart, and nothing of a cryptographic library. */
void trace_digest(const void *bytes, size_t n, uint8_t ret_digest[16]) {
  uint64_t h[2] = {UINT64_C(14695981039346656037), UINT64_C(1099511628211)};
  const uint8_t *p = bytes;
  for (size_t i = 0; i < n; i++)
    for (int k = 0; k < 2; k++)
      h[k] = (h[k] ^ p[i]) * UINT64_C(1099511628211);
  memcpy(ret_digest, h, 16);
}

const struct trace_bound *trace_row(const struct trace_rows *rows, struct bt_str name) {
  for (uint32_t i = 0; i < rows->n; i++)
    if (bt_str_eq(rows->v[i].name, name))
      return &rows->v[i];
  return NULL;
}

const struct trace_bound *trace_row_by_key(const struct trace_rows *rows, const uint8_t key[16]) {
  for (uint32_t i = 0; i < rows->n; i++)
    if (rows->v[i].id && memcmp(rows->v[i].key, key, 16) == 0)
      return &rows->v[i];
  return NULL;
}

static struct trace_bound *row_put(struct trace_rows *rows, struct bt_str name) {
  struct trace_bound *row = (struct trace_bound *)trace_row(rows, name);
  if (row || rows->n == TRACE_MAX_ROWS)
    return row;
  row = &rows->v[rows->n++];
  row->name = name;
  return row;
}

struct bt_str trace_joint(struct trace_world *w, struct bt_str a, struct bt_str b) {
  return bt_arena_printf(w->arena, "%.*s|%.*s", BT_STR_ARG(a), BT_STR_ARG(b));
}

const struct bt_case *trace_case(const struct trace_world *w, uint64_t id) {
  for (uint32_t i = 0; i < w->n_cases; i++)
    if (w->cases[i].id == id)
      return &w->cases[i];
  return NULL;
}

const struct bt_customer *trace_customer(const struct trace_world *w, uint64_t id) {
  for (uint32_t i = 0; i < w->n_customers; i++)
    if (w->customers[i].id == id)
      return &w->customers[i];
  return NULL;
}

const struct bt_advisory *trace_advisory(const struct trace_world *w, uint64_t id) {
  for (uint32_t i = 0; i < w->n_advisories; i++)
    if (w->advisories[i].id == id)
      return &w->advisories[i];
  return NULL;
}

static const char *apply_case(struct trace_world *w, const struct bt_entry *e) {
  struct bt_case *c = (struct bt_case *)trace_case(w, e->stream_id);
  if (!c && (e->kind != BT_CASE_OPENED || w->n_cases == TRACE_MAX_CASES))
    return "an entry of a case that was not opened";
  if (!c)
    c = &w->cases[w->n_cases++];
  if (e->version != c->version + 1 || e->previous != c->last_sequence)
    return "version or predecessor do not follow";
  if (bt_evolve_case(c, e, w->arena))
    return "evolve failed";
  if (e->kind == BT_CASE_OPENED)
    w->next_number = c->number + 1;
  return NULL;
}

static struct trace_bound *index_row(struct trace_world *w, struct bt_str key, uint64_t customer) {
  for (uint32_t i = 0; i < w->identifiers.n; i++) {
    struct trace_bound *row = &w->identifiers.v[i];
    if (row->id == customer && memcmp(row->key, key.p, 16) == 0)
      return row;
  }
  return NULL;
}

/* One without a key is not filed: several customers may have it. */
static void file_identifier(struct trace_world *w, const struct bt_entry *e, uint64_t customer) {
  bool linked = e->kind == BT_IDENTIFIER_LINKED;
  struct bt_str key = linked                              ? e->event.identifier_linked.key
                      : e->kind == BT_IDENTIFIER_UNLINKED ? e->event.identifier_unlinked.key
                                                          : (struct bt_str){0};
  if (key.n != 16)
    return;
  struct trace_bound *row = index_row(w, key, customer);
  if (!linked && row)
    row->id = 0;
  if (!linked || row)
    return;
  row = row_put(&w->identifiers, bt_arena_printf(w->arena, "%" PRIu64, e->sequence));
  memcpy(row->key, key.p, 16);
  row->id = customer;
}

static const char *apply_customer(struct trace_world *w, const struct bt_entry *e) {
  struct bt_customer *c = (struct bt_customer *)trace_customer(w, e->stream_id);
  if (!c && w->n_customers == TRACE_MAX_CASES)
    return "too many customers";
  if (!c)
    c = &w->customers[w->n_customers++];
  if (e->version != c->version + 1 || e->previous != c->last_sequence)
    return "version or predecessor do not follow";
  if (bt_evolve_customer(c, e, w->arena))
    return "evolve failed";
  file_identifier(w, e, c->id);
  return NULL;
}

/* An advisory that has ended stays, so that what it reached can be told so. */
static const char *apply_topic(struct trace_world *w, const struct bt_entry *e) {
  struct bt_advisory *a = (struct bt_advisory *)trace_advisory(w, e->stream_id);
  if (e->kind == BT_ADVISORY_ENDED && a) {
    a->ended = true;
    return NULL;
  }
  if (e->kind != BT_ADVISORY_ISSUED || a || w->n_advisories == TRACE_MAX_ADVISORIES)
    return "an entry of an advisory that was not issued";
  const struct bt_advisory_issued *i = &e->event.advisory_issued;
  w->advisories[w->n_advisories++] = (struct bt_advisory){
      .id = e->stream_id,
      .topic = i->topic,
      .department = e->event.department,
      .text = i->text,
      .alternatives = i->alternatives,
      .until_us = i->until_us,
  };
  return NULL;
}

const char *trace_apply(struct trace_world *w, const struct bt_entry *entry) {
  if (w->n_entries == TRACE_MAX_ENTRIES)
    return "more entries than a trace may have";
  if (entry->sequence != w->n_entries + 1)
    return "sequences have no holes";
  struct bt_entry *e = &w->entries[w->n_entries++];
  *e = *entry;
  const char *wrong = e->stream == BT_STREAM_CUSTOMER ? apply_customer(w, e)
                      : e->stream == BT_STREAM_TOPIC  ? apply_topic(w, e)
                                                      : apply_case(w, e);
  if (e->reference.local_id.n)
    row_put(&w->references, trace_joint(w, e->reference.department, e->reference.local_id))->id = e->case_id;
  if (e->source_key.n)
    row_put(&w->seen, trace_joint(w, e->adapter, e->source_key))->entry = e;
  return wrong;
}
