/* Any bytes at the mail adapter's own parsers: quotes, commands, refs, tokens, source keys, an IMAP server's answers.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authres.h"
#include "command.h"
#include "driver.h"
#include "key.h"
#include "refs.h"
#include "token.h"
#include "trim.h"
#include "wire.h"
#include "words.h"

static const struct token_key key = {.bytes = "0123456789abcdef0123456789abcdef", .n = 32};

/* What is left stands in the text in this order, and something is left of everything. */
static void try_trim(const char *text, size_t n) {
  char *copy = strdup(text);
  bool cut = trim_text(copy);
  fuzz_check(strlen(copy) <= n, "trimmed text grew");
  fuzz_check(cut || strcmp(copy, text) == 0, "text changed and nothing was cut");
  const char *p = text;
  for (const char *q = copy; *q; q++, p++) {
    p = strchr(p, *q);
    fuzz_check(p != NULL, "trimmed text says what was not said");
  }
  free(copy);
}

static void try_command(const char *text) {
  struct command c;
  command_read(text, &c);
  fuzz_check(strlen(c.text) < COMMAND_TEXT && strlen(c.department) <= 32, "a command is longer than it may be");
  fuzz_check((c.kind == COMMAND_REFUSE) == (c.reason != NULL), "a refusal without a reason, or the other way round");
}

static void on_id(void *user, const char *id) {
  struct token t;
  size_t *count = user;
  fuzz_check(strlen(id) < 256 && !strpbrk(id, "<> \r\n"), "an id that is none");
  fuzz_check(++*count <= IDS_MAX, "too many ids");
  fuzz_check(!token_id_read(&key, id, &t) || t.case_id == 7, "a forged token is taken");
}

static void try_refs(const char *text) {
  char ref[REF_TEXT];
  size_t count = 0;
  if (refs_find(text, ref))
    fuzz_check(strlen(ref) >= 6 && !strpbrk(ref, "[] "), "a ref that is none");
  refs_ids(text, on_id, &count);
}

/* Whole, and in two pieces: the same responses. */
static size_t feed(struct wire *w, const char *bytes, size_t n) {
  size_t responses = 0;
  uint32_t uids[4];
  for (size_t at = 0; at < n;) {
    bool whole;
    size_t found;
    uint32_t number;
    struct wire_mail mail;
    ssize_t used = wire_feed(w, bytes + at, n - at, &whole);
    if (used < 0)
      return SIZE_MAX;
    at += (size_t)used;
    if (!whole)
      continue;
    responses++;
    fuzz_check(!strpbrk(w->line, "\n") && strlen(w->line) == w->n, "a line that is none");
    if (wire_fetched(w, &mail))
      fuzz_check(w->body_n <= w->body_max && strlen(mail.received) < 64, "a mail that is too long");
    if (wire_searched(w->line, 1, uids, 4, &found))
      fuzz_check(found <= 4 && (found < 2 || uids[0] <= uids[1]), "numbers out of order");
    wire_number(w->line, "[UIDNEXT ", &number);
    wire_time_us(w->line);
  }
  return responses;
}

static void try_wire(const char *bytes, size_t n) {
  struct wire one, two;
  wire_init(&one, 4096);
  wire_init(&two, 4096);
  size_t a = feed(&one, bytes, n), b = feed(&two, bytes, n / 2);
  if (b != SIZE_MAX) {
    size_t rest = feed(&two, bytes + n / 2, n - n / 2);
    b = rest == SIZE_MAX ? rest : b + rest;
  }
  fuzz_check(a == b, "pieces make a difference");
  wire_fini(&one);
  wire_fini(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1), made[KEY_TEXT], again[KEY_TEXT];
  memcpy(text, data, size);
  text[size] = '\0';
  key_make(text, size, "then", made);
  key_make(text, size, "then", again);
  fuzz_check(strcmp(made, again) == 0 && strlen(made) == 44, "keys differ");
  try_wire(text, size);
  struct authres results = {.ours = 0};
  authres_add(&results, text, "mx.example.org", "example.org");
  fuzz_check(results.ours <= 1, "more fields than one");
  char *line = words_line(text, 100), *lines = words_text(text, size);
  fuzz_check(strlen(line) < 100 && !strpbrk(line, "\r\n"), "a line that is none");
  try_trim(lines, strlen(lines));
  try_command(lines);
  try_refs(text);
  words_cut(lines, 10);
  fuzz_check(strlen(lines) < 10, "not cut");
  free(lines); /* of GLib, whose allocator is malloc */
  free(line);
  free(text);
  return 0;
}

#ifdef FUZZ_MAIN

static const struct fuzz_seed seeds[] = {
    FUZZ_TEXT("Fine.\n\nOn Mon, 2 Nov 2026 at 10:00, Care <care@example.org>\nwrote:\n> Hello\n> there\n-- \nAnn\n"),
    FUZZ_TEXT("Am 02.11.2026 schrieb Care:\n> Hallo\nVon: Care\nGesendet: Montag\n"),
    FUZZ_TEXT("refuse wrong department: billing\nbecause it is an invoice\n"),
    FUZZ_TEXT("Refuse missing information: which flat?"),
    FUZZ_TEXT("accept, I call her today"),
    FUZZ_TEXT("answer\n the third floor"),
    FUZZ_TEXT("Re: [0000-0A3F-K] my order, case 0001-1"),
    FUZZ_TEXT("<baton.aaaa@example.org> <x@y> <baton.abcdefghijklmnopqrstuvwxyz234567@example.org>"),
    FUZZ_TEXT("* 1 FETCH (UID 7 INTERNALDATE \"19-Nov-2026 10:00:00 +0100\" BODY[]<0> {12}\r\nFrom: a\r\n\r\nb)\r\nb1 "
              "OK\r\n"),
    FUZZ_TEXT("* SEARCH 9 3 4 1 7 8\r\n* OK [UIDNEXT 12] next\r\n* 2 FETCH (FLAGS (\\Seen UID) BODY[]<0> \"a\\\"b\" "
              "UID 3)\r\n"),
    FUZZ_TEXT("mx.example.org 1; spf=pass (a (b\\) c)) smtp.mailfrom=a@b; dkim=pass reason=\"x\" header.d=example.org; "
              "dmarc=pass "
              "header.from=example.org"),
    FUZZ_TEXT("Message-ID: <a@b>\r\nFrom: x\r\n y\r\nDate: z\r\nSubject: s\r\n\r\nbody"),
};

/* A token that is ours is known, and none that differs from it in one character. */
static void check_tokens(void) {
  struct token t = {.kind = TOKEN_OFFER, .case_id = 7, .object = 300, .version = 9, .expires_s = 1800000000}, back;
  char text[TOKEN_TEXT], id[TOKEN_ID];
  memcpy(t.digest, "12345678", TOKEN_DIGEST);
  token_id_write(&key, &t, "example.org", id);
  fuzz_check(token_id_read(&key, id, &back) && back.object == 300 && back.version == 9 &&
                 back.expires_s == 1800000000 && memcmp(back.digest, "12345678", TOKEN_DIGEST) == 0,
             "our own token is not known");
  token_write(&key, &t, text);
  size_t n = strlen(text);
  fuzz_check(token_read(&key, text, n, &back), "our own token is not known");
  for (size_t i = 0; i < n - 1; i++) { /* the last one has bits that mean nothing */
    char was = text[i];
    text[i] = was == 'a' ? 'b' : 'a';
    fuzz_check(!token_read(&key, text, n, &back), "a forged token is taken");
    text[i] = was;
    fuzz_check(!token_read(&key, text, i, &back), "half a token is taken");
  }
}

/* What our own server says, and what it does not. */
static void check_results(void) {
  static const struct {
    const char *value;
    bool proves;
  } cases[] = {
      {"mx.example.org; dmarc=pass (p=none (sp=none)) header.from=example.org", true},
      {"MX.example.org 1; spf=pass smtp.mailfrom=a@b; dmarc = pass header . from = Example.ORG ;", true},
      {"mx.example.org; dkim=pass reason=\"good; dmarc=fail\" header.d=example.org header.s=x header.b=\"ab/c\"", true},
      {"mx.example.org; dkim=pass header.i=@example.org header.s=a header.b=ab/c=", true},
      {"mx.example.org; dkim/1=pass header.d=other.org; dkim=pass header.d=example.org", true},
      {"mx.example.org; dkim=pass header.d=other.org header.i=@example.org", false},
      {"mx.example.org; dkim=pass header.d=other.org", false},
      {"mx.example.org; dkim=pass header.d=sub.example.org", false},
      {"mx.example.org; dkim=fail header.d=example.org", false},
      {"mx.example.org; dkim=pass header.d=example.org; dmarc=fail header.from=example.org", false},
      {"mx.example.org; dkim=pass header.d=example.org; dmarc=none", false},
      {"mx.example.org; dmarc=pass header.from=other.org", false},
      {"mx.example.org; dmarc=pass", false},
      {"mx.example.org; dmarc=passed header.from=example.org", false},
      {"mx.example.org; spf=pass smtp.mailfrom=example.org", false},
      {"mx.example.org; none", false},
      {"mx.example.org", false},
      {"mx.example.org;", false},
      {"mx.example.org 2; dmarc=pass header.from=example.org", false},
      {"mx.example.org.evil.net; dmarc=pass header.from=example.org", false},
      {"evil.net (mx.example.org); dmarc=pass header.from=example.org", false},
      {"mx.example.org (; dmarc=pass header.from=example.org", false},
      {"mx.example.org; dmarc=pass header.from=example.org; dkim=pass header.d", false},
      {"mx.example.org; dmarc=pass header.from=example.org action=none", false},
      {"mx.example.org; dmarc=pass header.from=example.org\"", false},
      {"mx.example.org; dmarc=\"pass\" header.from=\"example.org", false},
      {"dmarc=pass header.from=example.org", false},
      {"", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct authres r = {.ours = 0};
    authres_add(&r, cases[i].value, "mx.example.org", "example.org");
    fuzz_check(authres_proves(&r) == cases[i].proves, cases[i].value);
  }
}

int main(int argc, char **argv) {
  static const struct fuzz fuzz = {FUZZ_SEEDS(seeds), .runs = 20000};
  check_tokens();
  check_results();
  return fuzz_main(argc, argv, &fuzz);
}

#endif
