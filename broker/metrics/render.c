#include "metrics/render.h"

#include <inttypes.h>

#define MICRO UINT64_C(1000000)

/* The name of a figure's family: "baton_commit" and "seconds". A counter of microseconds is told in seconds. */
struct family {
  const struct bt_figure_info *figure;
  int stem; /* of its name: what of it is written */
  const char *unit;
  bool micro; /* what it holds are microseconds */
};

static struct family family_of(const struct bt_figure_info *f) {
  const size_t n = strlen(f->name);
  const bool micro = n > 3 && strcmp(f->name + n - 3, "_us") == 0;
  const char *unit = micro ? "seconds" : f->unit;
  return (struct family){f, (int)(micro ? n - 3 : n), unit, strcmp(unit, "seconds") == 0};
}

static void put_name(FILE *to, const struct family *f, const char *suffix) {
  fprintf(to, "baton_%.*s%s%s%s", f->stem, f->figure->name, *f->unit ? "_" : "", f->unit, suffix);
}

/* The suffix of its samples, where they have only one. */
static const char *suffix_of(enum bt_figure_type type) {
  return type == BT_FIGURE_COUNTER ? "_total" : type == BT_FIGURE_INFO ? "_info" : "";
}

static void put_family(FILE *to, const struct family *f, enum bt_exposition x) {
  static const char *const open[] = {"counter", "gauge", "info", "histogram"}, *const plain[] = {"counter", "gauge",
                                                                                                 "gauge", "histogram"};
  const enum bt_figure_type type = f->figure->type;
  const char *suffix = x == BT_OPENMETRICS ? "" : suffix_of(type); /* plain text has no families, only samples */
  fputs("# TYPE ", to);
  put_name(to, f, suffix);
  fprintf(to, " %s\n", x == BT_OPENMETRICS ? open[type] : plain[type]);
  if (*f->unit && x == BT_OPENMETRICS) {
    fputs("# UNIT ", to);
    put_name(to, f, "");
    fprintf(to, " %s\n", f->unit);
  }
  fputs("# HELP ", to);
  put_name(to, f, suffix);
  fprintf(to, " %s\n", f->figure->help);
}

/* At least `least` digits behind the point, and no more than it takes. */
static void put_micro(FILE *to, uint64_t us, int least) {
  char digits[8];
  int n = 6;
  snprintf(digits, sizeof digits, "%06" PRIu64, us % MICRO);
  while (n > least && digits[n - 1] == '0')
    n--;
  fprintf(to, n ? "%" PRIu64 ".%.*s" : "%" PRIu64, us / MICRO, n, digits);
}

static void put_value(FILE *to, const struct family *f, uint64_t value) {
  if (f->micro)
    put_micro(to, value, 0);
  else
    fprintf(to, "%" PRIu64, value);
  putc('\n', to);
}

static void put_escaped(FILE *to, struct bt_str s) {
  for (size_t i = 0; i < s.n; i++) {
    if (s.p[i] == '\n')
      fputs("\\n", to);
    else if (s.p[i] == '\\' || s.p[i] == '"')
      fprintf(to, "\\%c", s.p[i]);
    else
      putc(s.p[i], to);
  }
}

static void put_sample(FILE *to, const struct family *f, const struct bt_sample *s) {
  put_name(to, f, suffix_of(f->figure->type));
  for (int i = 0; i < BT_FIGURE_LABELS && *f->figure->labels[i]; i++) {
    fprintf(to, "%s%s=\"", i ? "," : "{", f->figure->labels[i]);
    put_escaped(to, s->label[i]);
    putc('"', to);
  }
  fputs(*f->figure->labels[0] ? "} " : " ", to);
  if (s->value < 0)
    putc('-', to);
  put_value(to, f, s->value < 0 ? -(uint64_t)s->value : (uint64_t)s->value);
}

static void put_bucket(FILE *to, const struct family *f, const uint64_t *bound, uint64_t n) {
  put_name(to, f, "_bucket{le=\"");
  if (!bound)
    fputs("+Inf", to);
  else if (f->micro)
    put_micro(to, *bound, 1); /* bounds are told as fractions: "1.0" */
  else
    fprintf(to, "%" PRIu64 ".0", *bound);
  fprintf(to, "\"} %" PRIu64 "\n", n);
}

static void put_histogram(FILE *to, const struct family *f, const struct bt_histogram *h) {
  uint64_t n = 0;
  for (unsigned i = 0; i <= BT_BOUNDS; i++) {
    n += h->bucket[i];
    put_bucket(to, f, i < BT_BOUNDS ? &f->figure->bounds[i] : NULL, n);
  }
  put_name(to, f, "_sum ");
  put_value(to, f, h->sum);
  put_name(to, f, "_count ");
  fprintf(to, "%" PRIu64 "\n", n);
}

static void put_counted(FILE *to, const struct family *f, const struct bt_counters *counters) {
  const void *at = (const char *)counters + f->figure->offset;
  if (f->figure->type == BT_FIGURE_HISTOGRAM) {
    put_histogram(to, f, at);
    return;
  }
  put_name(to, f, "_total ");
  put_value(to, f, *(const uint64_t *)at);
}

void bt_render(const struct bt_snapshot *s, enum bt_exposition exposition, FILE *to) {
  for (int i = 0; i < BT_FIGURE_COUNT; i++) {
    const struct family f = family_of(&bt_figures[i]);
    put_family(to, &f, exposition);
    if (f.figure->offset != BT_NOT_COUNTED)
      put_counted(to, &f, s->counters);
    for (const struct bt_sample *sample = s->first[i]; sample; sample = sample->next)
      put_sample(to, &f, sample);
  }
  if (exposition == BT_OPENMETRICS)
    fputs("# EOF\n", to);
}
