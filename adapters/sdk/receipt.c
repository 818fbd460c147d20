/* What the broker says to submitted events. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sdk.h"
#include "text.h"

enum { BUSY_JITTER_MS = 100, BUSY_CAP_MS = 5000, RESTART_FIRST_MS = 200, RESTART_CAP_MS = 10000 };

static void log_refusal(baton *b, const Baton__V1__ReceiptItem *r, const char *source_key) {
  char count[24];
  if (!baton_log_due(++b->refused_items))
    return;
  snprintf(count, sizeof count, "%" PRIu64, b->refused_items);
  baton_log("warn", "refused", "key", source_key, "code", baton_code_name((int)r->code), "field", r->field, "count",
            count, NULL);
}

void bt_sdk_tell_receipt(baton *b, const Baton__V1__ReceiptItem *r, const char *source_key, void *user) {
  if (!b->options.on_receipt) {
    if (r->code != BATON__V1__CODE__CODE_OK && b->is_program)
      log_refusal(b, r, source_key);
    return;
  }
  const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(&baton__v1__found__descriptor, (int)r->found);
  char *json = bt_sdk_json_text(&r->base);
  baton_receipt receipt = {
      .source_key = source_key,
      .code = (int)r->code,
      .code_name = baton_code_name((int)r->code),
      .text = r->text,
      .field = r->field,
      .duplicate = r->duplicate,
      .sequence = r->sequence,
      .case_id = r->case_,
      .version = r->version,
      .customer = r->customer,
      .offer = r->offer,
      .ref = r->ref,
      .to = r->to,
      .found = found && r->found ? found->name : "",
      .delivery = r->delivery,
      .user = user,
      .json = json ? json : "{}",
  };
  bool was = b->inside;
  b->inside = true;
  b->options.on_receipt(b->options.context, &receipt);
  b->inside = was;
  free(json);
}

static void busy(baton *b, struct bt_sdk_item *item, uint32_t retry_after_ms) {
  uint64_t number = item->number;
  b->unsent_bytes = 0;
  b->unsent = item;
  for (struct bt_sdk_item *i = item; i; i = i->next) {
    if (i->number) {
      b->n_sent--;
      b->stale += i != item;
    }
    i->number = 0;
    b->unsent_bytes += bt_sdk_item_size(i);
  }
  b->next_number = number;
  b->busy_until_ms =
      bt_sdk_mono_ms() + retry_after_ms + baton_backoff_ms(++b->busy_attempt, BUSY_JITTER_MS, BUSY_CAP_MS);
}

static void done(baton *b, struct bt_sdk_item *before, struct bt_sdk_item *item, const Baton__V1__ReceiptItem *r) {
  if (before)
    before->next = item->next;
  else
    b->first = item->next;
  if (b->last == item)
    b->last = before;
  b->n_items--;
  b->n_sent--;
  b->busy_attempt = 0;
  if (!item->spooled || bt_sdk_spool_receipted(b, item, r))
    bt_sdk_tell_receipt(b, r, item->source_key, item->user);
  bt_sdk_item_free(item);
}

/* The event itself was not judged. */
bool bt_sdk_is_about_session(int code) {
  return code > 0 && code < BATON_E_INVALID && code != BATON_E_BUSY;
}

void bt_sdk_receipt_restart(baton *b, const Baton__V1__ReceiptItem *r) {
  char why[BT_SDK_ERROR];
  snprintf(why, sizeof why, "%s: %.150s", baton_code_name((int)r->code), r->text);
  if (b->state == BT_SDK_WELCOME) /* the first of many answers will do */
    bt_sdk_restart(b, (int)r->code, why,
                   (int64_t)r->retry_after_ms + baton_backoff_ms(++b->hello_attempt, RESTART_FIRST_MS, RESTART_CAP_MS));
}

void bt_sdk_receipt(baton *b, const Baton__V1__ReceiptItem *r) {
  if (r->delivery) {
    bt_sdk_settle_receipt(b, r);
    return;
  }
  struct bt_sdk_item *before = NULL, *item = b->first;
  for (; item && item->number && item->number != r->number; item = item->next)
    before = item;
  if (!item || !r->number || item->number != r->number) {
    if (b->stale > 0 && r->number > b->next_number)
      b->stale--;
    return;
  }
  if (r->code == BATON__V1__CODE__CODE_BUSY)
    busy(b, item, r->retry_after_ms);
  else if (bt_sdk_is_about_session((int)r->code))
    bt_sdk_receipt_restart(b, r);
  else
    done(b, before, item, r);
}
