#include "hook_url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* This machine, said so that no DNS can change it; and "localhost", which is it wherever names are not broken. */
static bool is_here(const char *host) {
  struct in_addr four;
  return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
         (inet_pton(AF_INET, host, &four) == 1 && ntohl(four.s_addr) >> 24 == 127);
}

static const char *trouble(CURLU *u, const char *url, bool insecure, char *ret_host, size_t n) {
  char *scheme = NULL, *host = NULL, *port = NULL, *user = NULL;
  const char *why = NULL;
  for (const char *c = url; *c; c++)
    if (*c <= ' ' || *c > '~')
      return "holds a blank or a character that a URL cannot have";
  if (curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
      curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
    why = "is no URL such as https://crm.example.com/hooks/baton";
  else if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
    why = "wants https:// (or http:// on this machine)";
  else if (curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
    why = "names no host";
  else if (curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK)
    why = "holds a name before the host; credentials go into headers, from a file";
  else if (strcmp(scheme, "http") == 0 && !insecure && !is_here(host))
    why = "goes to another machine without TLS; use https://, or set insecure = true";
  if (!why) {
    bool own_port = curl_url_get(u, CURLUPART_PORT, &port, 0) == CURLUE_OK;
    snprintf(ret_host, n, "%.80s%s%s", host, own_port ? ":" : "", own_port ? port : "");
  }
  curl_free(scheme);
  curl_free(host);
  curl_free(port);
  curl_free(user);
  return why;
}

int hook_url_check(const char *url, bool insecure, char *ret_host, size_t n, char *error) {
  CURLU *u = curl_url();
  const char *why = u ? trouble(u, url, insecure, ret_host, n) : "no memory";
  curl_url_cleanup(u);
  if (why)
    snprintf(error, 256, "url %s", why);
  return why ? -1 : 0;
}
