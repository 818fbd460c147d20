/* Reads a trace file line by line: set-up, requests, `show`; writes what the file should look like. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

enum { MEMORY = 64 * 1024 * 1024 };

struct script {
  struct trace_world *world;
  struct bt_arena *arena;
  FILE *to;
  int64_t now_us;
  uint32_t requests;
  uint64_t last_offer; /* what `last` stands for in offer= and digest= */
  struct bt_str last_digest;
};

struct words {
  uint32_t n;
  struct bt_str v[TRACE_MAX_WORDS];
};

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

/* "name=value" -> the two; a bare name has an empty value. */
static void cut(struct bt_str word, struct bt_str *ret_name, struct bt_str *ret_value) {
  const char *at = word.n ? memchr(word.p, '=', word.n) : NULL;
  size_t n = at ? (size_t)(at - word.p) : word.n;
  *ret_name = (struct bt_str){word.p, n};
  *ret_value = at ? (struct bt_str){at + 1, word.n - n - 1} : (struct bt_str){0};
}

static int by_bytes(const void *a, const void *b) {
  return bt_str_cmp(*(const struct bt_str *)a, *(const struct bt_str *)b);
}

/* "a,b,c", sorted. */
static struct bt_strs list(struct bt_str text, struct bt_arena *arena) {
  struct bt_strs ret = {0, BT_NEW_ARRAY(arena, struct bt_str, text.n + 2)};
  for (size_t from = 0, i = 0; i <= text.n; i++)
    if (i == text.n || text.p[i] == ',') {
      if (i > from)
        ret.v[ret.n++] = (struct bt_str){text.p + from, i - from};
      from = i + 1;
    }
  qsort(ret.v, ret.n, sizeof *ret.v, by_bytes);
  return ret;
}

/* ---- set-up: rows are kept sorted by name, as the core wants them ---- */

static void *insert(void *v, uint32_t *n, size_t size, struct bt_str name, struct bt_arena *arena) {
  char *grown = bt_arena_alloc(arena, (*n + 1) * size);
  uint32_t at = 0;
  while (at < *n && bt_str_cmp(*(struct bt_str *)((char *)v + at * size), name) < 0)
    at++;
  if (*n)
    memcpy(grown, v, at * size);
  if (at < *n)
    memcpy(grown + (at + 1) * size, (char *)v + at * size, (*n - at) * size);
  *(struct bt_str *)(grown + at * size) = name;
  (*n)++;
  return grown;
}

static struct bt_str *named(void *v, uint32_t n, size_t size, struct bt_str name) {
  for (uint32_t i = 0; i < n; i++)
    if (bt_str_eq(*(struct bt_str *)((char *)v + i * size), name))
      return (struct bt_str *)((char *)v + i * size);
  return NULL;
}

static const char *put_department(struct script *s, const struct words *words) {
  struct bt_rules *r = &s->world->rules;
  r->departments.v = insert(r->departments.v, &r->departments.n, sizeof *r->departments.v, words->v[1], s->arena);
  struct bt_department *d = (struct bt_department *)named(r->departments.v, r->departments.n, sizeof *d, words->v[1]);
  for (uint32_t i = 2; i < words->n; i++) {
    struct bt_str name, value;
    cut(words->v[i], &name, &value);
    if (bt_str_eq(name, BT_LIT("topics")))
      d->topics = list(value, s->arena);
    else if (bt_str_eq(name, BT_LIT("fallback")))
      d->fallback = value;
    else if (bt_str_eq(name, BT_LIT("unattended")))
      d->unattended = true;
    else if (bt_str_eq(name, BT_LIT("must_take")))
      d->must_take = true;
    else if (bt_str_eq(name, BT_LIT("front")))
      d->front = true;
    else if (bt_str_eq(name, BT_LIT("link")))
      d->link = true;
    else
      return "a department has no such property";
  }
  return NULL;
}

static const char *put_adapter(struct script *s, const struct words *words) {
  struct bt_rules *r = &s->world->rules;
  r->adapters.v = insert(r->adapters.v, &r->adapters.n, sizeof *r->adapters.v, words->v[1], s->arena);
  struct bt_adapter *a = (struct bt_adapter *)named(r->adapters.v, r->adapters.n, sizeof *a, words->v[1]);
  struct bt_str acts_for = {0};
  for (uint32_t i = 2; i < words->n; i++) {
    struct bt_str name, value;
    cut(words->v[i], &name, &value);
    if (bt_str_eq(name, BT_LIT("home")))
      a->department = value;
    else if (bt_str_eq(name, BT_LIT("acts_for")))
      acts_for = value;
    else if (bt_str_eq(name, BT_LIT("receives")))
      a->receives = true;
    else if (bt_str_eq(name, BT_LIT("backfill")))
      a->backfill = true;
    else if (bt_str_eq(name, BT_LIT("topics")))
      a->topics = list(value, s->arena);
    else
      return "an adapter has no such property";
  }
  a->acts_for_all = bt_str_eq(acts_for, BT_LIT("*"));
  a->acts_for =
      list(a->acts_for_all ? a->department
                           : bt_arena_printf(s->arena, "%.*s,%.*s", BT_STR_ARG(a->department), BT_STR_ARG(acts_for)),
           s->arena);
  return NULL;
}

static const char *put_domain(struct script *s, const struct words *words) {
  struct bt_rules *r = &s->world->rules;
  r->domains.v = insert(r->domains.v, &r->domains.n, sizeof *r->domains.v, words->v[1], s->arena);
  struct bt_domain *d = (struct bt_domain *)named(r->domains.v, r->domains.n, sizeof *d, words->v[1]);
  for (uint32_t i = 2; i < words->n; i++) {
    struct bt_str name, value;
    cut(words->v[i], &name, &value);
    if (bt_str_eq(name, BT_LIT("country")))
      d->country = value;
    else if (bt_str_eq(name, BT_LIT("lower")))
      d->normal = BT_NORMAL_LOWER;
    else if (bt_str_eq(name, BT_LIT("phone")))
      d->normal = BT_NORMAL_PHONE;
    else
      return "a domain has no such property";
  }
  return NULL;
}

static const char *put_rules(struct script *s, const struct words *words) {
  struct bt_rules *r = &s->world->rules;
  for (uint32_t i = 1; i < words->n; i++) {
    struct bt_str name, value;
    cut(words->v[i], &name, &value);
    int rc = 0;
    if (bt_str_eq(name, BT_LIT("last_owner")))
      r->last_owner = value;
    else if (bt_str_eq(name, BT_LIT("labels")))
      r->labels = list(value, s->arena);
    else if (bt_str_eq(name, BT_LIT("ola")))
      rc = trace_parse_span(value, &r->ola_us);
    else if (bt_str_eq(name, BT_LIT("reopen_within")))
      rc = trace_parse_span(value, &r->reopen_within_us);
    else if (bt_str_eq(name, BT_LIT("idempotency")))
      rc = trace_parse_span(value, &r->idempotency_us);
    else
      return "no such rule";
    if (rc)
      return "not a span";
  }
  return NULL;
}

static const char *put_connected(struct script *s, const struct words *words) {
  s->world->connected = list(words->n > 1 ? words->v[1] : (struct bt_str){0}, s->arena);
  return NULL;
}

/* ---- output ---- */

static void print_entry(struct script *s, const struct bt_entry *e) {
  fprintf(s->to, "  %" PRIu64 " %s", e->sequence, bt_kind_name((int)e->kind));
  if (e->stream == BT_STREAM_CUSTOMER)
    fprintf(s->to, " customer=%" PRIu64, e->stream_id);
  else
    fprintf(s->to, " case=%" PRIu64, e->stream_id);
  fprintf(s->to, " v%" PRIu64 " by=%.*s", e->version, BT_STR_ARG(e->event.department));
  trace_print_event(s->to, &e->event);
  if (e->reference.local_id.n)
    fprintf(s->to, " binds=%.*s/%.*s", BT_STR_ARG(e->reference.department), BT_STR_ARG(e->reference.local_id));
  for (uint32_t i = 0; i < e->joined.n; i++)
    fprintf(s->to, "%s%.*s", i ? "," : " joins=", BT_STR_ARG(e->joined.v[i]));
  for (uint32_t i = 0; i < e->recipients.n; i++)
    fprintf(s->to, "%s%.*s", i ? "," : " -> ", BT_STR_ARG(e->recipients.v[i]));
  fputc('\n', s->to);
  const struct bt_card *card = e->kind == BT_HANDOFF_OFFERED    ? e->event.handoff_offered.card
                               : e->kind == BT_HANDOFF_REPORTED ? e->event.handoff_reported.card
                                                                : NULL;
  if (card)
    trace_print_card(s->to, card);
}

static void print_receipt(struct script *s, const struct bt_receipt *r) {
  if (r->code != BT_OK) {
    fprintf(s->to, "  refused %s", bt_code_name((int)r->code));
    if (r->field.n)
      fprintf(s->to, " %.*s", BT_STR_ARG(r->field));
    fprintf(s->to, ": %.*s\n", BT_STR_ARG(r->text));
    return;
  }
  fprintf(s->to, "  receipt%s %" PRIu64, r->duplicate ? " again" : "", r->sequence);
  if (r->case_id)
    fprintf(s->to, " case=%" PRIu64 " %.*s v%" PRIu64, r->case_id, BT_STR_ARG(r->ref), r->version);
  if (r->found)
    fprintf(s->to, " found=%s", bt_found_name((int)r->found));
  if (r->customer)
    fprintf(s->to, " customer=%" PRIu64, r->customer);
  for (uint32_t i = 0; i < r->others.n; i++)
    fprintf(s->to, "%s%" PRIu64, i ? "," : " others=", r->others.v[i]);
  if (r->offer)
    fprintf(s->to, " offer=%" PRIu64 " to=%.*s", r->offer, BT_STR_ARG(r->to));
  fputc('\n', s->to);
}

/* ---- requests ---- */

static struct bt_str hex_of(struct bt_str bytes, struct bt_arena *arena) {
  char *to = bt_arena_alloc(arena, bytes.n * 2 + 1);
  for (size_t i = 0; i < bytes.n; i++)
    snprintf(to + 2 * i, 3, "%02x", (unsigned)(uint8_t)bytes.p[i]);
  return (struct bt_str){to, bytes.n * 2};
}

static const char *set_word(struct script *s, struct bt_request *r, struct bt_str word) {
  struct bt_str name, value;
  cut(word, &name, &value);
  if (bt_str_eq(name, BT_LIT("key"))) {
    r->source_key = value;
    return NULL;
  }
  if (bt_str_eq(name, BT_LIT("first")))
    return trace_parse_time(value, &r->first_tried_at_us) ? "not a time" : NULL;
  if (bt_str_eq(name, BT_LIT("labels"))) {
    r->event.labels = list(value, s->arena);
    return NULL;
  }
  if (bt_str_eq(name, BT_LIT("cursor"))) {
    r->has_cursor = true;
    r->cursor.position = value;
    return NULL;
  }
  if (bt_str_eq(value, BT_LIT("last")) && bt_str_eq(name, BT_LIT("offer")))
    value = bt_arena_printf(s->arena, "%" PRIu64, s->last_offer);
  if (bt_str_eq(value, BT_LIT("last")) && bt_str_eq(name, BT_LIT("digest")))
    value = hex_of(s->last_digest, s->arena);
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

static const char *take_in(struct script *s, const struct bt_decision *d) {
  for (uint32_t i = 0; i < d->n; i++) {
    const struct bt_entry *e = &d->v[i];
    if (e->kind == BT_HANDOFF_OFFERED) {
      s->last_offer = e->sequence;
      s->last_digest = e->event.handoff_offered.digest;
    }
    print_entry(s, e);
    const char *wrong = trace_apply(s->world, e);
    if (wrong)
      return wrong;
  }
  print_receipt(s, &d->receipt);
  if (d->cursor_only)
    fputs("  the cursor moves all the same\n", s->to);
  return NULL;
}

/* "10:00 sales ContactLogged channel=phone by=phone:+44…" */
static const char *request(struct script *s, const struct words *words) {
  int64_t now_us;
  if (words->n < 3 || trace_parse_time(words->v[0], &now_us))
    return "neither set-up nor a request";
  s->now_us = now_us > s->now_us ? now_us : s->now_us;
  struct bt_request r = {.adapter = bt_rules_adapter(&s->world->rules, words->v[1])};
  if (!r.adapter)
    return "no such adapter";
  r.event.kind = (uint32_t)bt_kind_parse(words->v[2]);
  if (!r.event.kind)
    return "no such kind";
  r.event.department = r.adapter->department;
  r.first_tried_at_us = s->now_us;
  r.source_key = bt_arena_printf(s->arena, "k%u", ++s->requests);
  for (uint32_t i = 3; i < words->n; i++) {
    const char *wrong = set_word(s, &r, words->v[i]);
    if (wrong)
      return wrong;
  }
  if (!r.event.locator.reference.department.n && r.event.locator.reference.local_id.n)
    r.event.locator.reference.department = r.event.department;
  hash_content(words, s->arena, r.content_hash);
  trace_identify(s->world, &r);
  struct bt_scene scene;
  trace_scene(s->world, &r, &scene);
  struct bt_decision decision;
  if (bt_decide(&s->world->rules, &scene, &r, s->now_us, trace_digest, s->arena, &decision))
    return "decide ran out of memory";
  return take_in(s, &decision);
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
  const char *(*run)(struct script *s, const struct words *words);
} directives[] = {
    {"department", put_department}, {"adapter", put_adapter},     {"domain", put_domain},
    {"rules", put_rules},           {"connected", put_connected}, {"show", show},
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
