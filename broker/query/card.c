/* The handoff card of a case: that of the open offer, as it was when it was made; else one made now, which no digest
 * names. */
#include "core/card.h"
#include "codec/event_codec.h"
#include "query/ask.h"

/* NULL in *ret: the entry has no card any more. */
static int offered_card(const struct bt_ask *ask, uint64_t offer, const struct bt_card **ret) {
  struct bt_journal_record record;
  struct bt_entry entry;
  int rc = bt_journal_read(ask->context->journal, offer, ask->arena, &record);
  if (rc == 0)
    rc = bt_entry_decode(record.head, record.body, ask->arena, &entry);
  if (rc < 0)
    return rc == -BT_ABSENT ? 0 : rc;
  if (entry.event.kind == BT_HANDOFF_OFFERED)
    *ret = entry.event.handoff_offered.card;
  return 0;
}

int bt_ask_card(const struct bt_ask *ask, struct bt_answer *ret) {
  struct bt_case c;
  int rc = bt_ask_located(ask, ret, &c);
  if (rc == 0 && c.offer.id) {
    ret->offer = c.offer.id;
    rc = offered_card(ask, c.offer.id, &ret->card);
  }
  if (rc == 0 && ret->card)
    ret->digest = c.offer.digest;
  if (rc < 0 || ret->card)
    return rc;
  struct bt_card *card;
  rc = bt_card_make(&c, (struct bt_str){0}, ask->arena, &card);
  if (rc == 0)
    ret->card = card;
  return rc;
}
