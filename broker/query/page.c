/* Rows of lists, and the tokens that say where a list goes on. */
#include "base/bytes.h"
#include "core/policy.h"
#include "core/ref.h"
#include "query/ask.h"

enum { TOKEN_BYTES = 16 };

int bt_ask_page_put(const struct bt_ask *ask, uint64_t scope, uint64_t place, struct bt_str *ret_token) {
  char *p = bt_arena_alloc(ask->arena, TOKEN_BYTES);
  if (!p)
    return -BT_NOMEM;
  bt_put_u64(p, place);
  bt_put_u64(p + 8, scope);
  *ret_token = (struct bt_str){p, TOKEN_BYTES};
  return 0;
}

int bt_ask_page_get(const struct bt_ask *ask, uint64_t scope, uint64_t *ret_place) {
  struct bt_str token = ask->query->page;
  if (!token.n)
    return 0;
  if (token.n != TOKEN_BYTES || bt_get_u64(token.p + 8) != scope || bt_get_u64(token.p) == 0)
    return -BT_BAD_PAGE;
  *ret_place = bt_get_u64(token.p);
  return 0;
}

/* A list shows a title to whom its label allows, as the case itself does. */
static struct bt_str title_of(const struct bt_ask *ask, const struct bt_case *c) {
  bool shown = ask->asker->all || bt_policy_reads_words(ask->context->rules, ask->asker->department, c->label);
  return shown ? c->title : (struct bt_str){0};
}

/* Encoded: the texts, two bytes or three before each, numbers of at most ten bytes and their tags. */
static size_t row_size(const struct bt_case *c, struct bt_str ref) {
  return ref.n + c->topic.n + c->title.n + c->custodian.n + c->offer.to.n + 64;
}

int bt_ask_row(const struct bt_ask *ask, const struct bt_case *c, size_t *room, struct bt_case_row *ret) {
  struct bt_str ref = bt_ref_new(ask->arena, c->number);
  size_t size = row_size(c, ref);
  if (size > *room)
    return -BT_LIMIT;
  *ret = (struct bt_case_row){
      .id = c->id,
      .ref = ref,
      .status = c->status,
      .topic = bt_arena_copy(ask->arena, c->topic),
      .title = bt_arena_copy(ask->arena, title_of(ask, c)),
      .custodian = bt_arena_copy(ask->arena, c->custodian),
      .offered_to = c->offer.id ? bt_arena_copy(ask->arena, c->offer.to) : (struct bt_str){0},
      .changed_at_us = c->changed_at_us,
  };
  *room -= size;
  return ask->arena->exhausted ? -BT_NOMEM : 0;
}
