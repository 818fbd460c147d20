#include "hook_call.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "baton.h"
#include "header_text.h"

#define CONNECT_MS 5000
#define PAUSE_MOST_S 86400 /* the broker waits no longer */

struct hook_call *hook_call_new(struct hook_target *t, uint64_t sequence, uint64_t case_id, uint32_t attempt,
                                char *body) {
  struct hook_call *c = body ? calloc(1, sizeof *c) : NULL;
  if (!c) {
    free(body);
    return NULL;
  }
  c->target = t;
  c->sequence = sequence;
  c->case_id = case_id;
  c->attempt = attempt;
  c->body = body;
  return c;
}

static void drop_easy(struct hook_call *c) {
  curl_easy_cleanup(c->easy);
  curl_slist_free_all(c->headers);
  c->easy = NULL;
  c->headers = NULL;
}

void hook_call_free(struct hook_call *c) {
  if (!c)
    return;
  drop_easy(c);
  free(c->answer);
  free(c->body);
  free(c);
}

void hook_words(char *to, size_t n, const char *from) {
  size_t i = 0;
  for (; from[i] && i + 1 < n; i++)
    to[i] = from[i] >= ' ' && from[i] < 0x7f ? from[i] : '?';
  to[i] = '\0';
}

/* ---- What goes out ---- */

__attribute__((format(printf, 2, 3))) static int add_header(struct hook_call *c, const char *format, ...) {
  char line[512];
  va_list a;
  va_start(a, format);
  vsnprintf(line, sizeof line, format, a);
  va_end(a);
  struct curl_slist *grown = curl_slist_append(c->headers, line);
  if (!grown)
    return -1;
  c->headers = grown;
  return 0;
}

static int add_signature(struct hook_call *c) {
  char at[24], line[256], hex[HOOK_HMAC_HEX];
  snprintf(at, sizeof at, "%lld", (long long)time(NULL));
  int n = snprintf(line, sizeof line, "t=%s", at);
  for (size_t i = 0; i < c->target->n_secrets; i++) {
    hook_secret_sign(&c->target->secret[i], at, c->body, strlen(c->body), hex);
    n += snprintf(line + n, sizeof line - (size_t)n, ",v1=%s", hex);
  }
  return c->target->n_secrets ? add_header(c, "Baton-Signature: %s", line) : 0;
}

static int add_headers(struct hook_call *c, const char *adapter) {
  for (const struct curl_slist *h = c->target->headers; h; h = h->next) {
    struct curl_slist *grown = curl_slist_append(c->headers, h->data);
    if (!grown)
      return -1;
    c->headers = grown;
  }
  if (add_header(c, "Content-Type: application/json") < 0 || add_header(c, "Expect:") < 0 ||
      add_header(c, "Baton-Delivery: %.64s/%" PRIu64, adapter, c->sequence) < 0 ||
      add_header(c, "Baton-Attempt: %" PRIu32, c->attempt + c->calls) < 0 || add_signature(c) < 0)
    return -1;
  if (c->redelivery && add_header(c, "Baton-Redelivery: true") < 0)
    return -1;
  if (*c->refused && (add_header(c, "Baton-Refused: %s", c->refused) < 0 ||
                      add_header(c, "Baton-Refused-Text: %s", c->refused_text) < 0))
    return -1;
  return c->version ? add_header(c, "Baton-Version: %" PRIu64, c->version) : 0;
}

/* ---- What comes back ---- */

static bool says_json(const char *line, size_t n) {
  static const char name[] = "content-type:";
  size_t at = sizeof name - 1;
  if (n < at || strncasecmp(line, name, at) != 0)
    return false;
  while (at < n && (line[at] == ' ' || line[at] == '\t'))
    at++;
  return header_says_json(line + at, n - at);
}

static size_t on_header(char *line, size_t size, size_t n, void *user) {
  struct hook_call *c = user;
  c->header_n += size * n;
  if (c->header_n > HOOK_ANSWER_HEADERS_MAX)
    return 0;
  if (c->answer_n > 0) /* a trailer */
    return size * n;
  if (size * n > 5 && memcmp(line, "HTTP/", 5) == 0) /* again after a 1xx */
    c->is_json = c->has_headers = false;
  c->is_json = c->is_json || says_json(line, size * n);
  c->has_headers = c->has_headers || *line == '\r' || *line == '\n';
  return size * n;
}

/* Kept only where it can say something; anything else is read to its end, if that is near, so that the connection
 * serves the next call too. */
static size_t on_body(char *bytes, size_t size, size_t n, void *user) {
  struct hook_call *c = user;
  n *= size;
  if (n > HOOK_ANSWER_MAX - c->answer_n) {
    c->is_long = true;
    return 0;
  }
  if (c->is_json && !c->answer && !(c->answer = malloc(HOOK_ANSWER_MAX)))
    return 0;
  if (c->answer)
    memcpy(c->answer + c->answer_n, bytes, n);
  c->answer_n += n;
  return n;
}

/* ---- The call ---- */

static void set_tls(CURL *e, const struct hook_target *t) {
  if (t->ca_file) {
    curl_easy_setopt(e, CURLOPT_CAINFO, t->ca_file);
    curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
  }
  curl_easy_setopt(e, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  if (t->certificate_file) {
    curl_easy_setopt(e, CURLOPT_SSLCERT, t->certificate_file);
    curl_easy_setopt(e, CURLOPT_SSLKEY, t->key_file);
  }
}

static void set_bounds(CURL *e, const struct hook_target *t) {
  curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(e, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, t->timeout_ms);
  curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, t->timeout_ms < CONNECT_MS ? t->timeout_ms : CONNECT_MS);
  curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); /* never waits for the thread that asks DNS */
}

int hook_call_begin(struct hook_call *c, const char *adapter) {
  const struct hook_target *t = c->target;
  c->easy = curl_easy_init();
  if (!c->easy || add_headers(c, adapter) < 0)
    return drop_easy(c), -1;
  free(c->answer);
  c->answer = NULL;
  c->answer_n = c->header_n = 0;
  c->is_json = c->is_long = c->has_headers = false;
  curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
  curl_easy_setopt(c->easy, CURLOPT_PROXY, t->proxy ? t->proxy : ""); /* none from the environment */
  curl_easy_setopt(c->easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set_bounds(c->easy, t);
  set_tls(c->easy, t);
  curl_easy_setopt(c->easy, CURLOPT_USERAGENT, "baton-http/" BATON_VERSION);
  curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
  curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(c->body));
  curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, c->body);
  curl_easy_setopt(c->easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(c->easy, CURLOPT_HEADERDATA, c);
  curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
  if (curl_easy_setopt(c->easy, CURLOPT_URL, t->url) != CURLE_OK)
    return drop_easy(c), -1;
  c->calls++;
  return 0;
}

/* What follows the status does not matter where nobody reads it: "200 OK" was said. */
static bool status_is_enough(const struct hook_call *c, const struct hook_end *end) {
  return c->has_headers && end->status >= 200 && (c->is_long || end->status > 299 || !hook_call_answers(c));
}

struct hook_judgement hook_call_end(struct hook_call *c, CURLcode code, int64_t *ret_pause_ms) {
  struct hook_end end = {.code = code};
  curl_off_t out_us = 0, pause_s = 0;
  curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &end.status);
  curl_easy_getinfo(c->easy, CURLINFO_OS_ERRNO, &end.os_errno);
  curl_easy_getinfo(c->easy, CURLINFO_PRETRANSFER_TIME_T, &out_us);
  curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &pause_s);
  end.connected = out_us > 0;
  if (code != CURLE_OK && status_is_enough(c, &end))
    end.code = CURLE_OK;
  *ret_pause_ms = 1000 * (pause_s < 0 ? 0 : pause_s > PAUSE_MOST_S ? PAUSE_MOST_S : (int64_t)pause_s);
  struct hook_judgement j = hook_judge(&end, &c->target->reject_on);
  drop_easy(c);
  return j;
}

bool hook_call_answers(const struct hook_call *c) {
  return c->target->answers && c->is_json;
}
