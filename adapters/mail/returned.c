#include "returned.h"

#include <stdbool.h>
#include <string.h>

#include "words.h"

static void set(json_t *to, const char *key, const char *value, size_t max) {
  char *clean = words_line(value ? value : "", max);
  json_object_set_new(to, key, json_string(clean));
  g_free(clean);
}

static bool is_type(GMimeObject *o, const char *type, const char *subtype) {
  return g_mime_content_type_is_type(g_mime_object_get_content_type(o), type, subtype);
}

/* The mail itself, or its header alone: both parse as a message. Takes nothing; unref what it returns. */
static GMimeMessage *original(GMimeObject *o) {
  if (GMIME_IS_MESSAGE_PART(o)) {
    GMimeMessage *m = g_mime_message_part_get_message(GMIME_MESSAGE_PART(o));
    return m ? g_object_ref(m) : NULL;
  }
  if (!GMIME_IS_PART(o) || !(is_type(o, "text", "rfc822-headers") || is_type(o, "message", "rfc822-headers")))
    return NULL;
  GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(o));
  GMimeStream *stream = g_mime_stream_mem_new();
  if (content)
    g_mime_data_wrapper_write_to_stream(content, stream);
  g_mime_stream_reset(stream);
  GMimeParser *parser = g_mime_parser_new_with_stream(stream);
  GMimeMessage *m = g_mime_parser_construct_message(parser, NULL);
  g_object_unref(parser);
  g_object_unref(stream);
  return m;
}

/* The value of the first field of that name, in any of the groups of a message/delivery-status. */
static char *status_field(const char *text, const char *name) {
  size_t n = strlen(name);
  for (const char *p = text; p; p = strchr(p, '\n')) {
    p += *p == '\n';
    if (g_ascii_strncasecmp(p, name, n) == 0 && p[n] == ':')
      return g_strstrip(g_strndup(p + n + 1, strcspn(p + n + 1, "\r\n")));
  }
  return g_strdup("");
}

static void take_status(json_t *to, GMimePart *part) {
  GMimeDataWrapper *content = g_mime_part_get_content(part);
  GMimeStream *stream = g_mime_stream_mem_new();
  if (content)
    g_mime_data_wrapper_write_to_stream(content, stream);
  GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
  char *text = g_strndup((const char *)bytes->data, bytes->len);
  char *status = status_field(text, "Status"), *action = status_field(text, "Action"),
       *recipient = status_field(text, "Final-Recipient");
  status[strspn(status, "0123456789.")] = '\0'; /* operators see it: the code of RFC 3463, no words of anybody's */
  const char *address = strchr(recipient, ';');
  set(to, "status", status, 32);
  set(to, "recipient", address ? address + 1 : recipient, 128);
  json_object_set_new(to, "failed", json_boolean(g_ascii_strncasecmp(action, "failed", 6) == 0));
  g_free(recipient);
  g_free(action);
  g_free(status);
  g_free(text);
  g_object_unref(stream);
}

json_t *returned_read(GMimeMessage *message) {
  GMimeObject *top = g_mime_message_get_mime_part(message);
  if (!top || !GMIME_IS_MULTIPART(top) || !is_type(top, "multipart", "report"))
    return NULL;
  json_t *to =
      json_pack("{s:s, s:s, s:s, s:s, s:b}", "id", "", "subject", "", "recipient", "", "status", "", "failed", 0);
  int n = g_mime_multipart_get_count(GMIME_MULTIPART(top));
  bool found = false;
  for (int i = 0; i < n && i < 8; i++) {
    GMimeObject *o = g_mime_multipart_get_part(GMIME_MULTIPART(top), i);
    GMimeMessage *m = original(o);
    if (GMIME_IS_PART(o) && is_type(o, "message", "delivery-status")) {
      take_status(to, GMIME_PART(o));
      found = true;
    }
    if (m) {
      set(to, "id", g_mime_message_get_message_id(m), 400);
      set(to, "subject", g_mime_message_get_subject(m), 300);
      g_object_unref(m);
    }
  }
  if (!found) {
    json_decref(to);
    return NULL;
  }
  return to;
}
