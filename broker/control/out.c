#include "control/out.h"

struct bt_out_value bt_out_none(void) {
  return (struct bt_out_value){.type = BT_OUT_NONE};
}
struct bt_out_value bt_out_text(struct bt_str s) {
  return (struct bt_out_value){.type = s.n ? BT_OUT_TEXT : BT_OUT_NONE, .text = s};
}
struct bt_out_value bt_out_literal(const char *s) {
  return bt_out_text(bt_str(s));
}
struct bt_out_value bt_out_number(uint64_t n) {
  return (struct bt_out_value){.type = BT_OUT_NUMBER, .number = n};
}
struct bt_out_value bt_out_bytes(uint64_t n) {
  return (struct bt_out_value){.type = BT_OUT_BYTES, .number = n};
}
struct bt_out_value bt_out_real(double d) {
  return (struct bt_out_value){.type = BT_OUT_REAL, .real = d};
}
struct bt_out_value bt_out_share(uint64_t part, uint64_t whole) {
  return whole ? (struct bt_out_value){.type = BT_OUT_SHARE, .real = (double)part / (double)whole} : bt_out_none();
}
struct bt_out_value bt_out_time(int64_t us) {
  return us ? (struct bt_out_value){.type = BT_OUT_TIME, .us = us} : bt_out_none();
}
struct bt_out_value bt_out_span(int64_t us) {
  return (struct bt_out_value){.type = BT_OUT_SPAN, .us = us};
}
struct bt_out_value bt_out_flag(bool flag) {
  return (struct bt_out_value){.type = BT_OUT_FLAG, .flag = flag};
}
struct bt_out_value bt_out_names(const struct bt_strs *names) {
  return (struct bt_out_value){.type = BT_OUT_NAMES, .names = *names};
}

bool bt_out_is_nothing(const struct bt_out_value *v) {
  return v->type == BT_OUT_NONE || (v->type == BT_OUT_NAMES && !v->names.n) || (v->type == BT_OUT_FLAG && !v->flag) ||
         (v->type == BT_OUT_SPAN && !v->us);
}

static struct bt_out_item *add_item(struct bt_out *o, const char *key) {
  struct bt_out_item *i = BT_NEW(o->arena, struct bt_out_item);
  if (!i)
    return NULL;
  i->key = key;
  if (o->last)
    o->last->next = i;
  else
    o->first = i;
  return o->last = i;
}

void bt_out_pair(struct bt_out *o, const char *key, struct bt_out_value value) {
  struct bt_out_item *i = add_item(o, key);
  if (i)
    i->value = value;
}

void bt_out_table(struct bt_out *o, const char *key, const struct bt_out_column *columns, uint32_t n) {
  struct bt_out_item *i = add_item(o, key);
  if (!i)
    return;
  i->columns = columns;
  i->n_columns = n;
}

void bt_out_row(struct bt_out *o, const struct bt_out_value *v) {
  struct bt_out_item *i = o->last;
  if (o->arena->exhausted)
    return;
  struct bt_out_row *row = bt_arena_alloc(o->arena, sizeof *row + i->n_columns * sizeof *v);
  if (!row)
    return;
  memcpy(row->v, v, i->n_columns * sizeof *v);
  if (i->last)
    i->last->next = row;
  else
    i->first = row;
  i->last = row;
  i->n_rows++;
}

void bt_out_rare(struct bt_out *o) {
  if (o->last)
    o->last->rare = true;
}

void bt_out_rare_pair(struct bt_out *o, const char *key, struct bt_out_value value) {
  bt_out_pair(o, key, value);
  bt_out_rare(o);
}

void bt_out_note(struct bt_out *o, struct bt_str sentence) {
  bt_out_pair(o, "note", bt_out_text(sentence));
}
