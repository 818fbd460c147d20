/* The spool against the fake broker, and its file against hands that are not its own. */
#include "sdk_fixture.h"

#include <dirent.h>
#include <sys/wait.h>

#include "spool.h"

enum { INTERNAL = 99, TOO_OLD = 25, UNKNOWN_CASE = 60, MB = 1 << 20 };

struct place {
  struct fixture f;
  char top[64], folder[96], key[128], error[BT_SDK_SPOOL_ERROR];
  uint64_t limit;
};

static struct bt_sdk_spool_options spool_options(const struct place *p) {
  return (struct bt_sdk_spool_options){.folder = p->folder, .key_file = p->key, .limit = p->limit};
}

/* Connected or not, with its spool. */
static void start(struct place *p, bool connected) {
  struct bt_sdk_spool_options o = spool_options(p);
  baton_options c = options_of(&p->f);
  char error[256];
  if (!connected)
    c.endpoint = "tcp://127.0.0.1:9";
  c.max_in_flight = 256;
  struct bt_sdk_spool *s = bt_sdk_spool_open(&o, p->error);
  if (!s)
    fail_msg("%s", p->error);
  p->f.b = baton_open(&c, error);
  assert_non_null(p->f.b);
  p->f.b->spool = s;
}

static void end(struct place *p) {
  baton_close(p->f.b);
  p->f.b = NULL;
}

/* As kill -9 leaves it: nothing is written on the way out. */
static void die(struct place *p) {
  p->f.b->spool->n_verdicts = 0;
  end(p);
}

static int set_up(void **state) {
  struct place *p = calloc(1, sizeof *p);
  p->f.verdict = BATON_ACK;
  p->f.fake = baton_fake_new();
  assert_non_null(p->f.fake);
  snprintf(p->top, sizeof p->top, "/tmp/baton-spool-XXXXXX");
  assert_non_null(mkdtemp(p->top));
  snprintf(p->folder, sizeof p->folder, "%s/spool", p->top);
  snprintf(p->key, sizeof p->key, "%s/spool.key", p->top);
  p->limit = MB;
  *state = p;
  return 0;
}

static int tear_down(void **state) {
  struct place *p = *state;
  char command[128];
  end(p);
  baton_fake_free(p->f.fake);
  snprintf(command, sizeof command, "rm -rf %s", p->top);
  assert_int_equal(system(command), 0);
  free(p);
  return 0;
}

static int put(struct place *p, unsigned i, const char *text) {
  char key[32];
  snprintf(key, sizeof key, "k%03u", i);
  return baton_spool_put(p->f.b, key, note(text));
}

static void put_all(struct place *p, unsigned from, unsigned n) {
  for (unsigned i = from; i < from + n; i++)
    assert_int_equal(put(p, i, "text"), 0);
  assert_int_equal(baton_spool_commit(p->f.b), 0);
}

static Baton__V1__Spool report(struct place *p) {
  Baton__V1__Spool r;
  assert_true(bt_sdk_spool_report(p->f.b, &r));
  return r;
}

/* The spool cannot be opened, and says so in these words; nothing of it is lost by that. */
static void assert_refused(struct place *p, const char *words) {
  struct bt_sdk_spool_options o = spool_options(p);
  struct bt_sdk_spool *s = bt_sdk_spool_open(&o, p->error);
  assert_null(s);
  if (!strstr(p->error, words))
    fail_msg("%s", p->error);
}

/* ---- Through it ---- */

static void goes_through_in_order(void **state) {
  struct place *p = *state;
  start(p, true);
  put_all(p, 0, 100);
  POLL_UNTIL(&p->f, p->f.receipts == 100);
  assert_in_order(&p->f, 100);
  POLL_UNTIL(&p->f, p->f.b->spool->store.events == 0);
  Baton__V1__Spool r = report(p);
  assert_int_equal(r.events, 0);
  assert_int_equal(r.oldest_us, 0);
  assert_int_equal(r.limit_bytes, MB);
}

static void what_is_not_committed_is_not_sent(void **state) {
  struct place *p = *state;
  start(p, true);
  put_all(p, 0, 1);
  assert_int_equal(put(p, 1, "text"), 0);
  POLL_UNTIL(&p->f, p->f.receipts == 1);
  for (int64_t until = now_ms() + 200; now_ms() < until;)
    assert_int_equal(baton_poll(p->f.b, 10), 0);
  assert_int_equal(baton_fake_submits(p->f.fake), 1);
  die(p);
  start(p, true);
  assert_int_equal(p->f.b->spool->store.events, 0);
}

static void survives_without_the_broker(void **state) {
  struct place *p = *state;
  int64_t before = (int64_t)time(NULL) * 1000000;
  start(p, false);
  put_all(p, 0, 40);
  Baton__V1__Spool r = report(p);
  assert_int_equal(r.events, 40);
  assert_true(r.oldest_us >= before && r.oldest_us <= before + 20000000);
  die(p);
  start(p, false);
  put_all(p, 40, 40);
  assert_int_equal(report(p).events, 80);
  die(p);
  start(p, true);
  POLL_UNTIL(&p->f, p->f.receipts == 80);
  assert_in_order(&p->f, 80);
  assert_int_equal(baton_fake_accepted_at(p->f.fake, 0)->first_tried_at_us, r.oldest_us);
}

static void sends_the_same_again_after_a_crash(void **state) {
  struct place *p = *state;
  start(p, true);
  baton_fake_lose_receipts(p->f.fake, 1);
  put_all(p, 0, 30);
  POLL_UNTIL(&p->f, baton_fake_accepted(p->f.fake) == 30);
  die(p);
  start(p, true);
  POLL_UNTIL(&p->f, p->f.receipts == 30);
  assert_int_equal(p->f.duplicates, 30);
  assert_in_order(&p->f, 30);
  for (size_t i = 0; i < 30; i++) {
    const struct baton_fake_submit *a = baton_fake_submit(p->f.fake, i), *again = baton_fake_submit(p->f.fake, i + 30);
    assert_int_equal(a->first_tried_at_us, again->first_tried_at_us);
    assert_int_equal(a->event_n, again->event_n);
    assert_memory_equal(a->event, again->event, a->event_n);
  }
}

static void busy_and_a_restart_keep_the_order(void **state) {
  struct place *p = *state;
  start(p, true);
  POLL_UNTIL(&p->f, p->f.connected == 1);
  baton_fake_refuse(p->f.fake, 3, BUSY, 5);
  put_all(p, 0, 300);
  POLL_UNTIL(&p->f, p->f.receipts >= 100);
  baton_fake_restart(p->f.fake);
  POLL_UNTIL(&p->f, p->f.b->spool->store.events == 0);
  assert_in_order(&p->f, 300);
}

/* More waits than the window holds, and others submit as well. */
static void leaves_room_for_others(void **state) {
  struct place *p = *state;
  start(p, false);
  put_all(p, 0, 400);
  die(p);
  start(p, true);
  POLL_UNTIL(&p->f, baton_in_flight(p->f.b) > 0 || p->f.receipts > 0);
  assert_true(baton_in_flight(p->f.b) <= 192);
  assert_int_equal(baton_submit(p->f.b, "other", note("x"), NULL), 0);
  POLL_UNTIL(&p->f, p->f.receipts == 401);
}

/* ---- Keys ---- */

static void one_key_is_one_event(void **state) {
  struct place *p = *state;
  start(p, false);
  assert_int_equal(put(p, 0, "text"), 0);
  assert_int_equal(put(p, 0, "text"), 0);
  assert_int_equal(put(p, 0, "other"), -BATON_E_INVALID);
  assert_non_null(strstr(baton_error(p->f.b), "other content"));
  assert_int_equal(baton_spool_commit(p->f.b), 0);
  assert_int_equal(put(p, 0, "text"), 0);
  assert_int_equal(put(p, 0, "other"), -BATON_E_INVALID);
  assert_int_equal(baton_spool_put(p->f.b, "", note("x")), -BATON_E_INVALID);
  assert_int_equal(baton_spool_put(p->f.b, "\xff", note("x")), -BATON_E_INVALID);
  assert_int_equal(baton_spool_commit(p->f.b), 0);
  assert_int_equal(report(p).events, 1);
}

/* Once it has its receipt a key may come again, and its sender hears of it again. */
static void a_key_that_left_may_come_again(void **state) {
  struct place *p = *state;
  start(p, true);
  put_all(p, 0, 1);
  POLL_UNTIL(&p->f, p->f.receipts == 1);
  put_all(p, 0, 1); /* perhaps not taken out of the file yet */
  POLL_UNTIL(&p->f, p->f.receipts == 2);
  assert_int_equal(p->f.duplicates, 1);
  POLL_UNTIL(&p->f, p->f.b->spool->store.events == 0);
  put_all(p, 0, 1);
  POLL_UNTIL(&p->f, p->f.receipts == 3);
}

/* ---- Bounds ---- */

static unsigned fill(struct place *p, unsigned from) {
  unsigned i = from;
  char text[1500];
  int rc;
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  while ((rc = put(p, i, text)) == 0)
    if (++i % 64 == 0)
      assert_int_equal(baton_spool_commit(p->f.b), 0);
  assert_int_equal(rc, -BATON_E_FULL);
  assert_int_equal(baton_spool_commit(p->f.b), 0);
  return i - from;
}

static uint64_t file_size(const struct place *p) {
  char path[128];
  struct stat st;
  snprintf(path, sizeof path, "%s/data.mdb", p->folder);
  assert_int_equal(stat(path, &st), 0);
  return (uint64_t)st.st_blocks * 512;
}

static void full_is_told_and_passes(void **state) {
  struct place *p = *state;
  start(p, false);
  unsigned n = fill(p, 0);
  assert_true(n > 300);
  assert_non_null(strstr(baton_error(p->f.b), "full"));
  assert_true(report(p).bytes <= MB && report(p).bytes > MB * 8 / 10);
  assert_int_equal(report(p).events, n);
  die(p);
  start(p, true);
  assert_int_equal(report(p).events, n);
  POLL_UNTIL(&p->f, p->f.receipts >= n / 2);
  POLL_UNTIL(&p->f, put(p, 9000, "text") == 0); /* the same key: one event */
  assert_int_equal(baton_spool_commit(p->f.b), 0);
  POLL_UNTIL(&p->f, p->f.receipts == n + 1);
}

/* Twenty times the limit passes through, and the file does not grow. */
static void pages_are_used_again(void **state) {
  struct place *p = *state;
  start(p, true);
  unsigned n = 0;
  for (int round = 0; round < 20; round++) {
    n += fill(p, n);
    POLL_UNTIL(&p->f, p->f.receipts == n);
    p->f.keys[0] = '\0';
    POLL_UNTIL(&p->f, p->f.b->spool->store.events == 0);
    assert_true(file_size(p) <= MB + MB / 2 + 4 * MB);
  }
  assert_true(n > 20 * 300);
  assert_int_equal(baton_fake_accepted(p->f.fake), n);
}

static void large_events_are_counted_as_they_lie(void **state) {
  struct place *p = *state;
  char text[4001];
  memset(text, 'x', 4000);
  text[4000] = '\0';
  start(p, false);
  unsigned i = 0;
  while (put(p, i, text) == 0) {
    i++;
    assert_int_equal(baton_spool_commit(p->f.b), 0);
  }
  assert_in_range(i, 100, MB / 4000);
  assert_true(report(p).bytes <= MB);
}

/* ---- Refusals ---- */

static void refused_for_good_goes_aside(void **state) {
  struct place *p = *state;
  start(p, true);
  POLL_UNTIL(&p->f, p->f.connected == 1);
  baton_fake_refuse(p->f.fake, 2, UNKNOWN_CASE, 0);
  put_all(p, 0, 10);
  POLL_UNTIL(&p->f, p->f.receipts == 10);
  assert_int_equal(p->f.refusals, 2);
  assert_int_equal(baton_fake_accepted(p->f.fake), 8);
  POLL_UNTIL(&p->f, p->f.b->spool->store.events == 0);
  assert_int_equal(report(p).rejects, 2);
  uint8_t buffer[BT_SDK_SPOOL_RECORD_MAX];
  struct bt_sdk_spool_record r;
  uint64_t position = 0;
  struct bt_sdk_spool_store *s = &p->f.b->spool->store;
  assert_int_equal(bt_sdk_spool_view(s), 0);
  assert_int_equal(bt_sdk_spool_next(s, BT_SDK_SPOOL_REJECTS, position, buffer, &position, &r), 1);
  bt_sdk_spool_leave(s);
  assert_memory_equal(r.key.at, "k000", 4);
  assert_int_equal(r.code, UNKNOWN_CASE);
  assert_memory_equal(r.text.at, "as scripted", r.text.n);
  assert_true(r.refused_us >= r.put_us);
}

/* The same event refused twice is one reject; accepted after all, it is none. */
static void a_reject_that_comes_again(void **state) {
  struct place *p = *state;
  start(p, true);
  POLL_UNTIL(&p->f, p->f.connected == 1);
  for (unsigned i = 1; i <= 2; i++) {
    baton_fake_refuse(p->f.fake, 1, TOO_OLD, 0);
    put_all(p, 0, 1);
    POLL_UNTIL(&p->f, p->f.receipts == i);
    POLL_UNTIL(&p->f, p->f.b->spool->store.events == 0);
    assert_int_equal(report(p).rejects, 1);
  }
  put_all(p, 0, 1);
  POLL_UNTIL(&p->f, p->f.receipts == 3);
  POLL_UNTIL(&p->f, p->f.b->spool->store.events == 0);
  assert_int_equal(report(p).rejects, 0);
  die(p);
  start(p, false); /* its places fit what is left */
}

static void rejects_count_against_the_limit(void **state) {
  struct place *p = *state;
  start(p, false);
  unsigned n = fill(p, 0);
  die(p);
  baton_fake_refuse(p->f.fake, n, UNKNOWN_CASE, 0);
  start(p, true);
  POLL_UNTIL(&p->f, p->f.receipts == n);
  POLL_UNTIL(&p->f, p->f.b->spool->store.events == 0);
  assert_int_equal(report(p).rejects, n);
  char text[1500];
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  assert_int_equal(put(p, 9000, text), -BATON_E_FULL);
  assert_non_null(strstr(baton_error(p->f.b), "rejects"));
}

static void an_event_the_broker_fails_on_is_tried_again(void **state) {
  struct place *p = *state;
  start(p, true);
  POLL_UNTIL(&p->f, p->f.connected == 1);
  baton_fake_refuse(p->f.fake, 3, INTERNAL, 0);
  put_all(p, 0, 20);
  POLL_UNTIL(&p->f, p->f.receipts == 20);
  assert_int_equal(p->f.refusals, 0);
  assert_int_equal(baton_fake_accepted(p->f.fake), 20);
  POLL_UNTIL(&p->f, p->f.b->spool->store.events == 0);
}

/* ---- What lies on the disk ---- */

static void another_key_is_refused(void **state) {
  struct place *p = *state;
  char other[96];
  start(p, false);
  put_all(p, 0, 3);
  end(p);
  snprintf(other, sizeof other, "%s/other.key", p->top);
  rename(p->key, other);
  assert_refused(p, "put it back");
  assert_int_not_equal(access(p->key, F_OK), 0); /* no new key is made for an old spool */
  int fd = open(p->key, O_WRONLY | O_CREAT, 0600);
  assert_int_equal(write(fd, "0123456789abcdef0123456789abcdef", 32), 32);
  close(fd);
  assert_refused(p, "another key");
  assert_int_equal(chmod(p->key, 0640), 0);
  assert_refused(p, "0600");
  assert_int_equal(truncate(p->key, 31), 0);
  assert_int_equal(chmod(p->key, 0600), 0);
  assert_refused(p, "32 bytes");
  rename(other, p->key);
  start(p, false);
  assert_int_equal(report(p).events, 3);
}

static void the_key_lies_outside(void **state) {
  struct place *p = *state;
  snprintf(p->key, sizeof p->key, "%s/key", p->folder);
  assert_refused(p, "inside");
  assert_int_not_equal(access(p->folder, F_OK), 0);
  assert_int_equal(mkdir(p->folder, 0700), 0);
  snprintf(p->key, sizeof p->key, "%s/../spool/key", p->folder);
  assert_refused(p, "inside");
}

static void nothing_can_be_read_without_the_key(void **state) {
  struct place *p = *state;
  start(p, false);
  assert_int_equal(baton_spool_put(p->f.b, "a-source-key-to-look-for", note("a text to look for")), 0);
  assert_int_equal(baton_spool_commit(p->f.b), 0);
  end(p);
  char command[256];
  snprintf(command, sizeof command, "grep -rqa 'to.look.for' %s", p->folder);
  assert_int_equal(WEXITSTATUS(system(command)), 1);
}

static void one_process_at_a_time(void **state) {
  struct place *p = *state;
  char words[64];
  start(p, false);
  snprintf(words, sizeof words, "process %ld has this spool", (long)getpid());
  assert_refused(p, words);
}

static void other_files_are_left_alone(void **state) {
  struct place *p = *state;
  char path[128];
  assert_int_equal(mkdir(p->folder, 0700), 0);
  snprintf(path, sizeof path, "%s/letter", p->folder);
  fclose(fopen(path, "w"));
  assert_refused(p, "other files");
  assert_int_equal(access(path, F_OK), 0);
}

static void a_child_may_not_touch_it(void **state) {
  struct place *p = *state;
  start(p, false);
  pid_t child = fork();
  if (child == 0)
    _exit(put(p, 0, "text") == -BATON_E_USAGE && bt_sdk_spool_view(&p->f.b->spool->store) == -BATON_E_USAGE ? 0 : 1);
  int status;
  waitpid(child, &status, 0);
  assert_int_equal(status, 0);
}

/* Exchanges the values at two positions of the queue, as somebody with the file could. */
static void swap(struct place *p) {
  MDB_env *env;
  MDB_txn *txn;
  MDB_dbi queue;
  uint8_t one[8] = {[7] = 1}, two[8] = {[7] = 2}, a[512], b[512];
  MDB_val k1 = {8, one}, k2 = {8, two}, v;
  assert_int_equal(mdb_env_create(&env), 0);
  assert_int_equal(mdb_env_set_maxdbs(env, 4), 0);
  assert_int_equal(mdb_env_open(env, p->folder, 0, 0600), 0);
  assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
  assert_int_equal(mdb_dbi_open(txn, "queue", 0, &queue), 0);
  assert_int_equal(mdb_get(txn, queue, &k1, &v), 0);
  size_t a_n = v.mv_size;
  memcpy(a, v.mv_data, a_n);
  assert_int_equal(mdb_get(txn, queue, &k2, &v), 0);
  size_t b_n = v.mv_size;
  memcpy(b, v.mv_data, b_n);
  assert_int_equal(mdb_put(txn, queue, &k1, &(MDB_val){b_n, b}, 0), 0);
  assert_int_equal(mdb_put(txn, queue, &k2, &(MDB_val){a_n, a}, 0), 0);
  assert_int_equal(mdb_txn_commit(txn), 0);
  mdb_env_close(env);
}

static void swapped_records_are_noticed(void **state) {
  struct place *p = *state;
  start(p, false);
  put_all(p, 0, 3);
  end(p);
  swap(p);
  assert_refused(p, "damaged");
  assert_non_null(strstr(p->error, "move that folder away"));
  swap(p);
  start(p, false);
  assert_int_equal(report(p).events, 3);
}

static void flip(const struct place *p, off_t at, unsigned bit) {
  char path[128];
  unsigned char byte;
  snprintf(path, sizeof path, "%s/data.mdb", p->folder);
  int fd = open(path, O_RDWR);
  assert_int_equal(pread(fd, &byte, 1, at), 1);
  byte ^= (unsigned char)(1u << bit);
  assert_int_equal(pwrite(fd, &byte, 1, at), 1);
  close(fd);
}

/* A bit anywhere in the file: the spool is refused, or what is read is what was written. Never less, never other. */
static void flipped_bits_are_noticed(void **state) {
  struct place *p = *state;
  unsigned refused = 0, tries = 150;
  uint64_t random = 88172645463325252u;
  start(p, false);
  put_all(p, 0, 200);
  off_t end_of_file = 8192 + (off_t)report(p).bytes;
  end(p);
  for (unsigned i = 0; i < tries; i++) {
    random ^= random << 13, random ^= random >> 7, random ^= random << 17;
    off_t at = 8192 + (off_t)(random % (uint64_t)(end_of_file - 8192)); /* behind LMDB's two heads */
    flip(p, at, random >> 60 & 7);
    struct bt_sdk_spool_options o = spool_options(p);
    struct bt_sdk_spool *s = bt_sdk_spool_open(&o, p->error);
    refused += !s;
    if (s)
      assert_int_equal(s->store.events, 200);
    bt_sdk_spool_close(s);
    flip(p, at, random >> 60 & 7);
  }
  assert_true(refused > 10);
  start(p, true);
  POLL_UNTIL(&p->f, p->f.receipts == 200);
  assert_in_order(&p->f, 200);
}

/* Found out only while it runs: it is not relayed, and the adapter is told to end. */
static void damage_while_it_runs_is_not_relayed(void **state) {
  struct place *p = *state;
  const char *why = "";
  start(p, false);
  put_all(p, 0, 2);
  end(p);
  start(p, true);
  pid_t child = fork(); /* one process opens one file once */
  if (child == 0) {
    swap(p);
    _exit(0);
  }
  waitpid(child, NULL, 0);
  for (int64_t until = now_ms() + BOUND_MS; !bt_sdk_spool_broken(p->f.b, &why) && now_ms() < until;)
    assert_int_equal(baton_poll(p->f.b, 5), 0);
  assert_non_null(strstr(why, "damaged"));
  assert_int_equal(baton_fake_submits(p->f.fake), 0);
  assert_int_equal(put(p, 5, "text"), -BATON_E_IO);
}

static void a_cut_file_is_noticed(void **state) {
  struct place *p = *state;
  char path[128];
  start(p, false);
  put_all(p, 0, 200);
  end(p);
  snprintf(path, sizeof path, "%s/data.mdb", p->folder);
  assert_int_equal(truncate(path, 5 * 4096), 0);
  assert_refused(p, "damaged");
}

/* ---- What an attacker tried ---- */

static void send_refusal(struct place *p, uint64_t number, const char *text) {
  Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
  Baton__V1__Receipt receipt = BATON__V1__RECEIPT__INIT;
  Baton__V1__ReceiptItem item = BATON__V1__RECEIPT_ITEM__INIT, *items[] = {&item};
  uint8_t bytes[4096];
  item.number = number;
  item.code = (Baton__V1__Code)UNKNOWN_CASE;
  item.text = (char *)text;
  item.field = (char *)text;
  receipt.n_items = 1;
  receipt.items = items;
  frame.protocol = 1;
  frame.kind_case = BATON__V1__FRAME__KIND_RECEIPT;
  frame.receipt = &receipt;
  assert_true(baton__v1__frame__get_packed_size(&frame) <= sizeof bytes);
  baton_fake_send(p->f.fake, bytes, baton__v1__frame__pack(&frame, bytes), 1);
}

/* Whatever the refusal says, what is written of it can be read again. */
static void a_refusal_in_no_language_is_kept(void **state) {
  struct place *p = *state;
  start(p, true);
  POLL_UNTIL(&p->f, p->f.connected == 1);
  baton_fake_lose_receipts(p->f.fake, 1000000);
  put_all(p, 0, 1);
  POLL_UNTIL(&p->f, baton_fake_submits(p->f.fake) == 1);
  send_refusal(p, 1, "no caf\xc3");
  POLL_UNTIL(&p->f, p->f.receipts == 1);
  POLL_UNTIL(&p->f, p->f.b->spool->store.events == 0);
  die(p);
  start(p, false);
  assert_int_equal(report(p).rejects, 1);
}

/* Refused, a small event takes much more room than it did; all come out, and what is in the file can be changed. */
static void small_events_that_are_refused_find_room(void **state) {
  struct place *p = *state;
  char key[32], text[1001];
  unsigned n = 0, told = 0;
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  start(p, false);
  do {
    snprintf(key, sizeof key, "%u", n);
    if (n % 64 == 0)
      assert_int_equal(baton_spool_commit(p->f.b), 0);
  } while (baton_spool_put(p->f.b, key, note("x")) == 0 && ++n);
  assert_int_equal(baton_spool_commit(p->f.b), 0);
  die(p);
  baton_fake_lose_receipts(p->f.fake, 1000000);
  start(p, true);
  for (int64_t until = now_ms() + BOUND_MS; report(p).rejects < n && now_ms() < until;) {
    while (told < baton_fake_submits(p->f.fake))
      send_refusal(p, ++told, text);
    assert_int_equal(baton_poll(p->f.b, 5), 0);
  }
  POLL_UNTIL(&p->f, p->f.b->spool->store.events == 0);
  assert_int_equal(p->f.b->spool->store.rejects, n);
  die(p);
  start(p, false);
  struct bt_sdk_spool_store *s = &p->f.b->spool->store;
  for (unsigned i = 1; i <= n; i++) {
    bt_sdk_spool_begin(s);
    bt_sdk_spool_drop_reject(s, i);
    assert_int_equal(bt_sdk_spool_commit_change(s), 0);
    i += n / 50;
  }
}

static bool last_report_says(struct place *p, const char *words) {
  size_t n = baton_fake_reports(p->f.fake);
  return n > 0 && strstr(baton_fake_report(p->f.fake, n - 1), words) != NULL;
}

/* A key comes again before what went under it before is out of the file, and the disk lets out only one at a time. */
static void a_key_that_comes_again_keeps_its_place(void **state) {
  struct place *p = *state;
  start(p, true);
  put_all(p, 0, 2);
  POLL_UNTIL(&p->f, p->f.receipts == 2);
  assert_int_equal(p->f.b->spool->n_verdicts, 2);
  p->f.b->spool->batch = 1;
  put_all(p, 1, 1);
  die(p);
  start(p, false);
  assert_int_equal(report(p).events, 1);
}

/* What operators see of a spool that takes nothing more, while the adapter itself has nothing to say. */
static void full_is_said_to_the_broker(void **state) {
  struct place *p = *state;
  start(p, true);
  POLL_UNTIL(&p->f, p->f.connected == 1);
  baton_fake_lose_receipts(p->f.fake, 1000000);
  fill(p, 0);
  POLL_UNTIL(&p->f, last_report_says(p, "TROUBLED") && last_report_says(p, "the spool is full"));
  baton_health(p->f.b, BATON_DOWN, "the exchange is silent");
  POLL_UNTIL(&p->f, last_report_says(p, "DOWN") && last_report_says(p, "the exchange"));
  baton_health(p->f.b, BATON_TROUBLED, "one call in ten is lost"); /* less than all of them */
  POLL_UNTIL(&p->f, last_report_says(p, "TROUBLED") && last_report_says(p, "the spool is full"));
  baton_health(p->f.b, BATON_WELL, NULL);
  POLL_UNTIL(&p->f, last_report_says(p, "TROUBLED") && last_report_says(p, "the spool is full"));
  baton_fake_lose_receipts(p->f.fake, 0);
  baton_fake_restart(p->f.fake);
  POLL_UNTIL(&p->f, last_report_says(p, "WELL") && last_report_says(p, "the spool is full"));
}

/* The process that looks through the spool for `opener`; 0: it was through before. */
static pid_t verifier_of(pid_t opener) {
  char path[64];
  int status;
  long child = 0;
  snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)opener, (long)opener);
  while (child == 0 && waitpid(opener, &status, WNOHANG) == 0) {
    FILE *f = fopen(path, "re");
    if (f && fscanf(f, "%ld", &child) != 1)
      child = 0;
    if (f)
      fclose(f);
  }
  return (pid_t)child;
}

enum { OPENED = 1, SAYS_DAMAGED = 2, SAYS_AGAIN = 3 };

static pid_t open_elsewhere(struct place *p) {
  pid_t child = fork();
  if (child != 0)
    return child;
  struct bt_sdk_spool_options o = spool_options(p);
  struct bt_sdk_spool *s = bt_sdk_spool_open(&o, p->error);
  _exit(s ? OPENED : strstr(p->error, "damaged") ? SAYS_DAMAGED : strstr(p->error, "Start again") ? SAYS_AGAIN : 0);
}

static bool has_claim(pid_t pid) {
  char path[128], to[256];
  bool claims = false;
  snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
  DIR *d = opendir(path);
  for (struct dirent *entry; d && (entry = readdir(d));) {
    snprintf(path, sizeof path, "/proc/%ld/fd/%.20s", (long)pid, entry->d_name);
    ssize_t n = readlink(path, to, sizeof to - 1);
    to[n > 0 ? n : 0] = '\0';
    claims = claims || (n > 10 && strcmp(to + n - 10, "/spool/pid") == 0);
  }
  if (d)
    closedir(d);
  return claims;
}

/* false: it had ended. */
static bool stop_it(pid_t pid) {
  char path[64], is = '?';
  snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
  if (pid == 0 || kill(pid, SIGSTOP) != 0)
    return false;
  while (is != 'T' && is != 'Z' && is != 'X') {
    FILE *f = fopen(path, "re");
    if (!f || fscanf(f, "%*d %*s %c", &is) != 1)
      is = 'X';
    if (f)
      fclose(f);
  }
  return is == 'T';
}

/* The process dies while another looks through its spool for it: the next one need not wait for that. */
static void a_claim_ends_with_its_process(void **state) {
  struct place *p = *state;
  bool stopped = false;
  p->limit = 8 * MB;
  start(p, false);
  fill(p, 0);
  end(p);
  for (int tries = 0; !stopped && tries < 50; tries++) {
    pid_t opener = open_elsewhere(p), verifier = verifier_of(opener);
    while (verifier && has_claim(verifier)) /* as it begins */
      ;
    stopped = stop_it(verifier);
    kill(opener, SIGKILL);
    waitpid(opener, NULL, 0);
    if (stopped) {
      struct bt_sdk_spool_options o = spool_options(p);
      struct bt_sdk_spool *s = bt_sdk_spool_open(&o, p->error);
      kill(verifier, SIGKILL);
      assert_non_null(s);
      bt_sdk_spool_close(s);
    }
  }
  assert_true(stopped);
}

/* Short of memory, the system may end who looks: that is no damage. */
static void a_look_that_is_ended_is_no_damage(void **state) {
  struct place *p = *state;
  int status = 0;
  p->limit = 8 * MB;
  start(p, false);
  fill(p, 0);
  end(p);
  for (int tries = 0; tries < 20 && WEXITSTATUS(status) != SAYS_AGAIN; tries++) {
    pid_t opener = open_elsewhere(p), verifier = verifier_of(opener);
    if (!verifier)
      continue;
    kill(verifier, SIGKILL);
    waitpid(opener, &status, 0);
    assert_int_not_equal(WEXITSTATUS(status), SAYS_DAMAGED);
  }
  assert_int_equal(WEXITSTATUS(status), SAYS_AGAIN);
}

#define S(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      S(goes_through_in_order),
      S(what_is_not_committed_is_not_sent),
      S(survives_without_the_broker),
      S(sends_the_same_again_after_a_crash),
      S(busy_and_a_restart_keep_the_order),
      S(leaves_room_for_others),
      S(one_key_is_one_event),
      S(a_key_that_left_may_come_again),
      S(full_is_told_and_passes),
      S(pages_are_used_again),
      S(large_events_are_counted_as_they_lie),
      S(refused_for_good_goes_aside),
      S(a_reject_that_comes_again),
      S(rejects_count_against_the_limit),
      S(an_event_the_broker_fails_on_is_tried_again),
      S(another_key_is_refused),
      S(the_key_lies_outside),
      S(nothing_can_be_read_without_the_key),
      S(one_process_at_a_time),
      S(other_files_are_left_alone),
      S(a_child_may_not_touch_it),
      S(swapped_records_are_noticed),
      S(flipped_bits_are_noticed),
      S(damage_while_it_runs_is_not_relayed),
      S(a_cut_file_is_noticed),
      S(a_refusal_in_no_language_is_kept),
      S(small_events_that_are_refused_find_room),
      S(a_key_that_comes_again_keeps_its_place),
      S(full_is_said_to_the_broker),
      S(a_claim_ends_with_its_process),
      S(a_look_that_is_ended_is_no_damage),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
