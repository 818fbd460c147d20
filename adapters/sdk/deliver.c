/* Deliveries: handed to the adapter once, remembered until it gave its verdict. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sdk.h"

/* What a callback gets: the public part first, so that baton_delivery_get finds the rest. */
struct delivery {
  baton_delivery public;
  const Baton__V1__DeliveryItem *item;
  char **text; /* of the last baton_delivery_get */
};

const char *baton_delivery_get(const baton_delivery *d, const char *path) {
  const struct delivery *inside = (const struct delivery *)d;
  free(*inside->text);
  *inside->text = bt_sdk_path_get(&inside->item->base, path);
  return *inside->text;
}

int baton_delivery_check(const char *path, char *error) {
  char ignored[BT_SDK_ERROR];
  if (!error)
    error = ignored;
  snprintf(error, BT_SDK_ERROR, "no path");
  return path && bt_sdk_path_exists(&baton__v1__delivery_item__descriptor, path, error) ? 0 : -BATON_E_INVALID;
}

bool baton_delivery_has_kind(const char *kind) {
  if (kind && strcasecmp(kind, "resync") == 0)
    return true;
  baton_event *e = kind ? baton_event_new(kind) : NULL;
  baton_event_free(e);
  return e != NULL;
}

struct bt_sdk_open *bt_sdk_open_find(const baton *b, uint64_t sequence) {
  for (size_t i = 0; i < b->n_open; i++)
    if (b->open[i].sequence == sequence)
      return &b->open[i];
  return NULL;
}

void bt_sdk_open_remove(baton *b, uint64_t sequence) {
  struct bt_sdk_open *open = bt_sdk_open_find(b, sequence);
  if (open)
    *open = b->open[--b->n_open];
}

static bool open_add(baton *b, uint64_t sequence) {
  if (b->n_open == b->open_room) {
    size_t room = b->open_room ? 2 * b->open_room : 64;
    struct bt_sdk_open *grown = realloc(b->open, room * sizeof *grown);
    if (!grown)
      return false;
    b->open = grown;
    b->open_room = room;
  }
  b->open[b->n_open++] = (struct bt_sdk_open){.sequence = sequence, .here = true};
  return true;
}

static const char *kind_name(const Baton__V1__DeliveryItem *item, const Baton__V1__Event *e) {
  if (item->resync)
    return "Resync";
  if (!e)
    return "";
  const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field(e->base.descriptor, e->kind_case);
  return f ? ((const ProtobufCMessageDescriptor *)f->descriptor)->short_name : "";
}

static baton_verdict ask(baton *b, const Baton__V1__DeliveryItem *item) {
  static const Baton__V1__Recorded nothing = BATON__V1__RECORDED__INIT;
  const Baton__V1__Recorded *r = item->recorded ? item->recorded : &nothing;
  char *text = NULL, *json = bt_sdk_json_text(&item->base);
  struct delivery d = {
      .public = {.sequence = item->sequence,
                 .case_id = r->case_,
                 .version = r->version,
                 .ref = r->ref,
                 .kind = kind_name(item, r->event),
                 .department = r->event ? r->event->department : "",
                 .attempt = item->attempt,
                 .gap = item->gap,
                 .stub = item->stub,
                 .redelivery = item->redelivery,
                 .has_card = item->card != NULL,
                 .digest = item->digest.data,
                 .digest_size = item->digest.len,
                 .json = json ? json : "{}"},
      .item = item,
      .text = &text,
  };
  bool was = b->inside;
  b->inside = true;
  baton_verdict verdict = b->options.on_delivery(b->options.context, &d.public);
  b->inside = was;
  free(text);
  free(json);
  return verdict;
}

/* Delivered again, after the verdict was given but perhaps not heard, or while the adapter is still at it. */
static bool is_known(baton *b, uint64_t sequence) {
  struct bt_sdk_settle *settle = bt_sdk_settle_find(b, sequence);
  struct bt_sdk_open *open = bt_sdk_open_find(b, sequence);
  if (open)
    open->here = true;
  if (settle && settle->state == BT_SDK_AWAITS_DELIVERY)
    settle->state = BT_SDK_QUEUED;
  return settle || open;
}

void bt_sdk_deliver(baton *b, const Baton__V1__DeliveryItem *item) {
  if (is_known(b, item->sequence))
    return;
  if (b->n_open >= BT_SDK_WINDOW_MAX || !open_add(b, item->sequence))
    return; /* more than the credit allows, or no memory: it stays in the inbox and comes again */
  baton_verdict verdict = b->options.on_delivery ? ask(b, item) : BATON_REJECT;
  const char *reason = b->options.on_delivery ? NULL : "this adapter takes no deliveries";
  if (verdict == BATON_LATER || !bt_sdk_open_find(b, item->sequence) || bt_sdk_settle_find(b, item->sequence))
    return; /* settled from inside the callback, or to come */
  uint32_t retry_after_ms = verdict == BATON_RETRY ? (uint32_t)baton_backoff_ms(item->attempt, 2000, 300000) : 0;
  if (baton_settle(b, item->sequence, verdict, retry_after_ms, reason) < 0)
    bt_sdk_open_remove(b,
                       item->sequence); /* no memory or no verdict: the broker delivers it again in a later session */
}
