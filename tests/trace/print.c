/* Entries, cards and receipts as lines of a trace. */
#include <inttypes.h>

#include "fields.h"

void trace_print_names(FILE *to, const char *name, const struct bt_strs *names) {
  for (uint32_t i = 0; i < names->n; i++)
    fprintf(to, "%s%.*s", i ? "," : name, BT_STR_ARG(names->v[i]));
}

void trace_print_numbers(FILE *to, const char *name, const struct bt_u64s *numbers) {
  for (uint32_t i = 0; i < numbers->n; i++)
    fprintf(to, "%s%" PRIu64, i ? "," : name, numbers->v[i]);
}

void trace_print_at(FILE *to, const char *name, int64_t us) {
  if (!us)
    return;
  fprintf(to, " %s=", name);
  trace_print_time(to, us);
}

static void print_text(FILE *to, const char *name, struct bt_str text) {
  if (!text.n)
    return;
  fprintf(to, " %s=", name);
  trace_print_str(to, text);
}

/* Who is open now stands there bare. */
static void print_considered(FILE *to, const char *name, const struct bt_considereds *list) {
  for (uint32_t i = 0; i < list->n; i++) {
    const struct bt_considered *c = &list->v[i];
    fprintf(to, "%s%s%s%.*s", i ? "," : " ", i ? "" : name, i ? "" : "=", BT_STR_ARG(c->department));
    const char *between = "(";
    if (!c->open) {
      fputs("(closed", to);
      if (c->opens_at_us)
        fputs(",opens=", to), trace_print_time(to, c->opens_at_us);
      between = ",";
    }
    if (c->load)
      fprintf(to, "%sload=%u", between, c->load);
    if (!c->open || c->load)
      fputc(')', to);
  }
}

static void print_clocks(FILE *to, const char *name, const struct bt_clocks *list) {
  for (uint32_t i = 0; i < list->n; i++) {
    const struct bt_clock *k = &list->v[i];
    fprintf(to, "%s%s%s%s:%" PRIu64 "(", i ? "," : " ", i ? "" : name, i ? "" : "=", bt_timer_name((int)k->timer),
            k->object);
    fputs(k->due_us ? "due=" : "left=", to);
    k->due_us ? trace_print_time(to, k->due_us) : trace_print_span(to, k->left_us);
    if (k->risk_us)
      fputs(",risk=", to), trace_print_time(to, k->risk_us);
    if (k->risk_left_us)
      fputs(",risk_left=", to), trace_print_span(to, k->risk_left_us);
    fputc(')', to);
  }
}

static void print_number(FILE *to, const struct trace_field *f, uint64_t v) {
  if (!v)
    return;
  fprintf(to, " %s=", f->name);
  if (f->type == TRACE_SPAN_S)
    trace_print_span(to, (int64_t)v * 1000000);
  else if (f->type == TRACE_ENUM)
    fputs(f->value_name((int)v), to);
  else if (f->type == TRACE_BOOL)
    fputs("yes", to);
  else
    fprintf(to, "%" PRIu64, v);
}

static void print_pair(FILE *to, const struct trace_field *f, const struct bt_str at[2], char between) {
  if (at[1].n)
    fprintf(to, " %s=%.*s%c%.*s", f->name, BT_STR_ARG(at[0]), between, BT_STR_ARG(at[1]));
}

static void print_names(FILE *to, const struct trace_field *f, const struct bt_strs *names) {
  if (names->n)
    fprintf(to, " %s", f->name);
  trace_print_names(to, "=", names);
}

static void print_field(FILE *to, const struct bt_event *e, const struct trace_field *f) {
  const void *at = (const char *)e + f->offset;
  switch (f->type) {
  case TRACE_STR:
    print_text(to, f->name, *(const struct bt_str *)at);
    break;
  case TRACE_HEX:
    if (((const struct bt_str *)at)->n)
      fprintf(to, " %s=%zu-bytes", f->name, ((const struct bt_str *)at)->n);
    break;
  case TRACE_TIME:
    trace_print_at(to, f->name, *(const int64_t *)at);
    break;
  case TRACE_U64:
    print_number(to, f, *(const uint64_t *)at);
    break;
  case TRACE_BOOL:
    print_number(to, f, *(const bool *)at);
    break;
  case TRACE_U32:
  case TRACE_SPAN_S:
  case TRACE_ENUM:
    print_number(to, f, *(const uint32_t *)at);
    break;
  case TRACE_NAMES:
    print_names(to, f, at);
    break;
  case TRACE_IDENTIFIER:
    print_pair(to, f, at, ':');
    break;
  case TRACE_REFERENCE:
    print_pair(to, f, at, '/');
    break;
  case TRACE_CONSIDERED:
    print_considered(to, f->name, at);
    break;
  case TRACE_CLOCKS:
    print_clocks(to, f->name, at);
    break;
  }
}

void trace_print_event(FILE *to, const struct bt_event *e) {
  for (size_t i = 0; i < trace_n_fields; i++)
    if (trace_fields[i].kind == e->kind)
      print_field(to, e, &trace_fields[i]);
  trace_print_names(to, " labels=", &e->labels);
  if (e->backfill)
    fputs(" backfill=yes", to);
}

/* ---- what card and case have in common ---- */

void trace_print_facts(FILE *to, const struct bt_facts *facts, const struct bt_trieds *tried) {
  for (uint32_t i = 0; i < facts->n; i++) {
    fprintf(to, " fact:%.*s=", BT_STR_ARG(facts->v[i].key));
    trace_print_str(to, facts->v[i].value);
  }
  for (uint32_t i = 0; i < tried->n; i++)
    fprintf(to, " tried:%.*s=%u", BT_STR_ARG(tried->v[i].route), tried->v[i].times);
}

void trace_print_trail(FILE *to, const struct bt_stops *trail) {
  for (uint32_t i = 0; i < trail->n; i++)
    fprintf(to, "%s%.*s", i ? ">" : " trail=", BT_STR_ARG(trail->v[i].department));
}

void trace_print_promises(FILE *to, const struct bt_promises *list) {
  for (uint32_t i = 0; i < list->n; i++) {
    const struct bt_promise *p = &list->v[i];
    fprintf(to, " promise:%" PRIu64 "=%s(%.*s,", p->id, bt_promise_type_name((int)p->type), BT_STR_ARG(p->holder));
    if (p->left_us)
      fputs("left=", to), trace_print_span(to, p->left_us);
    else
      trace_print_time(to, p->due_us);
    fprintf(to, "%s%s)", p->state == BT_PROMISE_IS_OPEN ? "" : ",",
            p->state == BT_PROMISE_IS_OPEN ? "" : bt_promise_state_name((int)p->state));
  }
}

void trace_print_questions(FILE *to, const struct bt_questions *list) {
  for (uint32_t i = 0; i < list->n; i++) {
    const struct bt_question *q = &list->v[i];
    fprintf(to, " question:%" PRIu64 "=(%.*s>%.*s,", q->id, BT_STR_ARG(q->from), BT_STR_ARG(q->to));
    if (q->left_us)
      fputs("left=", to), trace_print_span(to, q->left_us);
    else
      trace_print_time(to, q->due_us);
    fputs(q->overdue ? ",overdue)" : ")", to);
  }
}

void trace_print_notes(FILE *to, const struct bt_advisory_notes *list) {
  for (uint32_t i = 0; i < list->n; i++)
    fprintf(to, "%s%" PRIu64, i ? "," : " advisories=", list->v[i].id);
}

static void print_card(FILE *to, const struct bt_card *c) {
  fprintf(to, "    card ref=%.*s topic=%.*s contacts=%u", BT_STR_ARG(c->ref), BT_STR_ARG(c->topic), c->contacts);
  print_text(to, "title", c->title);
  print_text(to, "need", c->need);
  print_text(to, "next_step", c->next_step);
  trace_print_facts(to, &c->facts, &c->tried);
  trace_print_trail(to, &c->trail);
  trace_print_promises(to, &c->promised);
  trace_print_questions(to, &c->open_questions);
  trace_print_notes(to, &c->advisories);
  print_text(to, "label", c->label);
  print_text(to, "next_step_label", c->next_step_label);
  if (c->facts_left_out)
    fprintf(to, " facts_left_out=%u", c->facts_left_out);
  if (c->others_left_out)
    fprintf(to, " others_left_out=%u", c->others_left_out);
  if (c->hidden)
    fprintf(to, " hidden=%u", c->hidden);
  fputc('\n', to);
}

static const struct bt_card *card_of(const struct bt_entry *e) {
  switch (e->kind) {
  case BT_HANDOFF_OFFERED:
    return e->event.handoff_offered.card;
  case BT_HANDOFF_REPORTED:
    return e->event.handoff_reported.card;
  case BT_HANDOFF_DIRECTED:
    return e->event.handoff_directed.card;
  case BT_ESCALATED:
    return e->event.escalated.card;
  default:
    return NULL;
  }
}

void trace_print_entry(FILE *to, const struct bt_entry *e) {
  fprintf(to, "  %" PRIu64 " %s", e->sequence, bt_kind_name((int)e->kind));
  if (e->stream == BT_STREAM_TOPIC)
    fputs(" everywhere", to); /* an advisory, before it reaches the cases */
  else
    fprintf(to, " %s=%" PRIu64, e->stream == BT_STREAM_CUSTOMER ? "customer" : "case", e->stream_id);
  fprintf(to, " v%" PRIu64 " by=", e->version);
  fprintf(to, "%.*s", BT_STR_ARG(e->event.department.n ? e->event.department : BT_LIT("-")));
  print_text(to, "operator", e->event.operator);
  print_text(to, "why", e->event.operator_reason);
  trace_print_event(to, &e->event);
  if (e->reference.local_id.n)
    fprintf(to, " binds=%.*s/%.*s", BT_STR_ARG(e->reference.department), BT_STR_ARG(e->reference.local_id));
  trace_print_names(to, " joins=", &e->joined);
  trace_print_names(to, " -> ", &e->recipients);
  fputc('\n', to);
  if (card_of(e))
    print_card(to, card_of(e));
}

/* ---- receipts ---- */

static void print_advice(FILE *to, const struct bt_receipt *r) {
  trace_print_at(to, "opens", r->opens_at_us);
  trace_print_names(to, " alternatives=", &r->alternatives);
  if (r->dead_end)
    fputs(" dead_end", to);
  trace_print_numbers(to, " conflicts=", &r->conflicts);
  print_text(to, "holder", r->holder);
  for (uint32_t i = 0; i < r->missed.n; i++)
    fprintf(to, "%s%" PRIu64, i ? "," : " missed=", r->missed.v[i].entry->sequence);
}

void trace_print_receipt(FILE *to, const struct bt_receipt *r) {
  if (r->code != BT_OK) {
    fprintf(to, "  refused %s", bt_code_name((int)r->code));
    if (r->field.n)
      fprintf(to, " %.*s", BT_STR_ARG(r->field));
    fprintf(to, ": %.*s", BT_STR_ARG(r->text));
  } else {
    fprintf(to, "  receipt%s %" PRIu64, r->duplicate ? " again" : "", r->sequence);
    if (r->case_id)
      fprintf(to, " case=%" PRIu64 " %.*s v%" PRIu64, r->case_id, BT_STR_ARG(r->ref), r->version);
    if (r->found)
      fprintf(to, " found=%s", bt_found_name((int)r->found));
    if (r->customer)
      fprintf(to, " customer=%" PRIu64, r->customer);
    trace_print_numbers(to, " others=", &r->others);
    if (r->offer)
      fprintf(to, " offer=%" PRIu64, r->offer);
    if (r->to.n || r->offer)
      fprintf(to, " to=%.*s", BT_STR_ARG(r->to));
  }
  print_advice(to, r);
  fputc('\n', to);
}
