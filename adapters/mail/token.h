/* What a mail of ours can be known by when somebody answers it.
 *
 * A token names what the mail was about and until when it counts, and ends with a keyed MAC, so that nobody can make
 * one. It is the left part of our Message-IDs, <baton.TOKEN@domain>, and what stands behind the plus in our Reply-To
 * addresses. A token is used up when its object is gone: the broker refuses a second answer, so nothing has to be
 * remembered here. */
#ifndef MAIL_TOKEN_H
#define MAIL_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TOKEN_KEY_MAX = 64, TOKEN_DIGEST = 8, TOKEN_TEXT = 128 /* with the NUL */, TOKEN_ID = 400 };

enum token_kind {
  TOKEN_THREAD = 't', /* all mail about one case; never sent itself */
  TOKEN_TELLS = 'i',  /* nothing to answer */
  TOKEN_OFFER = 'o',
  TOKEN_OFFER_AGAIN = 'a', /* an offer, in a mail that explained how to answer it: the next explanation is not sent */
  TOKEN_QUESTION = 'q',
  TOKEN_REPLY = 'r' /* what came of an answer */
};

struct token_key {
  unsigned char bytes[TOKEN_KEY_MAX];
  size_t n;
};

struct token {
  enum token_kind kind;
  uint64_t case_id, object, version;
  int64_t expires_s;                  /* since 1970; 0: never */
  unsigned char digest[TOKEN_DIGEST]; /* the first bytes of the card's */
};

void token_write(const struct token_key *key, const struct token *t, char ret[TOKEN_TEXT]);
/* Of n bytes of text, upper or lower case; false: not one that this key has made. */
bool token_read(const struct token_key *key, const char *text, size_t n, struct token *ret);
/* <baton.TOKEN@domain> */
void token_id_write(const struct token_key *key, const struct token *t, const char *domain, char ret[TOKEN_ID]);
/* A Message-ID, with or without its brackets, or an address with a plus. */
bool token_id_read(const struct token_key *key, const char *id, struct token *ret);

#endif
