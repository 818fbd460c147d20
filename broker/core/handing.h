/* Inside the rules of custody: what offers, their ends and their re-offers share. Not for other rooms. */
#ifndef BT_CORE_HANDING_H
#define BT_CORE_HANDING_H

#include "core/deciding.h"

/* The card of the case as it is handed on, with its digest. `label` is that of next_step; without a next_step those of
 * the open offer are on it. */
int bt_hand_card(struct bt_deciding *d, struct bt_str next_step, struct bt_str label, struct bt_card **ret_card,
                 struct bt_str *ret_digest);
/* A set of one label, or none. */
int bt_label_set(struct bt_deciding *d, struct bt_str label, struct bt_strs *ret);

/* rules_answer.c: the offer is open (history may say "the open one" by naming none); and has been made to somebody by
 * now; and this is the department. */
int bt_check_offer(struct bt_deciding *d, uint64_t offer);
int bt_check_made(struct bt_deciding *d, uint64_t offer);
int bt_check_offered_to(struct bt_deciding *d);

/* rules_handoff.c: completes an entry that withdraws the open offer. */
int bt_withdraw_offer(struct bt_deciding *d, struct bt_entry *e);
/* handoff_next.c: the open offer expires, and what comes next. by_topic: its topic is still worth asking for. */
int bt_expire_offer(struct bt_deciding *d, bool by_topic);
/* timer_offer.c: nobody has answered the open offer, and none may any more: custody by decision, or it expires. */
int bt_offer_unanswered(struct bt_deciding *d);

#endif
