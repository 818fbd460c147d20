#include "authres.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { WORD = 256, DEPTH_MAX = 8 };

/* The rest of a field; broken: it is not as RFC 8601 has it. */
struct cursor {
  const char *p;
  bool broken;
};

static void skip_comment(struct cursor *c) {
  int depth = 0;
  do {
    depth += *c->p == '(';
    depth -= *c->p == ')';
    if (*c->p == '\\')
      c->p++;
    if (!*c->p || depth > DEPTH_MAX) {
      c->broken = true;
      return;
    }
    c->p++;
  } while (depth > 0);
}

static void skip_blank(struct cursor *c) {
  while (!c->broken && *c->p && strchr(" \t\r\n(", *c->p))
    if (*c->p == '(')
      skip_comment(c);
    else
      c->p++;
}

static bool takes(struct cursor *c, char what) {
  skip_blank(c);
  if (c->broken || *c->p != what)
    return false;
  c->p++;
  return true;
}

static bool ends(struct cursor *c) {
  skip_blank(c);
  return !*c->p;
}

static bool put(struct cursor *c, char to[WORD], size_t *n) {
  if ((unsigned char)*c->p < 0x20 || (unsigned char)*c->p >= 0x7f || *n + 1 >= WORD)
    return false;
  to[(*n)++] = *c->p++;
  return true;
}

static void quoted(struct cursor *c, char to[WORD]) {
  size_t n = 0;
  for (c->p++; *c->p && *c->p != '"';) {
    if (*c->p == '\\')
      c->p++;
    if (!*c->p || !put(c, to, &n))
      break;
  }
  to[n] = '\0';
  c->broken |= *c->p != '"';
  c->p += *c->p == '"';
}

/* A run of characters other than these, or a quoted string. */
static void word(struct cursor *c, char to[WORD], const char *without) {
  size_t n = 0;
  skip_blank(c);
  *to = '\0';
  if (c->broken)
    return;
  if (*c->p == '"') {
    quoted(c, to);
    return;
  }
  while (*c->p && !strchr(without, *c->p) && put(c, to, &n))
    ;
  to[n] = '\0';
  c->broken |= n == 0 || (*c->p && !strchr(without, *c->p));
}

static const char specials[] = " \t\r\n()<>@,;:\\\"/[]?=", name_end[] = " \t\r\n()<>@,;:\\\"/[]?=.",
                  value_end[] = " \t\r\n();\"";

static bool is(const char *a, const char *b) {
  return strcasecmp(a, b) == 0;
}

/* What one method found. */
struct finding {
  char method[WORD], result[WORD];
  bool from, signer; /* header.from is the domain; header.d, or the domain in header.i, is */
  bool other_signer;
};

static void take_property(struct finding *f, const char *type, const char *name, const char *value,
                          const char *domain) {
  const char *at = strrchr(value, '@');
  if (!is(type, "header"))
    return;
  if (is(name, "from"))
    f->from = is(at ? at + 1 : value, domain);
  else if (is(name, "d") || (is(name, "i") && at)) {
    bool same = is(at ? at + 1 : value, domain);
    f->signer |= same;
    f->other_signer |= !same;
  }
}

static void read_properties(struct cursor *c, struct finding *f, const char *domain) {
  char type[WORD], name[WORD], value[WORD];
  while (!c->broken && !ends(c) && *c->p != ';') {
    word(c, type, name_end);
    if (is(type, "reason") && takes(c, '=')) {
      word(c, value, specials);
      continue;
    }
    if (!takes(c, '.')) {
      c->broken = true;
      return;
    }
    word(c, name, specials);
    c->broken |= !takes(c, '=');
    word(c, value, value_end);
    if (!c->broken)
      take_property(f, type, name, value, domain);
  }
}

static void read_finding(struct cursor *c, struct finding *f, const char *domain) {
  char version[WORD];
  *f = (struct finding){.from = false};
  word(c, f->method, specials);
  if (takes(c, '/'))
    word(c, version, specials);
  c->broken |= !takes(c, '=');
  word(c, f->result, specials);
  read_properties(c, f, domain);
}

static void judge(struct authres *r, const struct finding *f) {
  bool pass = is(f->result, "pass");
  if (is(f->method, "dmarc")) {
    r->dmarc |= pass && f->from;
    r->other_dmarc |= !pass || !f->from;
  } else if (is(f->method, "dkim")) {
    r->dkim |= pass && f->signer && !f->other_signer;
  }
}

void authres_add(struct authres *r, const char *value, const char *authserv_id, const char *domain) {
  struct cursor c = {.p = value};
  struct finding f;
  char id[WORD], version[WORD];
  word(&c, id, " \t\r\n();\"");
  if (!is(id, authserv_id))
    return;
  r->ours++;
  skip_blank(&c);
  if (isdigit((unsigned char)*c.p)) { /* of the field's format: there is but one */
    word(&c, version, specials);
    c.broken |= !is(version, "1");
  }
  c.broken |= ends(&c);
  while (!c.broken && !ends(&c)) {
    if (!takes(&c, ';')) {
      c.broken = true;
      break;
    }
    if (ends(&c)) /* one at the end is common */
      break;
    read_finding(&c, &f, domain);
    if (!c.broken)
      judge(r, &f);
  }
  r->bad |= c.broken;
}

bool authres_proves(const struct authres *r) {
  return r->ours > 0 && !r->bad && !r->other_dmarc && (r->dmarc || r->dkim);
}
