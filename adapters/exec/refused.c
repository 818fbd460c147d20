#include "refused.h"

#include <stdio.h>

static struct refusal *find(struct refused *r, uint64_t delivery) {
  for (size_t i = 0; i < REFUSED_MOST; i++)
    if (r->v[i].delivery == delivery)
      return &r->v[i];
  return NULL;
}

void refused_keep(struct refused *r, const baton_receipt *receipt) {
  struct refusal *to = find(r, receipt->delivery);
  if (!to) {
    to = &r->v[r->next];
    r->next = (r->next + 1) % REFUSED_MOST;
  }
  to->delivery = receipt->delivery;
  to->version = receipt->version;
  snprintf(to->code, sizeof to->code, "%s", receipt->code_name);
  snprintf(to->text, sizeof to->text, "%s%s%s", receipt->field, *receipt->field ? ": " : "", receipt->text);
}

const struct refusal *refused_find(struct refused *r, uint64_t delivery) {
  static const struct refusal none;
  const struct refusal *found = find(r, delivery);
  return found ? found : &none;
}

void refused_forget(struct refused *r, uint64_t delivery) {
  struct refusal *known = find(r, delivery);
  if (known)
    *known = (struct refusal){.delivery = 0};
}
