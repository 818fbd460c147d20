/* What a sender missed whose request was decided on a version that is no longer the case's. */
#include "core/ref.h"
#include "query/ask.h"

enum {
  SCRATCH_BYTES = 1024 * 1024,
  ROOM = BT_ASK_ROOM - 2048, /* a frame also holds the rest of the receipt */
};

/* The receipt speaks of the case as it is when it is told, so that the next try is decided on what stands in it. */
static void say_version(const struct bt_case *c, struct bt_arena *arena, struct bt_receipt *r) {
  if (r->version == c->version)
    return;
  r->version = c->version;
  r->text = bt_arena_printf(arena, "%s: the case is at version %llu now", bt_code_text(BT_STALE),
                            (unsigned long long)c->version);
}

static int fill(const struct bt_ask *ask, uint64_t case_id, uint64_t since_version, struct bt_receipt *r) {
  struct bt_ask_walk w = {.ask = ask, .since_version = since_version, .room = ROOM, .max = BT_MAX_MISSED};
  int rc = bt_ask_case_by_id(ask, case_id, ask->arena, &w.c);
  if (rc < 0)
    return rc == -BT_ABSENT ? 0 : rc; /* it takes no part any more */
  say_version(&w.c, ask->arena, r);
  if (w.c.version <= since_version)
    return 0;
  if (ask->context->budget_us <= 0)
    return bt_ask_page_put(ask, w.c.id, w.c.last_sequence, &r->missed_page);
  w.ref = bt_ref_new(ask->arena, w.c.number);
  rc = bt_ask_walk(&w, w.c.last_sequence, &r->missed_page);
  if (rc == 0)
    r->missed = w.rows;
  return rc;
}

int bt_query_missed(const struct bt_query_context *context, const struct bt_asker *asker, uint64_t case_id,
                    uint64_t since_version, struct bt_arena *arena, struct bt_receipt *r) {
  const struct bt_query query = {.kind = BT_QUERY_HISTORY};
  struct bt_arena scratch;
  bt_arena_init(&scratch, SCRATCH_BYTES);
  const struct bt_ask ask = {
      .context = context,
      .asker = asker,
      .query = &query,
      .arena = arena,
      .scratch = &scratch,
      .until_us = context->mono_us() + context->budget_us,
  };
  int rc = fill(&ask, case_id, since_version, r);
  if (rc == 0 && arena->exhausted)
    rc = -BT_NOMEM;
  bt_arena_fini(&scratch);
  return rc;
}
