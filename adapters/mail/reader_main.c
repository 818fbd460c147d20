/* The process that reads mail. */
#include <errno.h>
#include <gmime/gmime.h>
#include <libxml/parser.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "reader.h"

enum { MAIL_MAX = 64 << 20 };
#define MEMORY_MAX ((rlim_t)1 << 30)

const char reader_word[] = "--read-mail";

static bool get(void *to, size_t n) {
  for (size_t at = 0; at < n;) {
    ssize_t got = read(0, (char *)to + at, n - at);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    at += (size_t)got;
  }
  return true;
}

static bool put(const void *from, size_t n) {
  for (size_t at = 0; at < n;) {
    ssize_t done = write(0, (const char *)from + at, n - at);
    if (done < 0 && errno != EINTR)
      return false;
    at += done > 0 ? (size_t)done : 0;
  }
  return true;
}

/* The libraries complain on stderr of what is wrong with a mail: that would be a log that anybody can fill. */
static void say_nothing(const gchar *domain, GLogLevelFlags level, const gchar *text, gpointer user) {
  (void)domain;
  (void)level;
  (void)text;
  (void)user;
}

static void shut_in(void) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  setrlimit(RLIMIT_FSIZE, &none);
#ifndef __SANITIZE_ADDRESS__ /* which maps the whole address space */
  struct rlimit memory = {MEMORY_MAX, MEMORY_MAX};
  setrlimit(RLIMIT_AS, &memory);
#endif
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGINT, SIG_IGN); /* the adapter ends it */
  g_log_set_default_handler(say_nothing, NULL);
}

int reader_main(int argc, char **argv) {
  uint32_t n;
  if (argc != 5)
    return 2;
  struct read_limits limits = {atoll(argv[2]), atoll(argv[3]), atoll(argv[4])};
  shut_in();
  g_mime_init();
  while (get(&n, sizeof n) && n <= MAIL_MAX) {
    char *mail = malloc(n + 1);
    if (!mail || !get(mail, n))
      break;
    mail[n] = '\0';
    char *answer = read_mail(mail, n, &limits);
    uint32_t size = answer ? (uint32_t)strlen(answer) : 0;
    bool said = answer && put(&size, sizeof size) && put(answer, size);
    g_free(answer);
    free(mail);
    if (!said)
      break;
  }
  g_mime_shutdown();
  return 0;
}
