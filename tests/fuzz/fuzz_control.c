/* Any bytes as lines of an operator: words, options, filters, interventions, as they come from the admin socket. Each
 * gets one whole answer, in which nothing can reach out to the operator's terminal. */
#include "../unit/record_fixture.h"

#include <fcntl.h>
#include <jansson.h>
#include <unistd.h>

#include "base/log.h"
#include "control/command.h"
#include "control/confirm.h"
#include "control/line.h"
#include "driver.h"
#include "wire/wire_private.h"

enum { WORDS_ARENA = 1 << 20, MOST_ROUNDS = 10000, MOST_SEEDS = 160 };

/* What a customer may have said, and a department may have written: escapes, a bell, the end of an answer, text that
 * runs backwards, eight-bit controls. */
#define NASTY "\x1b]0;t\x07\x1b[2J red\r\n.\nok\n\xe2\x80\xae txet \xc2\x9b"

static struct desk {
  struct record r;
  struct bt_config config;
  struct bt_counters counters;
  struct bt_wire *wire;
  struct bt_alerts alerts;
  struct bt_confirmations confirmations;
  uint32_t following;
  struct bt_control_context context;
} desk;

/* ---- what the loop would do ---- */

static int hold(void *loop, struct bt_str adapter, bool held, struct bt_str who, struct bt_str why) {
  (void)loop, (void)adapter, (void)held, (void)who, (void)why;
  return 0;
}

static uint32_t in_flight(void *loop, struct bt_str adapter) {
  (void)loop, (void)adapter;
  return 1;
}

static int clock_accept(void *loop, struct bt_str who, struct bt_str why) {
  (void)loop, (void)who, (void)why;
  return -BT_WRONG_STATUS;
}

/* Refused or taken, as the reason has it; the event must be one that could be stored. */
static int operate(void *loop, const struct bt_operation *what, struct bt_arena *arena, struct bt_operated *ret) {
  struct bt_entry e = {.kind = what->event.kind, .stream = BT_STREAM_CASE, .event = what->event};
  struct bt_str head, body;
  (void)loop;
  fuzz_check(bt_entry_encode(&e, arena, &head, &body) == 0, "an intervention that cannot be stored");
  fuzz_check(what->reason.n <= BT_MAX_REASON || what->event.kind == BT_NOTE_ADDED, "a reason beyond its bound");
  *ret = (struct bt_operated){.department = BT_LIT("care")};
  ret->receipt = (struct bt_receipt){.ref = BT_LIT("0001-1"), .sequence = 1, .case_id = 1, .version = 1};
  if (what->reason.n % 2)
    ret->receipt = (struct bt_receipt){.code = BT_OFFER_OPEN, .text = BT_LIT("an offer is open")};
  return 0;
}

static int deliveries(void *loop, const struct bt_deliveries_named *what, uint32_t *ret_done) {
  (void)loop;
  fuzz_check(what->n <= BT_NAMED_AT_ONCE, "too many at once");
  *ret_done = what->n;
  return 0;
}

static int item(void *loop, struct bt_str adapter, uint64_t sequence, uint64_t case_id, struct bt_arena *arena,
                struct bt_delivery_item *ret) {
  (void)loop, (void)adapter, (void)sequence, (void)case_id, (void)arena, (void)ret;
  return -BT_NOT_FOUND;
}

static int did(void *loop, const struct bt_operator_did *what) {
  (void)loop;
  fuzz_check(what->by.n && what->command.n, "nobody did nothing");
  return 0;
}

static int alert_test(void *loop) {
  (void)loop;
  return 0;
}

static bool alert_tested(void *loop, const char **ret_why) {
  (void)loop;
  *ret_why = NASTY;
  return false;
}

static int chore_start(void *loop, enum bt_chore which, const char *dir, const char *word) {
  (void)loop, (void)which, (void)dir, (void)word;
  return 0;
}

static void chore(void *loop, enum bt_chore which, struct bt_chore_state *ret) {
  (void)loop, (void)which;
  *ret = (struct bt_chore_state){.ended = true, .code = -BT_IO, .text = NASTY};
}

static uint32_t snapshots(void *loop, struct bt_snapshot_state *v, uint32_t max) {
  (void)loop, (void)v, (void)max;
  return 0;
}

static int reload(void *loop, bool dry_run, struct bt_str who, struct bt_arena *arena, struct bt_reload *ret) {
  static struct bt_str problems[] = {{NASTY, sizeof NASTY - 1}};
  (void)loop, (void)dry_run, (void)who, (void)arena;
  *ret = (struct bt_reload){.refused = true, .problems = {1, problems}};
  return 0;
}

static void drain(void *loop, const struct bt_drain *what) {
  (void)loop, (void)what;
}

static void drained(void *loop, struct bt_drain *ret) {
  (void)loop;
  *ret = (struct bt_drain){.on = true, .by = "ann"};
}

/* ---- a record to look at ---- */

static void give_up(struct record *r, uint64_t case_id, uint64_t event) {
  uint64_t next = bt_store_position(r->store, BT_NOW) + 1;
  struct bt_adapter_row row;
  bt_arena_reset(&r->work);
  fuzz_check(bt_store_adapter(r->store, BT_NOW, BT_LIT("moves"), &r->work, &row) == 0, "no row of the adapter");
  struct bt_settled_row v = {.first = event,
                             .last = event,
                             .verdict = BT_VERDICT_REJECT,
                             .reason = BT_LIT(NASTY),
                             .dead = true,
                             .case_id = case_id};
  const struct bt_entry e = {.sequence = next,
                             .kind = BT_SETTLED,
                             .stream = BT_STREAM_ADAPTER,
                             .version = row.version + 1,
                             .previous = row.last_sequence,
                             .unit_first = next,
                             .unit_size = 1,
                             .recorded_at_us = r->now_us,
                             .adapter = BT_LIT("moves"),
                             .settled = {1, &v}};
  record_take(r, &e, 1);
}

static void fill_record(struct record *r) {
  const uint64_t id = record_do(r, "care", event_open("order", NASTY, "ann@example.org")).case_id;
  record_do(r, "care", event_note(id, NASTY));
  record_do(r, "care",
            (struct bt_event){.kind = BT_FACT_RECORDED,
                              .locator.id = id,
                              .fact_recorded = {.key = BT_LIT("colour"), .value = BT_LIT(NASTY)}});
  record_do(r, "care",
            (struct bt_event){.kind = BT_PROMISE_MADE,
                              .locator.id = id,
                              .promise_made = {.type = BT_PROMISE_CALLBACK,
                                               .due_us = r->now_us + 3600 * BT_SECOND_US,
                                               .text = BT_LIT(NASTY)}});
  record_do(r, "care",
            (struct bt_event){.kind = BT_QUESTION_ASKED,
                              .locator.id = id,
                              .question_asked = {.to = BT_LIT("billing"), .text = BT_LIT(NASTY)}});
  const struct bt_receipt offer =
      record_do(r, "care",
                (struct bt_event){.kind = BT_HANDOFF_OFFERED,
                                  .locator.id = id,
                                  .handoff_offered = {.to = BT_LIT("moves"), .next_step = BT_LIT(NASTY)}});
  give_up(r, id, offer.sequence);
  fuzz_check(bt_store_checkpoint(r->store) == 0, "the record cannot be written");
  bt_store_refresh(r->store);
}

static void open_wire(struct desk *d) {
  const char *text = "no wire";
  char key[BT_PATH_SIZE], public_key[41], secret[42];
  fuzz_check(bt_wire_keypair(public_key, secret) == 0 && bt_path_join(key, d->r.dir, "broker.key") == 0, "no key");
  int fd = open(key, O_WRONLY | O_CREAT | O_EXCL, 0600);
  fuzz_check(write(fd, secret, 40) == 40, "no key");
  close(fd);
  const struct bt_wire_options options = {.endpoint = "tcp://127.0.0.1:*",
                                          .secret_key_file = key,
                                          .max_in_flight = 16,
                                          .takeover_after_us = BT_SECOND_US,
                                          .io_threads = 1};
  fuzz_check(bt_wire_open(&options, &d->r.rules, &d->counters, &d->wire, &text) == 0, text);
}

/* What operators did would be logged for every run. */
static bool keep_quiet(enum bt_log_level level, const char *event, const struct bt_log_field *fields,
                       struct bt_str message) {
  (void)level, (void)event, (void)fields, (void)message;
  return true;
}

static void open_desk(void) {
  static char endpoint[] = "tcp://127.0.0.1:5570";
  struct desk *d = &desk;
  if (d->wire)
    return;
  bt_log_set_sink(keep_quiet);
  record_open(&d->r);
  open_wire(d);
  fill_record(&d->r);
  d->config.rules = d->r.rules;
  d->config.settings.listen = endpoint;
  fuzz_check(bt_confirm_init(&d->confirmations) == 0, "no randomness");
  d->context = (struct bt_control_context){.config = &d->config,
                                           .store = d->r.store,
                                           .journal = d->r.journal,
                                           .wire = d->wire,
                                           .counters = &d->counters,
                                           .started_us = bt_clock_wall_us(),
                                           .version = "9.8.7",
                                           .loop = d,
                                           .hold = hold,
                                           .in_flight = in_flight,
                                           .clock_accept = clock_accept,
                                           .operate = operate,
                                           .requeue = deliveries,
                                           .dead_drop = deliveries,
                                           .item = item,
                                           .did = did,
                                           .alerts = &d->alerts,
                                           .alert_test = alert_test,
                                           .alert_tested = alert_tested,
                                           .chore_start = chore_start,
                                           .chore = chore,
                                           .snapshots = snapshots,
                                           .reload = reload,
                                           .drain = drain,
                                           .drained = drained,
                                           .confirmations = &d->confirmations,
                                           .following = &d->following};
}

/* ---- the answer ---- */

static bool begins(struct bt_str text, const char *with) {
  return bt_str_starts(text, bt_str(with));
}

static void check_document(struct bt_str answer) {
  const char *from = memchr(answer.p, '\n', answer.n);
  const size_t n = answer.n - (size_t)(from + 1 - answer.p) - 2;
  for (size_t i = 0; i < n; i++)
    fuzz_check((unsigned char)from[1 + i] < 0x7f, "more than ASCII in JSON");
  json_t *j = json_loadb(from + 1, n, 0, NULL);
  fuzz_check(j != NULL, "no JSON in an answer");
  json_decref(j);
}

/* One first line, the dot alone at its end and nowhere else, nothing that a terminal obeys. */
static void check_answer(struct bt_str answer, bool colour, bool json, bool streams) {
  fuzz_check(begins(answer, "ok\n") || begins(answer, "error ") || begins(answer, "confirm ") ||
                 begins(answer, "progress "),
             "an answer begins otherwise");
  fuzz_check(answer.n >= 3 && memcmp(answer.p + answer.n - 3, "\n.\n", 3) == 0, "an answer has no end");
  const char *dot = memmem(answer.p, answer.n, "\n.\n", 3);
  fuzz_check(dot == answer.p + answer.n - 3, "an answer ends twice");
  for (size_t i = 0; i < answer.n; i++) {
    const unsigned char c = (unsigned char)answer.p[i], next = i + 1 < answer.n ? (unsigned char)answer.p[i + 1] : 0;
    fuzz_check(c >= 0x20 || c == '\n' || (c == 0x1b && colour), "a control character in an answer");
    fuzz_check(c != 0x7f && !(c == 0xc2 && next >= 0x80 && next < 0xa0), "a control character in an answer");
    fuzz_check(!(c == 0xe2 && next == 0x80 && i + 2 < answer.n && (unsigned char)answer.p[i + 2] == 0xae),
               "an answer turns the direction of writing");
  }
  if (json && !streams && !begins(answer, "progress "))
    check_document(answer);
}

/* ---- lines ---- */

static bool has_word(const struct bt_strs *words, const char *word) {
  for (uint32_t i = 0; i < words->n; i++)
    if (bt_str_eq(words->v[i], bt_str(word)))
      return true;
  return false;
}

/* What the words come to, in one line, is split into the same words. False: too many of them. */
static bool split(struct bt_arena *a, struct bt_str line, struct bt_strs *ret) {
  struct bt_strs again;
  if (bt_line_split(a, line, ret) < 0)
    return false;
  struct bt_str joined = bt_arena_join(a, ret->v, ret->n, BT_LIT(" "));
  fuzz_check(bt_line_split(a, joined, &again) == 0 && again.n == ret->n, "words are other words when they are joined");
  for (uint32_t i = 0; i < again.n; i++)
    fuzz_check(bt_str_eq(again.v[i], ret->v[i]), "a word changed");
  return true;
}

static void try_line(struct bt_str line, enum bt_privilege privilege) {
  const struct bt_peer peer = {privilege, BT_LIT("root"), 0};
  struct bt_arena a;
  struct bt_strs words = {0};
  char *text = NULL;
  size_t n = 0;
  bt_arena_init(&a, WORDS_ARENA);
  (void)!split(&a, line, &words);
  struct bt_run *run = bt_run_new(&desk.context, &peer, line);
  FILE *to = open_memstream(&text, &n);
  fuzz_check(run && to, "no memory");
  int rc, rounds = 0;
  do
    rc = bt_run_step(run, to);
  while (rc == BT_CALL_MORE && ++rounds < MOST_ROUNDS);
  fuzz_check(rc == 0 || rc == BT_CALL_WAIT, "a command does not come to an end");
  bt_run_free(run);
  fuzz_check(fclose(to) == 0, "no memory");
  if (rc == 0)
    check_answer((struct bt_str){text, n}, has_word(&words, "colour"), words.n && bt_str_eq(words.v[0], BT_LIT("json")),
                 has_word(&words, "follow"));
  fuzz_check(desk.following == 0, "a follower stays");
  free(text);
  bt_arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *p = (const char *)data, *end = p + size;
  open_desk();
  while (p < end) {
    const char *newline = memchr(p, '\n', (size_t)(end - p));
    const struct bt_str line = {p, (size_t)((newline ? newline : end) - p)};
    try_line(line, line.n % 4 ? BT_PRIVILEGE_ADMIN : BT_PRIVILEGE_READ);
    p += line.n + 1;
  }
  return 0;
}

#ifdef FUZZ_MAIN

static const struct fuzz_seed words[] = {
    FUZZ_TEXT("status\0"),
    FUZZ_TEXT("width 100 ascii status"),
    FUZZ_TEXT("json show case 0001-1"),
    FUZZ_TEXT("width 40 colour journey 1"),
    FUZZ_TEXT("json history 1 limit=3"),
    FUZZ_TEXT("card #1"),
    FUZZ_TEXT("find email:ann@example.org"),
    FUZZ_TEXT("json follow from=1 lines=9 case=1"),
    FUZZ_TEXT("follow from=1 lines=2 department=care topic=order"),
    FUZZ_TEXT("width 80 follow adapter=care kind=NoteAdded from=1 lines=1"),
    FUZZ_TEXT("follow from=0 lines=3"),
    FUZZ_TEXT("dead show moves 1"),
    FUZZ_TEXT("dead retry adapter=moves case=1 older=0s lines=5 dry-run why"),
    FUZZ_TEXT("dead retry moves 7 why not"),
    FUZZ_TEXT("dead drop all because\ndead drop all confirm=222222 because"),
    FUZZ_TEXT("dead drop reason=RED dry-run"),
    FUZZ_TEXT("redeliver moves 1..9 dry-run why"),
    FUZZ_TEXT("offer make 1 moves for=care version=1 why"),
    FUZZ_TEXT("offer make 1 topic:move.internet why"),
    FUZZ_TEXT("offer expire 1 version=2 why"),
    FUZZ_TEXT("promise renegotiate 4 +4h agreed=Ann case=1 why"),
    FUZZ_TEXT("promise renegotiate 4 2026-03-01T10:00:00Z why"),
    FUZZ_TEXT("promise keep #4 why"),
    FUZZ_TEXT("question withdraw 5 case=moves/12 why"),
    FUZZ_TEXT("work fail 5 why"),
    FUZZ_TEXT("owner appoint 1 billing why"),
    FUZZ_TEXT("case note 1 for=care a note"),
    FUZZ_TEXT("as ann json hold moves until noon"),
    FUZZ_TEXT("progress backup /tmp/x snapshot\nprogress verify"),
    FUZZ_TEXT("drain exit within=5m disks\ndrain show\ndrain within=0s x"),
    FUZZ_TEXT("loglevel debug why\nloglevel"),
    FUZZ_TEXT("reload dry-run"),
    FUZZ_TEXT("alerts test"),
    FUZZ_TEXT("scorecard care days=3 until=2026-02-26"),
    FUZZ_TEXT("show cases custodian=care status=open topic=order limit=2 from=1"),
    FUZZ_TEXT("json show promises department=care state=open from=1"),
    FUZZ_TEXT("who move.internet"),
    FUZZ_TEXT("dance \x1b[31m\x00 x"),
};

int main(int argc, char **argv) {
  static struct fuzz_seed seeds[MOST_SEEDS];
  size_t n = 0;
  for (; n < sizeof words / sizeof *words; n++)
    seeds[n] = words[n];
  for (const struct bt_command *c = bt_command_table; c->words && n < MOST_SEEDS; c++)
    seeds[n++] = (struct fuzz_seed){c->words, strlen(c->words)};
  const struct fuzz fuzz = {.seeds = seeds, .n = n, .marks = FUZZ_TEXT(" \n=.:#/+-1\0\x1b\xe2\x80"), .runs = 6000};
  open_desk();
  int code = fuzz_main(argc, argv, &fuzz);
  bt_wire_close(desk.wire);
  record_close(&desk.r);
  return code;
}

#endif
