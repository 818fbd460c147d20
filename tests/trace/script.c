/* Reads a trace file line by line: set-up, requests, `show`; writes what the file should look like. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

enum { MEMORY = 256 * 1024 * 1024 };

/* Words are parted by blanks; a quoted part may hold blanks: text="two words". */
static void split(struct bt_str line, struct bt_arena *arena, struct words *ret) {
  ret->n = 0;
  for (size_t i = 0; i < line.n && ret->n < TRACE_MAX_WORDS;) {
    if (line.p[i] == ' ') {
      i++;
      continue;
    }
    char *word = bt_arena_alloc(arena, line.n - i + 1);
    size_t n = 0;
    for (bool quoted = false; i < line.n && (quoted || line.p[i] != ' '); i++) {
      if (line.p[i] == '"')
        quoted = !quoted;
      else
        word[n++] = line.p[i];
    }
    ret->v[ret->n++] = (struct bt_str){word, n};
  }
}

void script_cut(struct bt_str word, struct bt_str *ret_name, struct bt_str *ret_value) {
  const char *at = word.n ? memchr(word.p, '=', word.n) : NULL;
  size_t n = at ? (size_t)(at - word.p) : word.n;
  *ret_name = (struct bt_str){word.p, n};
  *ret_value = at ? (struct bt_str){at + 1, word.n - n - 1} : (struct bt_str){0};
}

/* ---- requests ---- */

static struct bt_str hex_of(struct bt_str bytes, struct bt_arena *arena) {
  char *to = bt_arena_alloc(arena, bytes.n * 2 + 1);
  for (size_t i = 0; i < bytes.n; i++)
    snprintf(to + 2 * i, 3, "%02x", (unsigned)(uint8_t)bytes.p[i]);
  return (struct bt_str){to, bytes.n * 2};
}

/* offer=last is the last offer made; and so on. */
static struct bt_str last_of(const struct script *s, struct bt_str name) {
  static const struct {
    const char *name;
    uint32_t kind;
  } makers[] = {
      {"offer", BT_HANDOFF_OFFERED}, {"question", BT_QUESTION_ASKED},  {"promise", BT_PROMISE_MADE},
      {"work", BT_WORK_STARTED},     {"advisory", BT_ADVISORY_ISSUED}, {"rates", BT_HANDOFF_OFFERED},
      {"case", BT_CASE_OPENED},      {"supersedes", BT_FACT_RECORDED},
  };
  if (bt_str_eq(name, BT_LIT("digest")))
    return hex_of(s->last_digest, s->arena);
  for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
    if (bt_str_eq(name, bt_str(makers[i].name)))
      return bt_arena_printf(s->arena, "%" PRIu64, s->last[makers[i].kind]);
  return BT_LIT("last");
}

static const char *set_word(struct script *s, struct bt_request *r, struct bt_str word) {
  struct bt_str name, value;
  script_cut(word, &name, &value);
  if (bt_str_eq(name, BT_LIT("key"))) {
    r->source_key = value;
    return NULL;
  }
  if (bt_str_eq(name, BT_LIT("first")))
    return trace_parse_time(value, &r->first_tried_at_us) ? "not a time" : NULL;
  if (bt_str_eq(name, BT_LIT("cursor"))) {
    r->has_cursor = true;
    r->cursor.position = value;
    return NULL;
  }
  if (bt_str_eq(name, BT_LIT("why"))) {
    r->operator_reason = value;
    return NULL;
  }
  if (bt_str_eq(value, BT_LIT("last")))
    value = last_of(s, name);
  return trace_set(&r->event, name, value, s->arena);
}

/* The content is what the line says apart from time, adapter, key, first try and cursor: a resend may differ in those.
 */
static void hash_content(const struct words *words, struct bt_arena *arena, uint8_t ret_hash[16]) {
  struct bt_str all = {0};
  for (uint32_t i = 2; i < words->n; i++)
    if (!bt_str_starts(words->v[i], BT_LIT("key=")) && !bt_str_starts(words->v[i], BT_LIT("first=")) &&
        !bt_str_starts(words->v[i], BT_LIT("cursor=")))
      all = bt_arena_printf(arena, "%.*s %.*s", BT_STR_ARG(all), BT_STR_ARG(words->v[i]));
  trace_digest(all.p, all.n, ret_hash);
}

static void remember(struct script *s, const struct bt_entry *e) {
  if (e->kind <= BT_KIND_LAST && !(e->kind == BT_ADVISORY_ISSUED && e->stream != BT_STREAM_TOPIC))
    s->last[e->kind] = e->sequence;
  if (e->kind == BT_HANDOFF_OFFERED)
    s->last_digest = e->event.handoff_offered.digest;
  if (e->kind == BT_HANDOFF_DIRECTED)
    s->last_digest = e->event.handoff_directed.digest;
}

const char *script_take_in(struct script *s, const struct bt_decision *d) {
  const char *wrong = NULL;
  for (uint32_t i = 0; i < d->n && !wrong; i++) {
    remember(s, &d->v[i]);
    trace_print_entry(s->to, &d->v[i]);
    wrong = trace_apply(s->world, &d->v[i]);
    if (!wrong)
      wrong = trace_check_entry(s->world, &d->v[i]);
  }
  return wrong ? wrong : trace_check_unit(s->world);
}

static const char *decide(struct script *s, struct bt_request *r, bool bare) {
  struct bt_decision d;
  if (trace_decide(s->world, r, bare, s->now_us, &d))
    return "decide ran out of memory";
  const char *wrong = script_take_in(s, &d);
  trace_print_receipt(s->to, &d.receipt);
  if (d.cursor_only)
    fputs("  the cursor moves all the same\n", s->to);
  return wrong ? wrong : script_spread(s, &d);
}

/* "operator:ann": nobody's adapter; without as= in the name of the department whose thing it is. */
static void by_operator(struct script *s, struct bt_request *r) {
  struct bt_scene scene;
  if (r->event.department.n)
    return;
  trace_scene(s->world, r, &scene);
  r->event.department = bt_operator_department(&s->world->rules, &scene, &r->event);
}

/* "10:00 sales ContactLogged channel=phone by=phone:+44…" */
static const char *request(struct script *s, const struct words *words) {
  int64_t now_us;
  if (words->n < 3 || trace_parse_time(words->v[0], &now_us))
    return "neither set-up nor a request";
  const char *wrong = script_pass(s, now_us);
  if (wrong)
    return wrong;
  struct bt_request r = {.adapter = bt_rules_adapter(&s->world->rules, words->v[1])};
  if (bt_str_starts(words->v[1], BT_LIT("operator:"))) {
    r.adapter = &bt_operators_adapter;
    r.operator=(struct bt_str){words->v[1].p + 9, words->v[1].n - 9};
  }
  if (!r.adapter)
    return "no such adapter";
  r.event.kind = (uint32_t)bt_kind_parse(words->v[2]);
  if (!r.event.kind)
    return "no such kind";
  r.event.department = r.adapter->department;
  r.first_tried_at_us = s->now_us;
  if (!r.operator.n)
    r.source_key = bt_arena_printf(s->arena, "k%u", ++s->requests);
  bool bare = false;
  for (uint32_t i = 3; i < words->n && !wrong; i++) {
    bare = bare || bt_str_starts(words->v[i], BT_LIT("expects="));
    wrong = set_word(s, &r, words->v[i]);
  }
  if (!r.event.locator.reference.department.n && r.event.locator.reference.local_id.n)
    r.event.locator.reference.department = r.event.department;
  hash_content(words, s->arena, r.content_hash);
  trace_identify(s->world, &r);
  if (r.operator.n)
    by_operator(s, &r);
  return wrong ? wrong : decide(s, &r, bare);
}

static const char *show(struct script *s, const struct words *words) {
  if (words->n == 1)
    trace_print_world(s->to, s->world);
  for (uint32_t i = 1; i < words->n; i++) {
    const struct bt_case *c = trace_case(s->world, trace_parse_u64(words->v[i]));
    if (!c)
      return "no such case";
    trace_print_case(s->to, c);
  }
  return NULL;
}

static const struct {
  const char *word;
  script_word_fn *run;
} directives[] = {
    {"department", script_department},
    {"adapter", script_adapter},
    {"domain", script_domain},
    {"rules", script_rules},
    {"ola", script_ola},
    {"contradiction", script_contradiction},
    {"default_label", script_default_label},
    {"connected", script_connected},
    {"wait", script_wait},
    {"down", script_down},
    {"gone", script_gone},
    {"show", show},
};

static const char *line(struct script *s, struct bt_str text) {
  struct words words;
  split(text, s->arena, &words);
  if (!words.n || words.v[0].p[0] == '#')
    return NULL;
  for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++)
    if (bt_str_eq(words.v[0], bt_str(directives[i].word)))
      return directives[i].run(s, &words);
  return request(s, &words);
}

/* The state must be what the entries alone make of it. */
static const char *replay(const struct trace_world *w, struct bt_arena *arena) {
  struct trace_world *again = BT_NEW(arena, struct trace_world);
  again->arena = arena;
  char *text[2] = {0};
  size_t n[2];
  const char *wrong = NULL;
  for (uint32_t i = 0; i < w->n_entries && !wrong; i++)
    wrong = trace_apply(again, &w->entries[i]);
  const struct trace_world *worlds[2] = {w, again};
  for (int i = 0; i < 2; i++) {
    FILE *to = open_memstream(&text[i], &n[i]);
    trace_print_world(to, worlds[i]);
    fclose(to);
  }
  if (!wrong && strcmp(text[0], text[1]) != 0)
    wrong = "the entries alone give another state";
  free(text[0]);
  free(text[1]);
  return wrong;
}

const char *trace_play(const char *text, FILE *to) {
  struct bt_arena arena;
  bt_arena_init(&arena, MEMORY);
  struct script s = {.world = BT_NEW(&arena, struct trace_world), .arena = &arena, .to = to};
  s.world->arena = &arena;
  s.world->next_number = 1;
  s.world->rules.max_attempts = 5;
  s.world->rules.max_future_us = 10 * 60 * INT64_C(1000000);
  const char *wrong = NULL;
  while (*text && !wrong) {
    size_t n = strcspn(text, "\n");
    if (strncmp(text, "  ", 2) != 0) {
      fprintf(to, "%.*s\n", (int)n, text);
      wrong = line(&s, (struct bt_str){text, n});
    }
    text += n + (text[n] == '\n');
  }
  if (!wrong)
    wrong = replay(s.world, &arena);
  bt_arena_fini(&arena);
  return wrong;
}
