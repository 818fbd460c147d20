#include "hands.h"

#include <stdlib.h>
#include <string.h>

static void hand_free(struct hand *d) {
  free(d->json);
  free(d);
}

int hands_add(struct hands *h, uint64_t sequence, const char *json) {
  struct hand *d = calloc(1, sizeof *d);
  if (!d || !(d->json = strdup(json))) {
    free(d);
    return -1;
  }
  d->sequence = sequence;
  struct hand **end = &h->first;
  while (*end)
    end = &(*end)->next;
  *end = d;
  return 0;
}

struct hand *hands_find(const struct hands *h, uint64_t sequence) {
  struct hand *d = h->first;
  while (d && d->sequence != sequence)
    d = d->next;
  return d;
}

struct hand *hands_waiting(const struct hands *h) {
  struct hand *d = h->first;
  while (d && d->state != HAND_WAITS)
    d = d->next;
  return d;
}

void hands_remove(struct hands *h, uint64_t sequence) {
  for (struct hand **at = &h->first; *at; at = &(*at)->next)
    if ((*at)->sequence == sequence) {
      struct hand *d = *at;
      *at = d->next;
      hand_free(d);
      return;
    }
}

void hands_clear(struct hands *h) {
  while (h->first)
    hands_remove(h, h->first->sequence);
}
