#include "hook_choose.h"

#include <string.h>

static bool has_kind(const struct hook_target *t, const char *kind) {
  for (char **k = t->kind; k && *k; k++)
    if (strcmp(*k, kind) == 0)
      return true;
  return !t->kind;
}

static bool has_topic(const struct hook_target *t, const char *topic) {
  for (char **k = t->topic; topic && k && *k; k++) {
    size_t n = strlen(*k);
    if (strncmp(*k, topic, n) == 0 && (topic[n] == '.' || !topic[n]))
      return true;
  }
  return !t->topic;
}

struct hook_target *hook_choose(const struct hooks *h, const baton_delivery *d) {
  for (size_t i = 0; i < h->n_targets; i++) {
    struct hook_target *t = &h->target[i];
    if (!has_kind(t, d->kind))
      continue;
    const char *topic = t->topic ? baton_delivery_get(d, "card.topic") : NULL;
    if (t->topic && !topic)
      topic = baton_delivery_get(d, "recorded.event.case_opened.topic");
    if (has_topic(t, topic))
      return t;
  }
  return NULL;
}
