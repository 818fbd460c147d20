/* The picture of a journey: a line for each department that held the case, on one axis of time. */
#include "control/journey.h"
#include "control/out_text.h"

#define DAY_US (INT64_C(86400) * 1000000)

enum { LABEL_AT_MOST = 20, SPAN_WIDTH = 7, GAP = 2, BAR_AT_MOST = 400 };

/* Where too many meet, the later of this list are seen. */
enum glyph {
  BLANK,
  OFFERED,
  HELD,
  WAITED,
  ENDED,
  CONTACT,
  QUESTION,
  FEEDBACK,
  BOUNCE,
  MADE,
  KEPT,
  ATTEMPT,
  RAISED,
  BROKEN
};

#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"

static const struct {
  const char *utf8, *ascii, *colour, *meaning;
} glyphs[] = {
    [BLANK] = {" ", " ", NULL, NULL},
    [OFFERED] = {"┄", "-", NULL, "on offer to it"},
    [HELD] = {"━", "=", NULL, "held"},
    [WAITED] = {"░", ".", NULL, "pending"},
    [ENDED] = {"·", "_", NULL, "resolved or closed"},
    [CONTACT] = {"•", "c", NULL, "contact"},
    [QUESTION] = {"?", "?", NULL, "question"},
    [FEEDBACK] = {"★", "*", YELLOW, "feedback"},
    [BOUNCE] = {"↩", "<", YELLOW, "came back"},
    [MADE] = {"○", "o", NULL, "promise made"},
    [KEPT] = {"●", "k", GREEN, "kept"},
    [ATTEMPT] = {"✗", "x", RED, "attempt failed"},
    [RAISED] = {"▲", "^", RED, "escalated"},
    [BROKEN] = {"✖", "!", RED, "promise broken"},
};
enum { GLYPHS = sizeof glyphs / sizeof *glyphs };

struct canvas {
  const struct bt_picture *p;
  size_t label, bar;
  int64_t from_us, until_us;
  bool used[GLYPHS];
  FILE *to;
};

static size_t column(const struct canvas *c, int64_t us) {
  us = us < c->from_us ? c->from_us : us > c->until_us ? c->until_us : us;
  int64_t length = c->until_us - c->from_us;
  return length > 0 ? (size_t)((double)(us - c->from_us) / (double)length * (double)(c->bar - 1)) : 0;
}

static void paint(struct canvas *c, uint8_t *cells, int64_t from_us, int64_t until_us, enum glyph g) {
  for (size_t i = column(c, from_us); i <= column(c, until_us); i++)
    if (cells[i] < g)
      cells[i] = (uint8_t)g;
}

/* What of a span falls into the stop. */
static void paint_within(struct canvas *c, uint8_t *cells, const struct bt_journey_spans *s, int64_t from_us,
                         int64_t until_us, enum glyph g) {
  for (uint32_t i = 0; i < s->n; i++) {
    int64_t begin = s->v[i].from_us, end = s->v[i].until_us ? s->v[i].until_us : c->until_us;
    begin = begin < from_us ? from_us : begin;
    end = end > until_us ? until_us : end;
    if (begin < end)
      paint(c, cells, begin, end, g);
  }
}

static enum glyph glyph_of(uint32_t kind) {
  switch (kind) {
  case BT_CONTACT_LOGGED:
    return CONTACT;
  case BT_ATTEMPT_FAILED:
    return ATTEMPT;
  case BT_ESCALATED:
    return RAISED;
  case BT_FEEDBACK_GIVEN:
    return FEEDBACK;
  default:
    return BLANK;
  }
}

/* Where a moment is seen: in its own place, or right beside it where another one is already. */
static size_t place_of(const struct canvas *c, const uint8_t *cells, size_t at, enum glyph g) {
  for (size_t i = at; i < at + 3 && i < c->bar; i++)
    if (cells[i] < CONTACT || cells[i] == g)
      return i;
  for (size_t i = at; i > 0 && i + 2 > at; i--)
    if (cells[i - 1] < CONTACT || cells[i - 1] == g)
      return i - 1;
  return at;
}

/* A moment belongs to the stop that it fell into; at a handover to the one that begins. */
static void dot(struct canvas *c, uint8_t *cells, uint32_t stop, int64_t us, enum glyph g) {
  const struct bt_journey_stops *s = &c->p->view->stops;
  bool begun = us >= s->v[stop].from_us || stop == 0, over = stop + 1 < s->n && us >= s->v[stop + 1].from_us;
  if (!us || g == BLANK || !begun || over)
    return;
  size_t at = place_of(c, cells, column(c, us), g);
  if (cells[at] < g)
    cells[at] = (uint8_t)g;
}

static void put_moments(struct canvas *c, uint8_t *cells, uint32_t stop) {
  const struct bt_journey_view *v = c->p->view;
  for (uint32_t i = 0; i < v->marks.n; i++)
    dot(c, cells, stop, v->marks.v[i].at_us, glyph_of(v->marks.v[i].kind));
  for (uint32_t i = 0; i < v->questions.n; i++)
    dot(c, cells, stop, v->questions.v[i].asked_us, QUESTION);
  for (uint32_t i = 0; i < v->promises.n; i++) {
    const struct bt_journey_promise *p = &v->promises.v[i];
    bool kept = p->outcome == BT_PROMISE_OUTCOME_KEPT || p->outcome == BT_PROMISE_OUTCOME_LATE;
    dot(c, cells, stop, p->made_us, MADE);
    dot(c, cells, stop, p->broken_us, BROKEN);
    dot(c, cells, stop, kept ? p->ended_us : 0, KEPT);
  }
}

static void put_glyph(struct canvas *c, enum glyph g) {
  const struct bt_call *call = c->p->call;
  const char *text = call->ascii ? glyphs[g].ascii : glyphs[g].utf8;
  c->used[g] = true;
  if (call->colour && glyphs[g].colour)
    fprintf(c->to, "%s%s%s", glyphs[g].colour, text, PLAIN);
  else
    fputs(text, c->to);
}

static void put_cells(struct canvas *c, const uint8_t *cells) {
  size_t n = c->bar;
  while (n && cells[n - 1] == BLANK)
    n--;
  for (size_t i = 0; i < n; i++)
    put_glyph(c, cells[i]);
  putc('\n', c->to);
}

/* A name of at most `room` characters of ASCII; a longer one ends with a mark. */
static void put_label(struct canvas *c, struct bt_str s) {
  size_t n = s.n <= c->label ? s.n : c->label - 1;
  fwrite(s.p, 1, n, c->to);
  if (s.n > c->label)
    fputs(c->p->call->ascii ? "~" : "…", c->to);
  bt_out_put_spaces(c->label - (s.n <= c->label ? s.n : c->label) + GAP, c->to);
}

static void put_stop(struct canvas *c, uint32_t i) {
  const struct bt_journey_view *v = c->p->view;
  const struct bt_journey_stop *s = &v->stops.v[i];
  uint8_t cells[BAR_AT_MOST] = {0};
  int64_t until_us = s->until_us ? s->until_us : c->until_us;
  struct bt_str held = bt_journey_span(c->p, until_us - s->from_us);
  if (s->offered_us && s->offered_us < s->from_us)
    paint(c, cells, s->offered_us, s->from_us, OFFERED);
  paint(c, cells, s->from_us, until_us, HELD);
  paint_within(c, cells, &v->waits, s->from_us, until_us, WAITED);
  paint_within(c, cells, &v->ends, s->from_us, until_us, ENDED);
  if (s->bounce)
    dot(c, cells, i, s->from_us, BOUNCE);
  put_moments(c, cells, i);
  put_label(c, s->department.n ? s->department : BT_LIT("?"));
  bt_out_put_spaces(held.n < SPAN_WIDTH ? SPAN_WIDTH - held.n : 0, c->to);
  fprintf(c->to, "%.*s  ", BT_STR_ARG(held));
  put_cells(c, cells);
}

/* Begin and end over the axis, and a tick where a day begins, unless the days lie too close. */
static void put_axis(struct canvas *c) {
  const bool ascii = c->p->call->ascii;
  struct bt_str from = bt_journey_time(c->p, c->from_us), until = bt_journey_time(c->p, c->until_us);
  size_t indent = c->label + GAP + SPAN_WIDTH + GAP;
  bool ticks[BAR_AT_MOST] = {false};
  int64_t days = (c->until_us - c->from_us) / DAY_US;
  for (int64_t day = c->from_us / DAY_US + 1; days < (int64_t)c->bar / 4 && day * DAY_US < c->until_us; day++)
    ticks[column(c, day * DAY_US)] = true;
  fputs("held by", c->to);
  bt_out_put_spaces(c->label + GAP + SPAN_WIDTH - 7 - 3, c->to);
  fputs("for  ", c->to);
  fprintf(c->to, "%.*s", BT_STR_ARG(from));
  bt_out_put_spaces(c->bar > from.n + until.n ? c->bar - from.n - until.n : 1, c->to);
  fprintf(c->to, "%.*s\n", BT_STR_ARG(until));
  bt_out_put_spaces(indent, c->to);
  for (size_t i = 0; i < c->bar; i++)
    fputs(i == 0            ? (ascii ? "|" : "├")
          : i + 1 == c->bar ? (ascii ? "|" : "┤")
          : ticks[i]        ? (ascii ? "+" : "┬")
                            : (ascii ? "-" : "─"),
          c->to);
  putc('\n', c->to);
}

/* Of what is there to be seen. */
static void put_legend(struct canvas *c, uint32_t width) {
  struct bt_arena *a = c->p->call->arena;
  struct bt_str words = {0};
  for (size_t g = BLANK + 1; g < GLYPHS; g++)
    if (c->used[g])
      words = bt_arena_printf(a, "%.*s%s%s %s", BT_STR_ARG(words), words.n ? ", " : "",
                              c->p->call->ascii ? glyphs[g].ascii : glyphs[g].utf8, glyphs[g].meaning);
  putc('\n', c->to);
  bt_journey_say(words, width, c->to);
}

void bt_journey_draw(const struct bt_picture *p, uint32_t width, FILE *to) {
  struct canvas c = {.p = p, .from_us = p->view->first_us, .until_us = p->until_us, .to = to};
  for (uint32_t i = 0; i < p->view->stops.n; i++) {
    size_t n = p->view->stops.v[i].department.n;
    c.label = n > c.label ? n : c.label;
    int64_t offered_us = p->view->stops.v[i].offered_us;
    c.from_us = offered_us && offered_us < c.from_us ? offered_us : c.from_us;
  }
  c.label = c.label > LABEL_AT_MOST ? LABEL_AT_MOST : c.label < 7 ? 7 : c.label;
  size_t taken = c.label + GAP + SPAN_WIDTH + GAP;
  c.bar = width > taken + 20 ? width - taken : 20;
  c.bar = c.bar > BAR_AT_MOST ? BAR_AT_MOST : c.bar;
  put_axis(&c);
  for (uint32_t i = 0; i < p->view->stops.n; i++)
    put_stop(&c, i);
  put_legend(&c, width);
}
