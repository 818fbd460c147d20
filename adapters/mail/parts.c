#include "parts.h"

#include <string.h>

#include "html.h"
#include "words.h"

void parts_init(struct parts *p, const struct read_limits *limits) {
  *p = (struct parts){.text = g_string_new(NULL),
                      .attachments = json_array(),
                      .limits = limits,
                      .until_us = g_get_monotonic_time() + limits->ms * 1000};
}

void parts_fini(struct parts *p) {
  g_string_free(p->text, TRUE);
  json_decref(p->attachments);
}

/* What stands in a part, decoded; of a text part in the bytes of its own character set. */
static GByteArray *content(GMimePart *part) {
  GMimeDataWrapper *wrapper = g_mime_part_get_content(part);
  GMimeStream *to = g_mime_stream_mem_new();
  GByteArray *bytes = g_byte_array_new();
  g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(to), bytes);
  g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(to), FALSE);
  if (wrapper)
    g_mime_data_wrapper_write_to_stream(wrapper, to);
  g_object_unref(to);
  return bytes;
}

/* In UTF-8. A set that is missing, unknown or a lie is taken as UTF-8 where the bytes are, else as Windows-1252. */
static char *decoded(GMimePart *part, const GByteArray *bytes, gsize *ret_n) {
  const char *charset = g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), "charset");
  const char *raw = (const char *)bytes->data;
  if (charset && strlen(charset) > 64) /* no such name; the library would remember it */
    charset = "";
  gsize n = bytes->len;
  bool is_plain = !charset || g_ascii_strcasecmp(charset, "us-ascii") == 0 || g_ascii_strcasecmp(charset, "utf-8") == 0;
  char *text = NULL;
  if (!raw || n == 0)
    return *ret_n = 0, g_strdup("");
  if (!is_plain)
    text = g_convert_with_fallback(raw, (gssize)n, "UTF-8", g_mime_charset_iconv_name(charset), "?", NULL, ret_n, NULL);
  if (!text && !g_utf8_validate_len(raw, n, NULL) && (!charset || g_ascii_strcasecmp(charset, "utf-8") != 0))
    text = g_convert_with_fallback(raw, (gssize)n, "UTF-8", "WINDOWS-1252", "?", NULL, ret_n, NULL);
  if (!text) {
    text = g_memdup2(raw, n);
    *ret_n = n;
  }
  return text;
}

static void add_text(struct parts *p, GMimePart *part, bool html) {
  GByteArray *bytes = content(part);
  gsize n;
  char *text = decoded(part, bytes, &n);
  size_t room = READ_TEXT_MAX - p->text->len;
  if (p->text->len > 0 && room > 2) {
    g_string_append(p->text, "\n\n");
    room -= 2;
  }
  bool all = true;
  if (html) {
    all = html_text(text, n, room, p->text);
  } else {
    all = n <= room;
    g_string_append_len(p->text, text, (gssize)(all ? n : room));
  }
  if (!all)
    p->cut = "the text is too long";
  g_free(text);
  g_byte_array_free(bytes, TRUE);
}

static void add_attachment(struct parts *p, GMimePart *part) {
  const char *named = g_mime_part_get_filename(part);
  if (json_array_size(p->attachments) >= READ_ATTACHMENTS) {
    p->more++;
    return;
  }
  GByteArray *bytes = content(part);
  char *type = g_mime_content_type_get_mime_type(g_mime_object_get_content_type(GMIME_OBJECT(part)));
  char *name = words_line(named ? named : "", 120), *clean = words_line(type, 80);
  char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes->data, bytes->len);
  json_array_append_new(p->attachments, json_pack("{s:s, s:s, s:I, s:s}", "name", name, "type", clean, "bytes",
                                                  (json_int_t)bytes->len, "sha256", digest));
  g_free(digest);
  g_free(clean);
  g_free(name);
  g_free(type);
  g_byte_array_free(bytes, TRUE);
}

static bool may_go_on(struct parts *p, int64_t depth) {
  if (depth > p->limits->max_depth)
    p->cut = "it is nested too deep";
  else if (p->seen >= p->limits->max_parts)
    p->cut = "it has too many parts";
  else if (g_get_monotonic_time() > p->until_us)
    p->cut = "reading it took too long";
  else
    return true;
  return false;
}

static bool is_type(GMimeObject *o, const char *type, const char *subtype) {
  return g_mime_content_type_is_type(g_mime_object_get_content_type(o), type, subtype);
}

static bool has_text(GMimeObject *o, const char *subtype, int64_t depth) {
  if (!GMIME_IS_MULTIPART(o))
    return is_type(o, "text", subtype);
  int n = g_mime_multipart_get_count(GMIME_MULTIPART(o));
  for (int i = 0; i < n && i < 16 && depth < 8; i++)
    if (has_text(g_mime_multipart_get_part(GMIME_MULTIPART(o), i), subtype, depth + 1))
      return true;
  return false;
}

/* Of the ways in which one thing is said: plain text, else HTML, else the last. */
static GMimeObject *best(GMimeMultipart *m) {
  static const char *const order[] = {"plain", "html"};
  int n = g_mime_multipart_get_count(m);
  for (size_t k = 0; k < G_N_ELEMENTS(order); k++)
    for (int i = 0; i < n && i < 16; i++)
      if (has_text(g_mime_multipart_get_part(m, i), order[k], 0))
        return g_mime_multipart_get_part(m, i);
  return n > 0 ? g_mime_multipart_get_part(m, n - 1) : NULL;
}

static void go(struct parts *p, GMimeObject *o, int64_t depth);

static void go_multipart(struct parts *p, GMimeMultipart *m, int64_t depth) {
  if (is_type(GMIME_OBJECT(m), "multipart", "alternative")) {
    GMimeObject *one = best(m);
    if (one)
      go(p, one, depth + 1);
    return;
  }
  int n = g_mime_multipart_get_count(m);
  for (int i = 0; i < n && may_go_on(p, depth); i++)
    go(p, g_mime_multipart_get_part(m, i), depth + 1);
}

static void add_message(struct parts *p) {
  if (json_array_size(p->attachments) >= READ_ATTACHMENTS)
    p->more++;
  else
    json_array_append_new(p->attachments, json_pack("{s:s, s:s}", "name", "", "type", "message/rfc822"));
}

static void go(struct parts *p, GMimeObject *o, int64_t depth) {
  if (!may_go_on(p, depth))
    return;
  p->seen++;
  if (GMIME_IS_MULTIPART(o)) {
    go_multipart(p, GMIME_MULTIPART(o), depth);
  } else if (GMIME_IS_MESSAGE_PART(o)) {
    add_message(p);
  } else if (GMIME_IS_PART(o)) {
    GMimePart *part = GMIME_PART(o);
    bool text = is_type(o, "text", "plain"), html = is_type(o, "text", "html");
    if ((text || html) && !g_mime_part_is_attachment(part) && !g_mime_part_get_filename(part))
      add_text(p, part, html);
    else
      add_attachment(p, part);
  }
}

void parts_read(struct parts *p, GMimeObject *top) {
  if (top)
    go(p, top, 0);
}
