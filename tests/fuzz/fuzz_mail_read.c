/* A whole mail, as the process that reads mail gets it: what is ours around GMime and libxml2 (parts, HTML, reports of
 * undelivered mail, marks of robots), and what it says of it. */
#include <gmime/gmime.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "loops.h"
#include "read.h"

static void say_nothing(const gchar *domain, GLogLevelFlags level, const gchar *text, gpointer user) {
  (void)domain;
  (void)level;
  (void)text;
  (void)user;
}

static void init(void) {
  static bool done;
  if (!done) {
    g_log_set_default_handler(say_nothing, NULL);
    g_mime_init();
  }
  done = true;
}

/* A line of at most so many bytes; what is written elsewhere as a header must not bring another one along. */
static void check_line(json_t *of, const char *name, size_t max) {
  const char *line = json_string_value(json_object_get(of, name));
  fuzz_check(line != NULL, name);
  fuzz_check(strlen(line) <= max && !strpbrk(line, "\r\n"), "a line that is none");
}

static void check_list(json_t *of, const char *name, size_t most, const char *without) {
  json_t *list = json_object_get(of, name), *one;
  size_t i;
  fuzz_check(json_is_array(list) && json_array_size(list) <= most, name);
  json_array_foreach(list, i, one)
      fuzz_check(json_is_object(one) || (json_is_string(one) && !strpbrk(json_string_value(one), without)), name);
}

static void check(json_t *mail) {
  static const char *const lines[] = {"from", "name", "subject", "ref", "loop"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    check_line(mail, lines[i], READ_HEADER_MAX);
  check_line(mail, "automatic", LOOPS_WHY);
  check_line(mail, "list", LOOPS_WHY);
  check_line(mail, "cut", 200);
  check_list(mail, "ids", 64, "<> \r\n");
  check_list(mail, "to", 32, "<>,; \r\n");
  check_list(mail, "results", READ_RESULTS, "\r\n");
  check_list(mail, "attachments", READ_ATTACHMENTS, "");
  const char *text = json_string_value(json_object_get(mail, "text"));
  fuzz_check(text && strlen(text) <= 3 * READ_TEXT_MAX, "text");
  json_t *returned = json_object_get(mail, "returned");
  if (!returned)
    return;
  static const char *const told[] = {"id", "subject", "recipient", "status"};
  for (size_t i = 0; i < sizeof told / sizeof *told; i++)
    check_line(returned, told[i], 400);
  const char *status = json_string_value(json_object_get(returned, "status"));
  fuzz_check(strspn(status, "0123456789.") == strlen(status), "a status in somebody's words");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct read_limits limits = {.max_parts = 20, .max_depth = 5, .ms = 60000};
  init();
  char *text = read_mail((const char *)data, size, &limits), *again = read_mail((const char *)data, size, &limits);
  fuzz_check(!text == !again && (!text || strcmp(text, again) == 0), "the same mail says something else");
  json_t *mail = text ? json_loads(text, 0, NULL) : NULL;
  fuzz_check(!text || mail, "no JSON");
  if (mail)
    check(mail);
  json_decref(mail);
  g_free(text);
  g_free(again);
  return 0;
}

#ifdef FUZZ_MAIN

static const struct fuzz_seed seeds[] = {
    FUZZ_TEXT("From: Ann <ann@example.com>\r\nTo: care+x@example.org\r\nSubject: =?utf-8?Q?f=C3=BCr?= [0001-1]\r\n"
              "In-Reply-To: <a@b>\r\nReferences: <c@d> <a@b>\r\nAuthentication-Results: mx; "
              "dkim=pass\r\n\r\nhello\r\n> no\r\n"),
    FUZZ_TEXT("From: g: a@b.example, c@d.example;\nContent-Type: multipart/alternative; boundary=x\n\n--x\n"
              "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nf=FCr=\n"
              "\n--x\nContent-Type: text/html\n\n<p>a<blockquote>b</blockquote><script>c</script>&uuml;<br>d\n--x--\n"),
    FUZZ_TEXT("Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nAuto-Submitted: auto-replied (x)\n"
              "Content-Type: multipart/report; report-type=delivery-status; boundary=r\n\n--r\n\nsorry\n--r\n"
              "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b.example\n"
              "Action: failed\nStatus: 5.1.1 (no)\n--r\nContent-Type: text/rfc822-headers\n\nMessage-ID: <m@x>\n"
              "Subject: [0001-1] s\n--r--\n"),
    FUZZ_TEXT("From: a@b.example\nList-Id: Care <care.example.org>\nPrecedence: list\nX-Baton-Ref: 0001-1\n"
              "Content-Type: multipart/mixed; boundary=\"y\"\n\n--y\nContent-Type: message/rfc822\n\nSubject: in\n"
              "Content-Type: multipart/mixed; boundary=z\n\n--z\nContent-Type: image/png; name=\"=?utf-8?B?w7w=?=\"\n"
              "Content-Transfer-Encoding: base64\n\nAAAA\n--z--\n--y\nContent-Disposition: attachment; "
              "filename*=utf-8''%c3%bc\n"
              "\nx\n--y--\n"),
    FUZZ_TEXT(
        "Content-Type: text/html; charset=utf-16\nContent-Transfer-Encoding: base64\n\nPABwAD4AYQA8AC8AcAA+AA==\n"),
};

int main(int argc, char **argv) {
  static const struct fuzz fuzz = {FUZZ_SEEDS(seeds), .marks = FUZZ_TEXT("\r\n-:;<>=\"@?&,()\0\x80"), .runs = 20000};
  return fuzz_main(argc, argv, &fuzz);
}

#endif
