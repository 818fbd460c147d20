/* What is wrong right now, in a short list: nothing in it, nothing to do. */
#include <inttypes.h>

#include "base/clock.h"
#include "control/backlog.h"
#include "core/ref.h"

enum { LONG_WAIT_S = 300, SCAN_US = 50 * 1000, CLOCK_EVERY = 64 };

/* Open offers whose answer is overdue, among the cases of the last checkpoint that could be looked at in time. */
struct overdue {
  uint64_t offers, number; /* the number of the case with the oldest */
  int64_t oldest_due_us;
  uint64_t looked_at;
  bool all;
  bool damaged; /* one could not be read, and ended the search */
};

static void look(struct overdue *o, const struct bt_case *c, int64_t now_us) {
  o->looked_at++;
  if (!c->offer.id || c->offer.deadline_us == 0 || c->offer.deadline_us > now_us)
    return;
  if (!o->offers++ || c->offer.deadline_us < o->oldest_due_us) {
    o->oldest_due_us = c->offer.deadline_us;
    o->number = c->number;
  }
}

static int find_overdue(struct bt_call *call, int64_t now_us, struct overdue *ret) {
  struct bt_arena scratch;
  struct overdue o = {0};
  int64_t until_us = bt_clock_mono_us() + SCAN_US;
  uint64_t from = 1;
  int rc = 0;
  bt_arena_init(&scratch, 1024 * 1024);
  while (rc == 0) {
    struct bt_case c;
    bt_arena_reset(&scratch);
    rc = bt_store_next_case(call->context->store, BT_AS_OF, from, &scratch, &c);
    if (rc < 0)
      break;
    look(&o, &c, now_us);
    from = c.id + 1;
    if (o.looked_at % CLOCK_EVERY == 0 && bt_clock_mono_us() >= until_us)
      break;
  }
  bt_arena_fini(&scratch);
  o.all = rc == -BT_ABSENT;
  o.damaged = rc == -BT_CORRUPT;
  *ret = o;
  return o.all || o.damaged ? 0 : rc;
}

static void put_overdue(struct bt_call *call, const struct overdue *o, int64_t now_us) {
  char ref[BT_REF_SIZE];
  if (!o->offers)
    return;
  struct bt_str shown = bt_ref_format(o->number, ref);
  struct bt_str what = BT_LIT("offers not answered in time");
  if (!o->all)
    what = bt_arena_printf(call->arena, "%.*s, in the first %" PRIu64 " cases", BT_STR_ARG(what), o->looked_at);
  BT_OUT_ROW(call->out, bt_out_text(what), bt_out_number(o->offers), bt_out_span(now_us - o->oldest_due_us),
             bt_out_text(bt_arena_printf(call->arena, "show case %.*s", BT_STR_ARG(shown))));
}

static void put_adapters(struct bt_call *call, const struct bt_backlogs *all, int64_t now_us) {
  uint64_t held = 0, waiting = 0;
  int64_t held_us = 0, waiting_us = 0;
  for (uint32_t i = 0; i < all->n; i++) {
    const struct bt_backlog *b = &all->v[i];
    if (b->row.held) {
      int64_t for_us = now_us > b->row.held_at_us ? now_us - b->row.held_at_us : 0;
      held_us = for_us > held_us ? for_us : held_us;
      held++;
    } else if (b->waits && !b->connected && b->oldest_us > LONG_WAIT_S * BT_SECOND_US) {
      waiting_us = b->oldest_us > waiting_us ? b->oldest_us : waiting_us;
      waiting++;
    }
  }
  if (held)
    BT_OUT_ROW(call->out, bt_out_literal("adapters held"), bt_out_number(held), bt_out_span(held_us),
               bt_out_literal("resume ADAPTER"));
  if (waiting)
    BT_OUT_ROW(call->out, bt_out_literal("inboxes that wait for an adapter to connect"), bt_out_number(waiting),
               bt_out_span(waiting_us), bt_out_literal("show inboxes"));
}

/* How many of a sort, and the longest of them. */
struct tally {
  uint64_t n;
  int64_t longest_us;
};

static void add(struct tally *t, bool counts, int64_t us) {
  if (!counts)
    return;
  t->n++;
  t->longest_us = us > t->longest_us ? us : t->longest_us;
}

static void put_tally(struct bt_call *call, const struct tally *t, const char *what) {
  if (t->n)
    BT_OUT_ROW(call->out, bt_out_literal(what), bt_out_number(t->n), bt_out_span(t->longest_us),
               bt_out_literal("show adapters"));
}

/* One that departments wait for: it takes deliveries. Whoever only tells things comes and goes as there are things to
 * tell. */
static bool is_missing(const struct bt_backlog *b, int64_t gone_us) {
  return b->adapter->receives && !b->connected && !b->lost && gone_us > LONG_WAIT_S * BT_SECOND_US;
}

static void put_health(struct bt_call *call, const struct bt_backlogs *all, int64_t now_us) {
  struct tally down = {0}, troubled = {0}, silent = {0}, missing = {0};
  uint64_t rejects = 0;
  int64_t mono_us = bt_clock_mono_us(), up_us = now_us - call->context->started_us;
  for (uint32_t i = 0; i < all->n; i++) {
    const struct bt_backlog *b = &all->v[i];
    const struct bt_report *r = &b->known->report;
    int64_t gone_us = b->known->left_us ? mono_us - b->known->left_us : up_us;
    int64_t for_us = r->since_us && now_us > r->since_us ? now_us - r->since_us : 0;
    add(&down, r->health == BT_HEALTH_DOWN, for_us);
    add(&troubled, r->health == BT_HEALTH_TROUBLED, for_us);
    add(&silent, b->silent_us || b->lost, b->silent_us ? b->silent_us : gone_us);
    add(&missing, is_missing(b, gone_us), gone_us);
    rejects += r->spool.rejects;
  }
  put_tally(call, &down, "adapters whose department's system is down");
  put_tally(call, &troubled, "adapters whose department's system is in trouble");
  put_tally(call, &silent, "adapters that hang, or left without a word");
  put_tally(call, &missing, "adapters that should be connected and are not");
  if (rejects)
    BT_OUT_ROW(call->out, bt_out_literal("events refused for good, in the rejects of spools"), bt_out_number(rejects),
               bt_out_none(), bt_out_literal("show adapters"));
}

static void put_clock(struct bt_call *call) {
  const struct bt_control_context *x = call->context;
  struct bt_clock_state s = {.trouble = false};
  if (x->clock)
    x->clock(x->loop, &s);
  if (s.trouble)
    BT_OUT_ROW(call->out, bt_out_text(bt_arena_printf(call->arena, "timers are suspended: %s", s.why)), bt_out_none(),
               bt_out_span(s.recorded_us - s.since_us), bt_out_literal("clock show"));
}

int bt_show_trouble(struct bt_call *call, int64_t now_us, const struct bt_backlogs *all) {
  static const struct bt_out_column columns[] = {{"what", BT_OUT_TEXT, BT_OUT_WRAP},
                                                 {"how_many", BT_OUT_NUMBER, BT_OUT_PLAIN},
                                                 {"longest", BT_OUT_SPAN, BT_OUT_PLAIN},
                                                 {"see", BT_OUT_TEXT, BT_OUT_PLAIN}};
  struct overdue o;
  int rc = find_overdue(call, now_us, &o);
  if (rc < 0)
    return rc;
  BT_OUT_TABLE(call->out, "trouble", columns);
  if (o.damaged)
    BT_OUT_ROW(call->out, bt_out_literal("the record is damaged: a case cannot be read"), bt_out_none(), bt_out_none(),
               bt_out_literal("verify DATA_DIR"));
  put_clock(call);
  put_overdue(call, &o, now_us);
  uint64_t dead = bt_store_count(call->context->store, BT_NOW, BT_T_DEAD);
  if (dead)
    BT_OUT_ROW(call->out, bt_out_literal("dead letters: deliveries given up"), bt_out_number(dead), bt_out_none(),
               bt_out_literal("show dead"));
  put_health(call, all, now_us);
  put_adapters(call, all, now_us);
  if (!o.all && !o.damaged)
    bt_out_note(call->out, bt_arena_printf(call->arena,
                                           "Offers: only the first %" PRIu64
                                           " cases were looked at, more take longer than one answer may.",
                                           o.looked_at));
  return 0;
}
