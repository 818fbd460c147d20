/* Verdicts on calls, and what of them the log is told. */
#ifndef BATON_HTTP_HOOK_SETTLE_H
#define BATON_HTTP_HOOK_SETTLE_H

#include "baton.h"
#include "hook_call.h"

void hook_settle(baton *b, const struct hook_call *c, baton_verdict verdict, int64_t after_ms, const char *why);
/* Not now: by what the system asked for, else by how often it was tried. */
void hook_settle_later(baton *b, const struct hook_call *c, const char *why, int64_t pause_ms, int first_ms);
void hook_settle_rejected(baton *b, const struct hook_call *c, const char *why);
/* true: it was the last chance, and the delivery is rejected. false: c says what to tell the system. */
bool hook_settle_refused(baton *b, struct hook_call *c, const char *code, const char *text);
/* From inside the delivery's callback: the target is down and holds its share. Returns BATON_LATER. */
baton_verdict hook_settle_surplus(baton *b, const struct hook_target *t, uint64_t sequence, uint32_t attempt);
/* Gives back what waits beyond the target's share. */
void hook_settle_share(baton *b, struct hook_target *t, size_t share);

#endif
