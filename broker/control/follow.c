/* follow: entries of the journal as they come, one line each.
 *
 * The journal is the queue: what is kept for a reader is where it stands and one bounded chunk of lines, however slowly
 * it reads. */
#include "control/follow.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "codec/event_codec.h"

enum {
  FOLLOWERS = 8,
  CHUNK_BYTES = 32 * 1024,
  CHUNK_US = 4 * 1000, /* of a round of the loop */
  SCRATCH_BYTES = 8 * 1024 * 1024,
};

struct follower {
  struct bt_follow_filter filter;
  uint64_t at;    /* the last entry that was looked at */
  uint64_t lines; /* that may still be written; UINT64_MAX: any number */
  struct bt_arena scratch;
  char *text; /* of this round */
};

static void end(struct bt_call *call) {
  struct follower *f = call->job;
  if (!f)
    return;
  --*call->context->following;
  bt_arena_fini(&f->scratch);
  free(f->text);
  call->job = NULL;
}

static int begin(struct bt_call *call) {
  const struct bt_control_context *x = call->context;
  struct bt_follow_filter filter;
  uint64_t from, lines;
  if (*x->following >= FOLLOWERS)
    return bt_call_refuse(call, BT_BUSY, "%d readers follow already: end one of them", FOLLOWERS);
  int rc = bt_follow_filter_take(call, &filter);
  if (rc == 0)
    rc = bt_call_number(call, "from", bt_journal_durable(x->journal) + 1, UINT64_MAX - 1, &from);
  if (rc == 0)
    rc = bt_call_number(call, "lines", UINT64_MAX, UINT64_MAX - 1, &lines);
  if (rc < 0)
    return rc;
  struct follower *f = BT_NEW(call->arena, struct follower);
  if (!f)
    return -BT_NOMEM;
  *f = (struct follower){.filter = filter, .at = from - 1, .lines = lines};
  bt_arena_init(&f->scratch, SCRATCH_BYTES);
  ++*x->following;
  call->job = f;
  call->end = end;
  call->streams = true;
  return 0;
}

/* What is in a segment that is not here is passed by, and said to be. */
static int skip_what_is_away(struct bt_call *call, struct follower *f, FILE *to) {
  struct bt_journal_segment s;
  int rc = bt_journal_segment(call->context->journal, f->at + 1, &s);
  if (rc < 0)
    return rc == -BT_ABSENT ? -BT_CORRUPT : rc;
  if (call->json)
    fprintf(to, "{\"gone_until\": %" PRIu64 "}\n", s.last);
  else
    fprintf(to, "#%" PRIu64 " to #%" PRIu64 " are in an archive segment that is not here: show archive\n", f->at + 1,
            s.last);
  f->at = s.last;
  return 0;
}

/* One entry: a line, or none. */
static int look_at(struct bt_call *call, struct follower *f, FILE *to) {
  struct bt_journal_record record;
  struct bt_entry e = {0};
  bt_arena_reset(&f->scratch);
  int rc = bt_journal_read(call->context->journal, f->at + 1, &f->scratch, &record);
  if (rc == -BT_AWAY)
    return skip_what_is_away(call, f, to);
  if (rc == 0)
    rc = bt_entry_decode(record.head, record.body, &f->scratch, &e);
  if (rc < 0)
    return rc;
  e.sequence = ++f->at;
  if (!bt_follow_filter_meets(&f->filter, call->context, &e, &f->scratch))
    return 0;
  f->lines -= f->lines != UINT64_MAX;
  return bt_follow_put(call, &e, &f->scratch, to);
}

static int read_on(struct bt_call *call, struct follower *f, FILE *to) {
  const uint64_t durable = bt_journal_durable(call->context->journal);
  const int64_t until_us = bt_clock_mono_us() + CHUNK_US;
  int rc = 0;
  while (rc == 0 && f->lines && f->at < durable && ftell(to) < CHUNK_BYTES && bt_clock_mono_us() < until_us)
    rc = look_at(call, f, to);
  if (rc < 0 || !f->lines)
    return rc;
  return f->at < durable ? BT_CALL_MORE : BT_CALL_WAIT;
}

int bt_cmd_follow(struct bt_call *call) {
  int rc = call->job ? 0 : begin(call);
  if (rc < 0)
    return rc;
  struct follower *f = call->job;
  size_t n = 0;
  free(f->text);
  f->text = NULL;
  FILE *to = open_memstream(&f->text, &n);
  if (!to)
    return -BT_NOMEM;
  rc = read_on(call, f, to);
  if (fclose(to) != 0)
    return -BT_NOMEM;
  call->stream = (struct bt_str){f->text, n};
  if (rc == 0) /* so many lines were asked for */
    bt_out_pair(call->out, "came_to", bt_out_number(f->at));
  return rc;
}
