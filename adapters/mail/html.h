/* The text of an HTML page, as somebody would read it aloud. */
#ifndef MAIL_HTML_H
#define MAIL_HTML_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Adds to `to` the text of n bytes of HTML in UTF-8, at most max bytes. false: there was more. */
bool html_text(const char *html, size_t n, size_t max, GString *to);

#endif
