/* Values as text, in both directions; and the fields of requests by name. */
#include "fields.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

/* Day 0 of a trace is 2026-03-02, a Monday. */
#define FIRST_DAY INT64_C(20514)

uint64_t trace_parse_u64(struct bt_str text) {
  uint64_t v = 0;
  for (size_t i = 0; i < text.n && isdigit((unsigned char)text.p[i]); i++)
    v = v * 10 + (uint64_t)(text.p[i] - '0');
  return v;
}

int64_t trace_day_us(int64_t day) {
  return (FIRST_DAY + day) * 86400 * 1000000;
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
  *ret_us = trace_day_us(day) + (hour * INT64_C(3600) + minute * 60 + second) * 1000000;
  return 0;
}

void trace_print_time(FILE *to, int64_t us) {
  int64_t s = us / 1000000 - FIRST_DAY * 86400, day = s / 86400;
  if (s % 86400 < 0)
    day--;
  s -= day * 86400;
  if (day)
    fprintf(to, "%" PRId64 "d", day);
  fprintf(to, "%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60));
  if (s % 60)
    fprintf(to, ":%02d", (int)(s % 60));
}

static const char units[] = "dhms";
static const int64_t unit_s[] = {86400, 3600, 60, 1};

int trace_parse_span(struct bt_str text, int64_t *ret_us) {
  const char *unit = text.n && text.p[text.n - 1] ? strchr(units, text.p[text.n - 1]) : NULL;
  if (!unit)
    return -BT_INVALID;
  *ret_us = (int64_t)trace_parse_u64(text) * unit_s[unit - units] * 1000000;
  return 0;
}

void trace_print_span(FILE *to, int64_t us) {
  int64_t s = us / 1000000;
  size_t i = 0;
  while (s % unit_s[i])
    i++;
  fprintf(to, "%" PRId64 "%c", s / unit_s[i], units[i]);
}

void trace_print_str(FILE *to, struct bt_str s) {
  bool plain = s.n > 0;
  for (size_t i = 0; i < s.n; i++)
    plain = plain && s.p[i] > ' ' && s.p[i] != '"' && s.p[i] != ',';
  fprintf(to, plain ? "%.*s" : "\"%.*s\"", BT_STR_ARG(s));
}

static int by_bytes(const void *a, const void *b) {
  return bt_str_cmp(*(const struct bt_str *)a, *(const struct bt_str *)b);
}

struct bt_strs trace_list(struct bt_str text, struct bt_arena *arena) {
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

static const char *set_hex(struct bt_str *at, struct bt_str value, struct bt_arena *arena) {
  uint8_t *bytes = bt_arena_alloc(arena, value.n / 2 + 1);
  for (size_t i = 0; i + 1 < value.n; i += 2) {
    char digits[3] = {value.p[i], value.p[i + 1], 0};
    bytes[i / 2] = (uint8_t)strtoul(digits, NULL, 16);
  }
  *at = (struct bt_str){(const char *)bytes, value.n / 2};
  return NULL;
}

static const char *set_enum(uint32_t *at, const struct trace_field *f, struct bt_str value) {
  for (int i = 0; *f->value_name(i) != '?'; i++)
    if (bt_str_eq(value, bt_str(f->value_name(i)))) {
      *at = (uint32_t)i;
      return NULL;
    }
  return "no such value";
}

static const char *set_span(uint32_t *at_s, struct bt_str value) {
  int64_t us;
  if (trace_parse_span(value, &us))
    return "not a span";
  *at_s = (uint32_t)(us / 1000000);
  return NULL;
}

/* "phone:+44…" and "sales/17" are two texts behind each other. */
static const char *set_pair(struct bt_str at[2], char between, struct bt_str value, struct bt_arena *arena) {
  const char *cut = value.n ? memchr(value.p, between, value.n) : NULL;
  if (!cut)
    return "has two parts";
  size_t n = (size_t)(cut - value.p);
  at[0] = bt_arena_copy(arena, (struct bt_str){value.p, n});
  at[1] = bt_arena_copy(arena, (struct bt_str){cut + 1, value.n - n - 1});
  return NULL;
}

static const char *set_field(struct bt_event *e, const struct trace_field *f, struct bt_str value,
                             struct bt_arena *arena) {
  void *at = (char *)e + f->offset;
  switch (f->type) {
  case TRACE_STR:
    *(struct bt_str *)at = bt_arena_copy(arena, value);
    return NULL;
  case TRACE_U64:
    *(uint64_t *)at = trace_parse_u64(value);
    return NULL;
  case TRACE_U32:
    *(uint32_t *)at = (uint32_t)trace_parse_u64(value);
    return NULL;
  case TRACE_BOOL:
    *(bool *)at = bt_str_eq(value, BT_LIT("yes"));
    return NULL;
  case TRACE_TIME:
    return trace_parse_time(value, at) ? "not a time" : NULL;
  case TRACE_SPAN_S:
    return set_span(at, value);
  case TRACE_ENUM:
    return set_enum(at, f, value);
  case TRACE_HEX:
    return set_hex(at, value, arena);
  case TRACE_NAMES:
    *(struct bt_strs *)at = trace_list(bt_arena_copy(arena, value), arena);
    return NULL;
  case TRACE_IDENTIFIER:
    return set_pair(at, ':', value, arena);
  case TRACE_REFERENCE:
    return set_pair(at, '/', value, arena);
  case TRACE_CONSIDERED:
  case TRACE_CLOCKS:
    break;
  }
  return "the broker alone writes this field";
}

const char *trace_set(struct bt_event *e, struct bt_str name, struct bt_str value, struct bt_arena *arena) {
  for (size_t i = 0; i < trace_n_fields; i++)
    if ((trace_fields[i].kind == e->kind || trace_fields[i].kind == 0) && bt_str_eq(name, bt_str(trace_fields[i].name)))
      return set_field(e, &trace_fields[i], value, arena);
  return "no such field";
}
