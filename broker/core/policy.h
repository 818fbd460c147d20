/* Who may read what: the one place that decides it.
 *
 * Every delivery, answer, card and error passes through here. Deny by default. The rule: a department that takes part
 * in a case reads it; any other reads nothing, and cannot tell a case it may not read from one that does not exist.
 * Labels restrict further. What a department did itself, and what calls or tells it in particular, it reads in any
 * case. In an external department's eyes what bears no label is internal.
 *
 * policy.c: who takes part, who sees what. policy_told.c: whom an event is meant for. policy_cut.c: what is taken out.
 */
#ifndef BT_CORE_POLICY_H
#define BT_CORE_POLICY_H

#include "base/arena.h"
#include "base/code.h"
#include "core/case.h"
#include "core/entry.h"
#include "core/rules.h"

enum bt_sight {
  BT_SIGHT_NONE, /* as if it were not there */
  BT_SIGHT_STUB, /* when, kind, case and who acted */
  BT_SIGHT_FULL,
};

/* department takes part in the case: custodian, former custodian, owner, offered while open, asked, told of an
 * escalation, or having logged a contact. An external one only while it holds the case, is offered it, or is asked. */
bool bt_policy_takes_part(const struct bt_rules *rules, const struct bt_case *c, struct bt_str department);
/* May `department` read what bears these labels? All of them; without labels everybody may who takes part, but an
 * external department reads only what bears a label of its own. */
bool bt_policy_reads(const struct bt_rules *rules, struct bt_str department, const struct bt_strs *labels);
/* The same for the one label of a fact, a promise, a question, work or a failed route; empty: none. */
bool bt_policy_reads_item(const struct bt_rules *rules, struct bt_str department, struct bt_str label);
/* The same for the words that say what the case is about: without a label they are for everybody who takes part. */
bool bt_policy_reads_words(const struct bt_rules *rules, struct bt_str department, struct bt_str label);
/* It has broken the glass of this case, and the time is not over. Its grant is for the caller to check. */
bool bt_policy_glass(const struct bt_case *c, struct bt_str department, int64_t now_us);
/* May `department` read this case at all? NULL rules or an unconfigured department: no. */
enum bt_sight bt_policy_case(const struct bt_rules *rules, const struct bt_case *c, struct bt_str department);
/* May `department` read this entry of the case? glass: it has broken the glass, and asks to see what that shows. */
enum bt_sight bt_policy_entry(const struct bt_rules *rules, const struct bt_case *c, const struct bt_entry *e,
                              struct bt_str department, bool glass);
/* The best sight over all departments an adapter acts for. */
enum bt_sight bt_policy_entry_adapter(const struct bt_rules *rules, const struct bt_case *c, const struct bt_entry *e,
                                      const struct bt_adapter *adapter);
/* May `department` find this customer by identifier? With `front`: yes; else where it takes part in one of the cases.
 */
bool bt_policy_customer(const struct bt_rules *rules, struct bt_str department, bool takes_part_in_one);

/* The departments that an event calls to act, or answers: each of them gets it, whatever its adapters follow; the card
 * goes to them alone. Most kinds call nobody. */
enum { BT_MAX_CALLED = 4 };
uint32_t bt_policy_called(const struct bt_entry *e, struct bt_str v[BT_MAX_CALLED]);
/* The first department of this adapter that the event calls; empty: none. */
struct bt_str bt_policy_called_of(const struct bt_entry *e, const struct bt_adapter *adapter);
/* Does the event ask somebody into the case? Once the invitation is over, it is none of that department's business. */
bool bt_policy_invites(const struct bt_entry *e);
/* Is the event about something that this department has or had to do with: the end of an offer that was made to it, of
 * a question it was asked, its promise, its work? It learns of it even where it no longer takes part. */
bool bt_policy_tells(const struct bt_entry *e, struct bt_str department);

/* The case, and a card of it, as `department` may read them: items whose label it may not read are taken out and
 * counted. In a case its own items stay. In `arena`. */
int bt_policy_cut_case(const struct bt_rules *rules, const struct bt_case *c, struct bt_str department, bool glass,
                       struct bt_arena *arena, struct bt_case *ret, uint32_t *ret_hidden) BT_MUST_CHECK;
int bt_policy_cut_card(const struct bt_rules *rules, const struct bt_card *card, struct bt_str department, bool glass,
                       struct bt_arena *arena, const struct bt_card **ret) BT_MUST_CHECK;
/* An offer or a question calls a department whose labels do not allow its words: the offer was passed on to it by the
 * broker, or the right was taken away since. It is called all the same, without the words. */
void bt_policy_cut_words(const struct bt_rules *rules, struct bt_str department, struct bt_entry *e);
/* Takes card and digest out of an offer, a report, an escalation: they are told beside the event, to the departments
 * that are called to act, and by the card query. NULL and empty where the event has none. */
void bt_policy_take_card(struct bt_entry *e, const struct bt_card **ret_card, struct bt_str *ret_digest);
/* Leaves in *e only what a stub may say. sight: NONE (it no longer takes part) or STUB, which also says who acted. */
void bt_policy_cut_to_stub(struct bt_entry *e, enum bt_sight sight);

#endif
