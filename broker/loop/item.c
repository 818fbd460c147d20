/* One delivery as policy lets its adapter see it now: the inbox row names it, the journal has it. */
#include "codec/event_codec.h"
#include "core/policy.h"
#include "core/ref.h"
#include "loop/parts.h"

static int read_entry(struct bt_loop *l, uint64_t sequence, struct bt_entry **ret) {
  struct bt_entry *e = BT_NEW(&l->release, struct bt_entry);
  struct bt_journal_record r;
  if (!e)
    return -BT_NOMEM;
  int rc = bt_journal_read(l->parts.journal, sequence, &l->release, &r);
  if (!rc)
    rc = bt_entry_decode(r.head, r.body, &l->release, e);
  e->sequence = sequence;
  *ret = e;
  return rc;
}

/* The card goes to the department that is called to act, and to no other; cut for it, while the digest stays that of
 * the whole card. */
static int move_card(struct bt_loop *l, const struct bt_adapter *adapter, struct bt_entry *e,
                     struct bt_delivery_item *item) {
  const struct bt_card *card;
  struct bt_str digest, department = bt_policy_called_of(e, adapter);
  bt_policy_take_card(e, &card, &digest);
  if (!department.n)
    return 0;
  bt_policy_cut_words(l->rules, department, e);
  item->digest = digest;
  return card ? bt_policy_cut_card(l->rules, card, department, false, &l->release, &item->card) : 0;
}

int bt_item_make(struct bt_loop *l, const struct bt_adapter *adapter, uint64_t sequence, const struct bt_inbox_row *row,
                 struct bt_delivery_item *ret) {
  struct bt_entry *e;
  struct bt_case c;
  int rc = read_entry(l, sequence, &e);
  if (!rc)
    rc = bt_store_case(l->parts.store, BT_NOW, row->case_id, &l->release, &c);
  if (rc)
    return rc;
  const enum bt_sight sight = bt_policy_entry_adapter(l->rules, &c, e, adapter);
  struct bt_delivery_item item = {
      .sequence = sequence,
      .attempt = row->attempts,
      .gap = bt_store_has_dead(l->parts.store, BT_NOW, adapter->name, row->case_id),
      .stub = sight != BT_SIGHT_FULL,
      .recorded = {.entry = e},
  };
  item.recorded.stub = item.stub;
  if (item.stub) {
    bt_policy_cut_to_stub(e, sight);
  } else {
    item.recorded.ref = bt_ref_new(&l->release, c.number);
    rc = move_card(l, adapter, e, &item);
  }
  if (rc)
    return rc;
  *ret = item;
  return l->release.exhausted ? -BT_NOMEM : 0;
}
