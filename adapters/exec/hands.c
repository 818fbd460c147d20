#include "hands.h"

#include <stdlib.h>
#include <string.h>

static void hand_free(struct hand *d) {
  free(d->json);
  free(d->tag);
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

int hand_tag(struct hand *d, const char *tag, size_t tag_n, size_t n) {
  char *copy = tag_n ? strndup(tag, tag_n) : NULL;
  if (tag_n && !copy)
    return -1;
  free(d->tag);
  d->tag = copy;
  d->tag_n = tag_n;
  d->events = d->due = n;
  return 0;
}

void hands_drop_receipted(struct hands *h) {
  for (struct hand *d = h->first, *next; d; d = next) {
    next = d->next;
    if (d->state == HAND_SETTLED && d->due < d->events)
      hands_remove(h, d->sequence);
  }
}

void hands_clear(struct hands *h) {
  while (h->first)
    hands_remove(h, h->first->sequence);
}
