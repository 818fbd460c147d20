#include "hook_judge.h"

#include <stdio.h>
#include <string.h>

/* The first line that fits. What a system says to every caller alike (who are you, there is nothing here, moved) is no
 * reason to give up one case: it waits until a person has seen to it. */
static const struct {
  int low, high;
  enum hook_meaning meaning;
  const char *why;
} statuses[] = {
    {200, 299, HOOK_TAKEN, ""},
    {300, 399, HOOK_BROKEN, "redirects are not followed; url must name the place itself"},
    {401, 401, HOOK_BROKEN, "it does not accept the credentials; see headers and secret_file"},
    {403, 403, HOOK_BROKEN, "it does not allow this; see headers and secret_file"},
    {404, 404, HOOK_BROKEN, "there is nothing at this url"},
    {405, 405, HOOK_BROKEN, "it takes no POST at this url"},
    {407, 407, HOOK_BROKEN, "the proxy does not let us through"},
    {408, 409, HOOK_LATER, "put off by the system"},
    {410, 410, HOOK_BROKEN, "this url is gone for good; ask its owner for another"},
    {425, 425, HOOK_LATER, "put off by the system"},
    {429, 429, HOOK_OUTAGE, "too many calls for it"},
    {400, 499, HOOK_BROKEN, "see reject_on, if this is about single deliveries"},
    {503, 503, HOOK_OUTAGE, "out of service"},
    {500, 599, HOOK_DOUBTFUL, "it failed"},
};

static const struct {
  CURLcode code;
  enum hook_meaning meaning;
  const char *why;
} ends[] = {
    {CURLE_COULDNT_RESOLVE_HOST, HOOK_OUTAGE, "its name is not known (DNS)"},
    {CURLE_COULDNT_RESOLVE_PROXY, HOOK_OUTAGE, "the proxy's name is not known (DNS)"},
    {CURLE_COULDNT_CONNECT, HOOK_OUTAGE, "cannot be reached"},
    {CURLE_PEER_FAILED_VERIFICATION, HOOK_OUTAGE,
     "its certificate is not trusted, or is not for this name; see ca_file"},
    {CURLE_SSL_CACERT_BADFILE, HOOK_BROKEN, "ca_file cannot be read"},
    {CURLE_SSL_CERTPROBLEM, HOOK_BROKEN, "certificate_file and key_file cannot be used"},
    {CURLE_SSL_CONNECT_ERROR, HOOK_OUTAGE, "no TLS connection could be made"},
    {CURLE_GOT_NOTHING, HOOK_DOUBTFUL, "it hung up without an answer"},
    {CURLE_RECV_ERROR, HOOK_DOUBTFUL, "the connection broke before its answer was whole"},
    {CURLE_PARTIAL_FILE, HOOK_DOUBTFUL, "the connection broke before its answer was whole"},
    {CURLE_SEND_ERROR, HOOK_DOUBTFUL, "the connection broke while it was called"},
    {CURLE_UNSUPPORTED_PROTOCOL, HOOK_DOUBTFUL, "what it answers is not HTTP"},
    {CURLE_WEIRD_SERVER_REPLY, HOOK_DOUBTFUL, "what it answers is not HTTP"},
    {CURLE_OUT_OF_MEMORY, HOOK_DOUBTFUL, "a header of its answer is far too long, or no memory is left here"},
    {CURLE_WRITE_ERROR, HOOK_DOUBTFUL, "its answer is longer than anybody wants to read"},
};

static struct hook_judgement by_status(long status, const struct hook_statuses *reject_on) {
  struct hook_judgement j = {.meaning = HOOK_BROKEN};
  const char *why = "no status that HTTP has";
  for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
    if (status >= statuses[i].low && status <= statuses[i].high) {
      j.meaning = statuses[i].meaning;
      why = statuses[i].why;
      break;
    }
  for (size_t i = 0; i < reject_on->n; i++)
    if (status == reject_on->at[i]) {
      j.meaning = HOOK_REJECTED;
      why = "it will not take this delivery";
    }
  snprintf(j.why, sizeof j.why, "answers %ld: %s", status, why);
  return j;
}

static struct hook_judgement by_end(const struct hook_end *end) {
  struct hook_judgement j = {.meaning = HOOK_DOUBTFUL};
  if (end->code == CURLE_OPERATION_TIMEDOUT) {
    j.meaning = end->connected ? HOOK_DOUBTFUL : HOOK_OUTAGE;
    snprintf(j.why, sizeof j.why, end->connected ? "no whole answer in time; see timeout_ms" : "no connection in time");
    return j;
  }
  snprintf(j.why, sizeof j.why, "%.120s", curl_easy_strerror(end->code));
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
    if (ends[i].code == end->code) {
      bool more = end->code == CURLE_COULDNT_CONNECT && end->os_errno;
      j.meaning = ends[i].meaning;
      snprintf(j.why, sizeof j.why, "%s%s%.60s", ends[i].why, more ? ": " : "",
               more ? strerror((int)end->os_errno) : "");
    }
  return j;
}

struct hook_judgement hook_judge(const struct hook_end *end, const struct hook_statuses *reject_on) {
  return end->code == CURLE_OK ? by_status(end->status, reject_on) : by_end(end);
}
