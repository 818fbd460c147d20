/* Who may come in: the list `clients` of the configuration, and the file with the hashes of their tokens.
 *
 * A token is 32 random bytes, so a plain hash of it gives nothing away and needs no slow hashing. The file has a line
 * for each: the client's name and the hash in hex; two lines for one client let a token be changed without a gap. */
#ifndef BATON_HTTP_CLIENTS_H
#define BATON_HTTP_CLIENTS_H

#include <stddef.h>
#include <stdint.h>

enum may { MAY_SUBMIT = 1, MAY_READ = 2, MAY_ANSWER = 4, MAY_BACKFILL = 8 };
enum { CLIENT_NAME_MAX = 32, TOKEN_HASH = 32 };

struct client {
  char name[CLIENT_NAME_MAX + 1], department[33];
  unsigned may;
};

struct token {
  uint8_t hash[TOKEN_HASH];
  size_t client;
};

struct clients {
  struct client *v;
  size_t n;
  struct token *token;
  size_t n_tokens;
};

/* tokens_file may be "" where there are no clients. -1: error (256 bytes). */
int clients_read(struct clients *c, const char *config_file, const char *tokens_file, char *error);
void clients_fini(struct clients *c);
/* Takes as long for a wrong token as for a right one. NULL: nobody. */
const struct client *clients_find(const struct clients *c, const char *token);
/* Prints a new token, which is kept nowhere, and the line for the file. The exit code. */
int clients_new_token(const char *name);
/* [a-z0-9-]{1,32}, as all names here. */
int name_is_valid(const char *name);

#endif
