/* Deliveries that waited too long, or for an adapter that is configured no longer: one Resync for each case takes their
 * place, so many rows a batch. Rows of an inbox are in the order of their age; what is old is at its front.
 *
 * A pass goes through all inboxes, and a new one begins a minute after the last. */
#include "loop/parts.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "loop/outbox.h"

enum { ROWS_PER_BATCH = 1024 };
#define PASS_EVERY_US (60 * BT_SECOND_US)
#define TELL_EVERY_US (3600 * BT_SECOND_US)

struct old_row {
  uint64_t case_id, sequence;
};

struct resyncing {
  struct bt_loop *l;
  struct bt_str adapter;
  const char *why;
  int64_t before_us; /* what was recorded before is too old */
  struct old_row *v;
  uint32_t n, looked_at;
};

/* ---- where the pass is ---- */

static struct bt_str place(const struct bt_resync_pass *p) {
  return (struct bt_str){p->key, p->key_n};
}

static void go_to(struct bt_resync_pass *p, struct bt_str key) {
  memcpy(p->key, key.p, key.n);
  p->key_n = key.n;
}

/* Behind all rows of this adapter. */
static void pass_adapter(struct bt_resync_pass *p, struct bt_str adapter) {
  memcpy(p->key, adapter.p, adapter.n);
  memset(p->key + adapter.n, 0, 1);
  memset(p->key + adapter.n + 1, 0xff, 8);
  p->key_n = adapter.n + 9;
}

/* ---- the rows ---- */

static bool is_out(const struct resyncing *r, uint64_t case_id) {
  struct bt_session *s = bt_wire_session_of(r->l->parts.wire, r->adapter);
  const struct bt_lane *lane = s && s->loop ? bt_outbox_lane(s->loop, case_id) : NULL;
  return lane && lane->sequence;
}

/* The old rows of one adapter from where the pass is. 1: its end was reached. */
static int collect(struct resyncing *r, struct bt_resync_pass *p) {
  while (r->looked_at < ROWS_PER_BATCH) {
    struct bt_str key, value;
    struct bt_inbox_row row;
    int rc = bt_store_next_row(r->l->parts.store, BT_NOW, BT_T_INBOX, place(p), &key, &value);
    if (rc < 0)
      return rc == -BT_ABSENT ? 1 : rc;
    if (key.n != r->adapter.n + 9 || memcmp(key.p, r->adapter.p, r->adapter.n) != 0 || key.p[r->adapter.n] != '\0')
      return 1;
    const uint64_t sequence = bt_get_u64(key.p + key.n - 8);
    r->looked_at++;
    rc = bt_record_inbox_decode(value, &r->l->decide, &row);
    if (rc == 0 && row.since_us >= r->before_us)
      return 1;
    go_to(p, key);
    if (rc == 0 && !row.replaced && !is_out(r, row.case_id))
      r->v[r->n++] = (struct old_row){row.case_id, sequence};
    if (rc < 0 && rc != -BT_CORRUPT)
      return rc; /* what rotted is for verify */
  }
  return 0;
}

static int by_case(const void *left, const void *right) {
  const struct old_row *a = left, *b = right;
  if (a->case_id != b->case_id)
    return a->case_id < b->case_id ? -1 : 1;
  return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

/* All rows of the case between the first and the last of these are as old. */
static int replace_case(struct resyncing *r, const struct old_row *v, uint32_t n) {
  struct bt_sequences *ranges = BT_NEW_ARRAY(&r->l->decide, struct bt_sequences, 2);
  struct bt_entry e = {.kind = BT_RESYNCED, .adapter = r->adapter, .resynced = {.case_id = v->case_id}};
  uint64_t standing;
  if (!ranges)
    return -BT_NOMEM;
  e.case_id = v->case_id;
  e.resynced.rows.v = ranges;
  ranges[e.resynced.rows.n++] = (struct bt_sequences){v[0].sequence, v[n - 1].sequence};
  int rc = bt_store_resync(r->l->parts.store, BT_NOW, r->adapter, v->case_id, &standing);
  if (rc == 0)
    ranges[e.resynced.rows.n++] = (struct bt_sequences){standing, standing};
  else if (rc != -BT_ABSENT)
    return rc;
  rc = bt_batch_adapter_entry(r->l, &e);
  r->l->batch.tally.resyncs++;
  r->l->batch.tally.rows_resynced += n;
  return rc;
}

static int replace_all(struct resyncing *r) {
  int rc = 0;
  if (r->n > 1)
    qsort(r->v, r->n, sizeof *r->v, by_case);
  for (uint32_t i = 0, n; i < r->n && rc == 0; i += n) {
    for (n = 1; i + n < r->n && r->v[i + n].case_id == r->v[i].case_id;)
      n++;
    rc = replace_case(r, &r->v[i], n);
  }
  return rc;
}

/* Once an hour for each adapter, however many rows it is about. */
static void tell(struct resyncing *r) {
  struct bt_resync_pass *p = &r->l->resync;
  const int64_t now_us = bt_clock_mono_us();
  struct bt_resync_told *to = &p->told[0];
  if (!r->n)
    return;
  for (uint32_t i = 0; i < BT_RESYNC_TOLD; i++) {
    if (bt_str_eq(bt_str(p->told[i].adapter), r->adapter)) {
      to = &p->told[i];
      break;
    }
    if (p->told[i].at_us < to->at_us)
      to = &p->told[i];
  }
  if (bt_str_eq(bt_str(to->adapter), r->adapter) && now_us - to->at_us < TELL_EVERY_US)
    return;
  snprintf(to->adapter, sizeof to->adapter, "%.*s", BT_STR_ARG(r->adapter));
  to->at_us = now_us;
  bt_log(BT_LOG_WARN, "inbox-resync", BT_L_STR("adapter", r->adapter), BT_L_TEXT("why", r->why),
         BT_L_TEXT("text", "what waited for it becomes one Resync for each case: batonctl show inboxes"));
}

/* ---- the pass ---- */

static int one_adapter(struct resyncing *r, struct bt_resync_pass *p) {
  struct bt_loop *l = r->l;
  const int64_t age_us = l->parts.config->settings.inbox_max_age_us;
  const bool gone = !bt_rules_adapter(l->rules, r->adapter);
  r->n = 0;
  r->before_us = gone ? INT64_MAX : age_us ? l->batch.now_us - age_us : 0;
  r->why = gone ? "the adapter is not configured any more" : "they are older than inbox_max_age_hours";
  int end = collect(r, p);
  if (end < 0)
    return end;
  int rc = replace_all(r);
  if (rc == 0)
    tell(r);
  if (end == 1)
    pass_adapter(p, r->adapter);
  return rc;
}

/* The adapter whose rows come next. -BT_ABSENT: the pass is through. */
static int next_adapter(struct resyncing *r, const struct bt_resync_pass *p) {
  struct bt_str key, value;
  int rc = bt_store_next_row(r->l->parts.store, BT_NOW, BT_T_INBOX, place(p), &key, &value);
  if (rc == 0 && (key.n < 10 || key.n > BT_RESYNC_KEY || key.p[key.n - 9] != '\0'))
    rc = -BT_CORRUPT;
  if (rc == 0)
    r->adapter = bt_arena_copy(&r->l->decide, (struct bt_str){key.p, key.n - 9});
  return rc == 0 && !r->adapter.p ? -BT_NOMEM : rc;
}

int bt_resync_on(struct bt_loop *l) {
  struct bt_resync_pass *p = &l->resync;
  struct resyncing r = {.l = l};
  if (l->time.trouble || (!p->under_way && l->batch.now_us < p->next_us) || !bt_room_to_decide(l))
    return 0;
  r.v = BT_NEW_ARRAY(&l->decide, struct old_row, ROWS_PER_BATCH);
  if (!r.v)
    return 0;
  if (!p->under_way)
    p->key_n = 0;
  p->under_way = true;
  int rc = 0;
  while (rc == 0 && r.looked_at < ROWS_PER_BATCH && (rc = next_adapter(&r, p)) == 0)
    rc = one_adapter(&r, p);
  if (rc == -BT_ABSENT || rc == -BT_CORRUPT) {
    p->under_way = false;
    p->next_us = l->batch.now_us + PASS_EVERY_US;
    rc = 0;
  }
  return rc;
}

void bt_resync_anew(struct bt_loop *l) {
  l->resync.under_way = false;
  l->resync.next_us = 0;
}

long bt_resync_due_ms(const struct bt_loop *l) {
  return l->resync.under_way && !l->time.trouble ? 0 : -1;
}
