/* One JSON document: pairs are members, tables are arrays of objects. ASCII only, so that it is safe to look at, too.
 */
#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "control/out.h"

/* Texts of the record are UTF-8; whatever is not goes out escaped rather than not at all. */
static json_t *string_of(struct bt_arena *a, struct bt_str s) {
  json_t *j = json_stringn(s.n ? s.p : "", s.n);
  if (j)
    return j;
  s = bt_out_escape(a, s);
  return json_stringn(s.n ? s.p : "", s.n);
}

static json_t *names_of(struct bt_arena *a, const struct bt_strs *names) {
  json_t *array = json_array();
  for (uint32_t i = 0; i < names->n; i++)
    json_array_append_new(array, string_of(a, names->v[i]));
  return array;
}

static json_t *json_of(struct bt_arena *a, const struct bt_out_value *v) {
  char buf[40];
  switch (v->type) {
  case BT_OUT_TEXT:
    return string_of(a, v->text);
  case BT_OUT_NUMBER:
  case BT_OUT_BYTES:
    return json_integer((json_int_t)v->number);
  case BT_OUT_REAL:
  case BT_OUT_SHARE:
    return json_real(v->real);
  case BT_OUT_TIME:
    return json_string(bt_clock_format(v->us, buf, sizeof buf));
  case BT_OUT_SPAN:
    return json_real((double)v->us / (double)BT_SECOND_US);
  case BT_OUT_FLAG:
    return json_boolean(v->flag);
  case BT_OUT_NAMES:
    return names_of(a, &v->names);
  case BT_OUT_NONE:
    break;
  }
  return json_null();
}

/* 0, or -1 without memory. */
static int set(struct bt_arena *a, json_t *object, const char *key, enum bt_out_type type,
               const struct bt_out_value *v) {
  if (type != BT_OUT_SPAN)
    return json_object_set_new(object, key, json_of(a, v));
  struct bt_str with_unit = bt_arena_printf(a, "%s_s", key);
  return with_unit.p ? json_object_set_new(object, with_unit.p, json_of(a, v)) : -1;
}

/* Several notes are one text. */
static int set_pair(struct bt_arena *a, json_t *document, const struct bt_out_item *i) {
  const json_t *before = strcmp(i->key, "note") == 0 ? json_object_get(document, i->key) : NULL;
  if (!before)
    return set(a, document, i->key, i->value.type, &i->value);
  const struct bt_out_value both =
      bt_out_text(bt_arena_printf(a, "%s %.*s", json_string_value(before), BT_STR_ARG(i->value.text)));
  return set(a, document, i->key, both.type, &both);
}

static int set_table(struct bt_arena *a, json_t *document, const struct bt_out_item *t) {
  json_t *rows = json_array();
  int rc = json_object_set_new(document, t->key, rows);
  for (const struct bt_out_row *row = t->first; row && rc == 0; row = row->next) {
    json_t *object = json_object();
    rc = json_array_append_new(rows, object);
    for (uint32_t c = 0; c < t->n_columns && rc == 0; c++)
      rc = set(a, object, t->columns[c].key, t->columns[c].type, &row->v[c]);
  }
  return rc;
}

/* The one control character that JSON lets through; it only ever stands inside a string. */
static int put_ascii(const char *bytes, size_t n, void *to) {
  for (size_t i = 0; i < n; i++)
    if (bytes[i] == 0x7f)
      fputs("\\u007f", to);
    else
      putc(bytes[i], to);
  return ferror(to) ? -1 : 0;
}

int bt_out_render_json(const struct bt_out *o, FILE *to) {
  json_t *document = json_object();
  int rc = document && !o->arena->exhausted ? 0 : -1;
  for (const struct bt_out_item *i = o->first; i && rc == 0; i = i->next)
    rc = i->columns ? set_table(o->arena, document, i) : set_pair(o->arena, document, i);
  if (rc == 0)
    rc = json_dump_callback(document, put_ascii, to, JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15));
  if (rc == 0)
    putc('\n', to);
  json_decref(document);
  return rc == 0 ? 0 : -BT_LIMIT;
}
