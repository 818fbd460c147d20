#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec.h"

#define KEY_MAX 128
#define SETTLE_EVENTS 8
#define NONE ((struct piece){NULL, 0})

/* A line that was taken apart. */
struct said {
  struct piece tag;
  const struct members *m;
};

static json_t *value_of(const struct said *s, const char *name) {
  struct piece p = members_get(s->m, name);
  return p.at ? json_loadb(p.at, p.n, JSON_DECODE_ANY, NULL) : NULL;
}

static bool is_plain(const char *text, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (text[i] == '"' || text[i] == '\\' || (unsigned char)text[i] < ' ')
      return false;
  return true;
}

/* Almost every key is plain text between quotes; only the others are worth a parser. */
static bool key_of(const struct said *s, char ret[KEY_MAX + 1]) {
  struct piece p = members_get(s->m, "key");
  if (!p.at || p.n < 3 || p.at[0] != '"')
    return false;
  json_t *v = NULL;
  const char *text = p.at + 1;
  size_t n = p.n - 2;
  if (p.at[p.n - 1] != '"' || !is_plain(text, n)) {
    v = json_loadb(p.at, p.n, JSON_DECODE_ANY, NULL);
    text = json_string_value(v);
    n = text ? json_string_length(v) : 0;
  }
  bool fits = n > 0 && n <= KEY_MAX;
  if (fits) {
    memcpy(ret, text, n);
    ret[n] = '\0';
  }
  json_decref(v);
  return fits;
}

static struct sent *sent_new(struct exec *x, struct piece key, struct piece tag) {
  struct sent *s = malloc(sizeof *s + key.n + tag.n);
  if (!s)
    return NULL;
  *s = (struct sent){.next = x->first, .run = x->run, .key_n = key.n, .tag_n = tag.n};
  if (key.n)
    memcpy(s->text, key.at, key.n);
  if (tag.n)
    memcpy(s->text + key.n, tag.at, tag.n);
  return s;
}

static void sent_keep(struct exec *x, struct sent *s) {
  if (x->first)
    x->first->previous = s;
  x->first = s;
}

struct cursor {
  json_t *value; /* NULL: none */
  const char *source, *position;
  size_t n;
};

static bool cursor_of(const struct said *s, struct cursor *ret) {
  *ret = (struct cursor){0};
  if (!members_get(s->m, "cursor").at)
    return true;
  ret->value = value_of(s, "cursor");
  return ret->value && json_unpack_ex(ret->value, NULL, JSON_STRICT, "{s:s,s:s%}", "source", &ret->source, "position",
                                      &ret->position, &ret->n) == 0;
}

/* Says it to the broker; false: no room. Everything is let go of, or taken over. */
static bool submit(struct exec *x, const struct said *s, const char *key, baton_event *event, const struct cursor *c) {
  if (event && !c->source && baton_has_spool(x->b))
    return exec_put(x, members_get(s->m, "key"), s->tag, key, event);
  struct sent *sent = sent_new(x, members_get(s->m, "key"), s->tag);
  int rc = -BATON_E_NOMEM;
  if (sent)
    rc = baton_submit_cursor(x->b, key, event, c->source, c->position, c->n, sent);
  if (!sent || rc == -BATON_E_BUSY)
    baton_event_free(event);
  if (rc == 0) {
    sent_keep(x, sent);
    x->events += event != NULL;
    return true;
  }
  free(sent);
  if (rc != -BATON_E_BUSY)
    exec_complain(x, s->tag, "not sent: %s", baton_error(x->b));
  return rc != -BATON_E_BUSY;
}

static bool say_event(struct exec *x, const struct said *s) {
  char key[KEY_MAX + 1], error[256];
  struct piece event = members_get(s->m, "event");
  struct cursor c;
  bool room = true;
  baton_event *e = NULL;
  if (!cursor_of(s, &c))
    exec_complain(x, s->tag, "cursor: {\"source\": \"...\", \"position\": \"...\"}, both text");
  else if (!event.at && !c.value)
    exec_complain(x, s->tag, "neither event nor cursor");
  else if (event.at && !key_of(s, key))
    exec_complain(x, s->tag, "key: text of 1 to %d bytes, unique for this event and the same on every retry", KEY_MAX);
  else if (event.at && !(e = baton_event_from_json(event.at, event.n, error)))
    exec_complain(x, s->tag, "event: %s", error);
  else
    room = submit(x, s, event.at ? key : NULL, e, &c);
  json_decref(c.value);
  return room;
}

static bool sequence_of(const struct said *s, uint64_t *ret) {
  json_t *v = value_of(s, "settle");
  const char *text = json_string_value(v);
  char *end = NULL;
  errno = 0;
  *ret = text ? strtoull(text, &end, 10) : (uint64_t)json_integer_value(v);
  bool ok = json_is_integer(v) ? json_integer_value(v) > 0 : text && *text && !*end && !errno;
  json_decref(v);
  return ok;
}

static void settle_plain(struct exec *x, const struct said *s, uint64_t sequence) {
  static const char *const names[] = {
      [BATON_ACK] = "ack", [BATON_RETRY] = "retry", [BATON_REJECT] = "reject", [BATON_IN_PROGRESS] = "in_progress"};
  json_t *verdict = value_of(s, "verdict"), *after = value_of(s, "retryAfterMs"), *reason = value_of(s, "reason");
  const char *name = json_string_value(verdict);
  json_int_t ms = json_integer_value(after);
  int v = BATON_ACK;
  while (name && v <= BATON_IN_PROGRESS && strcmp(names[v], name) != 0)
    v++;
  if (!name || v > BATON_IN_PROGRESS)
    exec_complain(x, s->tag, "verdict: \"ack\", \"retry\", \"reject\" or \"in_progress\"");
  else if (members_get(s->m, "retryAfterMs").at && (!json_is_integer(after) || ms < 1 || ms > 86400000))
    exec_complain(x, s->tag, "retryAfterMs: 1 to 86400000");
  else if (members_get(s->m, "reason").at && !json_is_string(reason))
    exec_complain(x, s->tag, "reason: text");
  else if (baton_settle(x->b, sequence, (baton_verdict)v, (uint32_t)ms, json_string_value(reason)) < 0)
    exec_complain(x, s->tag, "settle: %s", baton_error(x->b));
  else if (v != BATON_IN_PROGRESS)
    hands_remove(&x->hands, sequence);
  json_decref(verdict);
  json_decref(after);
  json_decref(reason);
}

static baton_event *event_of(const json_t *value, char *error) {
  char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
  baton_event *e = text ? baton_event_from_json(text, strlen(text), error) : NULL;
  if (!text)
    snprintf(error, 256, "no memory");
  free(text);
  return e;
}

static void settle_with(struct exec *x, const struct said *s, struct hand *d) {
  baton_event *events[SETTLE_EVENTS];
  char error[256] = "a list of 1 to 8 events";
  json_t *list = value_of(s, "events");
  size_t n = json_array_size(list), i = 0;
  if (n > 0 && n <= SETTLE_EVENTS)
    while (i < n && (events[i] = event_of(json_array_get(list, i), error)))
      i++;
  json_decref(list);
  if (n > 0 && i == n) {
    bool kept = hand_tag(d, s->tag.at, s->tag.n, n) == 0;
    if (kept && baton_settle_with(x->b, d->sequence, events, n) == 0) {
      d->state = HAND_SETTLED;
      return;
    }
    exec_complain(x, s->tag, "settle: %s", kept ? baton_error(x->b) : "no memory");
    if (kept)
      return; /* the events were taken over */
  }
  while (i > 0)
    baton_event_free(events[--i]);
  if (i < n || n == 0)
    exec_complain(x, s->tag, "events: %s", error);
}

static bool say_settle(struct exec *x, const struct said *s) {
  uint64_t sequence;
  struct hand *d;
  if (!sequence_of(s, &sequence))
    exec_complain(x, s->tag, "settle: the sequence of a delivery");
  else if (!(d = hands_find(&x->hands, sequence)) || d->state != HAND_GIVEN)
    exec_complain(x, s->tag, "settle: no delivery %" PRIu64 " waits for a verdict", sequence);
  else if (members_get(s->m, "events").at)
    settle_with(x, s, d);
  else
    settle_plain(x, s, sequence);
  return true;
}

static bool say_query(struct exec *x, const struct said *s) {
  return exec_ask(x, members_get(s->m, "query"), s->tag);
}

static bool say_health(struct exec *x, const struct said *s) {
  const char *state, *text = NULL;
  json_t *v = value_of(s, "health");
  bool read = v && json_unpack_ex(v, NULL, JSON_STRICT, "{s:s,s?s}", "state", &state, "text", &text) == 0;
  if (!read || !exec_health(x, state, text))
    exec_complain(x, s->tag,
                  "health: {\"state\": \"well\"}, or \"troubled\" or \"down\" with a \"text\" that says why");
  json_decref(v);
  return true;
}

static bool say_log(struct exec *x, const struct said *s) {
  json_t *v = value_of(s, "log");
  if (json_is_string(v))
    baton_log("info", "program", "text", json_string_value(v), NULL);
  else
    exec_complain(x, s->tag, "log: text");
  json_decref(v);
  return true;
}

/* What a line says is told by the first of these that it has; any other member than the named is a mistake. */
static const struct sort {
  const char *name;
  bool (*say)(struct exec *x, const struct said *s);
  const char *with[5];
} sorts[] = {
    {"event", say_event, {"key", "tag", "cursor"}},
    {"settle", say_settle, {"verdict", "retryAfterMs", "reason", "events", "tag"}},
    {"query", say_query, {"tag"}},
    {"cursor", say_event, {"tag"}},
    {"health", say_health, {"tag"}},
    {"log", say_log, {"tag"}},
};

static const struct sort *sort_of(const struct members *m) {
  for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++)
    if (members_get(m, sorts[i].name).at)
      return &sorts[i];
  return NULL;
}

static bool is_name(struct piece p, const char *name) {
  return name && strlen(name) == p.n && memcmp(p.at, name, p.n) == 0;
}

static bool belongs(const struct sort *sort, struct piece name) {
  bool found = is_name(name, sort->name);
  for (size_t i = 0; i < sizeof sort->with / sizeof *sort->with && !found; i++)
    found = is_name(name, sort->with[i]);
  return found;
}

bool exec_translate(struct exec *x, const char *line, size_t n) {
  struct members m;
  const char *error;
  if (!members_split(line, n, &m, &error)) {
    exec_complain(x, NONE, "no valid JSON object: %s", error);
    return true;
  }
  struct said s = {.tag = members_get(&m, "tag"), .m = &m};
  if (s.tag.at && !members_value_ok(s.tag)) {
    exec_complain(x, NONE, "tag: no valid JSON value");
    return true;
  }
  const struct sort *sort = sort_of(&m);
  if (!sort) {
    exec_complain(x, s.tag, "one of event, settle, query, cursor, health and log is needed");
    return true;
  }
  for (size_t i = 0; i < m.n; i++)
    if (!belongs(sort, m.name[i])) {
      exec_complain(x, s.tag, "unknown member %.*s", m.name[i].n < 64 ? (int)m.name[i].n : 64, m.name[i].at);
      return true;
    }
  return sort->say(x, &s);
}
