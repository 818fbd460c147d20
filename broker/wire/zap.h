/* Who may connect: the broker's answers to ZAP (ZeroMQ RFC 27), and what they leave on each message. */
#ifndef BT_WIRE_ZAP_H
#define BT_WIRE_ZAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/counters.h"
#include "core/rules.h"

/* The adapter of a key under these rules; NULL: a stranger. The one place that turns a key into an adapter. */
const struct bt_adapter *bt_zap_adapter(const struct bt_rules *rules, const uint8_t key[32]);

/* Answers one waiting request. 1: answered, *ret_key (may be NULL) is the key that was refused, zeros where it was
 * admitted. 0: none was waiting. Never blocks. */
int bt_zap_answer(void *zap, const struct bt_rules *rules, struct bt_counters *counters, uint8_t *ret_refused_key);

/* The User-Id that ZAP gave the connection is the key in hexadecimal. false: none, or not ours. */
bool bt_zap_user_key(const char *user_id, uint8_t ret_key[32]);

#endif
