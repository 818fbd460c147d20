/* One event on its way to a decision: decoded, identifiers normalised and hashed, the scene gathered. */
#include "codec/event_codec.h"
#include "core/normal.h"
#include "loop/parts.h"

struct making {
  struct bt_loop *l;
  struct bt_request request;
  struct bt_receipt refusal;
};

static int refuse(struct making *m, int code, const char *field, struct bt_str text) {
  m->refusal.code = (uint32_t)code;
  m->refusal.field = bt_str(field);
  m->refusal.text = text.n ? text : bt_str(bt_code_text(code));
  return -code;
}

/* Values that mean one customer must be written one way before they are filed or looked for. One that several customers
 * may have is filed under no key, and finds nobody. */
static int normalise(struct making *m, const struct bt_identifier *id, const char *field, struct bt_str *ret_value,
                     uint8_t ret_key[16]) {
  struct bt_loop *l = m->l;
  const struct bt_domain *domain = bt_rules_domain(l->rules, id->domain);
  if (!domain)
    return refuse(m, BT_UNKNOWN_DOMAIN, field, (struct bt_str){0});
  int rc = bt_normalise(domain, id->value, &l->decide, ret_value);
  if (rc == -BT_INVALID)
    return refuse(m, BT_INVALID, field, BT_LIT("not a valid value for this identifier's domain"));
  if (rc)
    return rc;
  if (!domain->shared)
    bt_store_identifier_key(l->parts.store, id->domain, *ret_value, ret_key);
  return 0;
}

static int normalise_own(struct making *m, const struct bt_identifier *id, const char *field) {
  return id->domain.n ? normalise(m, id, field, &m->request.identifier_value, m->request.identifier_key) : 0;
}

static int normalise_other(struct making *m, const struct bt_identifier *id, const char *field) {
  return id->domain.n ? normalise(m, id, field, &m->request.same_as_value, m->request.same_as_key) : 0;
}

static int normalise_all(struct making *m) {
  const struct bt_event *e = &m->request.event;
  const struct bt_identifier *located = &e->locator.identifier;
  struct bt_str *value = &m->request.identifier_value;
  uint8_t *key = m->request.identifier_key;
  int rc;
  switch (e->kind) {
  case BT_IDENTIFIER_LINKED:
    rc = normalise(m, &e->identifier_linked.identifier, "identifier_linked.identifier", value, key);
    if (!rc && e->identifier_linked.same_as.domain.n)
      return normalise_other(m, &e->identifier_linked.same_as, "identifier_linked.same_as");
    return rc ? rc : normalise_other(m, located, "locator.identifier");
  case BT_IDENTIFIER_UNLINKED:
    rc = normalise(m, &e->identifier_unlinked.identifier, "identifier_unlinked.identifier", value, key);
    return rc ? rc : normalise_other(m, located, "locator.identifier");
  case BT_CUSTOMERS_MERGED:
    rc = normalise_own(m, &e->customers_merged.into_identifier, "customers_merged.into_identifier");
    return rc ? rc : normalise_other(m, &e->customers_merged.merged_identifier, "customers_merged.merged_identifier");
  default:
    return normalise_own(m, located, "locator.identifier");
  }
}

/* Keys of settles live in the same table; their first byte keeps them apart. */
static bool key_reserved(const struct bt_incoming *in) {
  return !in->carried && in->source_key.n && in->source_key.p[0] == BT_SETTLE_KEY[0];
}

static int decode(struct making *m, const struct bt_incoming *in) {
  struct bt_loop *l = m->l;
  if (key_reserved(in))
    return refuse(m, BT_INVALID, "source_key", BT_LIT("a source key does not begin with a control character"));

  struct bt_request *r = &m->request;
  struct bt_str field = {0}, text = {0};
  int rc = bt_event_decode(in->bytes, &l->decide, &r->event, &field, &text);
  if (rc == -BT_NOMEM)
    return rc;
  if (rc) {
    m->refusal.code = (uint32_t)-rc;
    m->refusal.field = field;
    m->refusal.text = text.n ? text : bt_str(bt_code_text(rc));
    return rc;
  }
  if (!r->event.department.n)
    r->event.department = in->adapter->department;
  struct bt_reference *reference = &r->event.locator.reference;
  if (reference->local_id.n && !reference->department.n)
    reference->department = r->event.department;
  r->adapter = in->adapter;
  r->source_key = in->source_key;
  r->first_tried_at_us = in->first_tried_at_us;
  r->has_cursor = in->has_cursor;
  r->cursor = in->cursor;
  bt_store_digest(in->bytes.p, in->bytes.n, r->content_hash);
  return normalise_all(m);
}

/* What a correction corrects, from the journal: an entry of a case, made by a department. */
static int load_superseded(struct bt_loop *l, const struct bt_event *e, struct bt_scene *scene) {
  if (e->kind != BT_CORRECTION_MADE)
    return 0;
  struct bt_journal_record record;
  struct bt_entry entry;
  int rc = bt_journal_read(l->parts.journal, e->correction_made.supersedes, &l->decide, &record);
  if (rc == -BT_ABSENT || rc == -BT_AWAY)
    return 0;
  if (!rc)
    rc = bt_entry_decode(record.head, record.body, &l->decide, &entry);
  if (rc)
    return rc;
  scene->superseded_exists = entry.stream == BT_STREAM_CASE;
  scene->superseded_case = entry.case_id;
  scene->superseded_department = entry.event.department;
  return 0;
}

static int decide(struct making *m, struct bt_decision *ret) {
  struct bt_loop *l = m->l;
  struct bt_scene scene;
  int rc = bt_store_scene(l->parts.store, &m->request, &l->decide, &scene);
  if (!rc)
    rc = load_superseded(l, &m->request.event, &scene);
  if (rc)
    return rc;
  scene.next_sequence = bt_store_position(l->parts.store, BT_NOW) + 1;
  scene.connected.n = l->batch.connected.n;
  scene.connected.v = l->batch.connected.v;
  return bt_decide(l->rules, &scene, &m->request, l->batch.now_us, bt_store_digest, &l->decide, ret);
}

static void count(struct bt_loop *l, const struct bt_receipt *r) {
  if (r->code)
    l->batch.tally.events_refused++;
  else if (r->duplicate)
    l->batch.tally.events_duplicate++;
  else
    l->batch.tally.events_accepted++;
}

/* A cursor without an accepted event: its own entry. */
static int move_cursor(struct bt_loop *l, const struct bt_incoming *in) {
  struct bt_entry e = {.kind = BT_CURSOR_MOVED, .adapter = in->adapter->name, .has_cursor = true, .cursor = in->cursor};
  return bt_batch_adapter_entry(l, &e);
}

static bool is_refusal(int rc) {
  return rc < 0 && -rc < BT_INTERNAL;
}

int bt_request_decide(struct bt_loop *l, const struct bt_incoming *in, struct bt_reply *ret) {
  struct making m = {.l = l};
  struct bt_decision decision = {0};
  int rc = in->bytes.n ? decode(&m, in) : 0;
  if (rc && !is_refusal(rc))
    return rc;
  if (rc)
    decision.receipt = m.refusal;
  else if (in->bytes.n && (rc = decide(&m, &decision)))
    return rc;
  for (uint32_t i = 0; i < decision.n; i++)
    if ((rc = bt_batch_record(l, &decision.v[i])))
      return rc;
  if (in->has_cursor && !decision.n && (rc = move_cursor(l, in)))
    return rc;
  if (in->bytes.n)
    count(l, &decision.receipt);
  *ret = (struct bt_reply){
      .receipt = decision.receipt,
      .department = m.request.event.department,
      .since_version = m.request.event.expected_version,
  };
  return 0;
}
