/* bt_search [SECONDS]: every state of one case that few departments can bring about, breadth first, over the pure core.
 *
 * Time stands still while departments act, and moves on only when the next timer fires. A state is kept as the move
 * that led to it, and made again from the beginning when it is its turn. Each state must hold what a trace must hold
 * (trace/check.c), and an open case must have a way on: a timer, or something that a department can say and that moves
 * or ends it. A path that breaks this is printed. TAP. */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "search.h"

enum { MAX_STATES = 1 << 24, MAX_DEPTH = 64, MEMORY = 256 * 1024 * 1024 };

struct node {
  uint32_t parent; /* of itself: the beginning */
  uint16_t move, depth;
};

struct search {
  struct bt_arena fixed, arena; /* what stays; what one state needs */
  struct trace_world *world;
  struct search_moves moves;
  int64_t now_us;
  uint32_t n_nodes;
  struct node *nodes;
  struct search_key *keys; /* open addressing; zeroes: free */
  uint64_t transitions, refused;
  uint32_t depth; /* of which every state was visited */
  bool moves_on;  /* of the state at hand */
};

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* False: it was there. */
static bool remember(struct search *s, struct search_key key) {
  const uint64_t mask = 2 * (uint64_t)MAX_STATES - 1;
  uint64_t at = key.h[0] & mask;
  for (; s->keys[at].h[0] || s->keys[at].h[1]; at = (at + 1) & mask)
    if (s->keys[at].h[0] == key.h[0] && s->keys[at].h[1] == key.h[1])
      return false;
  s->keys[at] = key;
  return true;
}

/* ---- one move ---- */

static const char *take_in(struct search *s, const struct bt_decision *d, FILE *to) {
  const char *wrong = NULL;
  for (uint32_t i = 0; i < d->n && !wrong; i++) {
    if (to)
      trace_print_entry(to, &d->v[i]);
    wrong = trace_apply(s->world, &d->v[i]);
    if (!wrong)
      wrong = trace_check_entry(s->world, &d->v[i]);
  }
  return wrong ? wrong : trace_check_unit(s->world);
}

static const char *fire(struct search *s, FILE *to, bool *ret_done) {
  struct bt_timer v[BT_MAX_TIMERS];
  struct bt_scene scene;
  struct bt_decision d;
  const struct bt_case *c = &s->world->cases[0];
  if (!bt_case_timers(c, v))
    return NULL;
  const struct bt_timer t = v[0];
  s->now_us = t.due_us > s->now_us ? t.due_us : s->now_us;
  if (to) {
    fprintf(to, "#   ");
    trace_print_time(to, t.due_us);
    fprintf(to, " timer %s %" PRIu64 "\n", bt_timer_name((int)t.kind), t.object);
  }
  trace_scene_of(s->world, c->id, 0, &scene);
  if (bt_decide_timer(&s->world->rules, &scene, &t, s->now_us, trace_digest, &s->arena, &d))
    return "decide ran out of memory";
  if (d.receipt.code || !d.n)
    return d.receipt.code ? "a timer that is refused" : "a timer that decides nothing";
  *ret_done = true;
  const char *wrong = take_in(s, &d, to);
  uint32_t n = wrong ? 0 : bt_case_timers(c, v);
  for (uint32_t i = 0; i < n; i++)
    if (bt_timer_cmp(&v[i], &t) == 0)
      return "a timer that stays where it is";
  return wrong;
}

static const struct bt_adapter *adapter_of(const struct bt_rules *r, struct bt_str department) {
  return bt_rules_adapter(r, department); /* each has one of its name */
}

static const char *say(struct search *s, const struct search_move *move, FILE *to, bool *ret_done) {
  struct bt_request r = {.adapter = adapter_of(&s->world->rules, move->event.department)};
  struct bt_scene scene;
  struct bt_decision d;
  if (!search_event(move, &s->world->cases[0], s->now_us, &r.event))
    return NULL;
  trace_identify(s->world, &r);
  trace_scene(s->world, &r, &scene);
  if (to) {
    fprintf(to, "#   ");
    trace_print_time(to, s->now_us);
    fprintf(to, " %.*s %s\n", BT_STR_ARG(r.event.department), move->text);
  }
  if (bt_decide(&s->world->rules, &scene, &r, s->now_us, trace_digest, &s->arena, &d))
    return "decide ran out of memory";
  if (d.receipt.code) {
    s->refused++;
    return d.n ? "a refusal that leaves entries" : !d.receipt.text.n ? "a refusal without a sentence" : NULL;
  }
  if (!d.n)
    return "taken, and nothing happens";
  *ret_done = true;
  return take_in(s, &d, to);
}

static const char *make(struct search *s, uint16_t move, FILE *to, bool *ret_done) {
  const struct search_move *m = &s->moves.v[move];
  *ret_done = false;
  return m->event.kind ? say(s, m, to, ret_done) : fire(s, to, ret_done);
}

/* ---- states ---- */

/* Every search begins with a case that a customer has just opened. */
static const char *begin(struct search *s, FILE *to) {
  struct trace_world *w = s->world;
  bool done = false;
  bt_arena_reset(&s->arena);
  w->n_cases = w->n_customers = w->n_entries = 0;
  w->identifiers.n = w->references.n = w->seen.n = 0;
  w->next_number = 1;
  s->now_us = trace_day_us(0) + 15 * 60 * SEARCH_MINUTE_US;
  struct search_move opens = {.text = "CaseOpened topic=order by=mail:x"};
  opens.event.kind = BT_CASE_OPENED;
  opens.event.department = w->rules.departments.v[0].name;
  opens.event.case_opened.topic = BT_LIT("order");
  opens.event.locator.identifier = (struct bt_identifier){BT_LIT("mail"), BT_LIT("x")};
  memset(w->cases, 0, 2 * sizeof *w->cases);
  memset(w->customers, 0, 2 * sizeof *w->customers);
  const char *wrong = say(s, &opens, to, &done);
  return wrong || done ? wrong : "no case can be opened";
}

static const char *go_to(struct search *s, uint32_t node, FILE *to) {
  uint16_t path[MAX_DEPTH];
  uint32_t n = 0;
  for (uint32_t at = node; s->nodes[at].parent != at; at = s->nodes[at].parent)
    path[n++] = s->nodes[at].move;
  const char *wrong = begin(s, to);
  bool done;
  while (n-- && !wrong)
    wrong = make(s, path[n], to, &done);
  return wrong;
}

struct snapshot {
  struct bt_case c;
  struct bt_customer customer;
  uint32_t n_cases, n_customers, n_entries, n_identifiers;
  uint64_t next_number;
  int64_t now_us;
};

static struct snapshot snap(const struct search *s) {
  const struct trace_world *w = s->world;
  return (struct snapshot){w->cases[0],  w->customers[0],  w->n_cases,     w->n_customers,
                           w->n_entries, w->identifiers.n, w->next_number, s->now_us};
}

static void restore(struct search *s, const struct snapshot *was) {
  struct trace_world *w = s->world;
  /* What came on top must be as if it had never been. */
  for (uint32_t i = was->n_cases; i < w->n_cases; i++)
    memset(&w->cases[i], 0, sizeof w->cases[i]);
  for (uint32_t i = was->n_customers; i < w->n_customers; i++)
    memset(&w->customers[i], 0, sizeof w->customers[i]);
  w->cases[0] = was->c;
  w->customers[0] = was->customer;
  w->n_cases = was->n_cases;
  w->n_customers = was->n_customers;
  w->n_entries = was->n_entries;
  w->identifiers.n = was->n_identifiers;
  w->next_number = was->next_number;
  s->now_us = was->now_us;
}

static void keep(struct search *s, uint32_t parent, uint16_t move) {
  const struct trace_world *w = s->world;
  if (w->n_cases > 1 || s->n_nodes == MAX_STATES) /* a second case is another story */
    return;
  if (remember(s, search_key_of(&w->cases[0], s->now_us)))
    s->nodes[s->n_nodes++] = (struct node){parent, move, (uint16_t)(s->nodes[parent].depth + 1)};
}

/* Tries every move from a state. *ret_move: the one that broke something. */
static const char *expand(struct search *s, uint32_t node, int *ret_move) {
  *ret_move = -1;
  const char *wrong = go_to(s, node, NULL);
  const struct snapshot was = snap(s);
  struct bt_timer v[BT_MAX_TIMERS];
  s->moves_on = !bt_case_is_open(&was.c) || bt_case_timers(&was.c, v) > 0;
  for (uint32_t i = 0; i < s->moves.n && !wrong; i++) {
    bool done;
    *ret_move = (int)i;
    wrong = make(s, (uint16_t)i, NULL, &done);
    const struct bt_case *c = &s->world->cases[0];
    if (done && !wrong) {
      s->transitions++;
      s->moves_on |= !bt_case_is_open(c) || !bt_str_eq(c->custodian, was.c.custodian);
      keep(s, node, (uint16_t)i);
    }
    restore(s, &was);
  }
  if (!wrong && !s->moves_on) {
    *ret_move = -1;
    wrong = "a dead end: no timer, and nothing that a department can say moves or ends the case";
  }
  return wrong;
}

static void print_path(struct search *s, uint32_t node, int move) {
  bool done;
  const char *wrong = go_to(s, node, stdout);
  if (move >= 0 && !wrong)
    wrong = make(s, (uint16_t)move, stdout, &done);
  printf("#   the state:\n");
  for (uint32_t i = 0; i < s->world->n_cases; i++)
    trace_print_case(stdout, &s->world->cases[i]);
}

static bool run(struct search *s, const char *name, double limit_s) {
  double until_s = seconds() + limit_s;
  const char *wrong = begin(s, NULL);
  int move = -1;
  uint32_t at = 0;
  s->nodes[s->n_nodes++] = (struct node){0};
  remember(s, search_key_of(&s->world->cases[0], s->now_us));
  for (; at < s->n_nodes && !wrong && seconds() < until_s && s->n_nodes < MAX_STATES; at++) {
    s->depth = s->nodes[at].depth;
    if (s->depth + 1 >= MAX_DEPTH)
      break;
    wrong = expand(s, at, &move);
  }
  printf("%s - search %s: %u states, %" PRIu64 " transitions, %" PRIu64 " refusals, every state of depth %u%s\n",
         wrong ? "not ok" : "ok", name, s->n_nodes, s->transitions, s->refused, s->depth,
         at == s->n_nodes ? ": there are no others" : "");
  if (wrong) {
    printf("#   %s, after:\n", wrong);
    print_path(s, at ? at - 1 : 0, move);
  }
  return !wrong;
}

static bool search(const struct search_company *k, double limit_s) {
  struct search *s = calloc(1, sizeof *s);
  bt_arena_init(&s->fixed, MEMORY);
  bt_arena_init(&s->arena, MEMORY);
  s->world = BT_NEW(&s->fixed, struct trace_world);
  s->world->arena = &s->arena;
  s->nodes = malloc(MAX_STATES * sizeof *s->nodes);
  s->keys = calloc(2 * (size_t)MAX_STATES, sizeof *s->keys); /* only pages that are touched count */
  search_rules(k, &s->fixed, &s->world->rules);
  const char *unread = search_compile(&s->world->rules, &s->fixed, &s->moves);
  bool fine = !unread;
  if (unread)
    printf("not ok - search %s: no such move: %s\n", k->name, unread);
  else
    fine = run(s, k->name, limit_s);
  bt_arena_fini(&s->fixed);
  bt_arena_fini(&s->arena);
  free(s->nodes);
  free(s->keys);
  free(s);
  return fine;
}

int main(int argc, char **argv) {
  double limit_s = argc > 1 ? atof(argv[1]) : 60;
  bool fine = true;
  for (size_t i = 0; i < search_n_companies; i++)
    fine &= search(&search_companies[i], limit_s / (double)search_n_companies);
  return !fine;
}
