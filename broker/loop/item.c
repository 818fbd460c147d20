/* One delivery as policy lets its adapter see it now: the inbox row names it, the journal has it. */
#include "base/clock.h"
#include "codec/event_codec.h"
#include "core/policy.h"
#include "core/ref.h"
#include "loop/parts.h"
#include "query/query.h"

static int read_entry(struct bt_loop *l, struct bt_arena *arena, uint64_t sequence, struct bt_entry **ret) {
  struct bt_entry *e = BT_NEW(arena, struct bt_entry);
  struct bt_journal_record r;
  if (!e)
    return -BT_NOMEM;
  int rc = bt_journal_read(l->parts.journal, sequence, arena, &r);
  if (!rc)
    rc = bt_entry_decode(r.head, r.body, arena, e);
  e->sequence = sequence;
  *ret = e;
  return rc;
}

/* The card goes to the department that is called to act, and to no other; cut for it, while the digest stays that of
 * the whole card. */
static int move_card(struct bt_loop *l, struct bt_arena *arena, const struct bt_adapter *adapter, struct bt_entry *e,
                     struct bt_delivery_item *item) {
  const struct bt_card *card;
  struct bt_str digest, department = bt_policy_called_of(e, adapter);
  bt_policy_take_card(e, &card, &digest);
  if (!department.n)
    return 0;
  bt_policy_cut_words(l->rules, department, e);
  item->digest = digest;
  return card ? bt_policy_cut_card(l->rules, card, department, false, arena, &item->card) : 0;
}

/* Something of this case did not come, or comes as a Resync behind this. */
static bool has_gap(struct bt_loop *l, const struct bt_adapter *adapter, uint64_t sequence,
                    const struct bt_inbox_row *row) {
  uint64_t resync;
  return bt_store_has_dead(l->parts.store, BT_NOW, adapter->name, row->case_id) ||
         (bt_store_resync(l->parts.store, BT_NOW, adapter->name, row->case_id, &resync) == 0 && resync > sequence);
}

/* The first of its departments that may know of the case. */
static struct bt_str reader_of(const struct bt_loop *l, const struct bt_case *c, const struct bt_adapter *adapter) {
  for (uint32_t i = 0; i < adapter->acts_for.n; i++)
    if (bt_policy_case(l->rules, c, adapter->acts_for.v[i]) == BT_SIGHT_FULL)
      return adapter->acts_for.v[i];
  return (struct bt_str){0};
}

/* The case as it is now, as a card query of the adapter would tell it. */
static int ask_card(struct bt_loop *l, struct bt_arena *arena, const struct bt_adapter *adapter,
                    struct bt_str department, uint64_t case_id, struct bt_answer *ret) {
  const struct bt_query_context context = {
      .rules = l->rules,
      .store = l->parts.store,
      .journal = l->parts.journal,
      .now_us = bt_time_now(l),
      .budget_us = BT_QUERY_BUDGET_US,
      .mono_us = bt_clock_mono_us,
      .loads = bt_store_loads(l->parts.store),
  };
  const struct bt_asker asker = {.adapter = adapter, .department = department};
  const struct bt_query query = {.kind = BT_QUERY_CARD, .locator = {.id = case_id}};
  return bt_query_answer(&context, &asker, &query, arena, ret);
}

/* What stands for older deliveries. */
static int make_resync(struct bt_loop *l, struct bt_arena *arena, const struct bt_adapter *adapter,
                       const struct bt_inbox_row *row, const struct bt_case *c, struct bt_delivery_item *item) {
  struct bt_entry *e = BT_NEW(arena, struct bt_entry);
  struct bt_answer answer = {.code = BT_UNKNOWN_CASE};
  struct bt_str department = reader_of(l, c, adapter);
  if (!e)
    return -BT_NOMEM;
  *e = (struct bt_entry){
      .sequence = item->sequence, .recorded_at_us = item->recorded.entry->recorded_at_us, .case_id = c->id};
  item->recorded.entry = e;
  item->has_resync = true;
  item->resync.replaced = row->replaced;
  int rc = department.n ? ask_card(l, arena, adapter, department, c->id, &answer) : 0;
  if (rc)
    return rc;
  item->stub = item->recorded.stub = answer.code != BT_OK;
  if (item->stub)
    return 0;
  e->version = c->version;
  item->recorded.ref = bt_ref_new(arena, c->number);
  item->card = answer.card;
  item->digest = answer.digest;
  return 0;
}

int bt_item_make(struct bt_loop *l, struct bt_arena *arena, const struct bt_adapter *adapter, uint64_t sequence,
                 const struct bt_inbox_row *row, struct bt_delivery_item *ret) {
  struct bt_entry *e;
  struct bt_case c;
  int rc = read_entry(l, arena, sequence, &e);
  if (!rc)
    rc = bt_store_case(l->parts.store, BT_NOW, row->case_id, arena, &c);
  if (rc)
    return rc;
  struct bt_delivery_item item = {
      .sequence = sequence,
      .attempt = row->attempts,
      .gap = has_gap(l, adapter, sequence, row),
      .redelivery = row->redelivery,
      .recorded = {.entry = e},
  };
  const enum bt_sight sight = bt_policy_entry_adapter(l->rules, &c, e, adapter);
  item.stub = item.recorded.stub = e->kind != BT_RESYNCED && sight != BT_SIGHT_FULL;
  if (e->kind == BT_RESYNCED) {
    rc = make_resync(l, arena, adapter, row, &c, &item);
  } else if (item.stub) {
    bt_policy_cut_to_stub(e, sight);
  } else {
    item.recorded.ref = bt_ref_new(arena, c.number);
    rc = move_card(l, arena, adapter, e, &item);
  }
  if (rc)
    return rc;
  *ret = item;
  return arena->exhausted ? -BT_NOMEM : 0;
}

int bt_loop_item(void *loop, struct bt_str adapter, uint64_t sequence, uint64_t case_id, struct bt_arena *arena,
                 struct bt_delivery_item *ret) {
  struct bt_loop *l = loop;
  const struct bt_adapter *a = bt_rules_adapter(l->rules, adapter);
  const struct bt_inbox_row row = {.case_id = case_id, .redelivery = true};
  return a ? bt_item_make(l, arena, a, sequence, &row, ret) : -BT_NOT_FOUND;
}
