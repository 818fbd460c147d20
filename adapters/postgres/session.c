#include "session.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "faults.h"

static const char settings_sql[] =
    "select set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false), "
    "set_config('default_transaction_isolation', 'read committed', false), "
    "set_config('idle_in_transaction_session_timeout', $3, false), set_config('TimeZone', 'UTC', false), "
    "set_config('DateStyle', 'ISO', false), "
    /* A server without an encoding refuses to hand out bytes that are no UTF-8; here they cost their row alone. */
    "set_config('client_encoding', case current_setting('server_encoding') when 'SQL_ASCII' then 'SQL_ASCII' else "
    "'UTF8' end, "
    "false)";
static const char writes_sql[] = "select pg_is_in_recovery(), current_setting('transaction_read_only')";
static const char lineage_sql[] =
    "select s.system_identifier || ':' || c.timeline_id from pg_control_system() s, pg_control_checkpoint() c";

int session_commands(const struct link_to *to, struct command *c) {
  static char statement[24], lock[24], idle[24];
  static const char *const values[] = {statement, lock, idle};
  snprintf(statement, sizeof statement, "%" PRId64, to->statement_ms);
  snprintf(lock, sizeof lock, "%" PRId64, to->lock_ms);
  snprintf(idle, sizeof idle, "%" PRId64, to->answer_ms);
  c[0] = (struct command){.sql = writes_sql};
  c[1] = (struct command){.sql = settings_sql, .n = 3, .value = values};
  c[2] = (struct command){.sql = lineage_sql};
  return SESSION_COMMANDS;
}

static bool is_missing(const char *state) {
  return strcmp(state, "3F000") == 0 || strcmp(state, "42P01") == 0 || strcmp(state, "42703") == 0;
}

bool session_good(struct link *l, const struct answer *a, int part, const char *ddl, char *lineage) {
  char words[LINK_WORDS], sentence[LINK_WORDS + 96];
  const PGresult *writes = a->result[0];
  if (writes && (*PQgetvalue(writes, 0, 0) == 't' || strcmp(PQgetvalue(writes, 0, 1), "on") == 0)) {
    link_refuse(l,
                *PQgetvalue(writes, 0, 0) == 't'
                    ? "the server is a standby that only reads; the primary is wanted (target_session_attrs=read-write)"
                    : "the server takes reading transactions only (default_transaction_read_only)");
    return false;
  }
  if (a->failed >= 0) {
    fault_words(a, words);
    bool missing = a->failed >= part && is_missing(a->state);
    snprintf(sentence, sizeof sentence, missing ? "%s: run %s in this database" : "%s%.0s", words, ddl);
    link_refuse(l, sentence);
    return false;
  }
  snprintf(lineage, 48, "%s", PQgetvalue(a->result[2], 0, 0));
  return true;
}
