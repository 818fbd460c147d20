#include "read.h"

#include <gmime/gmime.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "loops.h"
#include "parts.h"
#include "refs.h"
#include "returned.h"
#include "trim.h"
#include "words.h"

static void set(json_t *to, const char *key, const char *value) {
  char *clean = words_line(value, READ_HEADER_MAX);
  json_object_set_new(to, key, json_string(clean));
  g_free(clean);
}

/* The first mailbox of a list, also inside a group. */
static InternetAddressMailbox *first_mailbox(InternetAddressList *list, int depth) {
  for (int i = 0; list && depth < 4 && i < internet_address_list_length(list); i++) {
    InternetAddress *a = internet_address_list_get_address(list, i);
    if (INTERNET_ADDRESS_IS_MAILBOX(a))
      return INTERNET_ADDRESS_MAILBOX(a);
    InternetAddressMailbox *m = first_mailbox(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(a)), depth + 1);
    if (m)
      return m;
  }
  return NULL;
}

/* One address and nothing else in it: what is written elsewhere as an address must not bring more along. */
static bool is_address(const char *a) {
  const char *at = a ? strchr(a, '@') : NULL;
  if (!at || at == a || !at[1] || strchr(at + 1, '@') || strlen(a) > 254)
    return false;
  for (const char *p = a; *p; p++)
    if ((unsigned char)*p <= 0x20 || *p == 0x7f || strchr("<>,;\"()[]\\:", *p))
      return false;
  return true;
}

static bool is_named(GMimeHeader *h, const char *name) {
  return g_ascii_strcasecmp(g_mime_header_get_name(h), name) == 0;
}

/* More than one address in From, or more than one From: which of them a server has looked at is anybody's guess. */
static int count_senders(GMimeMessage *m) {
  GMimeHeaderList *all = g_mime_object_get_header_list(GMIME_OBJECT(m));
  InternetAddressList *from = g_mime_message_get_from(m);
  int n = from ? internet_address_list_length(from) : 0, fields = 0;
  for (int i = 0; i < g_mime_header_list_get_count(all); i++)
    fields += is_named(g_mime_header_list_get_header_at(all, i), "From");
  return fields > n ? fields : n;
}

/* As they stand, not decoded: what is encoded in them is no part of their grammar. */
static void set_results(json_t *to, GMimeMessage *m) {
  GMimeHeaderList *all = g_mime_object_get_header_list(GMIME_OBJECT(m));
  json_t *list = json_array();
  int n = g_mime_header_list_get_count(all);
  for (int i = 0; i < n && json_array_size(list) < READ_RESULTS; i++) {
    GMimeHeader *h = g_mime_header_list_get_header_at(all, i);
    if (is_named(h, "Received")) {
      json_array_append_new(list, json_string(""));
    } else if (is_named(h, "Authentication-Results")) {
      char *clean = words_line(g_mime_header_get_raw_value(h), READ_RESULT_MAX);
      json_array_append_new(list, json_string(clean));
      g_free(clean);
    }
  }
  json_object_set_new(to, "results", list);
}

static void set_sender(json_t *to, GMimeMessage *m) {
  InternetAddressMailbox *from = first_mailbox(g_mime_message_get_from(m), 0);
  const char *address = from ? internet_address_mailbox_get_idn_addr(from) : NULL;
  const char *name = from ? internet_address_get_name(INTERNET_ADDRESS(from)) : NULL;
  set(to, "from", is_address(address) ? address : "");
  json_object_set_new(to, "senders", json_integer(count_senders(m)));
  set(to, "name", name ? name : "");
}

static void add_addresses(json_t *to, InternetAddressList *list) {
  int n = list ? internet_address_list_length(list) : 0;
  for (int i = 0; i < n && json_array_size(to) < 32; i++) {
    InternetAddress *a = internet_address_list_get_address(list, i);
    const char *address =
        INTERNET_ADDRESS_IS_MAILBOX(a) ? internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(a)) : NULL;
    if (is_address(address))
      json_array_append_new(to, json_string(address)); /* one that is not UTF-8 is left out */
  }
}

static void set_recipients(json_t *to, GMimeMessage *m) {
  json_t *list = json_array();
  static const char *const headers[] = {"Delivered-To", "X-Original-To", "Envelope-To"};
  for (size_t i = 0; i < G_N_ELEMENTS(headers); i++) {
    const char *v = g_mime_object_get_header(GMIME_OBJECT(m), headers[i]);
    InternetAddressList *parsed = v ? internet_address_list_parse(NULL, v) : NULL;
    add_addresses(list, parsed);
    if (parsed)
      g_object_unref(parsed);
  }
  add_addresses(list, g_mime_message_get_to(m));
  add_addresses(list, g_mime_message_get_cc(m));
  json_object_set_new(to, "to", list);
}

static void add_id(void *user, const char *id) {
  json_t *list = user;
  if (json_array_size(list) < IDS_MAX)
    json_array_append_new(list, json_string(id));
}

static void set_headers(json_t *to, GMimeMessage *m) {
  static const char *const plain[][2] = {{"X-Baton-Ref", "ref"}, {"X-Baton-Loop", "loop"}};
  static const char *const answered[] = {"In-Reply-To", "References"};
  json_t *ids = json_array();
  for (size_t i = 0; i < G_N_ELEMENTS(answered); i++) {
    const char *v = g_mime_object_get_header(GMIME_OBJECT(m), answered[i]);
    if (v)
      refs_ids(v, add_id, ids);
  }
  json_object_set_new(to, "ids", ids);
  for (size_t i = 0; i < G_N_ELEMENTS(plain); i++) {
    const char *v = g_mime_object_get_header(GMIME_OBJECT(m), plain[i][0]);
    set(to, plain[i][1], v ? v : "");
  }
  const char *subject = g_mime_message_get_subject(m);
  set(to, "subject", subject ? subject : "");
}

static void set_text(json_t *to, struct parts *p) {
  char *text = words_text(p->text->str, p->text->len);
  bool trimmed = trim_text(text);
  g_strstrip(text);
  json_object_set_new(to, "text", json_string(text));
  json_object_set_new(to, "trimmed", json_boolean(trimmed));
  json_object_set_new(to, "cut", json_string(p->cut ? p->cut : ""));
  json_object_set(to, "attachments", p->attachments);
  json_object_set_new(to, "more", json_integer((json_int_t)p->more));
  g_free(text);
}

static json_t *read_message(GMimeMessage *m, const struct read_limits *limits) {
  json_t *to = json_object();
  char automatic[LOOPS_WHY];
  struct parts p;
  set_sender(to, m);
  set_recipients(to, m);
  set_headers(to, m);
  set_results(to, m);
  loops_find(m, automatic);
  set(to, "automatic", automatic);
  loops_find_list(m, automatic);
  set(to, "list", automatic);
  parts_init(&p, limits);
  parts_read(&p, g_mime_message_get_mime_part(m));
  set_text(to, &p);
  parts_fini(&p);
  json_t *returned = returned_read(m);
  if (returned)
    json_object_set_new(to, "returned", returned);
  return to;
}

char *read_mail(const char *mail, size_t n, const struct read_limits *limits) {
  GMimeStream *stream = g_mime_stream_mem_new_with_buffer(mail, n);
  GMimeParser *parser = g_mime_parser_new_with_stream(stream);
  GMimeMessage *m = g_mime_parser_construct_message(parser, NULL);
  char *text = NULL;
  if (m) {
    json_t *json = read_message(m, limits);
    char *dumped = json_dumps(json, JSON_COMPACT);
    text = g_strdup(dumped);
    free(dumped);
    json_decref(json);
    g_object_unref(m);
  }
  g_object_unref(parser);
  g_object_unref(stream);
  return text;
}
