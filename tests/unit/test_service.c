/* What the service manager is told, on a real socket; where configured paths lead that name its folders. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/folder.h"
#include "base/log.h"
#include "baton.h"
#include "service.h"
#include "service/service.h"

struct manager {
  int fd;
  struct sockaddr_un at;
};

static int setup(void **state) {
  struct manager *m = calloc(1, sizeof *m);
  m->at.sun_family = AF_UNIX;
  snprintf(m->at.sun_path, sizeof m->at.sun_path, "/tmp/bt-notify-%ld", (long)getpid());
  m->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(m->fd, (struct sockaddr *)&m->at, sizeof m->at), 0);
  setenv("NOTIFY_SOCKET", m->at.sun_path, 1);
  *state = m;
  return 0;
}

static int teardown(void **state) {
  struct manager *m = *state;
  close(m->fd);
  unlink(m->at.sun_path);
  unsetenv("NOTIFY_SOCKET");
  unsetenv("WATCHDOG_USEC");
  unsetenv("CREDENTIALS_DIRECTORY");
  bt_service_open();
  free(m);
  return 0;
}

/* The next notice; "" where there is none. */
static const char *told(const struct manager *m) {
  static char text[1024];
  ssize_t n = recv(m->fd, text, sizeof text - 1, 0);
  text[n > 0 ? n : 0] = '\0';
  return text;
}

static void ready_reload_and_stop_are_told(void **state) {
  const struct manager *m = *state;
  bt_service_open();
  bt_service_ready("ready");
  assert_string_equal(told(m), "READY=1\nSTATUS=ready");
  bt_service_reloading();
  assert_non_null(strstr(told(m), "RELOADING=1\nMONOTONIC_USEC="));
  bt_service_ready("serving");
  assert_string_equal(told(m), "READY=1\nSTATUS=serving");
  bt_service_extend(5 * BT_SECOND_US);
  assert_string_equal(told(m), "EXTEND_TIMEOUT_USEC=5000000");
  bt_service_stopping("stopping");
  assert_string_equal(told(m), "STOPPING=1\nSTATUS=stopping");
}

static void a_status_is_one_line_and_told_once(void **state) {
  const struct manager *m = *state;
  bt_service_open();
  bt_service_status("%d adapters", 3);
  bt_service_status("%d adapters", 3);
  assert_string_equal(told(m), "STATUS=3 adapters");
  assert_string_equal(told(m), "");
  bt_service_status("a\nREADY=1");
  assert_string_equal(told(m), "STATUS=a READY=1");
}

static void the_watchdog_hears_of_rounds_thrice_in_its_time(void **state) {
  const struct manager *m = *state;
  setenv("WATCHDOG_USEC", "3000000", 1);
  bt_service_open();
  int n = 0;
  for (int64_t now_us = BT_SECOND_US; now_us < 4 * BT_SECOND_US; now_us += 1000)
    bt_service_alive(now_us);
  while (*told(m))
    n++;
  assert_int_equal(n, 3);
  unsetenv("WATCHDOG_USEC");
  bt_service_open();
  bt_service_alive(9 * BT_SECOND_US);
  assert_string_equal(told(m), "");
}

static void a_manager_who_does_not_read_stops_nothing(void **state) {
  const struct manager *m = *state;
  setenv("WATCHDOG_USEC", "3000000", 1);
  bt_service_open();
  for (int i = 0; i < 10000; i++) /* more than any queue holds */
    bt_service_status("%d", i);
  bt_service_ready("ready");
  bt_service_alive(9 * BT_SECOND_US);
  while (*told(m))
    continue;
  bt_service_alive(9 * BT_SECOND_US + 1000);
  assert_string_equal(told(m), ""); /* not in every round */
  bt_service_alive(10 * BT_SECOND_US);
  assert_string_equal(told(m), "WATCHDOG=1");
  bt_service_status("ready");
  assert_string_equal(told(m), "READY=1");
  assert_string_equal(told(m), "");
}

static void without_a_manager_nothing_is_told(void **state) {
  const struct manager *m = *state;
  unsetenv("NOTIFY_SOCKET");
  bt_service_open();
  bt_service_ready("ready");
  bt_service_alive(BT_SECOND_US);
  bt_service_stopping("x");
  assert_string_equal(told(m), "");
}

static void an_adapter_waits_no_longer_than_its_watchdog(void **state) {
  const struct manager *m = *state;
  setenv("WATCHDOG_USEC", "3000000", 1);
  bt_sdk_service_open();
  assert_int_equal(bt_sdk_service_wait_ms(), 1000);
  bt_sdk_service_alive();
  bt_sdk_service_alive();
  assert_string_equal(told(m), "WATCHDOG=1");
  assert_string_equal(told(m), "");
  unsetenv("WATCHDOG_USEC");
  bt_sdk_service_open();
  assert_int_equal(bt_sdk_service_wait_ms(), -1);
}

/* Both sides read the same paths: what the broker's configuration may say, an adapter's may. */
static void expands(const char *path, const char *expected) {
  char buf[64], error[256];
  const char *why = "";
  int rc = bt_folder_expand(path, buf, sizeof buf, &why);
  char *made = baton_path("/etc/baton", path, error);
  if (expected) {
    assert_int_equal(rc, 0);
    assert_string_equal(buf, expected);
    assert_non_null(made);
    assert_string_equal(made, expected);
  } else {
    assert_int_equal(rc, -BT_USAGE);
    assert_null(made);
    assert_non_null(strstr(error, why));
  }
  free(made);
}

static void paths_may_begin_with_a_folder_of_the_manager(void **state) {
  (void)state;
  char error[256];
  setenv("CREDENTIALS_DIRECTORY", "/run/credentials/batond.service", 1);
  expands("$CREDENTIALS_DIRECTORY/key", "/run/credentials/batond.service/key");
  expands("$CREDENTIALS_DIRECTORY", "/run/credentials/batond.service");
  expands("/var/$CREDENTIALS_DIRECTORY", "/var/$CREDENTIALS_DIRECTORY");
  expands("$STATE_DIRECTORY/x", NULL); /* not set */
  expands("$CREDENTIALS_DIRECTORYS/x", NULL);
  expands("$HOME/x", NULL);
  setenv("STATE_DIRECTORY", "relative", 1);
  expands("$STATE_DIRECTORY/x", NULL);
  unsetenv("STATE_DIRECTORY");
  char *beside = baton_path("/etc/baton", "keys/x", error);
  assert_string_equal(beside, "/etc/baton/keys/x");
  free(beside);
  assert_true(bt_folder_is_credential("/run/credentials/batond.service/key"));
  assert_false(bt_folder_is_credential("/run/credentials/batond.service2/key"));
  assert_false(bt_folder_is_credential("/run/credentials/batond.service/../../../etc/key"));
  unsetenv("CREDENTIALS_DIRECTORY");
  assert_false(bt_folder_is_credential("/run/credentials/batond.service/key"));
}

/* ---- the log's sink ---- */

static char seen[512];

static bool keep(enum bt_log_level level, const char *event, const struct bt_log_field *fields, struct bt_str message) {
  char value[BT_LOG_VALUE];
  int n = snprintf(seen, sizeof seen, "%d|%s|%.*s", level, event, (int)message.n, message.p);
  for (; fields->key; fields++)
    n += snprintf(seen + n, sizeof seen - (size_t)n, "|%s=%s", fields->key, bt_log_value(fields, value));
  return true;
}

static void a_sink_gets_the_fields_and_the_line(void **state) {
  (void)state;
  bt_log_set_sink(keep);
  bt_log(BT_LOG_WARN, "session-lost", BT_L_TEXT("adapter", "care"), BT_L_UINT("session", 7),
         BT_L_TEXT("why", "a\nb \"c\""));
  bt_log_set_sink(NULL);
  assert_string_equal(seen, "2|session-lost|session-lost adapter=care session=7 why=\"a\\x0ab \\\"c\\\"\""
                            "|adapter=care|session=7|why=a\\x0ab \\\"c\\\"");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(ready_reload_and_stop_are_told),
      TEST(a_status_is_one_line_and_told_once),
      TEST(a_manager_who_does_not_read_stops_nothing),
      TEST(the_watchdog_hears_of_rounds_thrice_in_its_time),
      TEST(without_a_manager_nothing_is_told),
      TEST(an_adapter_waits_no_longer_than_its_watchdog),
      TEST(paths_may_begin_with_a_folder_of_the_manager),
      TEST(a_sink_gets_the_fields_and_the_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
