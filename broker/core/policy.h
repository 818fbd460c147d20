/* Who may read what: the one place that decides it.
 *
 * Every delivery, answer, card and error passes through here. Deny by default. The rule: a department that takes part
 * in a case reads it; any other reads nothing, and cannot tell a case it may not read from one that does not exist. An
 * event may also be read by the departments it was addressed to or came from (an offer and its end, a report). */
#ifndef BT_CORE_POLICY_H
#define BT_CORE_POLICY_H

#include "core/case.h"
#include "core/entry.h"
#include "core/rules.h"

enum bt_sight {
  BT_SIGHT_NONE, /* as if it were not there */
  BT_SIGHT_STUB, /* when, kind and case */
  BT_SIGHT_FULL,
};

/* department takes part in the case: custodian, former custodian, owner, offered while open, or having logged a
 * contact. */
bool bt_policy_takes_part(const struct bt_case *c, struct bt_str department);
/* May `department` read this case at all? NULL rules or an unconfigured department: no. */
enum bt_sight bt_policy_case(const struct bt_rules *rules, const struct bt_case *c, struct bt_str department);
/* May `department` read this entry of the case? */
enum bt_sight bt_policy_entry(const struct bt_rules *rules, const struct bt_case *c, const struct bt_entry *e,
                              struct bt_str department);
/* The best sight over all departments an adapter acts for. */
enum bt_sight bt_policy_entry_adapter(const struct bt_rules *rules, const struct bt_case *c, const struct bt_entry *e,
                                      const struct bt_adapter *adapter);
/* May `department` find this customer by identifier? With `front`: yes; else where it takes part in one of the cases.
 */
bool bt_policy_customer(const struct bt_rules *rules, struct bt_str department, bool takes_part_in_one);
/* The department that an event calls to act: it alone gets the card. Empty for most kinds. */
struct bt_str bt_policy_called(const struct bt_entry *e);
/* Takes card and digest out of an offer or a report: they are told beside the event, to the department that is called
 * to act, and by the card query. NULL and empty where the event has none. */
void bt_policy_take_card(struct bt_entry *e, const struct bt_card **ret_card, struct bt_str *ret_digest);
/* Leaves in *e only what a stub may say. */
void bt_policy_cut_to_stub(struct bt_entry *e);

#endif
