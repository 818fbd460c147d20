/* The control sockets, spoken to as an operator would: real sockets, a real record, and an answer to every line. */
#include "record_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/command.h"
#include "control/control.h"
#include "wire/wire_private.h"

enum { PATIENCE_S = 10, ANSWER = 1 << 20 };

struct desk {
  struct record r;
  struct bt_config config;
  struct bt_counters counters;
  struct bt_wire *wire;
  struct bt_control *control;
  struct bt_control_context context;
  char dir[BT_PATH_SIZE];
  unsigned holds;
  int64_t hold_takes_us;
  char held_by[64], held_reason[300];
  char answer[ANSWER];
};

static int hold(void *loop, struct bt_str adapter, bool held, struct bt_str operator_name, struct bt_str reason) {
  struct desk *d = loop;
  const int64_t until_us = bt_clock_mono_us() + d->hold_takes_us;
  d->holds++;
  while (bt_clock_mono_us() < until_us)
    continue;
  snprintf(d->held_by, sizeof d->held_by, "%.*s", BT_STR_ARG(operator_name));
  snprintf(d->held_reason, sizeof d->held_reason, "%.*s", BT_STR_ARG(reason));
  uint64_t next = bt_store_position(d->r.store, BT_NOW) + 1;
  struct bt_adapter_row row;
  bt_arena_reset(&d->r.work);
  assert_int_equal(bt_store_adapter(d->r.store, BT_NOW, adapter, &d->r.work, &row), 0);
  const struct bt_entry e = {.sequence = next,
                             .kind = BT_ADAPTER_HELD,
                             .stream = BT_STREAM_ADAPTER,
                             .version = row.version + 1,
                             .previous = row.last_sequence,
                             .unit_first = next,
                             .unit_size = 1,
                             .recorded_at_us = d->r.now_us,
                             .adapter = adapter,
                             .adapter_held = {.held = held, .by = operator_name, .reason = reason}};
  record_take(&d->r, &e, 1);
  return 0;
}

static uint32_t in_flight(void *loop, struct bt_str adapter) {
  (void)loop;
  return adapter.n == 5 ? 3 : 0;
}

static void open_wire(struct desk *d) {
  char key[BT_PATH_SIZE], public_key[41], secret[42];
  const char *text = "";
  assert_int_equal(bt_wire_keypair(public_key, secret), 0);
  assert_int_equal(bt_path_join(key, d->r.dir, "broker.key"), 0);
  int fd = open(key, O_WRONLY | O_CREAT | O_EXCL, 0600);
  assert_int_equal(write(fd, secret, 40), 40);
  close(fd);
  const struct bt_wire_options options = {.endpoint = "tcp://127.0.0.1:*",
                                          .secret_key_file = key,
                                          .max_in_flight = 16,
                                          .takeover_after_us = BT_SECOND_US,
                                          .io_threads = 1};
  assert_int_equal(bt_wire_open(&options, &d->r.rules, &d->counters, &d->wire, &text), 0);
}

static int start(void **state) {
  struct desk *d = calloc(1, sizeof *d);
  static char endpoint[] = "tcp://127.0.0.1:5570";
  const char *text = "";
  record_open(&d->r);
  open_wire(d);
  d->config.rules = d->r.rules;
  d->config.settings.listen = endpoint;
  assert_int_equal(bt_path_join(d->dir, d->r.dir, "control"), 0);
  d->context = (struct bt_control_context){.config = &d->config,
                                           .store = d->r.store,
                                           .journal = d->r.journal,
                                           .wire = d->wire,
                                           .counters = &d->counters,
                                           .started_us = bt_clock_wall_us(),
                                           .version = "9.8.7",
                                           .loop = d,
                                           .hold = hold,
                                           .in_flight = in_flight};
  int rc = bt_control_open(d->dir, &d->context, &d->control, &text);
  if (rc)
    print_error("%s\n", text);
  assert_int_equal(rc, 0);
  *state = d;
  return 0;
}

static int stop(void **state) {
  struct desk *d = *state;
  bt_control_close(d->control);
  bt_wire_close(d->wire);
  record_close(&d->r);
  free(d);
  return 0;
}

/* What the loop does with the descriptors. */
static void turn(struct desk *d) {
  struct pollfd v[64];
  uint32_t n = bt_control_pollfds(d->control, v, 64);
  assert_true(poll(v, n, 10) >= 0);
  bt_control_serve(d->control, v, n);
}

static int dial(struct desk *d, const char *name) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  assert_true(snprintf(at.sun_path, sizeof at.sun_path, "%s/%s", d->dir, name) < (int)sizeof at.sun_path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
  return fd;
}

static void say(int fd, const char *text, size_t n) {
  assert_int_equal(send(fd, text, n, MSG_NOSIGNAL), n);
}

/* Reads up to the nth dot alone on a line, or the end. Into d->answer. */
static void listen_for(struct desk *d, int fd, int dots) {
  size_t n = 0;
  int64_t until_us = bt_clock_mono_us() + PATIENCE_S * BT_SECOND_US;
  d->answer[0] = 0;
  for (int seen = 0; seen < dots && bt_clock_mono_us() < until_us;) {
    turn(d);
    ssize_t got = recv(fd, d->answer + n, ANSWER - 1 - n, MSG_DONTWAIT);
    if (got == 0)
      return;
    n += got > 0 ? (size_t)got : 0;
    d->answer[n] = 0;
    seen = 0;
    for (const char *p = d->answer; (p = strstr(p, "\n.\n")); p++)
      seen++;
  }
}

/* One command on a connection of its own. */
static const char *ask_at(struct desk *d, const char *socket_name, const char *line) {
  int fd = dial(d, socket_name);
  say(fd, line, strlen(line));
  say(fd, "\n", 1);
  listen_for(d, fd, 1);
  close(fd);
  turn(d);
  return d->answer;
}

static const char *ask(struct desk *d, const char *line) {
  return ask_at(d, "read.sock", line);
}

static bool begins(const char *text, const char *with) {
  bool does = strncmp(text, with, strlen(with)) == 0;
  if (!does)
    print_error("%s", text);
  return does;
}

#define assert_has(text, part)                                                                                         \
  do {                                                                                                                 \
    if (!strstr((text), (part)))                                                                                       \
      print_error("not there: %s\n%s", (part), (text));                                                                \
    assert_non_null(strstr((text), (part)));                                                                           \
  } while (0)

static json_t *ask_json(struct desk *d, const char *line) {
  char command[256];
  json_error_t error;
  snprintf(command, sizeof command, "json %s", line);
  const char *text = ask(d, command);
  assert_true(begins(text, "ok\n{"));
  json_t *j = json_loads(text + 3, JSON_DISABLE_EOF_CHECK, &error);
  if (!j)
    print_error("%s: %s\n%s\n", line, error.text, text);
  assert_non_null(j);
  return j;
}

static const json_t *row(const json_t *j, const char *table, size_t i) {
  const json_t *r = json_array_get(json_object_get(j, table), i);
  assert_non_null(r);
  return r;
}

static const char *string(const json_t *j, const char *key) {
  const char *s = json_string_value(json_object_get(j, key));
  assert_non_null(s);
  return s;
}

/* A case of care, offered to moves, with a fact, a failed attempt, a contact. */
static uint64_t fill(struct desk *d) {
  struct bt_event e = {.kind = BT_ATTEMPT_FAILED,
                       .attempt_failed = {.route = BT_LIT("web-form.order"), .error_code = BT_LIT("E42")}};
  e.locator =
      (struct bt_locator){.identifier = {BT_LIT("email"), BT_LIT("ann@example.org")}, .topic = BT_LIT("move.internet")};
  uint64_t id = record_do(&d->r, "shop", e).case_id;
  struct bt_event fact = {.kind = BT_FACT_RECORDED,
                          .locator.id = id,
                          .fact_recorded = {.key = BT_LIT("new-address"), .value = BT_LIT("Elm Road 1")}};
  record_do(&d->r, "care", fact);
  assert_int_equal(bt_store_checkpoint(d->r.store), 0);
  bt_store_refresh(d->r.store);
  return id;
}

static void every_reading_command_answers_in_both_forms(void **state) {
  struct desk *d = *state;
  fill(d);
  static const struct {
    const char *words, *arguments;
  } given[] = {
      {"show case", " 0001-1"}, {"find", " email:ann@example.org"}, {"history", " 0001-1"}, {"card", " 0001-1"},
      {"journey", " 0001-1"},   {"who", " move.internet"},          {"case", " 0001-1"}};
  for (const struct bt_command *c = bt_command_table; c->words; c++) {
    char line[128];
    const char *arguments = "";
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
      if (strcmp(given[i].words, c->words) == 0)
        arguments = given[i].arguments;
    if (c->privilege == BT_PRIVILEGE_ADMIN || strcmp(c->words, "dead show") == 0 /* nothing is dead here */ ||
        strcmp(c->words, "follow") == 0) /* and nothing comes */
      continue;
    assert_true(!c->min || *arguments);
    snprintf(line, sizeof line, "%s%s", c->words, arguments);
    json_decref(ask_json(d, line));
    assert_true(begins(ask(d, line), "ok\n"));
    assert_int_equal(strcmp(d->answer + strlen(d->answer) - 3, "\n.\n"), 0);
    assert_has(ask(d, "help"), c->words);
  }
}

static void status_is_one_screen(void **state) {
  struct desk *d = *state;
  fill(d);
  json_t *j = ask_json(d, "status");
  assert_string_equal(string(j, "version"), "9.8.7");
  assert_int_equal(json_integer_value(json_object_get(j, "cases")), 1);
  assert_int_equal(json_integer_value(json_object_get(j, "customers")), 1);
  assert_int_equal(json_integer_value(json_object_get(j, "position")), bt_store_position(d->r.store, BT_NOW));
  assert_true(json_real_value(json_object_get(j, "uptime_s")) > 0);
  assert_int_equal(json_array_size(json_object_get(j, "held_adapters")), 0);
  assert_true(json_array_size(json_object_get(j, "waiting_inboxes")) > 0);
  json_decref(j);
  const char *text = ask(d, "status");
  unsigned lines = 0;
  for (; *text; text++)
    lines += *text == '\n';
  assert_true(lines < 40);
}

/* A size has a unit in text and none in JSON; a span of nothing keeps its name. */
static void figures_have_their_units(void **state) {
  struct desk *d = *state;
  assert_has(ask(d, "status"), " KiB\n");
  json_t *status = ask_json(d, "status"), *clock = ask_json(d, "clock show");
  assert_true(json_integer_value(json_object_get(status, "journal_bytes")) > 0);
  assert_true(json_is_real(json_object_get(clock, "ahead_s")) && json_is_real(json_object_get(clock, "behind_s")));
  json_decref(status);
  json_decref(clock);
}

static void case_in_every_way_of_naming_it(void **state) {
  struct desk *d = *state;
  uint64_t id = fill(d);
  char by_id[64], by_hash[64];
  snprintf(by_id, sizeof by_id, "show case %llu", (unsigned long long)id);
  snprintf(by_hash, sizeof by_hash, "show case #%llu", (unsigned long long)id);
  const char *const lines[] = {by_id, by_hash, "show case 0001-1", "show case 00011",
                               "show case email:ANN@example.org"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    json_t *j = ask_json(d, lines[i]);
    assert_int_equal(json_integer_value(json_object_get(j, "id")), id);
    assert_string_equal(string(j, "held_by"), "care");
    assert_string_equal(string(j, "offered_to"), "moves");
    assert_string_equal(string(row(j, "facts", 0), "value"), "Elm Road 1");
    assert_string_equal(string(row(j, "failed_routes", 0), "error"), "E42");
    json_decref(j);
  }
  assert_true(begins(ask(d, "show case 4711"), "error UNKNOWN_CASE "));
  static const char *const commands[] = {"show case", "history", "card"};
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
    char line[64];
    snprintf(line, sizeof line, "%s 0001-2", commands[i]);
    assert_true(begins(ask(d, line), "error INVALID "));
    assert_has(d->answer, "check symbol does not fit");
  }
  assert_true(begins(ask(d, "find fax:1"), "error UNKNOWN_DOMAIN "));
  assert_true(begins(ask(d, "find email:nobody@example.org"), "error NOT_FOUND "));
  assert_true(begins(ask(d, "find email ann@example.org"), "ok\n"));
}

static void history_reads_like_a_story(void **state) {
  struct desk *d = *state;
  fill(d);
  const char *text = ask(d, "history 0001-1");
  assert_has(text, "attempt failed on web-form.order (E42)");
  assert_has(text, "offered to moves by the broker");
  assert_has(text, "opened on move.internet, held by care");
  assert_has(text, "new-address = Elm Road 1");
  assert_has(text, "2026-02-");
}

static uint64_t owed(struct desk *d) {
  struct record *r = &d->r;
  uint64_t id = fill(d), other = record_do(r, "care", event_open("order", "another", NULL)).case_id;
  int64_t due_us = r->now_us + 3600 * BT_SECOND_US;
  const struct bt_event events[] = {
      {.kind = BT_PROMISE_MADE,
       .promise_made = {.type = BT_PROMISE_CALLBACK, .due_us = due_us, .text = BT_LIT("about the flat")}},
      {.kind = BT_QUESTION_ASKED, .question_asked = {.to = BT_LIT("billing"), .text = BT_LIT("is it paid?")}},
      {.kind = BT_WORK_STARTED,
       .work_started = {.action = BT_LIT("final-invoice"), .subject = BT_LIT("contract 4711")}},
      {.kind = BT_CASE_LINKED, .case_linked = {.other = other, .note = BT_LIT("same house")}},
      {.kind = BT_STATUS_CHANGED,
       .status_changed = {.status = BT_STATUS_PENDING, .pending_on = BT_PENDING_CUSTOMER, .until_us = due_us}}};
  for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
    struct bt_event e = events[i];
    e.locator.id = id;
    record_do(r, "care", e);
  }
  struct bt_event clash = {.kind = BT_WORK_STARTED,
                           .locator.id = id,
                           .work_started = {.action = BT_LIT("final-invoice"), .subject = BT_LIT("contract 4711")}};
  record_do(r, "billing", clash);
  return id;
}

static void what_is_open_stands_on_the_case(void **state) {
  struct desk *d = *state;
  owed(d);
  json_t *j = ask_json(d, "show case 0001-1");
  assert_string_equal(string(j, "waits_for"), "customer");
  assert_true(strlen(string(j, "waits_until")) > 0);
  const json_t *promise = row(j, "promises", 0), *question = row(j, "questions", 0), *work = row(j, "work", 1);
  assert_string_equal(string(promise, "type"), "callback");
  assert_string_equal(string(promise, "holder"), "care");
  assert_string_equal(string(promise, "state"), "open");
  assert_string_equal(string(question, "to"), "billing");
  assert_string_equal(string(question, "text"), "is it paid?");
  assert_string_equal(string(work, "holder"), "billing");
  assert_string_equal(string(row(j, "other_cases", 0), "how"), "linked");
  static const char *const always[] = {
      "merged_into", "no_more_offers", "offer_waits_until", "counter_offer", "asked_before", "concerns",
      "advisories",  "broken_glass",   "dormant",           "follows_case",  "hidden",       "answer_due"};
  for (size_t i = 0; i < sizeof always / sizeof *always; i++) /* JSON has them, also where text leaves them out */
    assert_non_null(json_object_get(j, always[i]));
  json_decref(j);
  const char *text = ask(d, "show case 0001-1");
  assert_has(text, "promises:");
  assert_null(strstr(text, "concerns"));
  assert_null(strstr(text, "merged into"));
  j = ask_json(d, "card 0001-1");
  assert_int_equal(json_array_size(json_object_get(j, "promises")), 0); /* the offer's card is older */
  json_decref(j);
}

static void history_says_who_acted_and_why(void **state) {
  struct desk *d = *state;
  owed(d);
  const char *text = ask(d, "history 0001-1");
  assert_has(text, "promises a callback by 2026-02-25");
  assert_has(text, "asks billing");
  assert_has(text, "billing: final-invoice against care: final-invoice");
  assert_has(text, "waits for customer until 2026-02-25");
  json_t *j = ask_json(d, "history 0001-1");
  bool by_broker = false;
  for (size_t i = 0; i < json_array_size(json_object_get(j, "events")); i++) {
    const json_t *e = row(j, "events", i);
    assert_true(strlen(string(e, "what")) > 0 && strlen(string(e, "department")) > 0);
    bool broker = json_is_true(json_object_get(e, "by_broker"));
    assert_int_equal(strcmp(string(e, "department"), "baton") == 0, broker);
    by_broker |= broker;
  }
  assert_true(by_broker);
  json_decref(j);
}

/* moves is closed until tomorrow, and says so wherever it is looked at. */
static void who_is_closed_says_when_it_opens(void **state) {
  struct desk *d = *state;
  int64_t now_us = bt_clock_wall_us();
  struct bt_span tomorrow = {now_us + 86400 * BT_SECOND_US, now_us + 90000 * BT_SECOND_US};
  d->r.departments[2].calendar =
      (struct bt_calendar){.limited = true, .n = 1, .v = &tomorrow, .from_us = 0, .until_us = tomorrow.close_us};
  d->r.departments[2].reads = ONE("contract");
  d->r.departments[2].break_glass = true;
  record_do(&d->r, "care", event_open("order", "x", NULL));
  json_t *j = ask_json(d, "show departments");
  assert_true(json_is_true(json_object_get(row(j, "departments", 1), "open")));
  assert_int_equal(json_integer_value(json_object_get(row(j, "departments", 1), "load")), 1);
  assert_true(json_is_null(json_object_get(row(j, "departments", 1), "opens")));
  assert_true(json_is_false(json_object_get(row(j, "departments", 2), "open")));
  assert_true(strlen(string(row(j, "departments", 2), "opens")) > 0);
  assert_int_equal(json_array_size(json_object_get(row(j, "departments", 2), "reads")), 1);
  json_decref(j);
  assert_has(ask(d, "show departments"), "break_glass");
  j = ask_json(d, "who move.internet");
  assert_true(json_is_false(json_object_get(row(j, "handlers", 0), "open")));
  assert_true(strlen(string(row(j, "handlers", 0), "opens")) > 0);
  assert_int_equal(json_integer_value(json_object_get(row(j, "handlers", 0), "load")), 0);
  json_decref(j);
}

/* Nothing that a customer or a department wrote may steer the operator's terminal. */
static void data_cannot_steer_the_terminal(void **state) {
  struct desk *d = *state;
  uint64_t id = fill(d);
  record_do(&d->r, "care",
            event_note(id, "a\x1b[2Jb\nok\n.\nc\xc2\x9b"
                           "d\xe2\x80\xae"
                           "e\x7f"));
  const char *text = ask(d, "history 0001-1");
  assert_has(text, "a\\x1b[2Jb\\nok\\n.\\nc\\u{9b}d\\u{202e}e\\x7f");
  for (const char *p = text; *p; p++)
    assert_true(*p == '\n' || (unsigned char)*p >= 0x20);
  json_t *j = ask_json(d, "history 0001-1");
  assert_string_equal(string(row(j, "events", 0), "what"), "a\x1b[2Jb\nok\n.\nc\xc2\x9b"
                                                           "d\xe2\x80\xae"
                                                           "e\x7f");
  json_decref(j);
  for (const char *p = d->answer; *p; p++) /* the document itself is plain ASCII */
    assert_true(*p == '\n' || (*p >= 0x20 && *p < 0x7f));
}

/* Lines, and the longest of them, as a terminal would show it. */
static size_t widest(const char *text) {
  size_t most = 0, n = 0;
  for (; *text; text++) {
    const unsigned char c = (unsigned char)*text;
    n = c == '\n' ? 0 : n + ((c & 0xc0) != 0x80) + (c >= 0xe4 && c <= 0xe9); /* these begin Han characters */
    most = n > most ? n : most;
  }
  return most;
}

static void views_fit_a_terminal(void **state) {
  struct desk *d = *state;
  uint64_t id = owed(d);
  record_do(&d->r, "care",
            event_note(id,
                       "a long story, told by a customer who had been passed on from one department to the next, and "
                       "whose last words must not be lost"));
  record_do(&d->r, "care",
            event_note(id,
                       "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字"
                       "漢字漢字 e\xcc\x81t\xc3\xa9"));
  static const char *const lines[] = {"width 80 help",
                                      "width 100 help",
                                      "width 100 status",
                                      "width 100 show stats",
                                      "width 100 show cases",
                                      "width 100 show adapters",
                                      "width 100 show departments",
                                      "width 100 who move.internet",
                                      "width 100 show case 0001-1",
                                      "width 100 card 0001-1",
                                      "width 100 scorecard",
                                      "width 100 scorecard care",
                                      "width 80 journey 0001-1",
                                      "width 80 ascii journey 0001-1 anonymous",
                                      "width 100 history 0001-1"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    const char *text = ask(d, lines[i]);
    assert_true(begins(text, "ok\n"));
    if (widest(text) > (strncmp(lines[i], "width 80", 8) == 0 ? 80 : 100))
      fail_msg("%s:\n%s", lines[i], text);
    for (const char *p = text; *p; p++)
      assert_false(p[0] == ' ' && p[1] == '\n');
  }
  assert_has(d->answer, "words must not");
  json_t *j = ask_json(d, "help status");
  assert_string_equal(string(row(j, "commands", 0), "command"), "status");
  json_decref(j);
}

static void corrected_facts_say_so(void **state) {
  struct desk *d = *state;
  uint64_t id = fill(d);
  json_t *j = ask_json(d, "show case 0001-1");
  uint64_t fact = (uint64_t)json_integer_value(json_object_get(row(j, "facts", 0), "event"));
  assert_true(fact && json_is_null(json_object_get(row(j, "facts", 0), "corrected_by")));
  json_decref(j);
  assert_null(strstr(ask(d, "show case 0001-1"), "CORRECTED BY"));
  const struct bt_event correction = {.kind = BT_CORRECTION_MADE,
                                      .locator.id = id,
                                      .correction_made = {.supersedes = fact, .text = BT_LIT("Oak Road 1")}};
  uint64_t by = record_do(&d->r, "care", correction).sequence;
  j = ask_json(d, "show case 0001-1");
  assert_int_equal(json_integer_value(json_object_get(row(j, "facts", 0), "corrected_by")), by);
  uint64_t offer = (uint64_t)json_integer_value(json_object_get(j, "offer"));
  json_decref(j);
  assert_has(ask(d, "show case 0001-1"), "CORRECTED BY");
  const struct bt_event withdrawn = {
      .kind = BT_HANDOFF_WITHDRAWN, .locator.id = id, .handoff_withdrawn = {.offer = offer}};
  record_do(&d->r, "care", withdrawn);
  j = ask_json(d, "card 0001-1"); /* made now: the offer's is older than the fact */
  assert_int_equal(json_integer_value(json_object_get(row(j, "facts", 0), "corrected_by")), by);
  json_decref(j);
}

static const json_t *trouble(const json_t *status, const char *with) {
  const json_t *rows = json_object_get(status, "trouble");
  for (size_t i = 0; i < json_array_size(rows); i++)
    if (strstr(string(json_array_get(rows, i), "what"), with))
      return json_array_get(rows, i);
  return NULL;
}

static struct bt_known *known(struct desk *d, const char *adapter) {
  return &bt_known_find(&d->wire->known, &d->r.rules, bt_str(adapter))->known;
}

static void report(struct desk *d, const char *adapter, const struct bt_report *r) {
  bt_known_report(bt_known_find(&d->wire->known, &d->r.rules, bt_str(adapter)), r, bt_clock_mono_us() - BT_SECOND_US);
}

static void adapters_in_trouble_come_first(void **state) {
  struct desk *d = *state;
  const int64_t hour_us = 3600 * BT_SECOND_US, now_us = bt_clock_wall_us();
  assert_null(strstr(ask(d, "show adapters"), "spools"));
  report(d, "care", &(struct bt_report){.health = BT_HEALTH_WELL, .since_us = now_us - hour_us});
  report(d, "moves",
         &(struct bt_report){
             .health = BT_HEALTH_DOWN,
             .since_us = now_us - 2 * hour_us,
             .text = BT_LIT("the database of the moves system at db1 refuses the connection: too many "
                            "clients already, 100 of 100"),
             .text_at_us = now_us - 60 * BT_SECOND_US,
             .has_spool = true,
             .spool = {.events = 3, .bytes = 25, .limit_bytes = 100, .oldest_us = now_us - hour_us, .rejects = 2}});
  json_t *j = ask_json(d, "show adapters");
  const json_t *first = row(j, "adapters", 0);
  assert_string_equal(string(first, "adapter"), "moves");
  assert_string_equal(string(first, "health"), "down");
  assert_string_equal(string(first, "link"), "none");
  assert_true(json_real_value(json_object_get(first, "for_s")) >= 7200);
  assert_true(json_real_value(json_object_get(first, "as_of_s")) >= 1);
  assert_int_equal(json_array_size(json_object_get(j, "spools")), 1);
  assert_int_equal(json_integer_value(json_object_get(row(j, "spools", 0), "rejects")), 2);
  json_decref(j);
  const char *text = ask(d, "width 100 show adapters");
  assert_has(text, "refuses");
  assert_has(text, "25");
  if (widest(text) > 100)
    fail_msg("%s", text);
  known(d, "care")->left_us = 1; /* without a Goodbye */
  j = ask_json(d, "status");
  assert_int_equal(json_integer_value(json_object_get(trouble(j, "system is down"), "how_many")), 1);
  assert_int_equal(json_integer_value(json_object_get(trouble(j, "refused for good"), "how_many")), 2);
  assert_non_null(trouble(j, "left without a word"));
  assert_null(trouble(j, "in trouble"));
  assert_null(trouble(j, "should be connected"));
  json_decref(j);
  known(d, "care")->parted = true; /* in order, but an hour ago, and it should listen */
  known(d, "care")->left_us = bt_clock_mono_us() - hour_us;
  j = ask_json(d, "status");
  assert_null(trouble(j, "left without a word"));
  assert_int_equal(json_integer_value(json_object_get(trouble(j, "should be connected"), "how_many")), 1);
  json_decref(j);
}

static void status_begins_with_what_is_wrong(void **state) {
  struct desk *d = *state;
  assert_true(begins(ask(d, "status"), "ok\nno trouble\n"));
  json_t *j = ask_json(d, "status");
  assert_int_equal(json_array_size(json_object_get(j, "trouble")), 0);
  json_decref(j);
  fill(d); /* months ago: the offer to moves is overdue, and nobody is connected */
  assert_true(begins(ask_at(d, "admin.sock", "hold care"), "ok\n"));
  assert_true(begins(ask(d, "status"), "ok\ntrouble:\n"));
  j = ask_json(d, "status");
  const json_t *late = trouble(j, "offers not answered in time");
  assert_non_null(late);
  assert_int_equal(json_integer_value(json_object_get(late, "how_many")), 1);
  assert_string_equal(string(late, "see"), "show case 0001-1");
  assert_true(json_real_value(json_object_get(late, "longest_s")) > 3600);
  assert_non_null(trouble(j, "adapters held"));
  assert_int_equal(json_integer_value(json_object_get(trouble(j, "wait for an adapter"), "how_many")), 1);
  assert_null(trouble(j, "dead letters"));
  json_decref(j);
}

static void only_the_admin_socket_changes_anything(void **state) {
  struct desk *d = *state;
  assert_true(begins(ask(d, "hold moves maintenance"), "error NOT_GRANTED "));
  assert_int_equal(d->holds, 0);
  assert_true(begins(ask_at(d, "admin.sock", "resume moves"), "error WRONG_STATUS "));
  assert_true(begins(ask_at(d, "admin.sock", "hold nobody"), "error NOT_FOUND "));
  assert_true(begins(ask_at(d, "admin.sock", "hold"), "error USAGE "));
  assert_int_equal(d->holds, 0);
  assert_true(begins(ask_at(d, "admin.sock", "hold moves because=of \x1b it"), "ok\n"));
  assert_int_equal(d->holds, 1);
  assert_string_equal(d->held_reason, "because=of \\x1b it");
  assert_true(strlen(d->held_by) > 0);
  json_t *j = ask_json(d, "status");
  assert_string_equal(string(row(j, "held_adapters", 0), "by"), d->held_by);
  json_decref(j);
  assert_true(begins(ask_at(d, "admin.sock", "hold moves"), "error WRONG_STATUS "));
  assert_true(begins(ask_at(d, "admin.sock", "resume moves"), "ok\n"));
  assert_int_equal(d->holds, 2);
  assert_true(begins(ask_at(d, "admin.sock", "status"), "ok\n"));
}

static void wrong_words_are_explained(void **state) {
  struct desk *d = *state;
  static const struct {
    const char *line, *answer;
  } rows[] = {
      {"nonsense", "error USAGE no such command"},
      {"show", "error USAGE no such command"},
      {"\x01\xff\xfe garbage", "error USAGE "},
      {"json", "error USAGE "},
      {"width 80", "error USAGE "},
      {"status now", "error USAGE usage: status"},
      {"show case", "error USAGE usage: show case CASE"},
      {"show cases limit=0", "error USAGE limit= takes a number"},
      {"show cases limit=x", "error USAGE limit= takes a number"},
      {"show cases colour=red", "error USAGE usage: show cases"},
      {"show cases status=lost", "error USAGE status= takes"},
      {"show cases custodian=nobody", "error UNKNOWN_DEPARTMENT "},
      {"show cases topic=a..b", "error USAGE topic= takes"},
      {"show dead nobody", "error NOT_FOUND "},
      {"who a..b", "error INVALID "},
      {"history #0", "error INVALID "},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_true(begins(ask(d, rows[i].line), rows[i].answer));
  const char *text = ask(d, "json nonsense");
  assert_has(text, "error USAGE ");
  assert_has(text, "\"error\": \"USAGE\"");
}

/* Two deliveries of one case and one of another are given up. */
/* Whatever comes, the loop's other work goes on after some milliseconds, and everybody has a turn before anybody has a
 * second one. */
static void slow_commands_share_rounds(void **state) {
  static const char *const lines[] = {"hold care\nresume care\n", "hold moves\nresume moves\n",
                                      "hold sales\nresume sales\n"};
  enum { N = sizeof lines / sizeof *lines };
  struct desk *d = *state;
  char text[512];
  int fds[N];
  for (int i = 0; i < N; i++)
    fds[i] = dial(d, "admin.sock");
  turn(d);
  d->hold_takes_us = 30 * 1000;
  for (int i = 0; i < N; i++)
    say(fds[i], lines[i], strlen(lines[i]));
  for (unsigned i = 1; i <= N; i++) {
    turn(d);
    assert_int_equal(d->holds, i);
  }
  for (int i = 0; i < N; i++) {
    ssize_t n = recv(fds[i], text, sizeof text - 1, MSG_DONTWAIT);
    text[n > 0 ? n : 0] = '\0';
    assert_true(begins(text, "ok\n"));
    assert_null(strstr(text, "\n.\nok"));
  }
  for (int i = 0; i < N; i++) {
    listen_for(d, fds[i], 1);
    assert_true(begins(d->answer, "ok\n"));
    close(fds[i]);
  }
  assert_int_equal(d->holds, 2 * N);
}

static void dead_letters_say_why(void **state) {
  struct desk *d = *state;
  uint64_t one = fill(d);
  record_do(&d->r, "care", event_note(one, "x"));
  uint64_t two = record_do(&d->r, "moves", event_open("move", "a second case", NULL)).case_id;
  record_do(&d->r, "care", event_note(one, "y"));
  assert_true(two > 0);
  uint64_t sequence[3], from = 0;
  struct bt_inbox_row inbox;
  for (int i = 0; i < 3; i++) {
    bt_arena_reset(&d->r.work);
    assert_int_equal(bt_store_next_inbox(d->r.store, BT_NOW, BT_LIT("moves"), from, &d->r.work, &sequence[i], &inbox),
                     0);
    from = sequence[i] + 1;
    uint64_t next = bt_store_position(d->r.store, BT_NOW) + 1;
    struct bt_settled_row row = {.first = sequence[i],
                                 .last = sequence[i],
                                 .verdict = BT_VERDICT_REJECT,
                                 .reason = BT_LIT("does not parse"),
                                 .dead = true,
                                 .case_id = inbox.case_id};
    const struct bt_entry e = {.sequence = next,
                               .kind = BT_SETTLED,
                               .stream = BT_STREAM_ADAPTER,
                               .version = (uint64_t)i + 1,
                               .unit_first = next,
                               .unit_size = 1,
                               .recorded_at_us = d->r.now_us,
                               .adapter = BT_LIT("moves"),
                               .settled = {1, &row}};
    record_take(&d->r, &e, 1);
  }
  json_t *j = ask_json(d, "show dead moves");
  assert_int_equal(json_array_size(json_object_get(j, "dead_letters")), 3);
  assert_string_equal(string(row(j, "dead_letters", 0), "reason"), "does not parse");
  assert_string_equal(string(row(j, "dead_letters", 0), "case"), "0001-1");
  json_decref(j);
  assert_has(ask(d, "status"), "dead letters");
  j = ask_json(d, "show dead limit=2");
  assert_int_equal(json_array_size(json_object_get(j, "dead_letters")), 2);
  assert_non_null(json_object_get(j, "note"));
  json_decref(j);
  j = ask_json(d, "show dead care");
  assert_int_equal(json_array_size(json_object_get(j, "dead_letters")), 0);
  json_decref(j);
}

static void list_pages_by_id(void **state) {
  struct desk *d = *state;
  uint64_t ids[5];
  for (int i = 0; i < 5; i++)
    ids[i] = record_do(&d->r, "care", event_open("order", "x", NULL)).case_id;
  assert_int_equal(bt_store_checkpoint(d->r.store), 0);
  bt_store_refresh(d->r.store);
  json_t *j = ask_json(d, "show cases custodian=care status=open limit=3");
  assert_int_equal(json_array_size(json_object_get(j, "cases")), 3);
  assert_int_equal(json_integer_value(json_object_get(j, "more_from")), ids[3]);
  json_decref(j);
  char line[64];
  snprintf(line, sizeof line, "show cases from=%llu", (unsigned long long)ids[3]);
  j = ask_json(d, line);
  assert_int_equal(json_array_size(json_object_get(j, "cases")), 2);
  assert_null(json_object_get(j, "more_from"));
  json_decref(j);
}

static void lines_may_come_in_pieces_and_in_heaps(void **state) {
  struct desk *d = *state;
  int fd = dial(d, "read.sock");
  say(fd, "sta", 3);
  turn(d);
  turn(d);
  say(fd, "tus\r\n\n  \nwho move\nwho order", 25);
  listen_for(d, fd, 2);
  assert_has(d->answer, "9.8.7");
  assert_has(d->answer, "moves");
  assert_null(strstr(d->answer, "owner  care"));
  assert_int_equal(shutdown(fd, SHUT_WR), 0); /* the last line has no newline */
  listen_for(d, fd, 1);
  assert_has(d->answer, "owner  care");
  close(fd);
}

/* More lines than one round takes, all at once. */
static void heaps_are_worked_off(void **state) {
  struct desk *d = *state;
  int fd = dial(d, "read.sock");
  for (int i = 0; i < 100; i++)
    say(fd, "who move\n", 9);
  listen_for(d, fd, 100);
  int dots = 0;
  for (const char *p = d->answer; (p = strstr(p, "\n.\n")); p++)
    dots++;
  assert_int_equal(dots, 100);
  close(fd);
}

static void overlong_line_ends_the_connection(void **state) {
  struct desk *d = *state;
  int fd = dial(d, "read.sock");
  char heap[5000];
  memset(heap, 'a', sizeof heap);
  say(fd, heap, sizeof heap);
  listen_for(d, fd, 1);
  assert_true(begins(d->answer, "error LIMIT "));
  listen_for(d, fd, 1); /* returns at the end of the connection */
  assert_string_equal(d->answer, "");
  close(fd);
  assert_true(begins(ask(d, "status"), "ok\n"));
}

/* Does not read: its socket fills up, its lines wait, everybody else is served. */
static void deaf_client_stops_nobody(void **state) {
  struct desk *d = *state;
  fill(d);
  int deaf = dial(d, "read.sock");
  for (int sent = 0, stuck = 0; sent < 1000000 && stuck < 20;) {
    bool taken = send(deaf, "help\n", 5, MSG_DONTWAIT | MSG_NOSIGNAL) == 5;
    stuck = taken ? 0 : stuck + 1;
    sent += taken;
    if (!taken || sent % 16 == 0)
      turn(d);
  }
  assert_int_equal(send(deaf, "help\n", 5, MSG_DONTWAIT | MSG_NOSIGNAL), -1);
  assert_int_equal(errno, EAGAIN); /* the broker takes no more of it */
  assert_true(begins(ask(d, "status"), "ok\n"));
  close(deaf);
  assert_true(begins(ask(d, "status"), "ok\n"));
}

static void too_many_operators_are_told_so(void **state) {
  struct desk *d = *state;
  int fds[33];
  for (int i = 0; i < 33; i++) {
    fds[i] = dial(d, "read.sock");
    turn(d);
  }
  listen_for(d, fds[32], 1);
  assert_true(begins(d->answer, "error BUSY "));
  close(fds[0]);
  turn(d);
  assert_true(begins(ask(d, "status"), "ok\n"));
  for (int i = 1; i < 33; i++)
    close(fds[i]);
  turn(d);
}

static void folder_and_sockets_are_private(void **state) {
  struct desk *d = *state;
  struct stat st;
  char path[BT_PATH_SIZE];
  assert_int_equal(stat(d->dir, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0700);
  assert_int_equal(bt_path_join(path, d->dir, "admin.sock"), 0);
  assert_int_equal(stat(path, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0600);
  struct bt_control *second = NULL;
  const char *text = "";
  assert_int_equal(bt_control_open(d->dir, &d->context, &second, &text), -BT_LOCKED);
  assert_true(begins(ask(d, "status"), "ok\n")); /* and the first still answers */
  bt_control_close(d->control);
  d->control = NULL;
  assert_int_equal(stat(path, &st), -1);
  assert_int_equal(chmod(d->dir, 0750), 0);
  assert_int_equal(bt_control_open(d->dir, &d->context, &second, &text), -BT_USAGE);
  assert_has(text, "0700");
  assert_int_equal(chmod(d->dir, 0700), 0);
}

/* A broker that was killed leaves its sockets behind; a plain file in their place is somebody's, and stays. */
static void dead_sockets_are_replaced(void **state) {
  struct desk *d = *state;
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  const char *text = "";
  bt_control_close(d->control);
  d->control = NULL;
  assert_true(snprintf(at.sun_path, sizeof at.sun_path, "%s/read.sock", d->dir) < (int)sizeof at.sun_path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
  close(fd);
  assert_int_equal(bt_control_open(d->dir, &d->context, &d->control, &text), 0);
  assert_true(begins(ask(d, "status"), "ok\n"));
  bt_control_close(d->control);
  d->control = NULL;
  fd = open(at.sun_path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  close(fd);
  assert_int_equal(bt_control_open(d->dir, &d->context, &d->control, &text), -BT_USAGE);
  assert_int_equal(unlink(at.sun_path), 0);
}

/* ---- rendering ----------------------------------------------------------------------------------------------------
 */

static void render(struct bt_out *o, uint32_t width, char *to, size_t size) {
  FILE *f = fmemopen(to, size, "w");
  assert_int_equal(bt_out_render_text(o, width, f), 0);
  fclose(f);
}

static void tables_align_and_clip(void **state) {
  (void)state;
  static const struct bt_out_column columns[] = {{"name", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"how_many", BT_OUT_NUMBER, BT_OUT_PLAIN},
                                                 {"id", BT_OUT_NUMBER, BT_OUT_DETAIL},
                                                 {"words", BT_OUT_TEXT, BT_OUT_WIDE}};
  struct bt_arena a;
  char text[512];
  bt_arena_init(&a, 1 << 20);
  struct bt_out o = {.arena = &a};
  BT_OUT_TABLE(&o, "things", columns);
  BT_OUT_ROW(&o, bt_out_literal("a"), bt_out_number(7), bt_out_number(1), bt_out_literal("short"));
  BT_OUT_ROW(&o, bt_out_literal("büro"), bt_out_number(1234), bt_out_number(2),
             bt_out_literal("long enough to be clipped"));
  BT_OUT_ROW(&o, bt_out_none(), bt_out_number(0), bt_out_number(3), bt_out_none());
  render(&o, 0, text, sizeof text);
  assert_string_equal(text, "NAME  HOW MANY  WORDS\n"
                            "a            7  short\n"
                            "büro      1234  long enough to be clipped\n"
                            "-            0  -\n");
  render(&o, 36, text, sizeof text);
  assert_string_equal(text, "NAME  HOW MANY  WORDS\n"
                            "a            7  short\n"
                            "büro      1234  long enough to be c…\n"
                            "-            0  -\n");
  render(&o, 28, text, sizeof text); /* headings give way before words do */
  assert_string_equal(text, "NAME   HOW  WORDS\n"
                            "      MANY\n"
                            "a        7  short\n"
                            "büro  1234  long enough to …\n"
                            "-        0  -\n");
  bt_arena_fini(&a);
}

static void words_go_on_in_further_lines(void **state) {
  (void)state;
  static const struct bt_out_column columns[] = {
      {"n", BT_OUT_NUMBER, BT_OUT_PLAIN}, {"what", BT_OUT_TEXT, BT_OUT_WRAP}, {"by", BT_OUT_NUMBER, BT_OUT_RARE}};
  struct bt_arena a;
  char text[512];
  bt_arena_init(&a, 1 << 20);
  struct bt_out o = {.arena = &a};
  bt_out_pair(&o, "key", bt_out_literal("no line of it is any longer than that"));
  BT_OUT_TABLE(&o, "things", columns);
  BT_OUT_ROW(&o, bt_out_number(1), bt_out_literal("some words that do not fit büro"), bt_out_none());
  BT_OUT_ROW(&o, bt_out_number(22), bt_out_literal("oneverylongwordindeedthatmustbecut"), bt_out_none());
  render(&o, 28, text, sizeof text);
  assert_string_equal(text, "key  no line of it is any\n"
                            "     longer than that\n"
                            "\n"
                            "things:\n"
                            " N  WHAT\n"
                            " 1  some words that do not\n"
                            "      fit büro\n"
                            "22  oneverylongwordindeedtha\n"
                            "      tmustbecut\n");
  BT_OUT_ROW(&o, bt_out_number(3), bt_out_literal("x"), bt_out_number(7));
  render(&o, 0, text, sizeof text);
  assert_string_equal(text, "key  no line of it is any longer than that\n"
                            "\n"
                            "things:\n"
                            " N  WHAT                                BY\n"
                            " 1  some words that do not fit büro      -\n"
                            "22  oneverylongwordindeedthatmustbecut   -\n"
                            " 3  x                                    7\n");
  bt_arena_fini(&a);
}

static void values_have_one_look_in_text_and_one_in_json(void **state) {
  (void)state;
  struct bt_arena a;
  char text[1024];
  bt_arena_init(&a, 1 << 20);
  struct bt_out o = {.arena = &a};
  struct bt_str names[] = {BT_LIT("x"), BT_LIT("y")};
  bt_out_pair(&o, "at_time", bt_out_time(INT64_C(1772000000123456)));
  bt_out_pair(&o, "span", bt_out_span(90 * INT64_C(1000000)));
  bt_out_pair(&o, "share", bt_out_share(1, 8));
  bt_out_pair(&o, "nothing", bt_out_text((struct bt_str){0}));
  bt_out_pair(&o, "names", bt_out_names(&(struct bt_strs){2, names}));
  bt_out_pair(&o, "flag", bt_out_flag(true));
  render(&o, 0, text, sizeof text);
  assert_string_equal(text, "at time  2026-02-25 06:13:20Z\n"
                            "span     90 s\n"
                            "share    12.5 %\n"
                            "nothing  -\n"
                            "names    x, y\n"
                            "flag     yes\n");
  FILE *f = fmemopen(text, sizeof text, "w");
  assert_int_equal(bt_out_render_json(&o, f), 0);
  fclose(f);
  assert_string_equal(
      text, "{\"at_time\": \"2026-02-25T06:13:20.123456Z\", \"span_s\": 90.0, \"share\": 0.125, \"nothing\": null, "
            "\"names\": [\"x\", \"y\"], \"flag\": true}\n");
  bt_arena_fini(&a);
}

static void what_does_not_fit_is_refused_not_cut(void **state) {
  (void)state;
  static const struct bt_out_column columns[] = {{"n", BT_OUT_NUMBER, BT_OUT_PLAIN}};
  struct bt_arena a;
  char text[64];
  bt_arena_init(&a, 4096);
  struct bt_out o = {.arena = &a};
  BT_OUT_TABLE(&o, "things", columns);
  for (uint64_t i = 0; i < 1000; i++)
    BT_OUT_ROW(&o, bt_out_number(i));
  FILE *f = fmemopen(text, sizeof text, "w");
  assert_int_equal(bt_out_render_text(&o, 0, f), -BT_LIMIT);
  assert_int_equal(bt_out_render_json(&o, f), -BT_LIMIT);
  fclose(f);
  bt_arena_fini(&a);
}

static void escape_keeps_text_and_shows_the_rest(void **state) {
  (void)state;
  static const struct {
    struct bt_str in;
    const char *out;
  } rows[] = {
      {BT_LIT("plain “text” ü"), "plain “text” ü"},
      {BT_LIT("\t\r\n"), "\\t\\r\\n"},
      {BT_LIT("\0"), "\\x00"},
      {BT_LIT("\xff\xc3"), "\\xff\\xc3"},
      {BT_LIT("\xc0\xaf"), "\\xc0\\xaf"},
      {BT_LIT("\xed\xa0\x80"), "\\xed\\xa0\\x80"},
      {BT_LIT("\xe2\x80\x8b"), "\\u{200b}"},
      {BT_LIT("\xf0\x9f\x99\x82"), "\xf0\x9f\x99\x82"},
  };
  struct bt_arena a;
  bt_arena_init(&a, 1 << 16);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct bt_str s = bt_out_escape(&a, rows[i].in);
    assert_int_equal(s.n, strlen(rows[i].out));
    assert_memory_equal(s.p, rows[i].out, s.n);
  }
  bt_arena_fini(&a);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
  const struct CMUnitTest tests[] = {
      TEST(every_reading_command_answers_in_both_forms),
      TEST(figures_have_their_units),
      TEST(status_is_one_screen),
      TEST(case_in_every_way_of_naming_it),
      TEST(history_reads_like_a_story),
      TEST(history_says_who_acted_and_why),
      TEST(what_is_open_stands_on_the_case),
      TEST(who_is_closed_says_when_it_opens),
      TEST(views_fit_a_terminal),
      TEST(corrected_facts_say_so),
      TEST(status_begins_with_what_is_wrong),
      TEST(adapters_in_trouble_come_first),
      TEST(data_cannot_steer_the_terminal),
      TEST(only_the_admin_socket_changes_anything),
      TEST(wrong_words_are_explained),
      TEST(slow_commands_share_rounds),
      TEST(dead_letters_say_why),
      TEST(list_pages_by_id),
      TEST(lines_may_come_in_pieces_and_in_heaps),
      TEST(heaps_are_worked_off),
      TEST(overlong_line_ends_the_connection),
      TEST(deaf_client_stops_nobody),
      TEST(too_many_operators_are_told_so),
      TEST(folder_and_sockets_are_private),
      TEST(dead_sockets_are_replaced),
      cmocka_unit_test(tables_align_and_clip),
      cmocka_unit_test(words_go_on_in_further_lines),
      cmocka_unit_test(values_have_one_look_in_text_and_one_in_json),
      cmocka_unit_test(what_does_not_fit_is_refused_not_cut),
      cmocka_unit_test(escape_keeps_text_and_shows_the_rest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
