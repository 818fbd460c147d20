/* The handoff card of a case: that of the open offer, as it was when it was made or directed; else one made now, which
 * no digest names. The digest is that of the whole card, whatever of it the asker may read. */
#include "core/card.h"
#include "codec/event_codec.h"
#include "core/policy.h"
#include "query/ask.h"

static int read_entry(const struct bt_ask *ask, uint64_t sequence, bool head_only, struct bt_arena *arena,
                      struct bt_entry *ret) {
  struct bt_journal_record record;
  int rc = bt_journal_read(ask->context->journal, sequence, arena, &record);
  return rc < 0 ? rc : bt_entry_decode(record.head, head_only ? (struct bt_str){0} : record.body, arena, ret);
}

/* The newest entry of the case that directed its offer to somebody. 0: there is none. */
static int directed(const struct bt_ask *ask, const struct bt_case *c, uint64_t *ret) {
  struct bt_entry e;
  *ret = 0;
  for (uint64_t at = c->last_sequence; at > c->offer.id; at = e.previous) {
    if (ask->context->mono_us() >= ask->until_us)
      return -BT_BUSY;
    bt_arena_reset(ask->scratch);
    int rc = read_entry(ask, at, true, ask->scratch, &e);
    if (rc < 0)
      return rc;
    if (e.previous >= at)
      return -BT_CORRUPT;
    if (e.kind == BT_HANDOFF_DIRECTED) {
      *ret = at;
      return 0;
    }
  }
  return 0;
}

/* The card that the offer's digest is of: it came with the offer, or, where that had waited for somebody to open, with
 * the entry that directed it there. NULL in *ret: there is none any more. */
static int offered_card(const struct bt_ask *ask, const struct bt_case *c, const struct bt_card **ret) {
  struct bt_entry e;
  const struct bt_card *card;
  struct bt_str digest = {0};
  uint64_t at = c->offer.id;
  int rc = read_entry(ask, at, false, ask->arena, &e);
  if (rc == 0)
    bt_policy_take_card(&e, &card, &digest);
  if (rc == 0 && !bt_str_eq(digest, c->offer.digest)) {
    rc = directed(ask, c, &at);
    if (rc == 0 && at)
      rc = read_entry(ask, at, false, ask->arena, &e);
    if (rc == 0 && at)
      bt_policy_take_card(&e, &card, &digest);
  }
  if (rc < 0)
    return rc == -BT_ABSENT || rc == -BT_AWAY ? 0 : rc;
  *ret = bt_str_eq(digest, c->offer.digest) ? card : NULL;
  return 0;
}

int bt_ask_card(const struct bt_ask *ask, struct bt_answer *ret) {
  struct bt_case c;
  const struct bt_card *card = NULL;
  int rc = bt_ask_located(ask, ret, &c);
  if (rc == 0 && c.offer.id) {
    ret->offer = c.offer.id;
    rc = offered_card(ask, &c, &card);
  }
  if (rc == 0 && card) {
    ret->digest = c.offer.digest;
  } else if (rc == 0) {
    struct bt_card *made;
    rc = bt_card_make(&c, (struct bt_str){0}, ask->arena, &made);
    card = rc == 0 ? made : NULL;
  }
  if (rc < 0)
    return rc;
  return bt_policy_cut_card(ask->context->rules, card, ask->asker->department, bt_ask_sees_whole(ask, &c), ask->arena,
                            &ret->card);
}
