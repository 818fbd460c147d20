/* What a store does with entries, in plain memory. */
#include <inttypes.h>
#include <string.h>

#include "core/normal.h"
#include "core/ref.h"
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

static struct trace_bound *row_of(struct trace_rows *rows, struct bt_str name) {
  for (uint32_t i = 0; i < rows->n; i++)
    if (bt_str_eq(rows->v[i].name, name))
      return &rows->v[i];
  return NULL;
}

static struct trace_bound *row_put(struct trace_rows *rows, struct bt_str name) {
  struct trace_bound *row = row_of(rows, name);
  if (row || rows->n == TRACE_MAX_ROWS)
    return row;
  row = &rows->v[rows->n++];
  row->name = name;
  return row;
}

static const struct trace_bound *row_by_key(const struct trace_rows *rows, const uint8_t key[16]) {
  for (uint32_t i = 0; i < rows->n; i++)
    if (memcmp(rows->v[i].key, key, 16) == 0)
      return &rows->v[i];
  return NULL;
}

static struct bt_str joint(struct trace_world *w, struct bt_str a, struct bt_str b) {
  return bt_arena_printf(w->arena, "%.*s|%.*s", BT_STR_ARG(a), BT_STR_ARG(b));
}

const struct bt_case *trace_case(const struct trace_world *w, uint64_t id) {
  for (uint32_t i = 0; i < w->n_cases; i++)
    if (w->cases[i].id == id)
      return &w->cases[i];
  return NULL;
}

static const struct bt_case *case_by_ref(const struct trace_world *w, struct bt_str ref) {
  uint64_t number;
  if (bt_ref_parse(ref, &number))
    return NULL;
  for (uint32_t i = 0; i < w->n_cases; i++)
    if (w->cases[i].number == number)
      return &w->cases[i];
  return NULL;
}

static const struct bt_customer *customer_of(const struct trace_world *w, const uint8_t key[16]) {
  const struct trace_bound *row = row_by_key(&w->identifiers, key);
  for (uint32_t i = 0; row && i < w->n_customers; i++)
    if (w->customers[i].id == row->id)
      return &w->customers[i];
  return NULL;
}

static void identify(struct trace_world *w, const struct bt_identifier *id, struct bt_str *ret_value,
                     uint8_t ret_key[16]) {
  const struct bt_domain *domain = bt_rules_domain(&w->rules, id->domain);
  if (!domain || bt_normalise(domain, id->value, w->arena, ret_value))
    return;
  struct bt_str name = joint(w, id->domain, *ret_value);
  trace_digest(name.p, name.n, ret_key);
}

void trace_identify(struct trace_world *w, struct bt_request *r) {
  bool linking = r->event.kind == BT_IDENTIFIER_LINKED;
  const struct bt_identifier *first = linking ? &r->event.identifier_linked.identifier : &r->event.locator.identifier;
  identify(w, first, &r->identifier_value, r->identifier_key);
  if (linking)
    identify(w, &r->event.identifier_linked.same_as, &r->same_as_value, r->same_as_key);
}

static void put_cases(struct trace_world *w, struct bt_scene *s) {
  s->cases.v = BT_NEW_ARRAY(w->arena, const struct bt_case *, TRACE_MAX_CASES);
  for (uint32_t i = w->n_cases; i-- > 0;)
    if (w->cases[i].customer == s->customer->id)
      s->cases.v[s->cases.n++] = &w->cases[i];
}

void trace_scene(struct trace_world *w, const struct bt_request *r, struct bt_scene *ret) {
  const struct bt_locator *l = &r->event.locator;
  struct bt_scene s = {.next_sequence = w->n_entries + 1, .next_number = w->next_number};
  const struct trace_bound *seen = row_of(&w->seen, joint(w, r->adapter->name, r->source_key));
  if (seen) {
    s.seen = true;
    memcpy(s.seen_hash, seen->entry->content_hash.p, 16);
    s.seen_until_us = seen->entry->seen_until_us;
    s.seen_receipt = seen->entry->receipt;
  }
  s.by_id = l->id ? trace_case(w, l->id) : l->ref.n ? case_by_ref(w, l->ref) : NULL;
  if (l->reference.local_id.n) {
    struct bt_str department = l->reference.department.n ? l->reference.department : r->event.department;
    const struct trace_bound *row = row_of(&w->references, joint(w, department, l->reference.local_id));
    s.by_reference = row ? trace_case(w, row->id) : NULL;
  }
  bool linking = r->event.kind == BT_IDENTIFIER_LINKED;
  if (linking && r->same_as_value.n)
    s.customer = customer_of(w, r->same_as_key);
  if (r->identifier_value.n)
    *(linking ? &s.holder : &s.customer) = customer_of(w, r->identifier_key);
  if (s.customer)
    put_cases(w, &s);
  s.connected.n = w->connected.n;
  s.connected.v = w->connected.v;
  uint64_t superseded = r->event.kind == BT_CORRECTION_MADE ? r->event.correction_made.supersedes : 0;
  if (superseded && superseded <= w->n_entries) {
    s.superseded_exists = true;
    s.superseded_case = w->entries[superseded - 1].case_id;
    s.superseded_department = w->entries[superseded - 1].event.department;
  }
  *ret = s;
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
  return bt_case_is_open(c) && !c->custodian.n ? "an open case without custodian" : NULL;
}

static const char *apply_customer(struct trace_world *w, const struct bt_entry *e) {
  struct bt_customer *c = NULL;
  for (uint32_t i = 0; i < w->n_customers; i++)
    if (w->customers[i].id == e->stream_id)
      c = &w->customers[i];
  if (!c && w->n_customers == TRACE_MAX_CASES)
    return "too many customers";
  if (!c)
    c = &w->customers[w->n_customers++];
  if (e->version != c->version + 1 || e->previous != c->last_sequence)
    return "version or predecessor do not follow";
  if (bt_evolve_customer(c, e, w->arena))
    return "evolve failed";
  struct trace_bound *row = row_put(&w->identifiers, bt_arena_printf(w->arena, "%" PRIu64, e->sequence));
  memcpy(row->key, e->event.identifier_linked.key.p, 16);
  row->id = c->id;
  return NULL;
}

const char *trace_apply(struct trace_world *w, const struct bt_entry *entry) {
  if (w->n_entries == TRACE_MAX_ENTRIES || entry->sequence != w->n_entries + 1)
    return "sequences have no holes";
  struct bt_entry *e = &w->entries[w->n_entries++];
  *e = *entry;
  const char *wrong = e->stream == BT_STREAM_CUSTOMER ? apply_customer(w, e) : apply_case(w, e);
  if (e->reference.local_id.n)
    row_put(&w->references, joint(w, e->reference.department, e->reference.local_id))->id = e->case_id;
  if (e->source_key.n)
    row_put(&w->seen, joint(w, e->adapter, e->source_key))->entry = e;
  return wrong;
}

static void print_names(FILE *to, const char *name, const struct bt_strs *names) {
  for (uint32_t i = 0; i < names->n; i++)
    fprintf(to, "%s%.*s", i ? "," : name, BT_STR_ARG(names->v[i]));
}

static void print_waits(FILE *to, const struct bt_journey *j) {
  const struct {
    const char *name;
    uint64_t v;
  } figures[] = {
      {"handoffs", j->custody_handoffs},
      {"bounces", j->custody_bounces},
      {"sent", j->sent_handoffs},
      {"sent_bounces", j->sent_bounces},
      {"resolved", j->resolved},
      {"worked", j->worked},
      {"reopened", j->reopened},
      {"worked_reopened", j->worked_reopened},
      {"waited_customer_s", (uint64_t)j->waiting_customer_us / 1000000},
      {"waited_vendor_s", (uint64_t)j->waiting_vendor_us / 1000000},
      {"waited_other_s", (uint64_t)j->waiting_other_us / 1000000},
      {"clamped", j->clamped_gaps},
  };
  for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
    if (figures[i].v)
      fprintf(to, " %s=%" PRIu64, figures[i].name, figures[i].v);
}

void trace_print_case(FILE *to, const struct bt_case *c) {
  char ref[BT_REF_SIZE];
  bt_ref_format(c->number, ref);
  fprintf(to, "  case %" PRIu64 " %s v%" PRIu64 " %s", c->id, ref, c->version, bt_status_name((int)c->status));
  if (c->status == BT_STATUS_PENDING)
    fprintf(to, " on=%s", bt_pending_name((int)c->pending_on));
  fprintf(to, " custodian=%.*s owner=%.*s", BT_STR_ARG(c->custodian), BT_STR_ARG(c->owner));
  if (c->topic.n)
    fprintf(to, " topic=%.*s", BT_STR_ARG(c->topic));
  if (c->customer)
    fprintf(to, " customer=%" PRIu64, c->customer);
  if (c->offer.id)
    fprintf(to, " offer=%" PRIu64 " to=%.*s", c->offer.id, BT_STR_ARG(c->offer.to));
  if (c->linked_to)
    fprintf(to, " linked_to=%" PRIu64, c->linked_to);
  if (c->dormant)
    fputs(" dormant", to);
  fprintf(to, " contacts=%u", c->contacts);
  print_names(to, " taking-part=", &c->participants);
  for (uint32_t i = 0; i < c->trail.n; i++)
    fprintf(to, "%s%.*s", i ? ">" : " trail=", BT_STR_ARG(c->trail.v[i].department));
  for (uint32_t i = 0; i < c->facts.n; i++) {
    fprintf(to, " fact:%.*s=", BT_STR_ARG(c->facts.v[i].key));
    trace_print_str(to, c->facts.v[i].value);
  }
  for (uint32_t i = 0; i < c->tried.n; i++)
    fprintf(to, " tried:%.*s=%u", BT_STR_ARG(c->tried.v[i].route), c->tried.v[i].times);
  print_waits(to, &c->journey);
  fputc('\n', to);
}

void trace_print_world(FILE *to, const struct trace_world *w) {
  for (uint32_t i = 0; i < w->n_cases; i++)
    trace_print_case(to, &w->cases[i]);
  for (uint32_t i = 0; i < w->n_customers; i++) {
    const struct bt_customer *c = &w->customers[i];
    fprintf(to, "  customer %" PRIu64 " v%" PRIu64, c->id, c->version);
    for (uint32_t k = 0; k < c->identifiers.n; k++)
      fprintf(to, " %.*s:%.*s", BT_STR_ARG(c->identifiers.v[k].domain), BT_STR_ARG(c->identifiers.v[k].value));
    fputc('\n', to);
  }
}
