/* The state as `show` writes it: what is not there is not written. */
#include <inttypes.h>

#include "core/ref.h"
#include "trace.h"

static void print_waits(FILE *to, const struct bt_journey *j) {
  const struct {
    const char *name;
    uint64_t v;
  } figures[] = {
      {"handoffs", j->custody_handoffs},
      {"bounces", j->custody_bounces},
      {"sent", j->sent_handoffs},
      {"sent_bounces", j->sent_bounces},
      {"resolved", j->resolved},
      {"worked", j->worked},
      {"reopened", j->reopened},
      {"worked_reopened", j->worked_reopened},
      {"waited_customer_s", (uint64_t)j->waiting_customer_us / 1000000},
      {"waited_vendor_s", (uint64_t)j->waiting_vendor_us / 1000000},
      {"waited_other_s", (uint64_t)j->waiting_other_us / 1000000},
      {"clamped", j->clamped_gaps},
  };
  for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
    if (figures[i].v)
      fprintf(to, " %s=%" PRIu64, figures[i].name, figures[i].v);
}

static void print_offer(FILE *to, const struct bt_offer *o) {
  if (!o->id)
    return;
  fprintf(to, " offer=%" PRIu64 " to=%.*s", o->id, BT_STR_ARG(o->to));
  trace_print_at(to, "opens", o->opens_at_us);
  if (o->counter_us || o->extended_at_us) /* else the offer's own entry says it */
    trace_print_at(to, "deadline", o->deadline_us);
  trace_print_at(to, "counter", o->counter_us);
  if (o->counter_us && o->counter_type)
    fprintf(to, "(%s)", bt_promise_type_name((int)o->counter_type));
  trace_print_names(to, " asked=", &o->asked);
  if (o->customer_waiting)
    fputs(" customer-waiting", to);
}

static void print_work(FILE *to, const struct bt_works *list) {
  for (uint32_t i = 0; i < list->n; i++) {
    const struct bt_work *w = &list->v[i];
    fprintf(to, " work:%" PRIu64 "=%.*s/%.*s(%.*s,", w->id, BT_STR_ARG(w->action), BT_STR_ARG(w->subject),
            BT_STR_ARG(w->holder));
    trace_print_time(to, w->until_us);
    fputs(w->exclusive ? ",exclusive)" : ")", to);
  }
}

static void print_concerns(FILE *to, const struct bt_concerns *list) {
  for (uint32_t i = 0; i < list->n; i++) {
    const struct bt_concern *k = &list->v[i];
    fprintf(to, " concern:%" PRIu64 "=%s:%" PRIu64 "(level=%u,to=%.*s,next=", k->id, bt_cause_name((int)k->cause),
            k->object, k->level, BT_STR_ARG(k->to));
    trace_print_time(to, k->next_us);
    if (k->times)
      fprintf(to, ",times=%u", k->times);
    fputs(k->top ? ",top)" : ")", to);
  }
}

static void print_glass(FILE *to, const struct bt_glasses *list) {
  for (uint32_t i = 0; i < list->n; i++) {
    fprintf(to, " glass:%.*s=", BT_STR_ARG(list->v[i].department));
    trace_print_time(to, list->v[i].until_us);
  }
}

static void print_bonds(FILE *to, const struct bt_case *c) {
  if (c->linked_to)
    fprintf(to, " linked_to=%" PRIu64, c->linked_to);
  trace_print_numbers(to, " links=", &c->links);
  if (c->merged_into)
    fprintf(to, " into=%" PRIu64, c->merged_into);
  trace_print_numbers(to, " merged=", &c->merged);
}

static void print_waiting_for(FILE *to, const struct bt_case *c) {
  if (c->customer_deadline_us) {
    trace_print_at(to, "customer_deadline", c->customer_deadline_us);
    fputs(c->customer_deadline_missed ? "(missed)" : "", to);
  } else if (c->customer_deadline_left_us) {
    fputs(" customer_deadline=left=", to);
    trace_print_span(to, c->customer_deadline_left_us);
  }
  trace_print_promises(to, &c->promises);
  trace_print_questions(to, &c->questions);
  print_work(to, &c->work);
  print_concerns(to, &c->concerns);
  trace_print_notes(to, &c->advisories);
  print_glass(to, &c->glass);
  if (c->stalled)
    fprintf(to, " stalled=%u", c->stalled);
  if (c->breaker)
    fputs(" breaker", to);
}

void trace_print_case(FILE *to, const struct bt_case *c) {
  char ref[BT_REF_SIZE];
  bt_ref_format(c->number, ref);
  fprintf(to, "  case %" PRIu64 " %s v%" PRIu64 " %s", c->id, ref, c->version, bt_status_name((int)c->status));
  if (c->status == BT_STATUS_PENDING)
    fprintf(to, " on=%s", bt_pending_name((int)c->pending_on));
  trace_print_at(to, "until", c->pending_until_us);
  fprintf(to, " custodian=%.*s owner=%.*s", BT_STR_ARG(c->custodian), BT_STR_ARG(c->owner));
  if (c->topic.n)
    fprintf(to, " topic=%.*s", BT_STR_ARG(c->topic));
  if (c->customer)
    fprintf(to, " customer=%" PRIu64, c->customer);
  print_offer(to, &c->offer);
  print_bonds(to, c);
  if (c->dormant)
    fputs(" dormant", to);
  fprintf(to, " contacts=%u", c->contacts);
  trace_print_names(to, " taking-part=", &c->participants);
  trace_print_trail(to, &c->trail);
  trace_print_facts(to, &c->facts, &c->tried);
  print_waiting_for(to, c);
  print_waits(to, &c->journey);
  fputc('\n', to);
}

static void print_customer(FILE *to, const struct bt_customer *c) {
  fprintf(to, "  customer %" PRIu64 " v%" PRIu64, c->id, c->version);
  for (uint32_t k = 0; k < c->identifiers.n; k++)
    fprintf(to, " %.*s:%.*s", BT_STR_ARG(c->identifiers.v[k].domain), BT_STR_ARG(c->identifiers.v[k].value));
  if (c->merged_into)
    fprintf(to, " into=%" PRIu64, c->merged_into);
  trace_print_numbers(to, " merged=", &c->merged);
  fputc('\n', to);
}

void trace_print_world(FILE *to, const struct trace_world *w) {
  for (uint32_t i = 0; i < w->n_cases; i++)
    trace_print_case(to, &w->cases[i]);
  for (uint32_t i = 0; i < w->n_customers; i++)
    print_customer(to, &w->customers[i]);
  for (uint32_t i = 0; i < w->n_advisories; i++) {
    const struct bt_advisory *a = &w->advisories[i];
    fprintf(to, "  advisory %" PRIu64 " topic=%.*s by=%.*s", a->id, BT_STR_ARG(a->topic), BT_STR_ARG(a->department));
    trace_print_at(to, "until", a->until_us);
    fputs(a->ended ? " ended\n" : "\n", to);
  }
}
