/* The deliveries that this adapter has in hand: those that wait for the program, and those that it was given and has
 * not settled. As many as the credit at most, so a list is quick enough. */
#ifndef BATON_EXEC_HANDS_H
#define BATON_EXEC_HANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hand_state {
  HAND_WAITS,   /* for the program to take its lines */
  HAND_GIVEN,   /* verdict to come */
  HAND_SETTLED, /* with events: until they are receipted */
};

struct hand {
  struct hand *next;
  uint64_t sequence;
  enum hand_state state;
  uint64_t run;       /* which start of the program was given it */
  char *json;         /* while it waits */
  size_t events, due; /* of its settle, and receipts still to come for them */
  char *tag;          /* of that settle, as the program wrote it; NULL: none */
  size_t tag_n;
};

struct hands {
  struct hand *first;
};

int hands_add(struct hands *h, uint64_t sequence, const char *json);
struct hand *hands_find(const struct hands *h, uint64_t sequence);
struct hand *hands_waiting(const struct hands *h); /* the oldest, or NULL */
void hands_remove(struct hands *h, uint64_t sequence);
/* Keeps a tag for the receipts of a settle with n events. 0, or -1 without memory. */
int hand_tag(struct hand *d, const char *tag, size_t tag_n, size_t n);
/* A session ended between the receipts of one settle: those that are missing do not come. */
void hands_drop_receipted(struct hands *h);
void hands_clear(struct hands *h);

#endif
