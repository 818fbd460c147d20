/* From a question to its handler: who may ask, what it is called, how a refusal reads. */
#include "query/ask.h"

enum { DEFAULT_ROWS = 50, SCRATCH_BYTES = 1024 * 1024 };

struct question {
  uint32_t kind;
  enum bt_view view; /* what as_of says */
  bt_ask_fn *answer;
};

static const struct question questions[] = {
    {BT_QUERY_CASE, BT_NOW, bt_ask_case},           {BT_QUERY_FIND, BT_NOW, bt_ask_find},
    {BT_QUERY_HISTORY, BT_NOW, bt_ask_history},     {BT_QUERY_CARD, BT_NOW, bt_ask_card},
    {BT_QUERY_CASES, BT_AS_OF, bt_ask_cases},       {BT_QUERY_WHO_HANDLES, BT_NOW, bt_ask_who_handles},
    {BT_QUERY_JOURNEYS, BT_AS_OF, bt_ask_journeys}, {BT_QUERY_CURSOR, BT_NOW, bt_ask_cursor},
    {BT_QUERY_JOURNEY, BT_NOW, bt_ask_journey},     {BT_QUERY_SCORECARD, BT_AS_OF, bt_ask_scorecard},
};

static const struct question *question_of(uint32_t kind) {
  for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
    if (questions[i].kind == kind)
      return &questions[i];
  return NULL;
}

/* A department that the adapter does not act for gets the same answer whether it exists or not. */
static int may_ask(const struct bt_query_context *context, const struct bt_asker *asker) {
  if (asker->all)
    return 0;
  if (!asker->adapter || !bt_adapter_acts_for(asker->adapter, asker->department))
    return -BT_NOT_GRANTED;
  return bt_rules_department(context->rules, asker->department) ? 0 : -BT_UNKNOWN_DEPARTMENT;
}

static struct bt_answer refusal(const struct bt_query *query, int code, struct bt_str text) {
  return (struct bt_answer){
      .id = query->id,
      .code = (uint32_t)-code,
      .text = text.n ? text : bt_str(bt_code_text(code)),
  };
}

/* A code of the process, not of the wire: something is wrong in here. */
static bool is_failure(int code) {
  return code <= -BT_INTERNAL;
}

static int answer_with(const struct question *q, const struct bt_ask *ask, struct bt_answer *ret) {
  struct bt_answer a = {.id = ask->query->id, .kind = ask->query->kind};
  a.as_of_us = bt_store_recorded_us(ask->context->store, q->view);
  a.as_of_sequence = bt_store_position(ask->context->store, q->view);
  int rc = q->answer(ask, &a);
  if (rc == 0 && ask->arena->exhausted)
    rc = -BT_NOMEM;
  if (rc == 0)
    *ret = a;
  else if (is_failure(rc))
    *ret = refusal(ask->query, -BT_INTERNAL, (struct bt_str){0});
  else
    *ret = refusal(ask->query, rc, a.text);
  return is_failure(rc) ? rc : 0;
}

int bt_query_answer(const struct bt_query_context *context, const struct bt_asker *asker, const struct bt_query *query,
                    struct bt_arena *arena, struct bt_answer *ret) {
  const struct question *q = question_of(query->kind);
  struct bt_asker who = *asker;
  if (who.adapter && !who.department.n)
    who.department = who.adapter->department;
  int rc = may_ask(context, &who);
  if (rc < 0 || !q) {
    *ret = refusal(query, rc < 0 ? rc : -BT_INVALID, (struct bt_str){0});
    return 0;
  }
  struct bt_arena scratch;
  bt_arena_init(&scratch, SCRATCH_BYTES);
  struct bt_ask ask = {
      .context = context,
      .asker = &who,
      .query = query,
      .arena = arena,
      .scratch = &scratch,
      .limit = query->limit == 0            ? DEFAULT_ROWS
               : query->limit < BT_MAX_ROWS ? query->limit
                                            : BT_MAX_ROWS,
      .until_us = context->mono_us() + context->budget_us,
  };
  rc = answer_with(q, &ask, ret);
  bt_arena_fini(&scratch);
  return rc;
}
