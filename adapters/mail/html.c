#include "html.h"

#include <libxml/HTMLparser.h>
#include <string.h>
#include <strings.h>

enum { PIECE = 4096 };

struct page {
  GString *to;
  size_t max, start;
  int hidden; /* inside so many elements whose text nobody sees */
  int quoted;
  bool blank; /* a space is due */
  bool full;
};

static bool is_one_of(const xmlChar *name, const char *const *names) {
  for (; *names; names++)
    if (strcasecmp((const char *)name, *names) == 0)
      return true;
  return false;
}

static bool hides(const xmlChar *name) {
  return is_one_of(name, (const char *const[]){"script", "style", "head", "title", "noscript", "template", NULL});
}

static bool breaks(const xmlChar *name) {
  return is_one_of(name, (const char *const[]){"br",    "p",  "div",        "tr",      "li",      "ul", "ol",
                                               "table", "h1", "h2",         "h3",      "h4",      "h5", "h6",
                                               "pre",   "hr", "blockquote", "section", "article", NULL});
}

static void put(struct page *p, char c) {
  if (p->to->len - p->start >= p->max)
    p->full = true;
  else
    g_string_append_c(p->to, c);
}

static bool at_line(const struct page *p) {
  return p->to->len == p->start || p->to->str[p->to->len - 1] == '\n';
}

static void new_line(struct page *p) {
  p->blank = false;
  if (!at_line(p))
    put(p, '\n');
}

static void on_start(void *user, const xmlChar *name, const xmlChar **attributes) {
  struct page *p = user;
  (void)attributes;
  p->hidden += hides(name);
  if (strcasecmp((const char *)name, "blockquote") == 0)
    p->quoted++;
  if (strcasecmp((const char *)name, "p") == 0 && !at_line(p)) {
    new_line(p);
    put(p, '\n');
  } else if (breaks(name)) {
    new_line(p);
  }
}

static void on_end(void *user, const xmlChar *name) {
  struct page *p = user;
  if (p->hidden > 0 && hides(name))
    p->hidden--;
  if (breaks(name))
    new_line(p);
  if (p->quoted > 0 && strcasecmp((const char *)name, "blockquote") == 0)
    p->quoted--;
}

/* What the mail quotes stands in blockquote; as "> " it is taken off like that of a text. */
static void on_text(void *user, const xmlChar *text, int n) {
  struct page *p = user;
  for (int i = 0; i < n && p->hidden == 0 && !p->full; i++) {
    if (strchr(" \t\r\n\f", text[i])) {
      p->blank = true;
      continue;
    }
    if (at_line(p) && p->quoted > 0) {
      put(p, '>');
      put(p, ' ');
    } else if (p->blank && !at_line(p)) {
      put(p, ' ');
    }
    p->blank = false;
    put(p, (char)text[i]);
  }
}

bool html_text(const char *html, size_t n, size_t max, GString *to) {
  struct page p = {.to = to, .max = max, .start = to->len};
  htmlSAXHandler sax = {.startElement = on_start, .endElement = on_end, .characters = on_text, .cdataBlock = on_text};
  htmlParserCtxtPtr c = htmlCreatePushParserCtxt(&sax, &p, NULL, 0, NULL, XML_CHAR_ENCODING_UTF8);
  if (!c)
    return false;
  htmlCtxtUseOptions(c, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
  for (size_t at = 0; at < n && !p.full; at += PIECE)
    if (htmlParseChunk(c, html + at, (int)(n - at < PIECE ? n - at : PIECE), 0) != 0 && c->disableSAX)
      break;
  htmlParseChunk(c, "", 0, 1);
  htmlFreeParserCtxt(c);
  const char *end;
  if (!g_utf8_validate(to->str + p.start, (gssize)(to->len - p.start), &end)) /* the last character may be cut */
    g_string_truncate(to, (gsize)(end - to->str));
  return !p.full;
}
