/* Dead letters whole: what the operators see, and what the adapter would get of it as of now. */
#include <inttypes.h>

#include "codec/event_codec.h"
#include "control/command.h"
#include "control/what.h"

enum { MOST = 16 }; /* of one case */

static const struct bt_out_column columns[] = {{"event", BT_OUT_NUMBER, BT_OUT_PLAIN},
                                               {"field", BT_OUT_TEXT, BT_OUT_PLAIN},
                                               {"value", BT_OUT_TEXT, BT_OUT_WRAP},
                                               {"adapter_gets", BT_OUT_FLAG, BT_OUT_PLAIN}};

static const struct bt_out_column letters[] = {
    {"event", BT_OUT_NUMBER, BT_OUT_PLAIN},  {"kind", BT_OUT_TEXT, BT_OUT_PLAIN},
    {"tries", BT_OUT_NUMBER, BT_OUT_PLAIN},  {"since", BT_OUT_TIME, BT_OUT_DETAIL},
    {"given_up", BT_OUT_TIME, BT_OUT_PLAIN}, {"reason", BT_OUT_TEXT, BT_OUT_WRAP},
    {"gets", BT_OUT_TEXT, BT_OUT_PLAIN},     {"what", BT_OUT_TEXT, BT_OUT_WRAP}};

struct letter {
  uint64_t sequence;
  struct bt_dead_row row;
  struct bt_entry whole;
  bool readable; /* its bytes hold together */
  struct bt_delivery_item item;
  bool delivered; /* the adapter is configured, and would get `item` */
};

static struct bt_str card_prefix(const struct bt_fields *all) {
  for (uint32_t i = 0; i < all->n; i++) {
    const char *at = memmem(all->v[i].name.p, all->v[i].name.n, ".card.", 6);
    if (at)
      return (struct bt_str){all->v[i].name.p, (size_t)(at - all->v[i].name.p) + 5};
  }
  return BT_LIT("card");
}

static bool has(const struct bt_fields *f, const struct bt_field *field) {
  for (uint32_t i = 0; i < f->n; i++)
    if (bt_str_eq(f->v[i].name, field->name) && bt_str_eq(f->v[i].value, field->value))
      return true;
  return false;
}

/* It has no fields of its own: those of the card, as the case is now. */
static int put_resync(struct bt_call *call, const struct letter *l) {
  struct bt_fields card = {0};
  int rc = l->item.card ? bt_card_fields(l->item.card, BT_LIT("card"), call->arena, &card) : 0;
  for (uint32_t i = 0; rc == 0 && i < card.n; i++)
    BT_OUT_ROW(call->out, bt_out_number(l->sequence), bt_out_text(card.v[i].name), bt_out_text(card.v[i].value),
               bt_out_flag(true));
  return rc;
}

static int put_fields(struct bt_call *call, const struct letter *l) {
  if (l->whole.kind == BT_RESYNCED)
    return l->delivered ? put_resync(call, l) : 0;
  struct bt_fields all, told = {0}, card = {0};
  int rc = bt_event_fields(&l->whole.event, call->arena, &all);
  if (rc == 0 && l->delivered)
    rc = bt_event_fields(&l->item.recorded.entry->event, call->arena, &told);
  if (rc == 0 && l->delivered && l->item.card)
    rc = bt_card_fields(l->item.card, card_prefix(&all), call->arena, &card);
  for (uint32_t i = 0; rc == 0 && i < all.n; i++)
    BT_OUT_ROW(call->out, bt_out_number(l->sequence), bt_out_text(all.v[i].name), bt_out_text(all.v[i].value),
               bt_out_flag(has(&told, &all.v[i]) || has(&card, &all.v[i])));
  return rc;
}

static int load(struct bt_call *call, struct bt_str adapter, struct letter *l) {
  const struct bt_control_context *x = call->context;
  struct bt_journal_record record;
  int rc = bt_journal_read(x->journal, l->sequence, call->arena, &record);
  if (rc == 0)
    rc = bt_entry_decode(record.head, record.body, call->arena, &l->whole);
  if (rc == -BT_CORRUPT || rc == -BT_ABSENT)
    return 0; /* it is shown as what cannot be read any more */
  l->readable = rc == 0;
  if (rc == 0)
    rc = x->item(x->loop, adapter, l->sequence, l->row.case_id, call->arena, &l->item);
  l->delivered = rc == 0;
  return rc == -BT_NOT_FOUND ? 0 : rc;
}

static const char *gets(const struct letter *l) {
  if (!l->readable)
    return "nothing: its bytes cannot be read";
  if (!l->delivered)
    return "nothing: not configured";
  return l->item.stub ? "a stub" : l->item.has_resync ? "a Resync" : "the event";
}

static void put_letter(struct bt_call *call, const struct letter *l) {
  BT_OUT_ROW(call->out, bt_out_number(l->sequence),
             l->readable ? bt_out_literal(bt_kind_name((int)l->whole.kind)) : bt_out_none(),
             bt_out_number(l->row.attempts), bt_out_time(l->row.since_us), bt_out_time(l->row.dead_at_us),
             bt_out_text(l->row.reason), bt_out_literal(gets(l)),
             bt_out_text(l->readable ? bt_words_entry(call->arena, &l->whole) : (struct bt_str){0}));
}

/* One, where `sequence` says which; else all of the case. */
static int collect(struct bt_call *call, struct bt_str adapter, uint64_t case_id, uint64_t sequence, struct letter *v,
                   uint32_t *ret_n) {
  struct bt_store *s = call->context->store;
  uint64_t from = sequence;
  *ret_n = 0;
  while (*ret_n < MOST) {
    struct letter *l = &v[*ret_n];
    int rc = bt_store_next_dead(s, BT_NOW, adapter, case_id, from, call->arena, &l->sequence, &l->row);
    if (rc < 0 && rc != -BT_ABSENT)
      return rc;
    if (rc == -BT_ABSENT || l->row.case_id != case_id || (sequence && l->sequence != sequence))
      return 0;
    from = l->sequence + 1;
    ++*ret_n;
    if ((rc = load(call, adapter, l)) < 0)
      return rc;
  }
  return 0;
}

/* A bare number may be an event's or a case's: that of a dead letter first. */
static int find(struct bt_call *call, struct bt_str adapter, struct letter *v, uint32_t *ret_n) {
  uint64_t number, case_id;
  struct bt_case c;
  int rc = 0;
  *ret_n = 0;
  if (bt_parse_u64(call->args.v[1], &number) == 0 && bt_call_case_of(call, number, &case_id) == 0)
    rc = collect(call, adapter, case_id, number, v, ret_n);
  if (rc < 0 || *ret_n)
    return rc;
  rc = bt_call_case(call, call->args.v[1], &c);
  return rc < 0 ? rc : collect(call, adapter, c.id, 0, v, ret_n);
}

int bt_cmd_dead_show(struct bt_call *call) {
  const struct bt_str adapter = call->args.v[0];
  struct letter *v = BT_NEW_ARRAY(call->arena, struct letter, MOST);
  uint32_t n;
  int rc = v ? find(call, adapter, v, &n) : -BT_NOMEM;
  if (rc < 0)
    return rc;
  if (!n)
    return bt_call_refuse(call, BT_NOT_FOUND, "no dead letter of this adapter: show dead lists them");
  bt_out_pair(call->out, "adapter", bt_out_text(adapter));
  bt_out_pair(call->out, "case", bt_out_text(bt_call_ref(call, v[0].row.case_id)));
  bt_out_pair(call->out, "case_id", bt_out_number(v[0].row.case_id));
  BT_OUT_TABLE(call->out, "dead_letters", letters);
  for (uint32_t i = 0; i < n; i++)
    put_letter(call, &v[i]);
  BT_OUT_TABLE(call->out, "fields", columns);
  for (uint32_t i = 0; i < n && rc == 0; i++)
    if (v[i].readable)
      rc = put_fields(call, &v[i]);
  if (rc == 0 && n == MOST)
    bt_out_note(call->out, BT_LIT("there may be more of this case: name one by its number"));
  return rc;
}
