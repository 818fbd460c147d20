/* Parts that a case and a card have in common. Private to the files that show them. */
#ifndef BT_CONTROL_SHOW_CASE_H
#define BT_CONTROL_SHOW_CASE_H

#include "control/command.h"
#include "core/case.h"

/* A fact stays as it was recorded, also where a later event corrected it: then its row says which. */
void bt_show_facts(struct bt_call *call, const struct bt_facts *facts, const struct bt_corrections *corrections);
void bt_show_tried(struct bt_call *call, const struct bt_trieds *tried);
void bt_show_trail(struct bt_call *call, const struct bt_stops *trail);
void bt_show_promises(struct bt_call *call, const struct bt_promises *promises);
void bt_show_questions(struct bt_call *call, const struct bt_questions *questions);
void bt_show_work(struct bt_call *call, const struct bt_works *work);
void bt_show_concerns(struct bt_call *call, const struct bt_concerns *concerns);
void bt_show_advisories(struct bt_call *call, const struct bt_advisory_notes *advisories);

#endif
