/* What tests tell the fake broker, and ask it. */
#include <stdlib.h>
#include <string.h>

#include "fake_private.h"
#include "json.h"

static void set_refusal(baton_fake *f, struct fake_refusal *to, unsigned n, int code, uint32_t retry_after_ms) {
  pthread_mutex_lock(&f->lock);
  *to = (struct fake_refusal){.left = n, .code = code, .retry_after_ms = retry_after_ms};
  pthread_mutex_unlock(&f->lock);
}

void baton_fake_refuse(baton_fake *f, unsigned n, int code, uint32_t retry_after_ms) {
  set_refusal(f, &f->submits_refused, n, code, retry_after_ms);
}

void baton_fake_refuse_settles(baton_fake *f, unsigned n, int code, uint32_t retry_after_ms) {
  set_refusal(f, &f->settles_refused, n, code, retry_after_ms);
}

void baton_fake_refuse_hellos(baton_fake *f, unsigned n, int code, uint32_t retry_after_ms) {
  set_refusal(f, &f->hellos_refused, n, code, retry_after_ms);
}

void baton_fake_refuse_queries(baton_fake *f, unsigned n, int code) {
  set_refusal(f, &f->queries_refused, n, code, 0);
}

void baton_fake_held(baton_fake *f, bool held) {
  pthread_mutex_lock(&f->lock);
  f->held_by_operator = held;
  pthread_mutex_unlock(&f->lock);
}

void baton_fake_lose_receipts(baton_fake *f, unsigned n) {
  pthread_mutex_lock(&f->lock);
  f->lose_receipts = n;
  pthread_mutex_unlock(&f->lock);
}

void baton_fake_hold_answers(baton_fake *f, bool hold) {
  pthread_mutex_lock(&f->lock);
  f->hold = hold;
  pthread_mutex_unlock(&f->lock);
  fake_wake(f);
}

void baton_fake_forget(baton_fake *f) {
  pthread_mutex_lock(&f->lock);
  f->peer_n = 0;
  pthread_mutex_unlock(&f->lock);
}

void baton_fake_restart(baton_fake *f) {
  pthread_mutex_lock(&f->lock);
  f->restart = true;
  pthread_mutex_unlock(&f->lock);
  fake_wake(f);
}

void baton_fake_mute(baton_fake *f, bool mute) {
  pthread_mutex_lock(&f->lock);
  f->mute = mute;
  pthread_mutex_unlock(&f->lock);
}

void baton_fake_max_in_flight(baton_fake *f, uint32_t n) {
  pthread_mutex_lock(&f->lock);
  f->max_in_flight = n;
  pthread_mutex_unlock(&f->lock);
}

bool baton_fake_deliver(baton_fake *f, const char *json) {
  char error[BT_SDK_ERROR];
  struct fake_delivery *d = calloc(1, sizeof *d);
  ProtobufCMessage *item = bt_sdk_json_parse(&baton__v1__delivery_item__descriptor, json, strlen(json), error);
  if (!d || !item) {
    free(d);
    return false;
  }
  d->item = (Baton__V1__DeliveryItem *)item;
  pthread_mutex_lock(&f->lock);
  if (!fake_list_add(&f->deliveries, d))
    abort();
  pthread_mutex_unlock(&f->lock);
  fake_wake(f);
  return true;
}

void baton_fake_send(baton_fake *f, const void *bytes, size_t n, unsigned parts) {
  struct fake_raw *raw = malloc(sizeof *raw + n);
  if (!raw)
    abort();
  raw->parts = parts;
  raw->n = n;
  if (n)
    memcpy(raw->bytes, bytes, n);
  pthread_mutex_lock(&f->lock);
  if (!fake_list_add(&f->raw, raw))
    abort();
  pthread_mutex_unlock(&f->lock);
  fake_wake(f);
}

bool baton_fake_answer(baton_fake *f, const char *json) {
  char error[BT_SDK_ERROR];
  ProtobufCMessage *answer = bt_sdk_json_parse(&baton__v1__answer__descriptor, json, strlen(json), error);
  if (!answer)
    return false;
  pthread_mutex_lock(&f->lock);
  if (f->answer)
    baton__v1__answer__free_unpacked(f->answer, NULL);
  f->answer = (Baton__V1__Answer *)answer;
  pthread_mutex_unlock(&f->lock);
  return true;
}

/* ---- What it saw ---- */

static unsigned count(baton_fake *f, const unsigned *counter) {
  pthread_mutex_lock(&f->lock);
  unsigned n = *counter;
  pthread_mutex_unlock(&f->lock);
  return n;
}

static size_t length(baton_fake *f, const struct fake_list *l) {
  pthread_mutex_lock(&f->lock);
  size_t n = l->n;
  pthread_mutex_unlock(&f->lock);
  return n;
}

static void *element(baton_fake *f, const struct fake_list *l, size_t i) {
  pthread_mutex_lock(&f->lock);
  void *p = i < l->n ? l->v[i] : NULL;
  pthread_mutex_unlock(&f->lock);
  return p;
}

unsigned baton_fake_hellos(baton_fake *f) {
  return count(f, &f->hellos);
}

unsigned baton_fake_sessions(baton_fake *f) {
  return count(f, &f->sessions);
}

unsigned baton_fake_goodbyes(baton_fake *f) {
  return count(f, &f->goodbyes);
}

unsigned baton_fake_credits(baton_fake *f) {
  return count(f, &f->credits);
}

unsigned baton_fake_submit_frames(baton_fake *f) {
  return count(f, &f->submit_frames);
}

unsigned baton_fake_queries(baton_fake *f) {
  return count(f, &f->queries);
}

size_t baton_fake_submits(baton_fake *f) {
  return length(f, &f->submits);
}

const struct baton_fake_submit *baton_fake_submit(baton_fake *f, size_t i) {
  return element(f, &f->submits, i);
}

size_t baton_fake_accepted(baton_fake *f) {
  return length(f, &f->accepted);
}

const struct baton_fake_submit *baton_fake_accepted_at(baton_fake *f, size_t i) {
  return element(f, &f->accepted, i);
}

size_t baton_fake_reports(baton_fake *f) {
  return length(f, &f->reports);
}

const char *baton_fake_report(baton_fake *f, size_t i) {
  return element(f, &f->reports, i);
}

size_t baton_fake_settles(baton_fake *f) {
  return length(f, &f->settles);
}

const struct baton_fake_settle *baton_fake_settle(baton_fake *f, size_t i) {
  return element(f, &f->settles, i);
}
