#include "smtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct smtp {
  struct net *net;
  CURL *easy;
  struct net_job job;
  struct curl_slist *to;
  const char *data;
  size_t n, at;
  smtp_done *done;
  void *user;
  char error[CURL_ERROR_SIZE];

  /* Overheard: libcurl tells the last code alone, and it matters what it was said to. */
  enum { BEFORE, ENVELOPE, RECIPIENT } stage;
  bool in_answer;
  unsigned taken, later, refused; /* recipients */
  char words[SMTP_WHY];           /* of the last refusal */
};

static size_t on_read(char *to, size_t size, size_t count, void *user) {
  struct smtp *p = user;
  size_t n = p->n - p->at < size * count ? p->n - p->at : size * count;
  memcpy(to, p->data + p->at, n);
  p->at += n;
  return n;
}

static void hear_command(struct smtp *p, const char *text, size_t n) {
  if (n >= 8 && strncasecmp(text, "RCPT TO:", 8) == 0)
    p->stage = RECIPIENT;
  else if (n >= 10 && strncasecmp(text, "MAIL FROM:", 10) == 0)
    p->stage = ENVELOPE;
  else if (n >= 4 && strncasecmp(text, "DATA", 4) == 0)
    p->stage = ENVELOPE;
}

static void hear_answer(struct smtp *p, const char *text, size_t n) {
  if (n < 4 || text[3] == '-' || p->stage == BEFORE) /* a line of several: the last one counts */
    return;
  if (*text == '4' || *text == '5') {
    snprintf(p->words, sizeof p->words, "%.*s", (int)(n > 150 ? 150 : n), text);
    for (char *c = p->words; *c; c++)
      if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
        *c = ' ';
  }
  if (p->stage == RECIPIENT) {
    p->taken += *text == '2';
    p->later += *text == '4';
    p->refused += *text == '5';
  }
}

static int overhear(CURL *easy, curl_infotype type, char *text, size_t n, void *user) {
  (void)easy;
  if (type == CURLINFO_HEADER_OUT)
    hear_command(user, text, n);
  else if (type == CURLINFO_HEADER_IN)
    hear_answer(user, text, n);
  return 0;
}

void smtp_free(struct smtp *p) {
  if (!p)
    return;
  if (p->easy) {
    net_remove(p->net, p->easy);
    curl_easy_cleanup(p->easy);
  }
  curl_slist_free_all(p->to);
  free(p);
}

static enum sent judge(const struct smtp *p, CURLcode result, long code) {
  if (result == CURLE_OK && p->taken > 0)
    return p->later ? SENT_LATER : SENT; /* who has it gets it again, under the same Message-ID */
  bool of_mail = p->refused || p->later || code / 100 == 4 || code / 100 == 5;
  if (p->stage == BEFORE || code == 421) /* 421: the server is closing */
    return SENT_AWAY;
  if (!of_mail)
    return SENT_CUT;
  return p->later || code / 100 == 4 ? SENT_LATER : SENT_REFUSED;
}

static void on_done(void *user, CURLcode result) {
  struct smtp *p = user;
  long code = 0;
  char why[SMTP_WHY] = "";
  curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &code);
  enum sent sent = judge(p, result, code);
  if (*p->words)
    snprintf(why, sizeof why, "%s", p->words);
  else if (result != CURLE_OK)
    snprintf(why, sizeof why, "%.150s",
             result == CURLE_LOGIN_DENIED ? "the login is refused"
             : *p->error                  ? p->error
                                          : curl_easy_strerror(result));
  smtp_done *done = p->done;
  void *whose = p->user;
  smtp_free(p);
  done(whose, sent, why);
}

static bool add_recipients(struct smtp *p, const struct addresses *to) {
  for (size_t i = 0; i < to->n; i++) {
    char address[160];
    snprintf(address, sizeof address, "<%s>", to->v[i]);
    struct curl_slist *more = curl_slist_append(p->to, address);
    if (!more)
      return false;
    p->to = more;
  }
  return true;
}

static void set_options(struct smtp *p, const struct settings *s) {
  char from[160];
  snprintf(from, sizeof from, "<%s>", s->from);
  curl_easy_setopt(p->easy, CURLOPT_URL, s->smtp_url);
  curl_easy_setopt(p->easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(p->easy, CURLOPT_USE_SSL, (long)(s->smtp_starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  if (*s->smtp_user) {
    curl_easy_setopt(p->easy, CURLOPT_USERNAME, s->smtp_user);
    curl_easy_setopt(p->easy, CURLOPT_PASSWORD, s->smtp_password);
  }
  if (*s->smtp_ca_file)
    curl_easy_setopt(p->easy, CURLOPT_CAINFO, s->smtp_ca_file);
  curl_easy_setopt(p->easy, CURLOPT_MAIL_FROM, from);
  curl_easy_setopt(p->easy, CURLOPT_MAIL_RCPT, p->to);
  curl_easy_setopt(p->easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L); /* one wrong address keeps nothing from the others */
  curl_easy_setopt(p->easy, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(p->easy, CURLOPT_READFUNCTION, on_read);
  curl_easy_setopt(p->easy, CURLOPT_READDATA, p);
  curl_easy_setopt(p->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)p->n);
  curl_easy_setopt(p->easy, CURLOPT_VERBOSE, 1L);
  curl_easy_setopt(p->easy, CURLOPT_DEBUGFUNCTION, overhear);
  curl_easy_setopt(p->easy, CURLOPT_DEBUGDATA, p);
  curl_easy_setopt(p->easy, CURLOPT_ERRORBUFFER, p->error);
  curl_easy_setopt(p->easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(p->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(s->timeout_s * 1000));
  curl_easy_setopt(p->easy, CURLOPT_TIMEOUT_MS, (long)(s->timeout_s * 2000));
}

struct smtp *smtp_send(struct net *net, const struct settings *s, const struct addresses *to, const char *data,
                       size_t n, smtp_done *done, void *user) {
  struct smtp *p = calloc(1, sizeof *p);
  if (!p)
    return NULL;
  *p = (struct smtp){.net = net, .data = data, .n = n, .done = done, .user = user, .job = {on_done, p}};
  p->easy = curl_easy_init();
  if (p->easy && add_recipients(p, to)) {
    set_options(p, s);
    if (net_add(net, p->easy, &p->job) == 0)
      return p;
  }
  smtp_free(p);
  return NULL;
}
