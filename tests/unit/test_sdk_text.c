/* libbaton's texts: JSON to messages and back, paths, times, base64, options, back-off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "baton.h"
#include "baton/event.pb-c.h"
#include "baton/frame.pb-c.h"
#include "json.h"
#include "options.h"
#include "text.h"

/* ---- JSON ---- */

static char *round_trip(const ProtobufCMessageDescriptor *type, const char *json, char *error) {
  ProtobufCMessage *m = bt_sdk_json_parse(type, json, strlen(json), error);
  if (!m)
    return NULL;
  uint8_t bytes[4096];
  size_t n = protobuf_c_message_pack(m, bytes);
  protobuf_c_message_free_unpacked(m, NULL);
  m = protobuf_c_message_unpack(type, NULL, n, bytes);
  assert_non_null(m);
  char *text = bt_sdk_json_text(m);
  protobuf_c_message_free_unpacked(m, NULL);
  return text;
}

static void json_goes_in_and_out(void **state) {
  static const struct {
    const char *in, *out;
  } rows[] = {
      {"{}", "{}"},
      {"{\"occurredAtUs\":\"17\",\"department\":\"sales\"}", "{\"occurredAtUs\":\"17\",\"department\":\"sales\"}"},
      {"{\"occurred_at_us\":-17}", "{\"occurredAtUs\":\"-17\"}"},
      {"{\"occurredAtUs\":\"2026-03-01T09:30:00.25+01:00\"}", "{\"occurredAtUs\":\"1772353800250000\"}"},
      {"{\"expectedVersion\":\"18446744073709551615\"}", "{\"expectedVersion\":\"18446744073709551615\"}"},
      {"{\"backfill\":true,\"labels\":[\"a\",\"b\"]}", "{\"backfill\":true,\"labels\":[\"a\",\"b\"]}"},
      {"{\"backfill\":false,\"actor\":null}", "{}"},
      {"{\"caseClosed\":{}}", "{\"caseClosed\":{}}"},
      {"{\"contact_logged\":{\"channel\":\"PHONE\",\"outcome\":\"OUTCOME_DROPPED\",\"duration_s\":4294967295}}",
       "{\"contactLogged\":{\"channel\":\"CHANNEL_PHONE\",\"outcome\":\"OUTCOME_DROPPED\",\"durationS\":4294967295}}"},
      {"{\"statusChanged\":{\"status\":2,\"pendingOn\":\"CUSTOMER\"}}",
       "{\"statusChanged\":{\"status\":\"STATUS_PENDING\",\"pendingOn\":\"PENDING_ON_CUSTOMER\"}}"},
      {"{\"handoffAccepted\":{\"offer\":9,\"digest\":\"__79\"}}",
       "{\"handoffAccepted\":{\"offer\":\"9\",\"digest\":\"//79\"}}"},
      {"{\"locator\":{\"identifier\":{\"domain\":\"phone\",\"value\":\"\\u00e9\"}}}",
       "{\"locator\":{\"identifier\":{\"domain\":\"phone\",\"value\":\"é\"}}}"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char error[BT_SDK_ERROR] = "";
    char *out = round_trip(&baton__v1__event__descriptor, rows[i].in, error);
    assert_string_equal(error, "");
    assert_string_equal(out, rows[i].out);
    free(out);
  }
}

static void json_with_a_flaw_names_its_place(void **state) {
  static const struct {
    const char *in, *error;
  } rows[] = {
      {"{\"note\":{}}", "note: no such field"},
      {"{\"noteAdded\":{\"txt\":\"\"}}", "noteAdded.txt: no such field; near it: text"},
      {"{\"noteAdded\":{\"text\":7}}", "noteAdded.text: wants a text"},
      {"{\"noteAdded\":{\"text\":\"a\"},\"caseClosed\":{}}", "caseClosed: only one of its kind may be set"},
      {"{\"noteAdded\":{\"text\":\"a\"},\"note_added\":{\"text\":\"b\"}}", "note_added: is given twice"},
      {"{\"department\":\"a\",\"department\":\"b\"}", "no JSON: duplicate object key"},
      {"{\"labels\":\"a\"}", "labels: wants a list"},
      {"{\"labels\":[\"a\",1]}", "labels[1]: wants a text"},
      {"{\"backfill\":\"yes\"}", "backfill: wants true or false"},
      {"{\"expectedVersion\":-1}", "expectedVersion: wants a whole number from 0"},
      {"{\"expectedVersion\":\"18446744073709551616\"}", "expectedVersion: wants a whole number from 0"},
      {"{\"occurredAtUs\":\"2026-02-30T00:00:00Z\"}", "occurredAtUs: wants a whole number, or a time"},
      {"{\"occurredAtUs\":1.5}", "occurredAtUs: wants a whole number"},
      {"{\"contactLogged\":{\"durationS\":4294967296}}", "contactLogged.durationS: wants a whole number from 0 to"},
      {"{\"contactLogged\":{\"channel\":\"FAX\"}}", "contactLogged.channel: is none of PHONE, EMAIL, WEB, "},
      {"{\"contactLogged\":{\"channel\":77}}", "contactLogged.channel: is none of PHONE, EMAIL, WEB, "},
      {"{\"handoffAccepted\":{\"digest\":\"?\"}}", "handoffAccepted.digest: wants bytes in base64"},
      {"{\"locator\":[]}", "locator: wants an object"},
      {"[]", "the event: wants an object"},
      {"{\"department\":\"a\\u0000b\"}", "no JSON: "},
      {"{\"department\":\"\xff\"}", "no JSON: "},
      {"{", "no JSON: "},
      {"{} x", "no JSON: "},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char error[BT_SDK_ERROR] = "";
    char *out = round_trip(&baton__v1__event__descriptor, rows[i].in, error);
    assert_null(out);
    if (strncmp(error, rows[i].error, strlen(rows[i].error)) != 0)
      fail_msg("%s: \"%s\", not \"%s\"", rows[i].in, error, rows[i].error);
  }
}

static void an_event_needs_a_kind(void **state) {
  char error[256];
  (void)state;
  assert_null(baton_event_from_json("{}", 2, error));
  assert_non_null(strstr(error, "no kind"));
  assert_null(baton_event_new("note"));
  assert_null(baton_event_new("locator"));
  assert_null(baton_event_new(NULL));
  static const char *const names[] = {"note_added", "noteAdded", "NoteAdded"};
  for (size_t i = 0; i < 3; i++) {
    baton_event *e = baton_event_new(names[i]);
    assert_non_null(e);
    baton_event_free(e);
  }
}

static void paths_of_deliveries_are_checked(void **state) {
  static const struct {
    const char *path, *error; /* "": good */
  } rows[] = {
      {"sequence", ""},
      {"card", ""},
      {"card.need", ""},
      {"recorded.recordedAtUs", ""},
      {"recorded.event.note_added.text", ""},
      {"recorded.event.labels", ""},
      {"recorded.event.labels.0", ""},
      {"card.promised.12.text", ""},
      {"card.ned", "card.ned: no such field; near it: need"},
      {"recorded.event.text", "recorded.event.text: no such field"},
      {"card.", "card.: no such field"},
      {"", ": no such field; there are: sequence"},
      {"card.need.x", "card.need.x: has no fields inside"},
      {"card.promised.text", "card.promised.text: is a list: a number, from 0, says which of it"},
      {"card.promised.", "card.promised.: is a list"},
      {"card.promised.1x", "card.promised.1x: is a list"},
      {"recorded.event.labels.0.x", "recorded.event.labels.0.x: has no fields inside"},
      {NULL, "no path"},
  };
  char error[256];
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int rc = baton_delivery_check(rows[i].path, error);
    if (rc != (*rows[i].error ? -BATON_E_INVALID : 0) ||
        (rc < 0 && strncmp(error, rows[i].error, strlen(rows[i].error)) != 0))
      fail_msg("%s: %d \"%s\", not \"%s\"", rows[i].path, rc, error, rows[i].error);
  }
}

static void secrets_are_their_owners_alone(void **state) {
  char path[] = "/tmp/baton-secret-XXXXXX", error[256];
  size_t n = 0;
  int fd = mkstemp(path);
  (void)state;
  assert_int_equal(write(fd, "hush\n", 5), 5);
  char *text = baton_secret_read(path, 5, &n, error);
  assert_non_null(text);
  assert_string_equal(text, "hush\n");
  assert_int_equal(n, 5);
  free(text);
  assert_null(baton_secret_read(path, 4, &n, error));
  assert_non_null(strstr(error, "has more than 4 bytes"));
  assert_int_equal(fchmod(fd, 0640), 0);
  assert_null(baton_secret_read(path, 5, &n, error));
  assert_non_null(strstr(error, "others can read this secret"));
  assert_null(strstr(error, "hush"));
  close(fd);
  unlink(path);
  assert_null(baton_secret_read(path, 5, &n, error));
  assert_non_null(strstr(error, "No such file"));
  assert_null(baton_secret_read("/tmp", 5, &n, error));
  assert_non_null(strstr(error, "is no file"));
}

static void a_line_is_due_at_powers_of_two(void **state) {
  uint64_t due[8], n = 0;
  (void)state;
  for (uint64_t i = 1; i <= 128; i++)
    if (baton_log_due(i))
      due[n++] = i;
  assert_int_equal(n, 8);
  for (uint64_t i = 0; i < n; i++)
    assert_int_equal(due[i], (uint64_t)1 << i);
}

/* The sentences name what there is, and never outgrow their 256 bytes. */
static void sentences_say_what_would_be_right(void **state) {
  static const struct {
    const char *kind, *path, *error; /* "": good */
  } rows[] = {
      {"contact_logged", "channel", ""},
      {"ContactLogged", "contactLogged.channel", ""},
      {"contact_logged", "locator.identifier.value", ""},
      {"contact_logged", "labels", ""},
      {"contact_logged", "chanel", "chanel: no such field; near it: channel"},
      {"contact_logged", "ocurred_at_us", "ocurred_at_us: no such field; near it: occurred_at_us"},
      {"contact_logged", "locator.identifier.valu", "locator.identifier.valu: no such field; near it: value"},
      {"contact_logged", "locator.x", "locator.x: no such field; there are: "},
      {"contact_logged", "note_added.text", "note_added.text: the event is of another kind"},
      {"contact_logged", "locator", "locator: is a group of fields"},
      {"contact_logged", "department.x", "department.x: has no fields inside"},
      {"contact_logged", "", ": no such field; there are: channel"},
      {"contact", "channel", "no such kind of event: contact"},
      {NULL, "channel", "no such kind of event: "},
  };
  char error[256], longest[300];
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int rc = baton_event_check(rows[i].kind, rows[i].path, error);
    assert_int_equal(rc, *rows[i].error ? -BATON_E_INVALID : 0);
    if (rc < 0 && strncmp(error, rows[i].error, strlen(rows[i].error)) != 0)
      fail_msg("%s: \"%s\", not \"%s\"", rows[i].path, error, rows[i].error);
  }
  memset(longest, 'x', sizeof longest);
  longest[sizeof longest - 1] = '\0';
  assert_int_equal(baton_event_check("contact_logged", longest, error), -BATON_E_INVALID);
  assert_true(strlen(error) < sizeof error);
  baton_event *e = baton_event_new("contact_logged");
  assert_int_equal(baton_event_put(e, "channel", "FAX", error), -BATON_E_INVALID);
  assert_string_equal(error, "channel: is none of PHONE, EMAIL, WEB, CHAT, LETTER, IN_PERSON, APP, INTERNAL");
  assert_int_equal(baton_event_put(e, "channel", "FAX", NULL), -BATON_E_INVALID);
  assert_int_equal(baton_event_put(e, "channel", "PHONE", error), 0);
  baton_event_free(e);
}

static void kinds_can_be_listed(void **state) {
  const char *kind;
  size_t n = 0;
  (void)state;
  for (; (kind = baton_event_kind(n)); n++) {
    baton_event *e = baton_event_new(kind);
    assert_non_null(e);
    baton_event_free(e);
  }
  assert_true(n > 10);
  assert_string_equal(baton_event_kind(0), "case_opened");
  assert_null(baton_event_kind(n + 1));
}

static void paths_build_the_same_event(void **state) {
  static const char *const set[][2] = {
      {"locator.identifier.domain", "phone"},
      {"locator.identifier.value", "0301"},
      {"locator.identifier.value", "0302"}, /* the last one counts */
      {"labels", "vip"},
      {"labels", "fr"},
      {"backfill", "true"},
      {"occurred_at_us", "1970-01-01T00:00:01Z"},
      {"channel", "EMAIL"},
      {"contactLogged.durationS", "12"},
  };
  static const char *const wrong[][2] = {{"locator", "x"},   {"locator.nothing", "x"}, {"case_opened.topic", "x"},
                                         {"channel", "FAX"}, {"backfill", "1"},        {"labels.x", "x"},
                                         {"", "x"},          {"department.x", "x"},    {"summary", "\xc3"}};
  (void)state;
  baton_event *e = baton_event_new("contact_logged");
  for (size_t i = 0; i < sizeof set / sizeof *set; i++)
    assert_int_equal(baton_event_set(e, set[i][0], set[i][1]), 0);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_int_equal(baton_event_set(e, wrong[i][0], wrong[i][1]), -BATON_E_INVALID);
  char *text = bt_sdk_json_text((const ProtobufCMessage *)e);
  assert_string_equal(text, "{\"occurredAtUs\":\"1000000\",\"locator\":{\"identifier\":{\"domain\":\"phone\",\"value\":"
                            "\"0302\"}},\"backfill\":true,\"labels\":[\"vip\",\"fr\"],\"contactLogged\":{\"channel\":"
                            "\"CHANNEL_EMAIL\",\"durationS\":12}}");
  free(text);
  baton_event_free(e);
}

static void paths_read_values(void **state) {
  static const struct {
    const char *path, *text;
  } rows[] = {
      {"sequence", "12"},
      {"recorded.event.note_added.text", "é"},
      {"recorded.event.noteAdded.text", "é"},
      {"recorded.event.note_added", "{\"text\":\"é\"}"},
      {"card.facts.1.key", "b"},
      {"card.facts.0", "{\"key\":\"a\"}"},
      {"card.facts.2.key", NULL},
      {"card.facts.x", NULL},
      {"recorded.event.labels", "[\"vip\"]"},
      {"recorded.event.labels.0", "vip"},
      {"recorded.event.case_closed", NULL},
      {"recorded.ref", NULL},
      {"gap", "true"},
      {"stub", NULL},
      {"nothing", NULL},
      {"", NULL},
  };
  const char *json = "{\"sequence\":12,\"gap\":true,\"recorded\":{\"event\":{\"labels\":[\"vip\"],\"noteAdded\":{"
                     "\"text\":\"\\u00e9\"}}},\"card\":{\"facts\":[{\"key\":\"a\"},{\"key\":\"b\"}]}}";
  char error[BT_SDK_ERROR];
  (void)state;
  ProtobufCMessage *m = bt_sdk_json_parse(&baton__v1__delivery_item__descriptor, json, strlen(json), error);
  assert_non_null(m);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char *text = bt_sdk_path_get(m, rows[i].path);
    if (rows[i].text)
      assert_string_equal(text, rows[i].text);
    else
      assert_null(text);
    free(text);
  }
  protobuf_c_message_free_unpacked(m, NULL);
}

/* ---- Small texts ---- */

static void base64_both_ways(void **state) {
  static const char *const rows[][2] = {{"", ""},
                                        {"f", "Zg=="},
                                        {"fo", "Zm8="},
                                        {"foo", "Zm9v"},
                                        {"foob", "Zm9vYg=="},
                                        {"fooba", "Zm9vYmE="},
                                        {"foobar", "Zm9vYmFy"}}; /* RFC 4648, section 10 */
  static const char *const wrong[] = {"A", "A===", "Zg=", "Z g=", "Zg==Zg==", "\xc3\xa9"};
  uint8_t *bytes;
  size_t n;
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char *text = bt_sdk_base64_encode(rows[i][0], strlen(rows[i][0]));
    assert_string_equal(text, rows[i][1]);
    assert_true(bt_sdk_base64_decode(text, strlen(text), &bytes, &n));
    assert_int_equal(n, strlen(rows[i][0]));
    assert_memory_equal(bytes, rows[i][0], n);
    free(bytes);
    free(text);
  }
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_false(bt_sdk_base64_decode(wrong[i], strlen(wrong[i]), &bytes, &n));
}

static void times_are_read(void **state) {
  static const struct {
    const char *text;
    int64_t us;
  } rows[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"1969-12-31T23:59:59.999999Z", -1},
      {"2000-02-29T12:00:00Z", INT64_C(951825600000000)},
      {"2026-03-01T09:30:00+05:30", INT64_C(1772337600000000)},
      {"2026-03-01t09:30:00.1234567-00:30", INT64_C(1772359200123456)},
      {"2016-12-31T23:59:60Z", INT64_C(1483228799000000)},
      {"9999-12-31T23:59:59Z", INT64_C(253402300799000000)},
  };
  static const char *const wrong[] = {"2026-03-01",
                                      "2026-02-29T00:00:00Z",
                                      "2026-03-01T24:00:00Z",
                                      "2026-03-01T00:00:00",
                                      "2026-03-01T00:00:00.Z",
                                      "2026-13-01T00:00:00Z",
                                      "2026-3-01T00:00:00Z",
                                      "2026-03-01T00:00:00Zx",
                                      "2026-03-01T00:00:00+24:00",
                                      "2026-03-01T00:00:61Z",
                                      ""};
  int64_t us;
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_true(bt_sdk_time_parse(rows[i].text, strlen(rows[i].text), &us));
    assert_int_equal(us, rows[i].us);
  }
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_false(bt_sdk_time_parse(wrong[i], strlen(wrong[i]), &us));
}

static void utf8_is_told_from_other_bytes(void **state) {
  static const char *const good[] = {"", "a", "é", "€", "😀", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"};
  static const char *const wrong[] = {
      "\x80",  "\xc3",     "\xc0\x80",    "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
      "a\xff", "\xe2\x82", "\xe2\x28\xa1"};
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_true(bt_sdk_utf8_valid(good[i], strlen(good[i])));
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_false(bt_sdk_utf8_valid(wrong[i], strlen(wrong[i])));
}

static void backoff_doubles_to_its_cap(void **state) {
  (void)state;
  for (unsigned attempt = 1; attempt < 100; attempt++) {
    int bound = attempt < 8 ? 100 << (attempt - 1) : 10000, most = 0;
    for (int i = 0; i < 200; i++) {
      int ms = baton_backoff_ms(attempt, 100, 10000);
      assert_in_range(ms, 1, bound > 10000 ? 10000 : bound);
      most = ms > most ? ms : most;
    }
    assert_true(most > (bound > 10000 ? 10000 : bound) / 2); /* chance of failing: 2 to the power of -200 */
  }
  assert_in_range(baton_backoff_ms(1, 0, 0), 1, 1);
}

static void codes_have_names(void **state) {
  (void)state;
  assert_string_equal(baton_code_name(0), "OK");
  assert_string_equal(baton_code_name(-60), "UNKNOWN_CASE");
  assert_string_equal(baton_code_name(104), "TIMEOUT");
  assert_string_equal(baton_code_name(55), "?");
}

/* ---- Options ---- */

struct values {
  const char *name, *key_file;
  int64_t rows;
  bool once;
};

/* Reads `config` (NULL: no file) and then the arguments. Returns the error, "" if all is well. */
static const char *read_options(const char *config, const char *arg, struct values *v, struct bt_sdk_settings *s) {
  static char path[] = "test_sdk_text.conf";
  const baton_option options[] = {
      {"name", BATON_STRING, &v->name, NULL, 0, 0, "a name"},
      {"key_file", BATON_FILE, &v->key_file, "", 0, 0, "a file"},
      {"limits.rows", BATON_INT, &v->rows, "7", 1, 10, "rows"},
      {"limits.once", BATON_BOOL, &v->once, "false", 0, 0, "once"},
      {"columns", BATON_SECTION, NULL, NULL, 0, 0, "columns"},
      {0},
  };
  char *argv[] = {(char *)"test", (char *)"--config", path, (char *)arg, NULL};
  const char *used;
  enum bt_sdk_asked asked;
  if (config) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(config, file);
    fclose(file);
  }
  assert_true(bt_sdk_settings_init(s, options));
  bt_sdk_settings_read(s, arg ? 4 : 3, argv, &used, &asked);
  s->options = NULL; /* of this stack frame */
  unlink(path);
  return s->error;
}

static void options_come_from_file_and_arguments(void **state) {
  struct values v;
  struct bt_sdk_settings s;
  (void)state;
  const char *config =
      "name = \"a\"; key_file = \"keys/b\";\nlimits: { rows = 3; once = true; };\ncolumns = (1, \"x\");";
  assert_string_equal(read_options(config, NULL, &v, &s), "");
  assert_string_equal(v.name, "a");
  assert_string_equal(v.key_file, "./keys/b");
  assert_int_equal(v.rows, 3);
  assert_true(v.once);
  bt_sdk_settings_fini(&s);
  assert_string_equal(read_options(config, "--limits.rows=9", &v, &s), "");
  assert_int_equal(v.rows, 9);
  bt_sdk_settings_fini(&s);
  assert_string_equal(read_options("name = \"a\";", NULL, &v, &s), "");
  assert_int_equal(v.rows, 7);
  assert_string_equal(v.key_file, "");
  bt_sdk_settings_fini(&s);
}

static void bad_options_name_file_line_and_key(void **state) {
  static const struct {
    const char *config, *arg, *error;
  } rows[] = {
      {"name = \"a\";\nnmae = 1;", NULL, "test_sdk_text.conf:2: nmae: no such key"},
      {"name = 1;", NULL, "test_sdk_text.conf:1: name: wants a text in quotes"},
      {"name = \"a\";\n\nlimits = { rows = 11; };", NULL, "test_sdk_text.conf:3: limits.rows: wants 1 to 10, not 11"},
      {"name = \"a\"; limits = { rows = 2.5; };", NULL, "test_sdk_text.conf:1: limits.rows: wants a whole number"},
      {"name = \"a\"; limits = { once = 1; };", NULL, "test_sdk_text.conf:1: limits.once: wants true or false"},
      {"name = \"a\"; limits = 3;", NULL, "test_sdk_text.conf:1: limits: no such key"},
      {"name = \"a\"; limits = { more = 3; };", NULL, "test_sdk_text.conf:1: limits.more: no such key"},
      {"name = \"a\"; columns = 3;", NULL, "test_sdk_text.conf:1: columns: wants a group or a list"},
      {"name = \"a\"\nlimits {", NULL, "test_sdk_text.conf:2: syntax error"},
      {"", NULL, "test_sdk_text.conf: name: is required (a name)"},
      {NULL, NULL, "test_sdk_text.conf: cannot be read"},
      {"name = \"a\";", "--nmae=1", "--nmae=1: no such option"},
      {"name = \"a\";", "--name", "--name: wants a value"},
      {"name = \"a\";", "name", "name: no such option"},
      {"name = \"a\";", "--limits.rows=1x", "--limits.rows: wants a whole number, not \"1x\""},
      {"name = \"a\";", "--columns=1", "--columns: can only be set in the configuration file"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct values v;
    struct bt_sdk_settings s;
    const char *error = read_options(rows[i].config, rows[i].arg, &v, &s);
    if (strncmp(error, rows[i].error, strlen(rows[i].error)) != 0)
      fail_msg("row %zu: \"%s\", not \"%s\"", i, error, rows[i].error);
    bt_sdk_settings_fini(&s);
  }
}

/* ---- Log ---- */

static void a_log_record_is_one_line(void **state) {
  char line[1024];
  int ends[2], saved = dup(STDERR_FILENO);
  (void)state;
  assert_int_equal(pipe(ends), 0);
  dup2(ends[1], STDERR_FILENO);
  baton_log("info", "row", "name", "a", "text", "two words\n\"\x7f\xc3", "empty", "", "none", NULL, "x", "y", NULL);
  baton_log("debug", "silent", NULL);
  dup2(saved, STDERR_FILENO);
  close(saved);
  close(ends[1]);
  ssize_t n = read(ends[0], line, sizeof line - 1);
  close(ends[0]);
  assert_true(n > 0);
  line[n] = '\0';
  assert_string_equal(strstr(line, " level="),
                      " level=info event=row name=a text=\"two words\\n\\\"\\x7f\\xc3\" empty=\"\" none=\"\" x=y\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(json_goes_in_and_out),
      cmocka_unit_test(json_with_a_flaw_names_its_place),
      cmocka_unit_test(an_event_needs_a_kind),
      cmocka_unit_test(sentences_say_what_would_be_right),
      cmocka_unit_test(paths_of_deliveries_are_checked),
      cmocka_unit_test(secrets_are_their_owners_alone),
      cmocka_unit_test(a_line_is_due_at_powers_of_two),
      cmocka_unit_test(kinds_can_be_listed),
      cmocka_unit_test(paths_build_the_same_event),
      cmocka_unit_test(paths_read_values),
      cmocka_unit_test(base64_both_ways),
      cmocka_unit_test(times_are_read),
      cmocka_unit_test(utf8_is_told_from_other_bytes),
      cmocka_unit_test(backoff_doubles_to_its_cap),
      cmocka_unit_test(codes_have_names),
      cmocka_unit_test(options_come_from_file_and_arguments),
      cmocka_unit_test(bad_options_name_file_line_and_key),
      cmocka_unit_test(a_log_record_is_one_line),
  };
  return cmocka_run_group_tests_name("sdk_text", tests, NULL, NULL);
}
