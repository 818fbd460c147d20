/* Configuration: what is read, what is refused and where it says so, and that pages and samples tell of every key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "config/calendars.h"
#include "config/config.h"
#include "config/keyfile.h"
#include "config/schema.h"

#define DAY_US (86400 * BT_SECOND_US)
#define NOW_US (INT64_C(1780315200) * BT_SECOND_US) /* 2026-06-01 12:00 UTC, a Monday */

/* ---- A temporary folder and what is in it ---- */

struct folder {
  char path[64];
};

static const char *in_folder(const struct folder *f, const char *name, char *buf, size_t size) {
  snprintf(buf, size, "%s/%s", f->path, name);
  return buf;
}

static void put_bytes(const struct folder *f, const char *name, const void *bytes, size_t n, mode_t mode) {
  char path[160];
  FILE *to = fopen(in_folder(f, name, path, sizeof path), "w");
  assert_non_null(to);
  assert_int_equal(fwrite(bytes, 1, n, to), n);
  assert_int_equal(fclose(to), 0);
  assert_int_equal(chmod(path, mode), 0);
}

static void put_file(const struct folder *f, const char *name, const char *text, mode_t mode) {
  put_bytes(f, name, text, strlen(text), mode);
}

/* A key like no other: the library's own encoder is checked against the RFC below. */
static void put_key(const struct folder *f, const char *name, uint8_t seed, mode_t mode) {
  uint8_t key[32];
  char text[BT_CURVE_TEXT + 2];
  memset(key, seed, sizeof key);
  bt_curve_encode(key, text);
  strcat(text, "\n");
  put_file(f, name, text, mode);
}

static int folder_start(void **state) {
  struct folder *f = calloc(1, sizeof *f);
  if (!f)
    return -1;
  strcpy(f->path, "/tmp/bt-config-XXXXXX");
  if (!mkdtemp(f->path))
    return -1;
  char path[160];
  mkdir(in_folder(f, "keys", path, sizeof path), 0700);
  put_key(f, "keys/broker.secret", 1, 0600);
  put_key(f, "keys/one.pub", 2, 0644);
  put_key(f, "keys/two.pub", 3, 0644);
  *state = f;
  return 0;
}

static int folder_stop(void **state) {
  struct folder *f = *state;
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", f->path);
  int rc = system(command);
  free(f);
  return rc;
}

static char *read_text(const char *path) {
  FILE *from = fopen(path, "r");
  if (!from)
    fail_msg("%s is not there", path);
  char *text = NULL;
  size_t size = 0, n = 0;
  for (int c; (c = fgetc(from)) != EOF; text[n++] = (char)c)
    if (n + 1 >= size)
      text = realloc(text, size = size * 2 + 4096);
  fclose(from);
  assert_non_null(text);
  text[n] = 0;
  return text;
}

/* Loads a file of the folder. *ret_errors is the caller's to free; the folder's name is cut out of it. */
static int load(const struct folder *f, const char *name, struct bt_config **ret, char **ret_errors) {
  char path[160];
  size_t n;
  FILE *errors = open_memstream(ret_errors, &n);
  int rc = bt_config_load(in_folder(f, name, path, sizeof path), NOW_US, errors, ret);
  fclose(errors);
  size_t cut = strlen(f->path) + 1;
  for (char *at = *ret_errors; (at = strstr(at, f->path));)
    memmove(at, at + cut, strlen(at + cut) + 1);
  return rc;
}

static struct bt_config *load_good(const struct folder *f, const char *name) {
  struct bt_config *c = NULL;
  char *errors;
  int rc = load(f, name, &c, &errors);
  if (rc)
    fail_msg("%s: %s", bt_code_name(rc), errors);
  assert_string_equal(errors, "");
  free(errors);
  return c;
}

#define BROKER "secret_key_file = \"keys/broker.secret\"; data_dir = \"data\"; control_dir = \"run\";\n"
#define SITE "sites = ({ name = \"s\"; zone = \"Europe/London\"; });\n"
#define LAST "last_owner = \"care\";\n"
#define CARE "{ name = \"care\"; site = \"s\"; must_take = true; topics = [\"general\"]; }"
#define DEPARTMENTS(more) "departments = (" CARE more ");\n"
#define TEN "1234567890"
#define COMPANY LAST SITE DEPARTMENTS("")
#define ONE_MORE(keys) BROKER LAST SITE DEPARTMENTS(",\n{ name = \"b\"; site = \"s\"; " keys " }")
#define HOURS(texts) ONE_MORE("hours = [" texts "];")
#define HOLIDAYS(days)                                                                                                 \
  BROKER LAST "sites = ({ name = \"s\"; zone = \"UTC\"; holidays = [" days "]; });\n" DEPARTMENTS("")

/* ---- What is refused ---- */

struct refusal {
  const char *text, *expected; /* expected: the whole of the errors, or with a "..." at the end their beginning */
};

static const struct refusal refusals[] = {
    /* keys */
    {BROKER COMPANY "lisen = \"x\";", "x.conf:5: lisen: is not known; did you mean \"listen\"?\n"},
    {BROKER COMPANY "limits = { max_in_fligt = 3; };",
     "x.conf:5: limits.max_in_fligt: is not known; did you mean \"max_in_flight\"?\n"},
    {BROKER COMPANY "sources = { idempotency = 3; };",
     "x.conf:5: sources.idempotency: is not known; did you mean \"idempotency_hours\"?\n"},
    {BROKER COMPANY "checkpoint_ms = 3;", "x.conf:5: checkpoint_ms: is not known here; it belongs to record\n"},
    {BROKER COMPANY "xyzzy = 3;", "x.conf:5: xyzzy: is not known; the manual pages list every key\n"},
    {BROKER LAST SITE DEPARTMENTS("\n, { name = \"b\"; site = \"s\";\n must_tak = true; }"),
     "x.conf:6: departments.b.must_tak: is not known; did you mean \"must_take\"?\n"},
    {COMPANY "data_dir = \"data\"; control_dir = \"run\";",
     "x.conf:1: secret_key_file: is missing; right is: path, required\n"},
    {BROKER SITE DEPARTMENTS(""), "x.conf:1: last_owner: is missing; right is: name, required\n"},
    /* types and ranges */
    {BROKER COMPANY "io_threads = \"2\";", "x.conf:5: io_threads: is a text; right is: number, 1 to 16, default 1\n"},
    {BROKER COMPANY "io_threads = 17;", "x.conf:5: io_threads: is 17; right is: number, 1 to 16, default 1\n"},
    {BROKER COMPANY "io_threads = 0;", "x.conf:5: io_threads: is 0; right is: number, 1 to 16, default 1\n"},
    {BROKER COMPANY "io_threads = 4294967297;",
     "x.conf:5: io_threads: 4294967297 is out of range: at most 2147483647 is ..."},
    {BROKER COMPANY "journal = { map_mb = 1.5; };",
     "x.conf:5: journal.map_mb: is a fraction; right is: number of MiB, 1 to ..."},
    {BROKER COMPANY "journal = 5;", "x.conf:5: journal: is a whole number; right is a group: { ... }\n"},
    {BROKER COMPANY "adapters = { name = \"a\"; };",
     "x.conf:5: adapters: is a group { ... }; right is a list: ( { ... }, ..."},
    {BROKER COMPANY "adapters = ( 7 );", "x.conf:5: adapters.1: is a whole number; right is a group: ..."},
    {BROKER COMPANY "listen_beyond_loopback = 1;",
     "x.conf:5: listen_beyond_loopback: is a whole number; right is: true or ..."},
    {BROKER COMPANY "metrics = { listen = \"0.0.0.0:9570\"; };",
     "x.conf:5: metrics.listen: is not loopback: bind 127.0.0.1, or say metrics.listen_beyond_loopback = true\n"},
    {BROKER COMPANY "metrics = { listen = \"[::]:9570\"; };", "x.conf:5: metrics.listen: is not loopback: ..."},
    {BROKER COMPANY "metrics = { listen = \"127.0.0.1\"; };", "x.conf:5: metrics.listen: is no address: ..."},
    {BROKER COMPANY "metrics = { listen = \"127.0.0.1:0\"; };", "x.conf:5: metrics.listen: is no address: ..."},
    {BROKER COMPANY "metrics = { listen = \"tcp://127.0.0.1:9570\"; };",
     "x.conf:5: metrics.listen: is no address: ..."},
    {BROKER COMPANY "metrics = { listen = \"example.com:9570\"; listen_beyond_loopback = true; };",
     "x.conf:5: metrics.listen: is no address: ..."},
    {BROKER COMPANY "log_level = \"loud\";",
     "x.conf:5: log_level: is \"loud\"; right is: debug, info, warn or error, default info\n"},
    {BROKER COMPANY "labels = \"a\";", "x.conf:5: labels: is a text; right is: list of names, default none\n"},
    {BROKER COMPANY "labels = [1];", "x.conf:5: labels: holds a whole number; right is: list of names, default none\n"},
    {BROKER COMPANY "labels = [\"A\"];", "x.conf:5: labels: \"A\" is no name: 1 to 32 of a-z, 0-9 and -\n"},
    {BROKER COMPANY "labels = [\"a\", \"a\"];", "x.conf:5: labels: names \"a\" twice\n"},
    {BROKER LAST "sites = ({ name = \"s\"; zone = \"UTC\"; title = \"a\\nb\"; });" DEPARTMENTS(""),
     "x.conf:3: sites.s.title: holds a control character, or is not UTF-8\n"},
    {BROKER LAST "sites = ({ name = \"s\"; zone = \"UTC\"; title = \"\xc0\xaf\"; });" DEPARTMENTS(""),
     "x.conf:3: sites.s.title: holds a control character, or is not UTF-8\n"},
    /* the broker */
    {BROKER COMPANY "listen = \"tcp://0.0.0.0:5570\";", "x.conf:5: listen: is not loopback: ..."},
    {BROKER COMPANY "listen = \"tcp://*:5570\";", "x.conf:5: listen: is not loopback: ..."},
    {BROKER COMPANY "listen = \"tcp://127.example.org:5570\";", "x.conf:5: listen: is not loopback: ..."},
    {BROKER COMPANY "listen = \"tcp://[2001:db8::1]:5570\";", "x.conf:5: listen: is not loopback: ..."},
    {BROKER COMPANY "listen = \"tcp://127.0.0.1\";", "x.conf:5: listen: is no endpoint: ..."},
    {BROKER COMPANY "listen = \"tcp://127.0.0.1:65536\";", "x.conf:5: listen: is no endpoint: ..."},
    {BROKER COMPANY "listen = \"udp://127.0.0.1:1\";", "x.conf:5: listen: is no endpoint: ..."},
    {BROKER COMPANY "sources = { idempotency_hours = 167; };",
     "x.conf:5: sources.idempotency_hours: is shorter than longest_spool_hours: ..."},
    {BROKER COMPANY "sources = { longest_spool_hours = 337; };",
     "x.conf:5: sources: is shorter than longest_spool_hours: ..."},
    {COMPANY
     "secret_key_file = \"keys/broker.secret\"; data_dir = \"d\"; control_dir = \"/" TEN TEN TEN TEN TEN TEN TEN TEN TEN
     "1234567\";",
     "x.conf:4: control_dir: /" TEN TEN TEN TEN TEN TEN TEN TEN TEN
     "1234567 has 98 bytes, too long for the path of a socket: ..."},
    /* sites and domains */
    {BROKER LAST "sites = ({ name = \"s\"; zone = \"../zoneinfo/UTC\"; });" DEPARTMENTS(""),
     "x.conf:3: sites.s.zone: \"../zoneinfo/UTC\" is no name of a time zone, such as \"Europe/London\"\n"},
    {BROKER LAST "sites = ({ name = \"s\"; zone = \"/UTC\"; });" DEPARTMENTS(""),
     "x.conf:3: sites.s.zone: \"/UTC\" is no name ..."},
    {BROKER LAST "sites = ({ name = \"s\"; zone = \"Europe\"; });" DEPARTMENTS(""),
     "x.conf:3: sites.s.zone: \"Europe\" is not a time ..."},
    {BROKER LAST "sites = ({ name = \"s\"; zone = \"Europe/Lundon\"; });" DEPARTMENTS(""),
     "x.conf:3: sites.s.zone: \"Europe/Lundon\" is not a time zone of this system, such as \"Europe/London\"\n"},
    {BROKER LAST "sites = ({ name = \"s\"; zone = \"UTC\"; },\n{ name = \"s\"; zone = \"UTC\"; });" DEPARTMENTS(""),
     "x.conf:4: sites.s.name: is taken: the same name stands at x.conf:3\n"},
    {BROKER COMPANY "domains = ({ name = \"p\"; normal = \"phone\"; country = \"0044\"; });",
     "x.conf:5: domains.p.country: \"0044\" is no calling code: ..."},
    {BROKER COMPANY "domains = ({ name = \"p\"; normal = \"phone\"; country = \"4x\"; });",
     "x.conf:5: domains.p.country: \"4x\" is no calling code: ..."},
    {BROKER COMPANY "domains = ({ name = \"p\"; country = \"44\"; });",
     "x.conf:5: domains.p.country: goes only with normal = ..."},
    {BROKER COMPANY "domains = ({ name = \"p\"; strong = true;\nshared = true; });",
     "x.conf:6: domains.p.shared: strong is set as well: ..."},
    {BROKER COMPANY "domains = ({ name = \"p\"; }, { name = \"p\"; });", "x.conf:5: domains.p.name: is taken: ..."},
    /* departments */
    {BROKER "last_owner = \"nobody\";" SITE DEPARTMENTS(""),
     "x.conf:2: last_owner: no department is called \"nobody\"\n"},
    {BROKER "last_owner = \"web\";" SITE DEPARTMENTS(
         ", { name = \"web\"; site = \"s\"; unattended = true; fallback = \"care\"; }"),
     "x.conf:2: last_owner: \"web\" is unattended: ..."},
    {BROKER LAST SITE DEPARTMENTS(",\n{ name = \"care\"; site = \"s\"; }"),
     "x.conf:5: departments.care.name: is taken: the same name stands at x.conf:4\n"},
    {BROKER LAST SITE DEPARTMENTS(", { name = \"b\"; site = \"t\"; }"),
     "x.conf:4: departments.b.site: no site is called \"t\"\n"},
    {BROKER LAST SITE DEPARTMENTS(", { name = \"b\"; site = \"s\"; topics = [\"a\", \"b\", \"a\"]; }"),
     "x.conf:4: departments.b.topics: names \"a\" twice\n"},
    {BROKER LAST SITE DEPARTMENTS(", { name = \"b\"; site = \"s\"; topics = [\"a..b\"]; }"),
     "x.conf:4: departments.b.topics: \"a..b\" is no topic: ..."},
    {BROKER LAST SITE DEPARTMENTS(", { name = \"b\"; site = \"s\"; unattended = true; }"),
     "x.conf:4: departments.b.fallback: is missing: ..."},
    {BROKER LAST SITE DEPARTMENTS(
         ", { name = \"b\"; site = \"s\"; unattended = true; fallback = \"care\"; topics = [\"move\"]; }"),
     "x.conf:4: departments.b.topics: an unattended department handles nothing: ..."},
    {BROKER LAST SITE DEPARTMENTS(", { name = \"b\"; site = \"s\"; fallback = \"none\"; }"),
     "x.conf:4: departments.b.fallback: no department is called \"none\"\n"},
    {BROKER LAST SITE DEPARTMENTS(", { name = \"b\"; site = \"s\"; fallback = \"b\"; }"),
     "x.conf:4: departments.b.fallback: is the department itself\n"},
    {BROKER LAST SITE DEPARTMENTS(
         ", { name = \"b\"; site = \"s\"; unattended = true; fallback = \"c\"; }, { name = \"c\"; site = \"s\"; }"),
     "x.conf:4: departments.b.fallback: \"c\" could refuse: it needs must_take = true\n"},
    {BROKER LAST SITE DEPARTMENTS(", { name = \"b\"; site = \"s\"; fallback = \"c\"; }"
                                  ",\n{ name = \"c\"; site = \"s\"; fallback = \"b\"; }"),
     "x.conf:4: departments.b.fallback: nobody must_take what is passed on in a circle: b -> c -> b\n"},
    {BROKER LAST SITE DEPARTMENTS(", { name = \"b\"; site = \"s\"; fallback = \"c\"; }"
                                  ",\n{ name = \"c\"; site = \"s\"; fallback = \"d\"; }"
                                  ",\n{ name = \"d\"; site = \"s\"; fallback = \"c\"; }"),
     "x.conf:5: departments.c.fallback: nobody must_take what is passed on in a circle: c -> d -> c\n"},
    {ONE_MORE("unattended = true; fallback = \"care\"; must_take = true;"),
     "x.conf:5: departments.b.must_take: an unattended department cannot take anything\n"},
    {ONE_MORE("escalates_to = \"b\";"), "x.conf:5: departments.b.escalates_to: escalation goes in a circle: b -> b\n"},
    {ONE_MORE("external = true; break_glass = true;"),
     "x.conf:5: departments.b.break_glass: an external department reads what its labels allow and no more\n"},
    {ONE_MORE("reads = [\"contract\"];"), "x.conf:5: departments.b.reads: \"contract\" is not among the labels\n"},
    {BROKER LAST "labels = [\"contract\"];" SITE DEPARTMENTS(
         ", { name = \"b\"; site = \"s\"; reads = [\"contract\",\n\"payment\"]; }"),
     "x.conf:5: departments.b.reads: \"payment\" is not among the labels\n"},
    /* hours */
    {ONE_MORE("hours = \"mon 09:00-17:00\";"),
     "x.conf:5: departments.b.hours: is a text; right is: list of hours, default none\n"},
    {HOURS("9"), "x.conf:5: departments.b.hours: holds a whole number; right is: list of hours, default none\n"},
    {HOURS("\"mun 09:00-17:00\""), "x.conf:5: departments.b.hours: \"mun 09:00-17:00\": begins with no days: ..."},
    {HOURS("\"mon-fry 09:00-17:00\""),
     "x.conf:5: departments.b.hours: \"mon-fry 09:00-17:00\": begins with no days: ..."},
    {HOURS("\"Mon 09:00-17:00\""), "x.conf:5: departments.b.hours: \"Mon 09:00-17:00\": begins with no days: ..."},
    {HOURS("\"\""), "x.conf:5: departments.b.hours: \"\": begins with no days: ..."},
    {HOURS("\"mon\""), "x.conf:5: departments.b.hours: \"mon\": begins with no days: ..."},
    {HOURS("\"mon \""), "x.conf:5: departments.b.hours: \"mon \": \"\" is no time of day: 00:00 to 24:00\n"},
    {HOURS("\"mon 09:00-25:00\""),
     "x.conf:5: departments.b.hours: \"mon 09:00-25:00\": \"25:00\" is no time of day: 00:00 to 24:00\n"},
    {HOURS("\"mon 09:00-24:01\""), "x.conf:5: departments.b.hours: \"mon 09:00-24:01\": \"24:01\" is no time of ..."},
    {HOURS("\"mon 09:60-17:00\""), "x.conf:5: departments.b.hours: \"mon 09:60-17:00\": \"09:60\" is no time of ..."},
    {HOURS("\"mon 9:00-17:00\""), "x.conf:5: departments.b.hours: \"mon 9:00-17:00\": \"9:00\" is no time of ..."},
    {HOURS("\"mon 09:00\""),
     "x.conf:5: departments.b.hours: \"mon 09:00\": wants a time to end after \"09:00\", as in 09:00-17:00\n"},
    {HOURS("\"mon 24:00-08:00\""),
     "x.conf:5: departments.b.hours: \"mon 24:00-08:00\": \"24:00-08:00\" begins where the day ends: ..."},
    {HOURS("\"mon 09:00-09:00\""),
     "x.conf:5: departments.b.hours: \"mon 09:00-09:00\": \"09:00-09:00\" has no length: ..."},
    {HOURS("\"mon 09:00-12:00, 13:00-17:00\""),
     "x.conf:5: departments.b.hours: \"mon 09:00-12:00, 13:00-17:00\": \", 13:00-17:00\" is too much: ..."},
    {HOURS("\"mon 09:00-12:00 11:00-17:00\""),
     "x.conf:5: departments.b.hours: \"mon 09:00-12:00 11:00-17:00\" overlaps itself\n"},
    {HOURS("\"mon-fri 09:00-17:00\",\n\"fri 16:59-18:00\""),
     "x.conf:6: departments.b.hours: \"fri 16:59-18:00\" overlaps \"mon-fri 09:00-17:00\"\n"},
    {HOURS("\"sun 22:00-04:00\",\n\"mon 03:00-05:00\""),
     "x.conf:6: departments.b.hours: \"mon 03:00-05:00\" overlaps \"sun 22:00-04:00\"\n"},
    {HOURS("\"mon 09:00-10:00\",\n\"mon 09:00-10:00\""),
     "x.conf:5: departments.b.hours: \"mon 09:00-10:00\" overlaps \"mon 09:00-10:00\"\n"},
    /* holidays */
    {HOLIDAYS("\"2026-02-29\""), "x.conf:3: sites.s.holidays: \"2026-02-29\" is no day: ..."},
    {HOLIDAYS("\"2026-13-01\""), "x.conf:3: sites.s.holidays: \"2026-13-01\" is no day: ..."},
    {HOLIDAYS("\"2026-12-00\""), "x.conf:3: sites.s.holidays: \"2026-12-00\" is no day: ..."},
    {HOLIDAYS("\"26-12-25\""), "x.conf:3: sites.s.holidays: \"26-12-25\" is no day: ..."},
    {HOLIDAYS("\"2026-12-25 Christmas\""), "x.conf:3: sites.s.holidays: \"2026-12-25 Christmas\" is no day: ..."},
    {HOLIDAYS("20261225"), "x.conf:3: sites.s.holidays: holds a whole number; right is: list of dates, default none\n"},
    {HOLIDAYS("\"2026-12-25\", \"2026-12-26\", \"2026-12-25\""),
     "x.conf:3: sites.s.holidays: names \"2026-12-25\" twice\n"},
    /* between two */
    {BROKER COMPANY "olas = ({ from = \"gone\"; minutes = 5; });",
     "x.conf:5: olas.1.from: no department is called \"gone\"\n"},
    {BROKER COMPANY "olas = ({ to = \"gone\"; minutes = 5; });",
     "x.conf:5: olas.1.to: no department is called \"gone\"\n"},
    {BROKER COMPANY "olas = ({ to = \"care\"; minutes = 5; },\n{ to = \"care\"; minutes = 6; });",
     "x.conf:6: olas.2: a time for this pair stands at x.conf:5 already\n"},
    {BROKER COMPANY "olas = ({ minutes = 5; });",
     "x.conf:5: olas.1: names neither from nor to: the time for everybody is cases.ola_minutes\n"},
    {BROKER COMPANY "olas = ({ from = \"care\"; to = \"care\"; minutes = 5; });",
     "x.conf:5: olas.1: \"care\" offers nothing to itself\n"},
    {BROKER COMPANY "olas = ({ to = \"care\"; });",
     "x.conf:5: olas.1.minutes: is missing; right is: number of minutes, 1 to 525600, required\n"},
    {BROKER COMPANY "olas = ({ to = \"care\"; minutes = 0; });",
     "x.conf:5: olas.1.minutes: is 0; right is: number of minutes, 1 to 525600, required\n"},
    {BROKER COMPANY "olas = (5);", "x.conf:5: olas.1: is a whole number; right is a group: { from = ...; }\n"},
    {BROKER COMPANY "contradictions = ({ one = \"stop\"; other = \"stop\"; });",
     "x.conf:5: contradictions.1.other: \"stop\" by two departments is a conflict in any case: ..."},
    {BROKER COMPANY "contradictions = ({ one = \"go\"; other = \"stop\"; },\n{ one = \"stop\"; other = \"go\"; });",
     "x.conf:6: contradictions.2: this pair stands at x.conf:5 already\n"},
    {BROKER COMPANY "contradictions = ({ one = \"stop\"; other = \"go\"; },\n{ one = \"go\"; other = \"stop\"; });",
     "x.conf:6: contradictions.2: this pair stands at x.conf:5 already\n"},
    {BROKER COMPANY "contradictions = ({ one = \"go\"; });",
     "x.conf:5: contradictions.1.other: is missing; right is: action, required\n"},
    {BROKER COMPANY "contradictions = ({ one = \"go now\"; other = \"stop\"; });",
     "x.conf:5: contradictions.1.one: \"go now\" is no action: ..."},
    {BROKER COMPANY "labels = [\"a\"]; default_labels = ({ kind = \"NoteAded\"; label = \"a\"; });",
     "x.conf:5: default_labels.1.kind: \"NoteAded\" is no kind of event; did you mean \"NoteAdded\"?\n"},
    {BROKER COMPANY "labels = [\"a\"]; default_labels = ({ kind = \"NoteAdded\"; label = \"b\"; });",
     "x.conf:5: default_labels.1.label: \"b\" is not among the labels\n"},
    {BROKER COMPANY "labels = [\"a\", \"b\"]; default_labels = ({ kind = \"NoteAdded\"; label = \"b\"; },\n"
                    "{ kind = \"NoteAdded\"; label = \"a\"; });",
     "x.conf:6: default_labels.2: a label for this kind stands at x.conf:5 already\n"},
    {BROKER COMPANY "forbidden_events = \"all\";",
     "x.conf:5: forbidden_events: is \"all\"; right is: stub or nothing, default stub\n"},
    /* cases */
    {BROKER COMPANY "cases = { at_risk_minutes = 240; };",
     "x.conf:5: cases.at_risk_minutes: is not less than callback_minutes: ..."},
    {BROKER COMPANY "cases = { at_risk_minutes = 10;\ncallback_minutes = 10; };",
     "x.conf:6: cases.callback_minutes: is not more than at_risk_minutes: ..."},
    {BROKER COMPANY "cases = { raise_minutes = 0; };",
     "x.conf:5: cases.raise_minutes: is 0; right is: number of minutes, 1 to 525600, default 240\n"},
    {BROKER COMPANY "cases = { question_minutes = 0; };", "x.conf:5: cases.question_minutes: is 0; right is: ..."},
    {BROKER COMPANY "cases = { work_lease_minutes = 0; };", "x.conf:5: cases.work_lease_minutes: is 0; right is: ..."},
    {BROKER COMPANY "cases = { remind_hours = 0; };", "x.conf:5: cases.remind_hours: is 0; right is: ..."},
    {BROKER COMPANY "cases = { repeats = 1001; };", "x.conf:5: cases.repeats: is 1001; right is: ..."},
    {BROKER COMPANY "cases = { bounces = -1; };", "x.conf:5: cases.bounces: is -1; right is: ..."},
    {BROKER COMPANY "cases = { handoffs = -1; };", "x.conf:5: cases.handoffs: is -1; right is: ..."},
    {BROKER COMPANY "cases = { feedback_threshold = 11; };",
     "x.conf:5: cases.feedback_threshold: is 11; right is: number of points, 0 to 10, default 3\n"},
    {BROKER COMPANY "cases = { idle_hours = -1; };", "x.conf:5: cases.idle_hours: is -1; right is: ..."},
    {BROKER COMPANY "cases = { glass_minutes = 10081; };", "x.conf:5: cases.glass_minutes: is 10081; right is: ..."},
    {BROKER COMPANY "cases = { max_gap_hours = 0; };", "x.conf:5: cases.max_gap_hours: is 0; right is: ..."},
    {BROKER COMPANY "cases = { pending_customer_stops = [\"offers\"]; };",
     "x.conf:5: cases.pending_customer_stops: holds \"offers\"; right is: list of promises, questions or "
     "customer-deadline, default customer-deadline\n"},
    {BROKER COMPANY "cases = { pending_vendor_stops = [\"promises\", \"promises\"]; };",
     "x.conf:5: cases.pending_vendor_stops: names \"promises\" twice\n"},
    {BROKER COMPANY "cases = { pending_other_stops = \"promises\"; };",
     "x.conf:5: cases.pending_other_stops: is a text; right is: list of promises, questions or customer-deadline, "
     "default none\n"},
    {BROKER LAST SITE DEPARTMENTS(", { name = \"b\"; site = \"s\"; fallback = \"c\"; }, { name = \"c\"; site = \"s\"; "
                                  "unattended = true; fallback = \"care\"; }"),
     "x.conf:4: departments.b.fallback: \"c\" is unattended itself: ..."},
    {BROKER LAST SITE DEPARTMENTS(", { name = \"b\"; site = \"s\"; escalates_to = \"none\"; }"),
     "x.conf:4: departments.b.escalates_to: no department is called \"none\"\n"},
    {BROKER LAST SITE DEPARTMENTS(", { name = \"b\"; site = \"s\"; escalates_to = \"c\"; }"
                                  ", { name = \"c\"; site = \"s\"; escalates_to = \"d\"; }"
                                  ", { name = \"d\"; site = \"s\"; escalates_to = \"c\"; }"),
     "x.conf:4: departments.c.escalates_to: escalation goes in a circle: c -> d -> c\n"},
    {BROKER LAST SITE DEPARTMENTS(
         ", { name = \"b\"; site = \"s\"; escalates_to = \"c\"; }, { name = \"c\"; site = \"s\"; "
         "unattended = true; fallback = \"care\"; }"),
     "x.conf:4: departments.b.escalates_to: \"c\" is unattended: nobody there could act\n"},
    {BROKER COMPANY "topics = [\"general.x\",\n \"move\"];",
     "x.conf:6: topics: nobody handles \"move\": add it, or a prefix of it, to an attended department's topics\n"},
    {BROKER COMPANY "topics = [\"generally\"];", "x.conf:5: topics: nobody handles \"generally\": ..."},
    /* adapters */
    {BROKER COMPANY "adapters = ({ name = \"a\"; department = \"care\"; });",
     "x.conf:5: adapters.a.key: is missing: key or key_file is required\n"},
    {BROKER COMPANY "adapters = ({ name = \"a\"; department = \"gone\"; key_file = \"keys/one.pub\"; });",
     "x.conf:5: adapters.a.department: no department is called \"gone\"\n"},
    {BROKER COMPANY "adapters = ({ name = \"a\"; department = \"care\"; key_file = \"keys/none.pub\"; });",
     "x.conf:5: adapters.a.key_file: keys/none.pub does not exist: ..."},
    {BROKER COMPANY "adapters = ({ name = \"a\"; department = \"care\"; key_file = \"keys\"; });",
     "x.conf:5: adapters.a.key_file: keys is not a regular file\n"},
    {BROKER COMPANY "adapters = ({ name = \"a\"; department = \"care\"; key = \"short\"; });",
     "x.conf:5: adapters.a.key: is no public key: ..."},
    {BROKER COMPANY
     "adapters = ({ name = \"a\"; department = \"care\"; key = \"0000000000000000000000000000000000000000\"; });",
     "x.conf:5: adapters.a.key: is no public key: ..."},
    {BROKER COMPANY "adapters = ({ name = \"b\"; department = \"care\"; key_file = \"keys/one.pub\"; },\n"
                    "{ name = \"a\"; department = \"care\"; key_file = \"keys/one.pub\"; });",
     "x.conf:6: adapters.a.key_file: is the key of adapter \"b\" as well: each needs its own\n"},
    {BROKER COMPANY "adapters = ({ name = \"a\"; department = \"care\"; key_file = \"keys/one.pub\"; },\n"
                    "{ name = \"a\"; department = \"care\"; key_file = \"keys/two.pub\"; });",
     "x.conf:6: adapters.a.name: is taken: the same name stands at x.conf:5\n"},
    {BROKER COMPANY
     "adapters = ({ name = \"a\"; department = \"care\"; key_file = \"keys/one.pub\"; acts_for = \"*\"; });",
     "x.conf:5: adapters.a.acts_for: \"*\" is only for backfill = true: ..."},
    {BROKER COMPANY "adapters = ({ name = \"a\"; department = \"care\"; key_file = \"keys/one.pub\"; acts_for = "
                    "[\"care\",\n\"gone\"]; });",
     "x.conf:6: adapters.a.acts_for: no department is called \"gone\"\n"},
    {BROKER COMPANY
     "adapters = ({ name = \"a\"; department = \"care\"; key_file = \"keys/one.pub\"; topics = [\"move\"]; });",
     "x.conf:5: adapters.a.topics: nobody handles \"move\", ..."},
    {BROKER COMPANY
     "adapters = ({ name = \"a\"; department = \"care\"; key_file = \"keys/one.pub\"; kinds = [\"NoteAded\"]; });",
     "x.conf:5: adapters.a.kinds: \"NoteAded\" is no kind of event; did you mean \"NoteAdded\"?\n"},
    {BROKER COMPANY "adapters = ({ name = \"a\"; department = \"care\"; key_file = \"keys/one.pub\"; key = \"x\"; });",
     "x.conf:5: adapters.a.key: is no public key: ..."},
    /* the files themselves */
    {BROKER COMPANY "a = ;", "x.conf:5: syntax error\n"},
    {BROKER COMPANY "/* no end", "x.conf:5: the comment that begins here does not end: */ is missing\n"},
    {BROKER COMPANY "labels = [\"no end];",
     "x.conf:5: labels: the text that begins here does not end: \" is missing\n"},
    {BROKER COMPANY "@include \"keys\"", "x.conf:5: @include: ..."},
    {BROKER COMPANY "@include \"none.conf\"", "x.conf:5: @include: ..."},
    {BROKER COMPANY "@include \"x.conf\"", "x.conf:5: @include: ..."},
    {BROKER COMPANY "@include \"no end", "x.conf:5: @include: needs a plain file name: ..."},
};

static bool matches(const char *errors, const char *expected) {
  size_t n = strlen(expected);
  if (n > 3 && strcmp(expected + n - 3, "...") == 0)
    return strncmp(errors, expected, n - 3) == 0;
  return strcmp(errors, expected) == 0;
}

static void test_refusals(void **state) {
  struct folder *f = *state;
  int failures = 0;
  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
    struct bt_config *c = NULL;
    char *errors;
    put_file(f, "x.conf", refusals[i].text, 0644);
    int rc = load(f, "x.conf", &c, &errors);
    if (rc != -BT_USAGE || c || !matches(errors, refusals[i].expected)) {
      print_error("row %zu: %s\nexpected: %s\ngot %d: %s", i, refusals[i].text, refusals[i].expected, rc, errors);
      failures++;
    }
    free(errors);
    bt_config_free(c);
  }
  assert_int_equal(failures, 0);
}

/* All that is wrong is said at once, in the order of the lines, and an included file is named with its folder. */
static void test_all_problems(void **state) {
  struct folder *f = *state;
  put_file(f, "broker.conf", BROKER "io_threads = 99;\n@include \"d.conf\"\nlog_level = 1;\n", 0644);
  put_file(f, "d.conf",
           LAST "adapters = ({ name = \"z\"; department = \"q\"; key_file = \"keys/one.pub\"; });\n" SITE DEPARTMENTS(
               ",\n7"),
           0644);
  struct bt_config *c = NULL;
  char *errors;
  assert_int_equal(load(f, "broker.conf", &c, &errors), -BT_USAGE);
  assert_string_equal(
      errors, "broker.conf:2: io_threads: is 99; right is: number, 1 to 16, default 1\n"
              "broker.conf:4: log_level: is a whole number; right is: debug, info, warn or error, default info\n"
              "d.conf:2: adapters.z.department: no department is called \"q\"\n"
              "d.conf:5: departments.2: is a whole number; right is a group: { name = ...; }\n");
  free(errors);
  put_file(f, "d.conf", "a = 1;\nb = ;\n", 0644);
  assert_int_equal(load(f, "broker.conf", &c, &errors), -BT_USAGE);
  assert_string_equal(errors, "d.conf:2: syntax error\n");
  free(errors);
}

static void test_no_file(void **state) {
  struct folder *f = *state;
  struct bt_config *c = NULL;
  char *errors;
  assert_int_equal(load(f, "none.conf", &c, &errors), -BT_USAGE);
  assert_non_null(strstr(errors, "none.conf:1: "));
  free(errors);
  assert_int_equal(load(f, "keys", &c, &errors), -BT_USAGE);
  free(errors);
  put_bytes(f, "zero.conf", BROKER COMPANY "a = \"\0\";", sizeof(BROKER COMPANY "a = \"\0\";") - 1, 0644);
  assert_int_equal(load(f, "zero.conf", &c, &errors), -BT_USAGE);
  assert_string_equal(errors, "zero.conf:1: holds a zero byte: not a text file\n");
  free(errors);
  assert_null(c);
}

/* Every bit of the mode that lets somebody else in, one by one. */
static void test_key_modes(void **state) {
  struct folder *f = *state;
  struct bt_config *c = NULL;
  char *errors;
  put_file(f, "x.conf",
           BROKER COMPANY "adapters = ({ name = \"a\"; department = \"care\"; key_file = \"keys/one.pub\"; });", 0644);
  for (mode_t bit = 01; bit <= 040; bit <<= 1) {
    put_key(f, "keys/broker.secret", 1, 0600 | bit);
    assert_int_equal(load(f, "x.conf", &c, &errors), -BT_USAGE);
    assert_non_null(strstr(errors, "x.conf:1: secret_key_file: "));
    assert_non_null(strstr(errors, "chmod 600"));
    free(errors);
  }
  put_key(f, "keys/broker.secret", 1, 0400);
  put_key(f, "keys/one.pub", 2, 0444);
  bt_config_free(load_good(f, "x.conf"));
  put_key(f, "keys/one.pub", 2, 0664);
  assert_int_equal(load(f, "x.conf", &c, &errors), -BT_USAGE);
  assert_string_equal(
      errors, "x.conf:5: adapters.a.key_file: keys/one.pub has mode 0664, which lets group or others change who "
              "is let in: chmod 644\n");
  free(errors);
  put_key(f, "keys/one.pub", 2, 0644);
  put_file(f, "keys/broker.secret", "not a key\n", 0600);
  assert_int_equal(load(f, "x.conf", &c, &errors), -BT_USAGE);
  assert_non_null(strstr(errors, "does not hold a key"));
  assert_null(strstr(errors, "not a key\n")); /* what is in a secret's file is not shown */
  free(errors);
}

/* ---- What is read ---- */

/* The test case of ZeroMQ RFC 32 gives 8 bytes; four of it make a key. */
static void test_z85(void **state) {
  (void)state;
  static const uint8_t eight[8] = {0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B};
  uint8_t key[32], back[32];
  char text[BT_CURVE_TEXT + 1];
  for (size_t i = 0; i < sizeof key; i++)
    key[i] = eight[i % 8];
  bt_curve_encode(key, text);
  assert_string_equal(text, "HelloWorldHelloWorldHelloWorldHelloWorld");
  assert_int_equal(bt_curve_decode(bt_str(text), back), 0);
  assert_memory_equal(key, back, sizeof key);
  text[3] = '"';
  assert_int_equal(bt_curve_decode(bt_str(text), back), -BT_INVALID);
  memset(text, '#', BT_CURVE_TEXT); /* five times 84 is more than 32 bits */
  assert_int_equal(bt_curve_decode(bt_str(text), back), -BT_INVALID);
}

static void test_loopback(void **state) {
  struct folder *f = *state;
  static const char *const good[] = {"tcp://127.0.0.1:1", "tcp://127.9.9.9:65535", "tcp://[::1]:5570",
                                     "tcp://localhost:5570", NULL};
  char text[1024];
  for (int i = 0; good[i]; i++) {
    snprintf(text, sizeof text, BROKER COMPANY "listen = \"%s\";", good[i]);
    put_file(f, "x.conf", text, 0644);
    struct bt_config *c = load_good(f, "x.conf");
    assert_string_equal(c->settings.listen, good[i]);
    bt_config_free(c);
  }
  put_file(f, "x.conf", BROKER COMPANY "listen = \"tcp://*:5570\"; listen_beyond_loopback = true;", 0644);
  bt_config_free(load_good(f, "x.conf"));
}

static void test_metrics_address(void **state) {
  struct folder *f = *state;
  static const char *const good[] = {
      "",
      "metrics = { listen = \"\"; };",
      "metrics = { listen = \"localhost:1\"; };",
      "metrics = { listen = \"[::1]:65535\"; };",
      "metrics = { listen = \"127.1.2.3:9570\"; };",
      "metrics = { listen = \"0.0.0.0:9570\"; listen_beyond_loopback = true; };",
      "metrics = { listen = \"[fe80::1]:9570\"; listen_beyond_loopback = true; };",
  };
  char text[1024];
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    snprintf(text, sizeof text, BROKER COMPANY "%s", good[i]);
    put_file(f, "x.conf", text, 0644);
    struct bt_config *c = load_good(f, "x.conf");
    if (i < 2)
      assert_string_equal(c->settings.metrics_listen, i ? "" : "127.0.0.1:9570");
    bt_config_free(c);
  }
}

static void test_defaults(void **state) {
  struct folder *f = *state;
  put_file(f, "x.conf", BROKER COMPANY, 0644);
  struct bt_config *c = load_good(f, "x.conf");
  const struct bt_settings *s = &c->settings;
  assert_string_equal(s->listen, "tcp://127.0.0.1:5570");
  assert_int_equal(s->journal_map_bytes, INT64_C(1) << 30);
  assert_int_equal(s->record_map_bytes, INT64_C(1) << 30);
  assert_int_equal(s->checkpoint_events, 8192);
  assert_int_equal(s->checkpoint_ms, 1000);
  assert_int_equal(s->log_level, 1);
  assert_int_equal(c->rules.ola_us, 4 * 3600 * BT_SECOND_US);
  assert_int_equal(c->rules.idempotency_us, 14 * 24 * 3600 * BT_SECOND_US);
  assert_int_equal(s->longest_spool_us, 7 * 24 * 3600 * BT_SECOND_US);
  assert_int_equal(c->rules.max_attempts, 16);
  assert_int_equal(c->rules.callback_us, 4 * 3600 * BT_SECOND_US);
  assert_int_equal(c->rules.pending_stops[BT_PENDING_CUSTOMER], 1 << BT_TIMER_CUSTOMER_DEADLINE);
  assert_int_equal(c->rules.pending_stops[BT_PENDING_VENDOR], 0);
  assert_int_equal(c->rules.pending_stops[BT_PENDING_OTHER], 0);
  assert_int_equal(c->rules.forbidden, BT_FORBIDDEN_STUB);
  assert_false(c->rules.departments.v[0].calendar.limited);
  assert_int_equal(c->rules.adapters.n, 0);
  char path[160];
  assert_string_equal(s->data_dir, in_folder(f, "data", path, sizeof path));
  assert_string_equal(s->secret_key_file, in_folder(f, "keys/broker.secret", path, sizeof path));
  bt_config_free(c);
}

/* Whatever the order in the file, sorted by name; the home is one of those an adapter acts for. */
static void test_sorted(void **state) {
  struct folder *f = *state;
  put_file(f, "x.conf",
           BROKER LAST SITE DEPARTMENTS(
               ", { name = \"b\"; site = \"s\"; topics = [\"z\", \"a.b\", \"a\"]; }, { name = \"a\"; site "
               "= \"s\"; }") "adapters = ({ name = \"y\"; department = \"b\"; key_file = \"keys/one.pub\"; "
                             "acts_for = [\"care\", \"a\"]; "
                             "kinds = [\"NoteAdded\", \"CaseOpened\"]; },"
                             "{ name = \"x\"; department = \"a\"; key_file = \"keys/two.pub\"; acts_for = "
                             "\"*\"; backfill = true; topics = [\"a\"]; });",
           0644);
  struct bt_config *c = load_good(f, "x.conf");
  const struct bt_rules *r = &c->rules;
  assert_int_equal(r->departments.n, 3);
  assert_string_equal(r->departments.v[0].name.p, "a");
  assert_string_equal(r->departments.v[1].name.p, "b");
  assert_string_equal(r->departments.v[2].name.p, "care");
  assert_string_equal(r->departments.v[1].topics.v[0].p, "a");
  assert_string_equal(r->departments.v[1].topics.v[1].p, "a.b");
  assert_string_equal(r->departments.v[1].topics.v[2].p, "z");
  assert_true(r->departments.v[2].must_take);
  const struct bt_adapter *x = bt_rules_adapter(r, BT_LIT("x")), *y = bt_rules_adapter(r, BT_LIT("y"));
  assert_ptr_equal(x, &r->adapters.v[0]);
  assert_true(x->acts_for_all && x->backfill);
  assert_int_equal(y->acts_for.n, 3);
  assert_string_equal(y->acts_for.v[0].p, "a");
  assert_string_equal(y->acts_for.v[1].p, "b");
  assert_string_equal(y->acts_for.v[2].p, "care");
  assert_int_equal(y->kinds.n, 2);
  assert_int_equal(y->kinds.v[0], BT_CASE_OPENED);
  assert_int_equal(y->kinds.v[1], BT_NOTE_ADDED);
  assert_int_equal(y->key[0], 2);
  assert_ptr_equal(bt_rules_adapter_by_key(r, x->key), x);
  bt_config_free(c);
}

#define AGREED                                                                                                         \
  BROKER LAST                                                                                                          \
      "labels = [\"contract\", \"payment\"]; forbidden_events = \"nothing\";\n"                                        \
      "sites = ({ name = \"s\"; zone = \"Europe/London\"; holidays = [\"2026-12-25\", \"2026-06-02\"]; "               \
      "});\n" DEPARTMENTS(                                                                                             \
          ", { name = \"b\"; site = \"s\"; reads = [\"payment\", \"contract\"]; break_glass = true;"                   \
          "    hours = [\"tue 09:00-12:30 13:30-17:00\", \"mon 22:00-04:00\"]; }") "domains = ({ name = \"crm\"; "     \
                                                                                   "strong = true; }, { name = "       \
                                                                                   "\"desk\"; shared = true; });\n"    \
                                                                                   "olas = ({ to = \"b\"; minutes = "  \
                                                                                   "7; }, { from = \"care\"; to = "    \
                                                                                   "\"b\"; minutes = 5; }, { from = "  \
                                                                                   "\"b\"; minutes = "                 \
                                                                                   "9; });\n"                          \
                                                                                   "contradictions = ({ one = "        \
                                                                                   "\"stop\"; other = \"go\"; }, { "   \
                                                                                   "one = \"close\"; other = "         \
                                                                                   "\"open\"; });\n"                   \
                                                                                   "default_labels = ({ kind = "       \
                                                                                   "\"RedressGiven\"; label = "        \
                                                                                   "\"payment\"; }, { kind = "         \
                                                                                   "\"NoteAdded\"; label = "           \
                                                                                   "\"contract\"; });\n"               \
                                                                                   "cases = { pending_vendor_stops = " \
                                                                                   "[\"promises\", \"questions\"]; "   \
                                                                                   "pending_customer_stops = []; };"

/* What is agreed between departments: sorted by what it is about. */
static void test_agreed(void **state) {
  struct folder *f = *state;
  put_file(f, "x.conf", AGREED, 0644);
  struct bt_config *c = load_good(f, "x.conf");
  const struct bt_rules *r = &c->rules;
  const struct bt_department *b = bt_rules_department(r, BT_LIT("b"));
  assert_string_equal(b->reads.v[0].p, "contract");
  assert_string_equal(b->hours.v[0].p, "tue 09:00-12:30 13:30-17:00"); /* as they stand */
  assert_true(b->break_glass);
  assert_string_equal(r->sites.v[0].holidays.v[0].p, "2026-06-02");
  assert_true(bt_rules_domain(r, BT_LIT("crm"))->strong);
  assert_true(bt_rules_domain(r, BT_LIT("desk"))->shared);
  assert_int_equal(r->olas.n, 3);
  assert_int_equal(bt_rules_ola_us(r, BT_LIT("care"), BT_LIT("b")), 5 * 60 * BT_SECOND_US);
  assert_int_equal(bt_rules_ola_us(r, BT_LIT("x"), BT_LIT("b")), 7 * 60 * BT_SECOND_US);
  assert_int_equal(bt_rules_ola_us(r, BT_LIT("b"), BT_LIT("care")), 9 * 60 * BT_SECOND_US);
  assert_string_equal(r->contradictions.v[0].one.p, "close");
  assert_int_equal(r->default_labels.v[0].kind, BT_NOTE_ADDED);
  assert_string_equal(r->default_labels.v[1].label.p, "payment");
  assert_int_equal(r->forbidden, BT_FORBIDDEN_NOTHING);
  assert_int_equal(r->pending_stops[BT_PENDING_CUSTOMER], 0);
  assert_int_equal(r->pending_stops[BT_PENDING_VENDOR], 1 << BT_TIMER_PROMISE | 1 << BT_TIMER_QUESTION);
  bt_config_free(c);
}

/* ---- Calendars ---- */

/* From 2026-06-01 12:00 UTC, a Monday; Tuesday is a holiday, to which Monday's night runs on. */
static void test_calendars(void **state) {
  struct folder *f = *state;
  put_file(f, "x.conf", AGREED, 0644);
  struct bt_config *c = load_good(f, "x.conf");
  const struct bt_calendar *b = &bt_rules_department(&c->rules, BT_LIT("b"))->calendar;
  assert_true(b->limited);
  assert_int_equal(b->from_us, NOW_US - 35 * DAY_US);
  assert_int_equal(b->until_us, NOW_US + 400 * DAY_US);
  const int64_t hour_us = 3600 * BT_SECOND_US, monday_night_us = NOW_US + 9 * hour_us;
  int64_t at_us;
  assert_int_equal(bt_calendar_opens(b, NOW_US, &at_us), 0);
  assert_int_equal(at_us, monday_night_us); /* 22:00 in London is 21:00 UTC */
  assert_int_equal(bt_calendar_opens(b, monday_night_us + 6 * hour_us, &at_us), 0);
  assert_int_equal(at_us, monday_night_us + 7 * DAY_US);
  assert_false(bt_calendar_is_open(b, NOW_US - 6 * DAY_US)); /* last week's Tuesday, at lunch */
  assert_true(bt_calendar_is_open(b, NOW_US - 6 * DAY_US + hour_us));
  assert_true(bt_calendar_is_open(b, NOW_US - 35 * DAY_US + DAY_US - 4 * hour_us));
  assert_int_equal(bt_calendar_opens(b, NOW_US + 400 * DAY_US, &at_us), -BT_HORIZON);
  bt_config_free(c);
}

static void test_extend(void **state) {
  struct folder *f = *state;
  put_file(f, "x.conf", AGREED, 0644);
  struct bt_config *c = load_good(f, "x.conf");
  const struct bt_calendar *b = &bt_rules_department(&c->rules, BT_LIT("b"))->calendar;
  uint8_t before[16], after[16];
  bt_config_digest(c, before);
  struct bt_span first = b->v[0];
  assert_int_equal(bt_config_extend(c, NOW_US + 10 * DAY_US), 0); /* 390 days are enough */
  assert_int_equal(b->until_us, NOW_US + 400 * DAY_US);
  assert_int_equal(bt_config_extend(c, NOW_US + 10 * DAY_US + 1), 1);
  assert_int_equal(b->until_us, NOW_US + 410 * DAY_US + 1);
  assert_int_equal(b->from_us, NOW_US - 25 * DAY_US + 1);
  assert_true(b->v[0].open_us > first.open_us);
  assert_int_equal(bt_config_extend(c, NOW_US + 10 * DAY_US + 1), 0);
  assert_int_equal(bt_config_extend(c, NOW_US + 5000 * DAY_US), 1); /* after a long sleep */
  assert_int_equal(bt_config_extend(c, NOW_US), 1);                 /* and with a clock that was set back */
  assert_int_equal(b->from_us, NOW_US - 35 * DAY_US);
  assert_int_equal(b->v[0].open_us, first.open_us);
  bt_config_digest(c, after);
  assert_memory_equal(before, after, sizeof before); /* the configuration is the same one */
  bt_config_free(c);
}

/* A year of Mondays: whoever works on Mondays only never opens. */
static void test_never_open(void **state) {
  struct folder *f = *state;
  char *text = NULL, *errors;
  size_t n;
  FILE *to = open_memstream(&text, &n);
  fprintf(to, BROKER LAST "sites = ({ name = \"s\"; zone = \"UTC\"; holidays = [\"2020-01-01\"");
  for (int week = -6; week <= 58; week++) {
    char day[32];
    bt_clock_format(NOW_US + week * 7 * DAY_US, day, sizeof day);
    fprintf(to, ", \"%.10s\"", day);
  }
  fprintf(to, "]; });\n" DEPARTMENTS(",\n{ name = \"b\"; site = \"s\"; hours = [\"mon 09:00-17:00\"]; }"));
  fclose(to);
  put_file(f, "x.conf", text, 0644);
  struct bt_config *c = NULL;
  assert_int_equal(load(f, "x.conf", &c, &errors), -BT_USAGE);
  assert_string_equal(errors, "x.conf:5: departments.b.hours: is never open in the next 400 days: all its days are "
                              "holidays of its site\n");
  free(errors);
  free(text);
}

static void dump_to(const struct bt_config *c, const struct folder *f, const char *name) {
  char *text = NULL;
  size_t n;
  FILE *to = open_memstream(&text, &n);
  bt_config_dump(c, to);
  fclose(to);
  put_bytes(f, name, text, n, 0644);
  free(text);
}

static void assert_same_file(const struct folder *f, const char *a, const char *b) {
  char path[160];
  char *x = read_text(in_folder(f, a, path, sizeof path)), *y = read_text(in_folder(f, b, path, sizeof path));
  assert_string_equal(x, y);
  free(x);
  free(y);
}

/* Every key of departments.conf has another value than its default. */
static void test_dump_agreed(void **state) {
  struct folder *f = *state;
  put_file(f, "x.conf", AGREED, 0644);
  struct bt_config *first = load_good(f, "x.conf");
  dump_to(first, f, "1.conf");
  struct bt_config *second = load_good(f, "1.conf");
  dump_to(second, f, "2.conf");
  assert_same_file(f, "1.conf", "2.conf");
  char path[160];
  char *text = read_text(in_folder(f, "1.conf", path, sizeof path));
  assert_non_null(strstr(text, "pending_vendor_stops = [\"promises\", \"questions\"];"));
  assert_non_null(strstr(text, "pending_customer_stops = [];"));
  assert_non_null(strstr(text, "holidays = [\"2026-06-02\", \"2026-12-25\"];"));
  assert_non_null(strstr(text, "kind = \"NoteAdded\";"));
  free(text);
  bt_config_free(second);
  bt_config_free(first);
}

/* The canonical form parses back to itself and to the same digest, also from another folder; texts and paths with
 * everything that needs an escape among them. */
static void test_dump(void **state) {
  struct folder *f = *state;
  put_file(f, "x.conf",
           "secret_key_file = \"keys/broker.secret\"; data_dir = \"d \\\"q\\\" \\\\ \\x07 \xc3\xa9\"; control_dir = "
           "\"run\";\n" LAST "sites = ({ name = \"s\"; zone = \"UTC\"; title = \"\\\"\xc3\xa9\\\\\"; });" DEPARTMENTS(
               "") "domains = ({ name = \"p\"; normal = \"phone\"; country = \"1\"; }); topics = [\"general.x\"]; "
                   "labels = [\"b\", \"a\"];"
                   "adapters = ({ name = \"y\"; department = \"care\"; key_file = \"keys/one.pub\"; kinds = "
                   "[\"NoteAdded\"]; },"
                   "{ name = \"x\"; department = \"care\"; key_file = \"keys/two.pub\"; acts_for = [\"*\"]; backfill = "
                   "true; });"
                   "limits = { max_future_minutes = 0; }; cases = { ola_minutes = 7; };",
           0644);
  struct bt_config *first = load_good(f, "x.conf");
  char path[160];
  assert_int_equal(mkdir(in_folder(f, "elsewhere", path, sizeof path), 0700), 0);
  dump_to(first, f, "elsewhere/1.conf");
  struct bt_config *second = load_good(f, "elsewhere/1.conf");
  dump_to(second, f, "elsewhere/2.conf");
  assert_same_file(f, "elsewhere/1.conf", "elsewhere/2.conf");
  uint8_t a[16], b[16];
  bt_config_digest(first, a);
  bt_config_digest(second, b);
  assert_memory_equal(a, b, sizeof a);
  assert_string_equal(first->settings.data_dir, second->settings.data_dir);
  assert_string_equal(second->rules.sites.v[0].title.p, "\"\xc3\xa9\\");
  bt_config_free(first);
  bt_config_free(second);
}

static void digest_of(const struct folder *f, const char *text, uint8_t ret[16]) {
  put_file(f, "x.conf", text, 0644);
  struct bt_config *c = load_good(f, "x.conf");
  bt_config_digest(c, ret);
  bt_config_free(c);
}

static void test_digest(void **state) {
  struct folder *f = *state;
  uint8_t a[16], b[16];
  digest_of(f, BROKER COMPANY, a);
  digest_of(f,
            "# a word\n" COMPANY
            "secret_key_file = \"keys/broker.secret\"; data_dir = \"other\"; control_dir = \"r\"; io_threads = 1;",
            b);
  assert_memory_equal(a, b, sizeof a); /* order, comments, written defaults and paths do not count */
  digest_of(f, BROKER COMPANY "cases = { ola_minutes = 241; };", b);
  assert_memory_not_equal(a, b, sizeof a);
  digest_of(f, BROKER LAST SITE DEPARTMENTS(", { name = \"b\"; site = \"s\"; }"), b);
  assert_memory_not_equal(a, b, sizeof a);
}

/* A company of thousands loads at once: nothing looks at everything for each. */
static void test_large(void **state) {
  struct folder *f = *state;
  enum { N = 4000 };
  char *text = NULL, key[BT_CURVE_TEXT + 1];
  size_t size;
  FILE *to = open_memstream(&text, &size);
  fputs(BROKER "last_owner = \"d0000\";\n" SITE "departments = (\n", to);
  for (int i = 0; i < N; i++)
    fprintf(to, "%s{ name = \"d%04d\"; site = \"s\"; topics = [\"t%d.x\"]; escalates_to = \"%s\"; }\n", i ? "," : "", i,
            i, i ? "d0000" : "");
  fputs(");\nadapters = (\n", to);
  for (int i = 0; i < N; i++) {
    uint8_t bytes[32] = {(uint8_t)i, (uint8_t)(i >> 8), 9};
    bt_curve_encode(bytes, key);
    fprintf(
        to,
        "%s{ name = \"a%04d\"; department = \"d%04d\"; key = \"%s\"; topics = [\"t%d\"]; acts_for = [\"d%04d\"]; }\n",
        i ? "," : "", i, i, key, i, (i * 7) % N);
  }
  fputs(");\n", to);
  fclose(to);
  put_bytes(f, "x.conf", text, size, 0644);
  free(text);
  clock_t began = clock();
  struct bt_config *c = load_good(f, "x.conf");
  double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
  assert_int_equal(c->rules.departments.n, N);
  assert_int_equal(c->rules.adapters.n, N);
  assert_non_null(bt_rules_adapter(&c->rules, BT_LIT("a3999")));
  assert_true(seconds < 2.0); /* 0.03 s without sanitizers */
  bt_config_free(c);
}

/* ---- The pages and the samples ---- */

static char *tree_file(const char *name) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", BT_SOURCE_DIR, name);
  return read_text(path);
}

static void copy_sample(const struct folder *f, const char *name) {
  char from[64];
  snprintf(from, sizeof from, "conf/%s", name);
  char *text = tree_file(from);
  put_file(f, name, text, 0644);
  free(text);
}

/* The samples load as they are, once there are keys, and every value that broker.conf shows is the default. */
static void test_samples(void **state) {
  struct folder *f = *state;
  static const char *const adapters[] = {"web-shop",      "customer-care",     "sales", "moves", "billing",
                                         "moves-manager", "customer-care-lead"};
  char name[64];
  for (uint8_t i = 0; i < sizeof adapters / sizeof *adapters; i++) {
    snprintf(name, sizeof name, "keys/%s.pub", adapters[i]);
    put_key(f, name, (uint8_t)(10 + i), 0644);
  }
  copy_sample(f, "broker.conf");
  copy_sample(f, "departments.conf");
  struct bt_config *c = load_good(f, "broker.conf");
  assert_int_equal(c->rules.adapters.n, sizeof adapters / sizeof *adapters);
  assert_true(bt_rules_department(&c->rules, BT_LIT("web-shop"))->unattended);
  dump_to(c, f, "with.conf");
  bt_config_free(c);
  put_file(f, "broker.conf", BROKER "@include \"departments.conf\"\n", 0644);
  c = load_good(f, "broker.conf");
  dump_to(c, f, "without.conf");
  bt_config_free(c);
  assert_same_file(f, "with.conf", "without.conf");
}

/* The key is at a place where it is given a value, and not the end of a longer name. */
static bool is_set(const char *text, const char *key) {
  size_t n = strlen(key);
  for (const char *p = strstr(text, key); p; p = strstr(p + 1, key)) {
    bool front = p == text || strchr(" {\n", p[-1]);
    if (front && strncmp(p + n, " = ", 3) == 0)
      return true;
  }
  return false;
}

/* Each key in the manual page of its file, with the line that the schema says about it, and in one of the samples. */
static void test_every_key_is_told(void **state) {
  (void)state;
  char *broker = tree_file("conf/broker.conf"), *departments = tree_file("conf/departments.conf");
  char *broker_page = tree_file("broker/config/broker.conf.5");
  char *departments_page = tree_file("broker/config/departments.conf.5");
  int missing = 0;
  for (size_t i = 0; i < bt_key_count; i++) {
    bool mine = strcmp(bt_sections[bt_keys[i].section].file, "broker.conf") == 0;
    char name[96], facts[256], item[400];
    bt_schema_full_name(&bt_keys[i], name, sizeof name);
    snprintf(item, sizeof item, "\n.It Va %s\n%s\n", name, bt_schema_facts(&bt_keys[i], facts, sizeof facts));
    bool in_page = strstr(mine ? broker_page : departments_page, item) != NULL;
    bool in_sample = is_set(mine ? broker : departments, bt_keys[i].name) ||
                     bt_keys[i].type == BT_V_KEY; /* there are no keys to show */
    if (!in_page || !in_sample) {
      print_error("%s: %s%s\n", name, in_page ? "" : "not so in the manual page; ",
                  in_sample ? "" : "not in the sample");
      missing++;
    }
  }
  assert_int_equal(missing, 0);
  free(broker);
  free(departments);
  free(broker_page);
  free(departments_page);
}

/* The pages say of exactly those keys that a change takes a restart which the schema says it of. */
static void test_every_restart_is_told(void **state) {
  (void)state;
  char *broker_page = tree_file("broker/config/broker.conf.5");
  char *departments_page = tree_file("broker/config/departments.conf.5");
  for (size_t i = 0; i < bt_key_count; i++) {
    bool mine = strcmp(bt_sections[bt_keys[i].section].file, "broker.conf") == 0;
    char name[96], item[128];
    bt_schema_full_name(&bt_keys[i], name, sizeof name);
    snprintf(item, sizeof item, "\n.It Va %s\n", name);
    const char *at = strstr(mine ? broker_page : departments_page, item);
    assert_non_null(at);
    const char *told = strstr(at, "\nA change takes a restart.\n"), *next = strstr(at + 1, "\n.It "),
               *end = strstr(at, "\n.El");
    const bool tells = told && told < end && (!next || told < next);
    if (tells != bt_keys[i].restart)
      fail_msg("%s: the page and the schema do not agree on whether a change takes a restart", name);
  }
  free(broker_page);
  free(departments_page);
}

/* And no page tells of a key that is not there. */
static void test_every_told_key_is(void **state) {
  (void)state;
  static const char *const pages[] = {"broker/config/broker.conf.5", "broker/config/departments.conf.5", NULL};
  size_t told = 0;
  for (int p = 0; pages[p]; p++) {
    char *text = tree_file(pages[p]);
    for (char *at = strstr(text, "\n.It Va "); at; at = strstr(at + 1, "\n.It Va "), told++) {
      char name[96] = "", known[96];
      sscanf(at, "\n.It Va %95s", name);
      size_t i = 0;
      while (i < bt_key_count && strcmp(bt_schema_full_name(&bt_keys[i], known, sizeof known), name) != 0)
        i++;
      if (i == bt_key_count)
        fail_msg("%s tells of %s", pages[p], name);
    }
    free(text);
  }
  assert_int_equal(told, bt_key_count);
}

static void test_describe(void **state) {
  (void)state;
  char *text = NULL, name[96];
  size_t n;
  FILE *to = open_memstream(&text, &n);
  bt_config_describe(to);
  fclose(to);
  for (size_t i = 0; i < bt_key_count; i++) {
    assert_non_null(strstr(text, bt_schema_full_name(&bt_keys[i], name, sizeof name)));
    assert_non_null(strstr(text, bt_keys[i].help));
  }
  assert_non_null(strstr(text, "number of hours, 1 to 87600, default 336"));
  free(text);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_start, folder_stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(test_refusals),
      IN_FOLDER(test_all_problems),
      IN_FOLDER(test_no_file),
      IN_FOLDER(test_key_modes),
      cmocka_unit_test(test_z85),
      IN_FOLDER(test_loopback),
      IN_FOLDER(test_metrics_address),
      IN_FOLDER(test_defaults),
      IN_FOLDER(test_sorted),
      IN_FOLDER(test_agreed),
      IN_FOLDER(test_calendars),
      IN_FOLDER(test_extend),
      IN_FOLDER(test_never_open),
      IN_FOLDER(test_dump),
      IN_FOLDER(test_dump_agreed),
      IN_FOLDER(test_digest),
      IN_FOLDER(test_large),
      IN_FOLDER(test_samples),
      cmocka_unit_test(test_every_key_is_told),
      cmocka_unit_test(test_every_restart_is_told),
      cmocka_unit_test(test_every_told_key_is),
      cmocka_unit_test(test_describe),
  };
  return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
