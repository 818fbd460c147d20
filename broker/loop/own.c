/* Entries of the broker's own: a downtime, a configuration, a hold, an accepted clock. */
#include "base/clock.h"
#include "base/dir.h"
#include "base/log.h"
#include "loop/outbox.h"
#include "loop/parts.h"

int bt_own_record(struct bt_loop *l, struct bt_entry *v, uint32_t n) {
  const uint64_t first = bt_store_position(l->parts.store, BT_NOW) + 1;
  int rc = 0;
  for (uint32_t i = 0; i < n && !rc; i++) {
    v[i].sequence = first + i;
    v[i].unit_first = first;
    v[i].unit_size = n;
    v[i].stream = BT_STREAM_BROKER;
    v[i].recorded_at_us = l->batch.now_us;
    rc = bt_batch_record(l, &v[i]);
  }
  return rc;
}

static int record(struct bt_loop *l, struct bt_entry *v, uint32_t n) {
  bt_round_clear(l);
  l->batch.now_us = bt_time_now(l);
  return v->adapter.n ? bt_batch_adapter_unit(l, v, n) : bt_own_record(l, v, n);
}

int bt_own_commit(struct bt_loop *l, struct bt_entry *v, uint32_t n) {
  int rc;
  if (l->disk.full)
    return -BT_FULL;
  while ((rc = record(l, v, n)) == -BT_FULL && !(rc = bt_round_grow(l)))
    continue;
  if (!rc)
    rc = bt_round_commit(l);
  bt_round_clear(l);
  if (rc && rc != -BT_FULL) /* on a full disk nothing was done */
    l->failed = rc;
  return rc;
}

/* ---- downtime ---- */

#define SHORT_US (60 * BT_SECOND_US) /* nobody has lost time worth giving back */

static struct bt_entry resumed(int64_t from_us, int64_t until_us) {
  return (struct bt_entry){.kind = BT_RESUMED, .resumed = {from_us, until_us}};
}

int bt_loop_resume(struct bt_loop *l) {
  const int64_t last_us = bt_store_recorded_us(l->parts.store, BT_NOW);
  bt_time_start(l);
  const int64_t now_us = bt_time_now(l);
  if (!last_us || l->time.trouble || now_us - last_us <= SHORT_US)
    return 0;
  struct bt_entry e = resumed(last_us, now_us);
  int rc = bt_own_commit(l, &e, 1);
  bt_log(rc ? BT_LOG_ERROR : BT_LOG_INFO, "resumed", BT_L_INT("down_s", (now_us - last_us) / BT_SECOND_US),
         BT_L_TEXT("code", bt_code_name(rc)));
  return rc;
}

/* Offers get the time that the clock has jumped over, as after a downtime. */
int bt_loop_clock_accept(void *loop, struct bt_str operator_name, struct bt_str reason) {
  struct bt_loop *l = loop;
  const int64_t before_us = bt_time_now(l);
  if (!l->time.trouble)
    return -BT_WRONG_STATUS;
  bt_time_accept(l);
  const int64_t now_us = bt_time_now(l);
  struct bt_entry v[] = {{.kind = BT_CLOCK_ACCEPTED, .clock_accepted = {operator_name, reason}},
                         resumed(before_us, now_us)};
  int rc = bt_own_commit(l, v, now_us - before_us > SHORT_US ? 2 : 1);
  bt_log(rc ? BT_LOG_ERROR : BT_LOG_INFO, "clock-accepted", BT_L_STR("operator", operator_name),
         BT_L_INT("ahead_s", (now_us - before_us) / BT_SECOND_US), BT_L_TEXT("code", bt_code_name(rc)));
  return rc;
}

/* ---- configuration ---- */

static int departments_of(const struct bt_rules *rules, struct bt_arena *arena, struct bt_strs *ret) {
  struct bt_str *v = BT_NEW_ARRAY(arena, struct bt_str, rules->departments.n);
  if (!v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < rules->departments.n; i++)
    v[i] = rules->departments.v[i].name;
  *ret = (struct bt_strs){rules->departments.n, v};
  return 0;
}

/* Leaves those that are configured no longer. */
static void keep_gone(const struct bt_rules *rules, struct bt_strs *names) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < names->n; i++)
    if (!bt_rules_department(rules, names->v[i]))
      names->v[n++] = names->v[i];
  names->n = n;
}

int bt_own_adopt(struct bt_loop *l, const struct bt_config *config, struct bt_arena *arena, struct bt_strs *ret_gone) {
  uint8_t digest[16], last[16];
  struct bt_entry e = {.kind = BT_CONFIG_ADOPTED, .config_adopted.digest = {(const char *)digest, sizeof digest}};
  bt_config_digest(config, digest);
  if (bt_store_config_digest(l->parts.store, last) == 0 && memcmp(digest, last, sizeof digest) == 0)
    return 0;
  int rc = departments_of(&config->rules, arena, &e.config_adopted.departments);
  if (!rc)
    rc = bt_store_departments(l->parts.store, arena, &e.config_adopted.gone);
  if (rc)
    return rc;
  keep_gone(&config->rules, &e.config_adopted.gone);
  *ret_gone = e.config_adopted.gone;
  rc = bt_own_commit(l, &e, 1);
  for (uint32_t i = 0; i < ret_gone->n; i++)
    bt_log(BT_LOG_WARN, "department-gone", BT_L_STR("department", ret_gone->v[i]));
  return rc;
}

/* Only a convenience: the broker goes on without it. */
void bt_own_save(struct bt_loop *l) {
  char path[BT_PATH_SIZE];
  int rc = bt_path_join(path, l->parts.config->settings.data_dir, "adopted.conf");
  if (!rc)
    rc = bt_config_save(l->parts.config, path);
  if (rc)
    bt_log(BT_LOG_WARN, "adopted-conf-not-written", BT_L_TEXT("code", bt_code_name(rc)));
}

int bt_loop_adopt(struct bt_loop *l) {
  struct bt_strs gone = {0};
  struct bt_arena arena;
  bt_arena_init(&arena, 8 * 1024 * 1024);
  int rc = bt_own_adopt(l, l->parts.config, &arena, &gone);
  bt_arena_fini(&arena);
  if (!rc && l->parts.config->settings.data_dir)
    bt_own_save(l);
  return rc;
}

/* ---- what operators did otherwise ---- */

int bt_loop_did(void *loop, const struct bt_operator_did *did) {
  struct bt_entry e = {.kind = BT_OPERATOR_DID, .operator_did = *did};
  return bt_own_commit(loop, &e, 1);
}

/* ---- holds ---- */

int bt_loop_hold(void *loop, struct bt_str adapter, bool held, struct bt_str operator_name, struct bt_str reason) {
  struct bt_loop *l = loop;
  if (!bt_rules_adapter(l->rules, adapter))
    return -BT_NOT_FOUND;
  struct bt_entry e = {
      .kind = BT_ADAPTER_HELD,
      .adapter = adapter,
      .adapter_held = {.held = held, .by = operator_name, .reason = reason},
  };
  int rc = bt_own_commit(l, &e, 1);
  struct bt_session *s = bt_wire_session_of(l->parts.wire, adapter);
  if (!rc && s) {
    s->held = held;
    bt_deliver_wake(l, adapter);
  }
  bt_log(rc ? BT_LOG_ERROR : BT_LOG_INFO, held ? "adapter-held" : "adapter-resumed", BT_L_STR("adapter", adapter),
         BT_L_STR("operator", operator_name), BT_L_TEXT("code", bt_code_name(rc)));
  return rc;
}
