#include "watch/alerts.h"

static void copy(char *to, size_t size, struct bt_str from) {
  size_t n = from.n < size - 1 ? from.n : size - 1;
  while (n < from.n && n && ((unsigned char)from.p[n] & 0xc0) == 0x80) /* never inside a character */
    n--;
  if (n)
    memcpy(to, from.p, n);
  to[n] = '\0';
}

static struct bt_alert *find(struct bt_alerts *a, const struct bt_condition *c) {
  for (uint32_t i = 0; i < a->n; i++)
    if (a->v[i].kind == c->kind && bt_str_eq(bt_str(a->v[i].object), c->object))
      return &a->v[i];
  return NULL;
}

static void see(struct bt_alerts *a, const struct bt_condition *c, int64_t mono_us, int64_t now_us) {
  struct bt_alert *x = find(a, c);
  if (!x && a->n == BT_MAX_ALERTS) {
    a->left_out++;
    return;
  }
  if (!x) {
    x = &a->v[a->n++];
    *x = (struct bt_alert){.kind = c->kind, .since_us = now_us, .first_us = mono_us};
    copy(x->object, sizeof x->object, c->object);
  }
  copy(x->text, sizeof x->text, c->text);
  copy(x->see, sizeof x->see, c->see);
  x->n = c->n;
  if (c->since_us > 0 && c->since_us < x->since_us)
    x->since_us = c->since_us;
  x->seen = true;
  x->gone_us = 0;
}

/* False: it is over, or was too short to be told. */
static bool stays(struct bt_alert *x, const struct bt_alert_rules *r, int64_t mono_us, int64_t now_us,
                  bt_alert_tell_fn *tell, void *context) {
  if (x->seen && !x->raised_us && mono_us - x->first_us >= r->raise_us) {
    x->raised_us = now_us;
    x->told_us = mono_us;
    tell(context, BT_ALERT_RAISED, x);
  } else if (x->seen && x->raised_us && r->repeat_us && mono_us - x->told_us >= r->repeat_us) {
    x->told_us = mono_us;
    tell(context, BT_ALERT_REPEATED, x);
  }
  if (x->seen)
    return true;
  if (!x->gone_us)
    x->gone_us = mono_us;
  if (x->raised_us && mono_us - x->gone_us < r->clear_us)
    return true;
  if (x->raised_us)
    tell(context, BT_ALERT_CLEARED, x);
  return false;
}

void bt_alerts_step(struct bt_alerts *a, const struct bt_conditions *there, const struct bt_alert_rules *rules,
                    int64_t mono_us, int64_t now_us, bt_alert_tell_fn *tell, void *context) {
  uint32_t kept = 0;
  a->left_out = 0;
  for (uint32_t i = 0; i < a->n; i++)
    a->v[i].seen = false;
  for (uint32_t i = 0; i < there->n; i++)
    if (bt_condition_table[there->v[i].kind].severity > BT_SEVERITY_NOTE)
      see(a, &there->v[i], mono_us, now_us);
  for (uint32_t i = 0; i < a->n; i++)
    if (stays(&a->v[i], rules, mono_us, now_us, tell, context)) {
      if (kept != i)
        a->v[kept] = a->v[i];
      kept++;
    }
  a->n = kept;
}
