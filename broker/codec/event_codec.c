#include "codec/event_codec.h"

#include "baton/event.pb-c.h"
#include "codec/maps.h"

/* A kind that only the broker makes, or one without rules yet. */
static int check_kind(uint32_t kind, struct bt_map_refusal *refusal) {
  size_t i = bt_map_row_of(&bt_map_event, kind);
  if (kind == BT_KIND_NONE || i == bt_map_event.n)
    return 0;
  const struct bt_map_row *row = &bt_map_event.rows[i];
  bool broker = row->flags & BT_MAP_BROKER;
  if (!broker && row->class != BT_MAP_SKIP)
    return 0;
  refusal->field = bt_str(bt_map_event.descriptor->fields[i].name);
  refusal->text = broker ? BT_LIT("only the broker makes events of this kind") : BT_LIT("has no rules yet");
  return broker ? -BT_BROKER_ONLY : -BT_NOT_YET;
}

static int refuse(struct bt_map_refusal *refusal, const char *field, const char *text) {
  *refusal = (struct bt_map_refusal){bt_str(field), bt_str(text)};
  return -BT_INVALID;
}

static int check_refused(const struct bt_event *e, struct bt_map_refusal *refusal) {
  const struct bt_handoff_refused *r = &e->handoff_refused;
  bool must_say = r->reason == BT_REFUSAL_MISSING_INFORMATION || r->reason == BT_REFUSAL_OTHER;
  if (must_say && r->text.n == 0)
    return refuse(refusal, "handoff_refused.text", "is required with this reason");
  return 0;
}

static int check_status(const struct bt_event *e, struct bt_map_refusal *refusal) {
  const struct bt_status_changed *s = &e->status_changed;
  if (s->status != BT_STATUS_OPEN && s->status != BT_STATUS_PENDING)
    return refuse(refusal, "status_changed.status", "must be open or pending: other ends have kinds of their own");
  if (s->status == BT_STATUS_PENDING && s->pending_on == BT_PENDING_NONE)
    return refuse(refusal, "status_changed.pending_on", "is required when pending");
  return 0;
}

/* Whoever answers an offer names it, and the card that was read. History does not know them. */
static int check_answer(const struct bt_event *e, struct bt_map_refusal *refusal) {
  if (e->backfill)
    return 0;
  if (e->kind == BT_HANDOFF_ACCEPTED && e->handoff_accepted.offer == 0)
    return refuse(refusal, "handoff_accepted.offer", "is required");
  if (e->kind == BT_HANDOFF_ACCEPTED && e->handoff_accepted.digest.n == 0)
    return refuse(refusal, "handoff_accepted.digest", "is required");
  if (e->kind == BT_HANDOFF_REFUSED && e->handoff_refused.offer == 0)
    return refuse(refusal, "handoff_refused.offer", "is required");
  if (e->kind == BT_HANDOFF_WITHDRAWN && e->handoff_withdrawn.offer == 0)
    return refuse(refusal, "handoff_withdrawn.offer", "is required");
  return 0;
}

/* What one field asks of another. */
static int check_event(const struct bt_event *e, struct bt_map_refusal *refusal) {
  if (e->kind == BT_KIND_NONE)
    return refuse(refusal, "kind", "is required");
  int rc = check_answer(e, refusal);
  if (rc == 0 && e->kind == BT_HANDOFF_REFUSED)
    rc = check_refused(e, refusal);
  if (rc == 0 && e->kind == BT_STATUS_CHANGED)
    rc = check_status(e, refusal);
  return rc;
}

static int decode(struct bt_str bytes, struct bt_arena *arena, struct bt_event *event, struct bt_map_refusal *refusal) {
  if (bytes.n > BT_MAX_EVENT_BYTES) {
    refusal->text = BT_LIT("an encoded event is at most 16 KiB");
    return -BT_LIMIT;
  }
  ProtobufCMessage *message;
  int rc = bt_map_unpack(&bt_map_event, bytes, arena, &message);
  if (rc) {
    refusal->text = bt_map_unpack_text(rc);
    return rc;
  }
  rc = check_kind((uint32_t)((const Baton__V1__Event *)message)->kind_case, refusal);
  if (rc == 0)
    rc = bt_map_read_wire(&bt_map_event, message, bytes.n, arena, event, refusal);
  return rc ? rc : check_event(event, refusal);
}

int bt_event_decode(struct bt_str bytes, struct bt_arena *arena, struct bt_event *ret, struct bt_str *ret_field,
                    struct bt_str *ret_text) {
  struct bt_event event = {0};
  struct bt_map_refusal refusal = {{"", 0}, {"", 0}};
  int rc = decode(bytes, arena, &event, &refusal);
  if (rc == 0) {
    *ret = event;
    return 0;
  }
  *ret_field = refusal.field;
  *ret_text = refusal.text;
  return rc;
}
