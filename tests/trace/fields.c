/* One table of fields serves both directions: requests are read by it, decided events written by it. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

enum type { STR, U64, U32, TIME, BOOL, ENUM, HEX };

static const char *const priorities[] = {"-", "low", "normal", "high", "urgent", NULL};
static const char *const channels[] = {"-",      "phone",     "email", "web",      "chat",
                                       "letter", "in-person", "app",   "internal", NULL};
static const char *const directions[] = {"-", "inbound", "outbound", NULL};
static const char *const outcomes[] = {"-", "served", "dropped", "abandoned", "not-reached", NULL};
static const char *const pendings[] = {"-", "customer", "vendor", "other", NULL};
static const char *const statuses[] = {"-", "open", "pending", "resolved", "closed", "merged", NULL};
static const char *const refusals[] = {"-", "wrong-department", "no-capacity", "missing-information", "closed", "other",
                                       NULL};
static const char *const causes[] = {"-", "asked", "named", "topic", "no-wrong-door", "contact", NULL};

struct field {
  uint32_t kind; /* 0: every kind */
  const char *name;
  enum type type;
  size_t offset;
  const char *const *names;
};

#define AT(member) offsetof(struct bt_event, member)
static const struct field fields[] = {
    {0, "occurred", TIME, AT(occurred_at_us), NULL},
    {0, "as", STR, AT(department), NULL},
    {0, "actor", STR, AT(actor), NULL},
    {0, "expects", U64, AT(expected_version), NULL},
    {0, "backfill", BOOL, AT(backfill), NULL},
    {0, "case", U64, AT(locator.id), NULL},
    {0, "ref", STR, AT(locator.ref), NULL},
    {0, "about", STR, AT(locator.topic), NULL},
    {BT_CASE_OPENED, "topic", STR, AT(case_opened.topic), NULL},
    {BT_CASE_OPENED, "title", STR, AT(case_opened.title), NULL},
    {BT_CASE_OPENED, "need", STR, AT(case_opened.need), NULL},
    {BT_CASE_OPENED, "priority", ENUM, AT(case_opened.priority), priorities},
    {BT_CASE_OPENED, "deadline", TIME, AT(case_opened.customer_deadline_us), NULL},
    {BT_CASE_OPENED, "channel", ENUM, AT(case_opened.channel), channels},
    {BT_CASE_OPENED, "custodian", STR, AT(case_opened.custodian), NULL},
    {BT_CASE_OPENED, "owner", STR, AT(case_opened.owner), NULL},
    {BT_CASE_OPENED, "number", U64, AT(case_opened.number), NULL},
    {BT_CASE_OPENED, "customer", U64, AT(case_opened.customer), NULL},
    {BT_CASE_OPENED, "linked_to", U64, AT(case_opened.linked_to), NULL},
    {BT_CONTACT_LOGGED, "channel", ENUM, AT(contact_logged.channel), channels},
    {BT_CONTACT_LOGGED, "direction", ENUM, AT(contact_logged.direction), directions},
    {BT_CONTACT_LOGGED, "outcome", ENUM, AT(contact_logged.outcome), outcomes},
    {BT_CONTACT_LOGGED, "summary", STR, AT(contact_logged.summary), NULL},
    {BT_CONTACT_LOGGED, "duration", U32, AT(contact_logged.duration_s), NULL},
    {BT_CONTACT_LOGGED, "mention", BOOL, AT(contact_logged.mention), NULL},
    {BT_ATTEMPT_FAILED, "route", STR, AT(attempt_failed.route), NULL},
    {BT_ATTEMPT_FAILED, "channel", ENUM, AT(attempt_failed.channel), channels},
    {BT_ATTEMPT_FAILED, "error", STR, AT(attempt_failed.error_code), NULL},
    {BT_ATTEMPT_FAILED, "detail", STR, AT(attempt_failed.detail), NULL},
    {BT_NOTE_ADDED, "text", STR, AT(note_added.text), NULL},
    {BT_FACT_RECORDED, "fact", STR, AT(fact_recorded.key), NULL},
    {BT_FACT_RECORDED, "value", STR, AT(fact_recorded.value), NULL},
    {BT_CORRECTION_MADE, "supersedes", U64, AT(correction_made.supersedes), NULL},
    {BT_CORRECTION_MADE, "text", STR, AT(correction_made.text), NULL},
    {BT_CORRECTION_MADE, "reason", STR, AT(correction_made.reason), NULL},
    {BT_HANDOFF_OFFERED, "to", STR, AT(handoff_offered.to), NULL},
    {BT_HANDOFF_OFFERED, "topic", STR, AT(handoff_offered.topic), NULL},
    {BT_HANDOFF_OFFERED, "next_step", STR, AT(handoff_offered.next_step), NULL},
    {BT_HANDOFF_OFFERED, "deadline", TIME, AT(handoff_offered.deadline_us), NULL},
    {BT_HANDOFF_OFFERED, "from", STR, AT(handoff_offered.from), NULL},
    {BT_HANDOFF_OFFERED, "cause", ENUM, AT(handoff_offered.cause), causes},
    {BT_HANDOFF_ACCEPTED, "offer", U64, AT(handoff_accepted.offer), NULL},
    {BT_HANDOFF_ACCEPTED, "digest", HEX, AT(handoff_accepted.digest), NULL},
    {BT_HANDOFF_ACCEPTED, "read_back", STR, AT(handoff_accepted.read_back), NULL},
    {BT_HANDOFF_ACCEPTED, "from", STR, AT(handoff_accepted.from), NULL},
    {BT_HANDOFF_ACCEPTED, "to", STR, AT(handoff_accepted.to), NULL},
    {BT_HANDOFF_REFUSED, "offer", U64, AT(handoff_refused.offer), NULL},
    {BT_HANDOFF_REFUSED, "reason", ENUM, AT(handoff_refused.reason), refusals},
    {BT_HANDOFF_REFUSED, "right", STR, AT(handoff_refused.right_department), NULL},
    {BT_HANDOFF_REFUSED, "text", STR, AT(handoff_refused.text), NULL},
    {BT_HANDOFF_REFUSED, "from", STR, AT(handoff_refused.from), NULL},
    {BT_HANDOFF_REFUSED, "to", STR, AT(handoff_refused.to), NULL},
    {BT_HANDOFF_WITHDRAWN, "offer", U64, AT(handoff_withdrawn.offer), NULL},
    {BT_HANDOFF_WITHDRAWN, "text", STR, AT(handoff_withdrawn.text), NULL},
    {BT_HANDOFF_WITHDRAWN, "from", STR, AT(handoff_withdrawn.from), NULL},
    {BT_HANDOFF_WITHDRAWN, "to", STR, AT(handoff_withdrawn.to), NULL},
    {BT_HANDOFF_REPORTED, "to", STR, AT(handoff_reported.to), NULL},
    {BT_HANDOFF_REPORTED, "next_step", STR, AT(handoff_reported.next_step), NULL},
    {BT_HANDOFF_REPORTED, "from", STR, AT(handoff_reported.from), NULL},
    {BT_STATUS_CHANGED, "status", ENUM, AT(status_changed.status), statuses},
    {BT_STATUS_CHANGED, "on", ENUM, AT(status_changed.pending_on), pendings},
    {BT_STATUS_CHANGED, "until", TIME, AT(status_changed.until_us), NULL},
    {BT_STATUS_CHANGED, "reason", STR, AT(status_changed.reason), NULL},
    {BT_CASE_RESOLVED, "resolution", STR, AT(case_resolved.resolution), NULL},
    {BT_CASE_RESOLVED, "first_contact", BOOL, AT(case_resolved.first_contact), NULL},
    {BT_CASE_REOPENED, "reason", STR, AT(case_reopened.reason), NULL},
    {BT_CASE_REOPENED, "cause", ENUM, AT(case_reopened.cause), causes},
    {BT_CASE_CLOSED, "text", STR, AT(case_closed.text), NULL},
    {BT_IDENTIFIER_LINKED, "note", STR, AT(identifier_linked.note), NULL},
    {BT_IDENTIFIER_LINKED, "customer", U64, AT(identifier_linked.customer), NULL},
};

/* Names of two parts: "phone:+44…" or "sales/17". */
struct pair {
  uint32_t kind;
  const char *name;
  char between;
  size_t first, second;
};
static const struct pair pairs[] = {
    {0, "by", ':', AT(locator.identifier.domain), AT(locator.identifier.value)},
    {0, "reference", '/', AT(locator.reference.department), AT(locator.reference.local_id)},
    {BT_IDENTIFIER_LINKED, "identifier", ':', AT(identifier_linked.identifier.domain),
     AT(identifier_linked.identifier.value)},
    {BT_IDENTIFIER_LINKED, "same_as", ':', AT(identifier_linked.same_as.domain), AT(identifier_linked.same_as.value)},
};

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

uint64_t trace_parse_u64(struct bt_str text) {
  uint64_t v = 0;
  for (size_t i = 0; i < text.n && isdigit((unsigned char)text.p[i]); i++)
    v = v * 10 + (uint64_t)(text.p[i] - '0');
  return v;
}

int trace_parse_time(struct bt_str text, int64_t *ret_us) {
  char buffer[32];
  int day = 0, hour, minute, second = 0, n = 0;
  snprintf(buffer, sizeof buffer, "%.*s", BT_STR_ARG(text));
  const char *clock = strchr(buffer, 'd');
  if (clock && sscanf(buffer, "%dd", &day) != 1)
    return -BT_INVALID;
  clock = clock ? clock + 1 : buffer;
  if (sscanf(clock, "%2d:%2d%n:%2d%n", &hour, &minute, &n, &second, &n) < 2 || clock[n])
    return -BT_INVALID;
  /* Day 0 is 2026-03-02, a Monday. */
  *ret_us = ((INT64_C(20514) + day) * 86400 + hour * 3600 + minute * 60 + second) * 1000000;
  return 0;
}

void trace_print_time(FILE *to, int64_t us) {
  int64_t s = us / 1000000 - INT64_C(20514) * 86400, day = s / 86400;
  if (s % 86400 < 0)
    day--;
  s -= day * 86400;
  if (day)
    fprintf(to, "%" PRId64 "d", day);
  fprintf(to, "%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60));
  if (s % 60)
    fprintf(to, ":%02d", (int)(s % 60));
}

int trace_parse_span(struct bt_str text, int64_t *ret_us) {
  static const char units[] = "smhd";
  static const int64_t seconds[] = {1, 60, 3600, 86400};
  const char *unit = text.n ? strchr(units, text.p[text.n - 1]) : NULL;
  if (!unit)
    return -BT_INVALID;
  *ret_us = (int64_t)trace_parse_u64(text) * seconds[unit - units] * 1000000;
  return 0;
}

void trace_print_str(FILE *to, struct bt_str s) {
  bool plain = s.n > 0;
  for (size_t i = 0; i < s.n; i++)
    plain = plain && s.p[i] > ' ' && s.p[i] != '"' && s.p[i] != ',';
  fprintf(to, plain ? "%.*s" : "\"%.*s\"", BT_STR_ARG(s));
}

static const char *set_hex(struct bt_str *at, struct bt_str value, struct bt_arena *arena) {
  uint8_t *bytes = bt_arena_alloc(arena, value.n / 2 + 1);
  for (size_t i = 0; i + 1 < value.n; i += 2) {
    char digits[3] = {value.p[i], value.p[i + 1], 0};
    bytes[i / 2] = (uint8_t)strtoul(digits, NULL, 16);
  }
  *at = (struct bt_str){(const char *)bytes, value.n / 2};
  return NULL;
}

static const char *set_field(struct bt_event *e, const struct field *f, struct bt_str value, struct bt_arena *arena) {
  void *at = (char *)e + f->offset;
  switch (f->type) {
  case STR:
    *(struct bt_str *)at = bt_arena_copy(arena, value);
    return NULL;
  case U64:
    *(uint64_t *)at = trace_parse_u64(value);
    return NULL;
  case U32:
    *(uint32_t *)at = (uint32_t)trace_parse_u64(value);
    return NULL;
  case BOOL:
    *(bool *)at = bt_str_eq(value, BT_LIT("yes"));
    return NULL;
  case TIME:
    return trace_parse_time(value, at) ? "not a time" : NULL;
  case HEX:
    return set_hex(at, value, arena);
  case ENUM:
    for (uint32_t i = 0; f->names[i]; i++)
      if (bt_str_eq(value, bt_str(f->names[i]))) {
        *(uint32_t *)at = i;
        return NULL;
      }
  }
  return "no such value";
}

const char *trace_set(struct bt_event *e, struct bt_str name, struct bt_str value, struct bt_arena *arena) {
  for (size_t i = 0; i < COUNT(fields); i++)
    if ((fields[i].kind == e->kind || fields[i].kind == 0) && bt_str_eq(name, bt_str(fields[i].name)))
      return set_field(e, &fields[i], value, arena);
  for (size_t i = 0; i < COUNT(pairs); i++) {
    const struct pair *p = &pairs[i];
    if ((p->kind != e->kind && p->kind != 0) || !bt_str_eq(name, bt_str(p->name)))
      continue;
    const char *cut = memchr(value.p, p->between, value.n);
    if (!cut)
      return "has two parts";
    size_t n = (size_t)(cut - value.p);
    *(struct bt_str *)((char *)e + p->first) = bt_arena_copy(arena, (struct bt_str){value.p, n});
    *(struct bt_str *)((char *)e + p->second) = bt_arena_copy(arena, (struct bt_str){cut + 1, value.n - n - 1});
    return NULL;
  }
  return "no such field";
}

static void print_field(FILE *to, const struct bt_event *e, const struct field *f) {
  const void *at = (const char *)e + f->offset;
  struct bt_str s = f->type == STR || f->type == HEX ? *(const struct bt_str *)at : (struct bt_str){0};
  uint64_t u = f->type == U64                      ? *(const uint64_t *)at
               : f->type == U32 || f->type == ENUM ? *(const uint32_t *)at
               : f->type == TIME                   ? (uint64_t) * (const int64_t *)at
               : f->type == BOOL                   ? *(const bool *)at
                                                   : s.n;
  if (!u)
    return;
  fprintf(to, " %s=", f->name);
  if (f->type == STR)
    trace_print_str(to, s);
  else if (f->type == HEX)
    fprintf(to, "%zu-bytes", s.n);
  else if (f->type == TIME)
    trace_print_time(to, (int64_t)u);
  else if (f->type == ENUM)
    fputs(f->names[u], to);
  else if (f->type == BOOL)
    fputs("yes", to);
  else
    fprintf(to, "%" PRIu64, u);
}

void trace_print_event(FILE *to, const struct bt_event *e) {
  for (size_t i = 0; i < COUNT(fields); i++)
    if (fields[i].kind == e->kind)
      print_field(to, e, &fields[i]);
  for (size_t i = 0; i < COUNT(pairs); i++) {
    struct bt_str first = *(const struct bt_str *)((const char *)e + pairs[i].first);
    struct bt_str second = *(const struct bt_str *)((const char *)e + pairs[i].second);
    if (pairs[i].kind == e->kind && second.n)
      fprintf(to, " %s=%.*s%c%.*s", pairs[i].name, BT_STR_ARG(first), pairs[i].between, BT_STR_ARG(second));
  }
  const struct bt_strs considered = e->kind == BT_HANDOFF_OFFERED ? e->handoff_offered.considered : (struct bt_strs){0};
  for (uint32_t i = 0; i < considered.n; i++)
    fprintf(to, "%s%.*s", i ? "," : " considered=", BT_STR_ARG(considered.v[i]));
  if (e->backfill)
    fputs(" backfill=yes", to);
}

void trace_print_card(FILE *to, const struct bt_card *c) {
  fprintf(to, "    card ref=%.*s topic=%.*s contacts=%u", BT_STR_ARG(c->ref), BT_STR_ARG(c->topic), c->contacts);
  struct {
    const char *name;
    struct bt_str s;
  } texts[] = {{"title", c->title}, {"need", c->need}, {"next_step", c->next_step}};
  for (size_t i = 0; i < COUNT(texts); i++)
    if (texts[i].s.n) {
      fprintf(to, " %s=", texts[i].name);
      trace_print_str(to, texts[i].s);
    }
  for (uint32_t i = 0; i < c->facts.n; i++) {
    fprintf(to, " fact:%.*s=", BT_STR_ARG(c->facts.v[i].key));
    trace_print_str(to, c->facts.v[i].value);
  }
  for (uint32_t i = 0; i < c->tried.n; i++)
    fprintf(to, " tried:%.*s=%u", BT_STR_ARG(c->tried.v[i].route), c->tried.v[i].times);
  for (uint32_t i = 0; i < c->trail.n; i++)
    fprintf(to, "%s%.*s", i ? ">" : " trail=", BT_STR_ARG(c->trail.v[i].department));
  if (c->facts_left_out)
    fprintf(to, " facts_left_out=%u", c->facts_left_out);
  fputc('\n', to);
}
