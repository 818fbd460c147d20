/* What the configuration says, checked. */
#ifndef MAIL_SETTINGS_H
#define MAIL_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "token.h"

enum notice_kind {
  NOTICE_OFFERS,
  NOTICE_QUESTIONS,
  NOTICE_PROMISES,
  NOTICE_ESCALATIONS,
  NOTICE_ADVISORIES,
  NOTICE_KINDS
};
enum { ADDRESSES_MAX = 16, RULES_MAX = 64, PASSWORD_MAX = 256 };

struct addresses {
  const char *v[ADDRESSES_MAX];
  size_t n;
};

/* Which mail is about which topic: the first that fits. */
struct topic_rule {
  const char *to, *subject; /* an address; words in the Subject; NULL: any */
  const char *topic;
};

struct settings {
  /* options */
  const char *imap_url, *imap_user, *imap_password_file, *imap_ca_file, *folder;
  const char *smtp_url, *smtp_user, *smtp_password_file, *smtp_ca_file;
  const char *from, *name, *domain, *topic, *token_key_file, *authserv_id;
  const char *move_to, *rejects, *automatic;
  bool imap_starttls, smtp_starttls, idle, old_mail, seen, plus;
  int64_t poll_s, timeout_s, token_days, max_mail_kib, max_parts, max_depth, read_ms;

  /* sections and files */
  struct baton_table *table;
  struct addresses to[NOTICE_KINDS], may_act, own_lists;
  struct topic_rule rules[RULES_MAX];
  size_t n_rules;
  char imap_password[PASSWORD_MAX], smtp_password[PASSWORD_MAX];
  struct token_key key;
  const char *from_domain; /* in from */
};

/* Reads sections and files, checks all of it. false: error (at least 256 bytes) says what is wrong and where. */
bool settings_read(struct settings *s, const char *config_file, char *error);
void settings_free(struct settings *s); /* also wipes the secrets */
bool settings_has(const struct addresses *list, const char *address);
/* "" where there is none. */
const char *settings_topic(const struct settings *s, const char *const *to, size_t n_to, const char *subject);

#endif
