/* Long work beside the broker, asked for and waited for. Who does not wait finds the end of it in `show archive`. */
#include "control/audit.h"

struct job {
  uint64_t number;
  char doing[96]; /* how far it is, in words */
};

static struct bt_chore_state state_of(struct bt_call *call, enum bt_chore which) {
  struct bt_chore_state s = {.number = 0};
  call->context->chore(call->context->loop, which, &s);
  return s;
}

/* How it ended, for who waited. */
static int end(struct bt_call *call, const struct bt_chore_state *s) {
  call->outcome = s->fine ? BT_LIT("done") : bt_arena_printf(call->arena, "failed: %s", s->text);
  int rc = bt_audit_note_or_log(call);
  return rc < 0 || s->fine ? rc : bt_call_refuse(call, -s->code, "%s", s->text);
}

static int start(struct bt_call *call, enum bt_chore which, const char *dir, const char *word) {
  struct job *j = BT_NEW(call->arena, struct job);
  if (!j)
    return -BT_NOMEM;
  /* Who asks may be gone by its end: what is known then is a row of its own. */
  call->untold = true;
  call->outcome = BT_LIT("begun");
  int rc = state_of(call, which).running ? -BT_LOCKED : bt_audit_note_or_log(call);
  if (rc < 0 && rc != -BT_LOCKED)
    return rc;
  if (rc == 0)
    rc = call->context->chore_start(call->context->loop, which, dir, word);
  if (rc == -BT_LOCKED)
    return bt_call_refuse(call, BT_LOCKED, "one is under way already: show archive says how far it is");
  if (rc < 0)
    return bt_call_refuse(call, BT_IO, "its process cannot be started");
  j->number = state_of(call, which).number;
  call->job = j;
  return BT_CALL_WAIT;
}

static int wait_for(struct bt_call *call, struct job *j, enum bt_chore which) {
  const struct bt_chore_state s = state_of(call, which);
  if (s.number != j->number)
    return bt_call_refuse(call, BT_GONE, "another one has begun since");
  if (!s.running)
    return 0;
  if (!s.what[0])
    snprintf(j->doing, sizeof j->doing, "begins");
  else
    snprintf(j->doing, sizeof j->doing, "%s: %llu of %llu", s.what, (unsigned long long)s.done,
             (unsigned long long)s.of);
  call->doing = bt_str(j->doing);
  return BT_CALL_WAIT;
}

static void put_said(struct bt_call *call, const struct bt_chore_state *s) {
  for (uint32_t i = 0; i < s->n_said; i++) {
    const bool bytes = strcmp(s->said[i].key, "bytes") == 0;
    bt_out_pair(call->out, bt_arena_copy(call->arena, bt_str(s->said[i].key)).p,
                bytes ? bt_out_bytes(s->said[i].value) : bt_out_number(s->said[i].value));
  }
  bt_out_pair(call->out, "took", bt_out_span(s->ended_us - s->started_us));
}

int bt_cmd_backup(struct bt_call *call) {
  const struct bt_str dir = call->args.v[0];
  const bool snapshot = call->args.n > 1;
  if (!call->job) {
    if (dir.p[0] != '/')
      return bt_call_refuse(call, BT_USAGE, "the folder is named from / on: the broker has another working folder");
    if (snapshot && !bt_str_eq(call->args.v[1], BT_LIT("snapshot")))
      return bt_call_refuse(call, BT_USAGE, "usage: backup DIR [snapshot]");
    const struct bt_str path = bt_arena_copy(call->arena, dir);
    return path.p ? start(call, BT_CHORE_BACKUP, path.p, snapshot ? "snapshot" : NULL) : -BT_NOMEM;
  }
  int rc = wait_for(call, call->job, BT_CHORE_BACKUP);
  if (rc)
    return rc;
  const struct bt_chore_state s = state_of(call, BT_CHORE_BACKUP);
  if ((rc = end(call, &s)) < 0)
    return rc;
  bt_out_pair(call->out, "backup", bt_out_text(dir));
  put_said(call, &s);
  return 0;
}

int bt_cmd_verify(struct bt_call *call) {
  if (!call->job)
    return start(call, BT_CHORE_VERIFY, NULL, NULL);
  int rc = wait_for(call, call->job, BT_CHORE_VERIFY);
  if (rc)
    return rc;
  const struct bt_chore_state s = state_of(call, BT_CHORE_VERIFY);
  if ((rc = end(call, &s)) < 0)
    return rc;
  bt_out_pair(call->out, "result", bt_out_literal("ok"));
  put_said(call, &s);
  return 0;
}

/* For show archive. */
void bt_show_chores(struct bt_call *call) {
  static const char *const names[BT_CHORE_COUNT] = {"backup", "verify"};
  static const struct bt_out_column columns[] = {{"chore", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"began", BT_OUT_TIME, BT_OUT_PLAIN},
                                                 {"took", BT_OUT_SPAN, BT_OUT_PLAIN},
                                                 {"state", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"what", BT_OUT_TEXT, BT_OUT_WRAP}};
  if (!call->context->chore)
    return;
  BT_OUT_TABLE(call->out, "chores", columns);
  for (int i = 0; i < BT_CHORE_COUNT; i++) {
    const struct bt_chore_state s = state_of(call, (enum bt_chore)i);
    if (!s.number)
      continue;
    struct bt_str what = s.running && s.what[0] ? bt_arena_printf(call->arena, "%s: %llu of %llu", s.what,
                                                                  (unsigned long long)s.done, (unsigned long long)s.of)
                                                : bt_arena_copy(call->arena, bt_str(s.text));
    BT_OUT_ROW(call->out, bt_out_literal(names[i]), bt_out_time(s.started_us),
               s.running ? bt_out_none() : bt_out_span(s.ended_us - s.started_us),
               bt_out_literal(s.running ? "running"
                              : s.fine  ? "done"
                                        : "failed"),
               bt_out_text(what));
  }
}
