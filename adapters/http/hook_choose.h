/* Which target a delivery goes to. */
#ifndef BATON_HTTP_HOOK_CHOOSE_H
#define BATON_HTTP_HOOK_CHOOSE_H

#include "hook.h"
#include "hook_target.h"

/* The first that takes its kind and its topic; NULL: none. The topic is told by a card and by CaseOpened alone: a
 * target with topics takes nothing else. */
struct hook_target *hook_choose(const struct hooks *h, const baton_delivery *d);

#endif
