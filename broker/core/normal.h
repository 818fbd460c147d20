/* One spelling for each identifier, so that two departments' spellings of one customer meet. */
#ifndef BT_CORE_NORMAL_H
#define BT_CORE_NORMAL_H

#include "base/arena.h"
#include "base/code.h"
#include "core/rules.h"

/* EXACT: outer blanks off. LOWER: ASCII letters lower-cased as well (mail addresses). PHONE: to E.164: "+" and 5 to 15
 * digits, from "+..", "00..", or a national number where the domain has a country code (its leading 0 dropped).
 * -BT_INVALID where nothing valid remains. */
int bt_normalise(const struct bt_domain *domain, struct bt_str value, struct bt_arena *arena,
                 struct bt_str *ret) BT_MUST_CHECK;

#endif
