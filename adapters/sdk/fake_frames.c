/* What the fake broker answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_private.h"
#include "json.h"

enum { MAX_IN_FLIGHT = 1024, IDEMPOTENCY_S = 86400 };

static bool refused(struct fake_refusal *r) {
  return r->left > 0 && r->left-- > 0;
}

/* ---- Session ---- */

static void hello(baton_fake *f, const uint8_t *peer, size_t peer_n) {
  Baton__V1__Welcome welcome = BATON__V1__WELCOME__INIT;
  Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
  f->hellos++;
  if (refused(&f->hellos_refused)) {
    fake_send_fault(f, peer, peer_n, f->hellos_refused.code, f->hellos_refused.retry_after_ms);
    return;
  }
  memcpy(f->peer, peer, peer_n);
  f->peer_n = peer_n;
  f->next_number = 1;
  f->busy = false;
  f->sessions++;
  welcome.adapter = (char *)"fake-adapter";
  welcome.department = (char *)"fake-department";
  welcome.next_submit = 1;
  welcome.max_in_flight = f->max_in_flight ? f->max_in_flight : MAX_IN_FLIGHT;
  welcome.receives = true;
  welcome.held = f->held_by_operator;
  welcome.idempotency_s = IDEMPOTENCY_S;
  frame.kind_case = BATON__V1__FRAME__KIND_WELCOME;
  frame.welcome = &welcome;
  fake_send(f, peer, peer_n, &frame);
  for (size_t i = 0; i < f->deliveries.n; i++)
    ((struct fake_delivery *)f->deliveries.v[i])->sent = false;
  fake_send_deliveries(f);
}

/* ---- Submit ---- */

static struct baton_fake_submit *record(baton_fake *f, const Baton__V1__SubmitItem *item) {
  struct baton_fake_submit *s = calloc(1, sizeof *s);
  if (!s || !(s->event = malloc(item->event.len + 1)) || !fake_list_add(&f->submits, s))
    abort(); /* a test without memory has no result */
  s->session = f->sessions;
  s->number = item->number;
  snprintf(s->source_key, sizeof s->source_key, "%s", item->source_key);
  s->first_tried_at_us = item->first_tried_at_us;
  s->event_n = item->event.len;
  if (s->event_n)
    memcpy(s->event, item->event.data, s->event_n);
  s->has_cursor = item->cursor != NULL;
  if (item->cursor && item->cursor->position.len <= sizeof s->position) {
    snprintf(s->source, sizeof s->source, "%s", item->cursor->source);
    s->position_n = item->cursor->position.len;
    if (s->position_n)
      memcpy(s->position, item->cursor->position.data, s->position_n);
  }
  return s;
}

static const struct baton_fake_submit *known(const baton_fake *f, const char *source_key) {
  for (size_t i = 0; i < f->accepted.n; i++) {
    const struct baton_fake_submit *s = f->accepted.v[i];
    if (*source_key && strcmp(s->source_key, source_key) == 0)
      return s;
  }
  return NULL;
}

/* The rules of PROTOCOL.md, section 4. */
static int judge(baton_fake *f, struct baton_fake_submit *s) {
  const struct baton_fake_submit *old = known(f, s->source_key);
  if (s->number != f->next_number)
    return f->busy && s->number > f->next_number ? BATON__V1__CODE__CODE_BUSY : BATON__V1__CODE__CODE_OUT_OF_ORDER;
  if (refused(&f->submits_refused)) {
    f->busy = f->submits_refused.code == BATON__V1__CODE__CODE_BUSY;
    f->next_number += !f->busy;
    return f->submits_refused.code;
  }
  f->busy = false;
  f->next_number++;
  s->duplicate = old != NULL;
  if (old && (old->event_n != s->event_n || memcmp(old->event, s->event, s->event_n) != 0))
    return BATON__V1__CODE__CODE_CONFLICT;
  if (!old && !fake_list_add(&f->accepted, s))
    abort();
  return BATON__V1__CODE__CODE_OK;
}

static void submit(baton_fake *f, const Baton__V1__Submit *submit_frame) {
  size_t n = submit_frame->n_items;
  Baton__V1__ReceiptItem *items = calloc(n + 1, sizeof *items), **list = calloc(n + 1, sizeof *list);
  if (!items || !list)
    abort();
  f->submit_frames++;
  for (size_t i = 0; i < n; i++) {
    struct baton_fake_submit *s = record(f, submit_frame->items[i]);
    s->code = judge(f, s);
    list[i] = &items[i];
    baton__v1__receipt_item__init(&items[i]);
    items[i].number = s->number;
    items[i].code = (Baton__V1__Code)s->code;
    items[i].duplicate = s->duplicate;
    if (s->code == BATON__V1__CODE__CODE_OK) {
      items[i].sequence = items[i].case_ = ++f->next_sequence;
      items[i].version = 1;
      items[i].ref = (char *)"0000-1";
      items[i].found = BATON__V1__FOUND__FOUND_NEW;
    } else {
      items[i].text = (char *)"as scripted";
      items[i].retry_after_ms = f->submits_refused.retry_after_ms;
    }
  }
  if (f->lose_receipts > 0)
    f->lose_receipts--;
  else
    fake_send_receipts(f, list, f->hold && n > 1 ? 1 : n);
  if (f->hold && n > 1)
    fake_hold_receipts(f, list + 1, n - 1);
  free(items);
  free(list);
}

/* ---- Settle ---- */

static void mark_settled(baton_fake *f, const Baton__V1__SettleItem *item) {
  for (size_t i = 0; i < f->deliveries.n; i++) {
    struct fake_delivery *d = f->deliveries.v[i];
    if (d->item->sequence == item->sequence && item->verdict != BATON__V1__VERDICT__VERDICT_IN_PROGRESS)
      d->settled = true;
  }
}

static void settle_one(baton_fake *f, const Baton__V1__SettleItem *item) {
  struct baton_fake_settle *s = calloc(1, sizeof *s);
  if (!s || !fake_list_add(&f->settles, s) || !(s->json = bt_sdk_json_text(&item->base)))
    abort();
  s->session = f->sessions;
  s->sequence = item->sequence;
  s->verdict = (int)item->verdict;
  s->retry_after_ms = item->retry_after_ms;
  s->n_events = item->n_events;
  snprintf(s->reason, sizeof s->reason, "%s", item->reason);
  bool refuse = item->n_events > 0 && refused(&f->settles_refused);
  if (!refuse)
    mark_settled(f, item);
  for (size_t i = 0; i < (refuse ? 1 : item->n_events); i++) {
    Baton__V1__ReceiptItem receipt = BATON__V1__RECEIPT_ITEM__INIT, *list = &receipt;
    receipt.delivery = item->sequence;
    receipt.code = (Baton__V1__Code)(refuse ? f->settles_refused.code : 0);
    receipt.retry_after_ms = refuse ? f->settles_refused.retry_after_ms : 0;
    receipt.sequence = refuse ? 0 : ++f->next_sequence;
    fake_send_receipts(f, &list, 1);
  }
}

/* ---- Query ---- */

static void answer_cursor(const baton_fake *f, const char *source, Baton__V1__CursorView *view) {
  view->source = (char *)source;
  for (size_t i = f->submits.n; i > 0 && !view->known; i--) {
    struct baton_fake_submit *s = f->submits.v[i - 1];
    if (s->has_cursor && s->code != BATON__V1__CODE__CODE_BUSY && strcmp(s->source, source) == 0) {
      view->known = true;
      view->position = (ProtobufCBinaryData){.len = s->position_n, .data = s->position};
    }
  }
}

static void query(baton_fake *f, const Baton__V1__Query *q) {
  Baton__V1__Answer answer = BATON__V1__ANSWER__INIT;
  Baton__V1__CursorView view = BATON__V1__CURSOR_VIEW__INIT;
  Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
  f->queries++;
  if (refused(&f->queries_refused)) {
    answer.code = (Baton__V1__Code)f->queries_refused.code;
    answer.text = (char *)"as scripted";
  } else if (q->kind_case == BATON__V1__QUERY__KIND_CURSOR) {
    answer_cursor(f, q->cursor->source, &view);
    answer.kind_case = BATON__V1__ANSWER__KIND_CURSOR;
    answer.cursor = &view;
  } else if (f->answer) {
    answer = *f->answer;
  } else {
    answer.code = BATON__V1__CODE__CODE_NOT_FOUND;
  }
  answer.id = q->id;
  frame.kind_case = BATON__V1__FRAME__KIND_ANSWER;
  frame.answer = &answer;
  fake_send(f, f->peer, f->peer_n, &frame);
}

static void report(baton_fake *f, const Baton__V1__Report *report_frame) {
  char *json = bt_sdk_json_text(&report_frame->base);
  if (!json || !fake_list_add(&f->reports, json))
    abort();
}

static void in_session(baton_fake *f, const Baton__V1__Frame *frame) {
  switch (frame->kind_case) {
  case BATON__V1__FRAME__KIND_SUBMIT:
    submit(f, frame->submit);
    break;
  case BATON__V1__FRAME__KIND_SETTLE:
    for (size_t i = 0; i < frame->settle->n_items; i++)
      settle_one(f, frame->settle->items[i]);
    break;
  case BATON__V1__FRAME__KIND_QUERY:
    query(f, frame->query);
    break;
  case BATON__V1__FRAME__KIND_CREDIT:
    f->credits++;
    break;
  case BATON__V1__FRAME__KIND_REPORT:
    report(f, frame->report);
    break;
  case BATON__V1__FRAME__KIND_GOODBYE:
    f->goodbyes++;
    f->peer_n = 0;
    break;
  default:
    fake_send_fault(f, f->peer, f->peer_n, BATON__V1__CODE__CODE_BAD_FRAME, 0);
    break;
  }
}

void fake_frame(baton_fake *f, const uint8_t *peer, size_t peer_n, const uint8_t *bytes, size_t n) {
  Baton__V1__Frame *frame = baton__v1__frame__unpack(NULL, n, bytes);
  if (!frame || frame->protocol != 1)
    fake_send_fault(f, peer, peer_n, BATON__V1__CODE__CODE_BAD_FRAME, 0);
  else if (frame->kind_case == BATON__V1__FRAME__KIND_HELLO)
    hello(f, peer, peer_n);
  else if (f->peer_n != peer_n || memcmp(f->peer, peer, peer_n) != 0)
    fake_send_fault(f, peer, peer_n, BATON__V1__CODE__CODE_HELLO_FIRST, 0);
  else
    in_session(f, frame);
  if (frame)
    baton__v1__frame__free_unpacked(frame, NULL);
}
