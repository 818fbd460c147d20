/* baton-postgres: connects a system with a PostgreSQL database to Baton. baton-postgres(1) is its manual. */
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "options.h"

static void on_connected(void *context, const char *adapter, const char *department) {
  (void)department;
  struct adapter *a = context;
  snprintf(a->sink.adapter, sizeof a->sink.adapter, "%s", adapter);
}

static void on_receipt(void *context, const baton_receipt *receipt) {
  struct adapter *a = context;
  if (receipt->user)
    source_receipt(&a->source, receipt);
}

static baton_verdict on_delivery(void *context, const baton_delivery *d) {
  return sink_delivery(&((struct adapter *)context)->sink, d);
}

static int check(void *context, const char *config_file) {
  return options_check(context, config_file) < 0 ? -BATON_E_USAGE : 0;
}

static void on_notify(void *context) {
  struct source *s = context;
  s->notified = true;
  if (s->phase == SOURCE_RESTS && !s->rewinds)
    s->due_ms = 0;
}

static int start(void *context, baton_options *connection, const char *config_file) {
  (void)config_file;
  struct adapter *a = context;
  char error[256];
  a->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (a->epoll < 0 || (a->has_source && source_start(&a->source, error) < 0)) {
    baton_log("error", "cannot-start", "why", "no memory or no descriptor", NULL);
    return -BATON_E_IO;
  }
  a->source.link = (struct link){.name = "reading",
                                 .to = &a->to,
                                 .epoll = a->epoll,
                                 .on_open = source_open,
                                 .on_notify = on_notify,
                                 .context = &a->source};
  a->sink.link =
      (struct link){.name = "writing", .to = &a->to, .epoll = a->epoll, .on_open = sink_open, .context = &a->sink};
  connection->on_receipt = on_receipt;
  connection->on_connected = on_connected;
  if (a->has_sink)
    connection->on_delivery = on_delivery;
  else
    connection->credit = 0;
  return 0;
}

/* The first trouble that there is; told when it changes. */
static void tell_health(struct adapter *a, baton *b) {
  const struct link *links[] = {a->has_source ? &a->source.link : NULL, a->has_sink ? &a->sink.link : NULL};
  char why[LINK_WORDS + 32] = "";
  baton_health_state state = BATON_WELL;
  for (size_t i = 0; i < 2 && state == BATON_WELL; i++)
    if (links[i] && *links[i]->words) {
      state = BATON_DOWN;
      snprintf(why, LINK_WORDS, "%s: %.240s", links[i]->name, links[i]->words);
    }
  if (state == BATON_WELL && *a->source.trouble) {
    state = BATON_TROUBLED;
    snprintf(why, sizeof why, "reading: %.240s", a->source.trouble);
  }
  bool untried = false;
  for (size_t i = 0; i < 2; i++)
    untried |= links[i] && links[i]->state != LINK_READY;
  if (strcmp(why, a->told) == 0 || (state == BATON_WELL && untried))
    return;
  memcpy(a->told, why, sizeof why);
  baton_health(b, state, why);
}

static int step(void *context, baton *b) {
  struct adapter *a = context;
  int in = a->has_source ? source_step(&a->source, b) : -1;
  int out = a->has_sink ? sink_step(&a->sink, b) : -1;
  tell_health(a, b);
  return in < 0 ? out : out < 0 || in < out ? in : out;
}

static int own_fd(void *context) {
  return ((struct adapter *)context)->epoll;
}

int main(int argc, char **argv) {
  struct adapter a = {.epoll = -1, .told = "?"};
  struct source *s = &a.source;
  struct link_to *to = &a.to;
  const baton_option options[] = {
      {"connection", BATON_STRING, &to->conninfo, NULL, 0, 0, "where the database is: a libpq connection string"},
      {"password_file", BATON_FILE, &a.password_file, "", 0, 0, "a file with the password alone, mode 0600"},
      {"reads", BATON_STRING, &a.reads, "outbox", 0, 0, "what becomes events: outbox, query or nothing"},
      {"writes", BATON_STRING, &a.writes, "inbox", 0, 0, "where deliveries go: inbox, statements or nothing"},
      {"source", BATON_STRING, &a.source_name, "", 0, 0, "the cursor's name; else what `reads` says"},
      {"poll_ms", BATON_INT, &s->poll_ms, "2000", 10, 3600000, "milliseconds between looks where nothing notifies"},
      {"batch", BATON_INT, &s->batch, "256", 1, 10000, "rows read at once"},
      {"keep_days", BATON_INT, &s->keep_days, "0", 0, 36500,
       "days until sent rows of the outbox are deleted; 0: never"},
      {"rejects", BATON_BOOL, &s->keeps_rejects, "true", 0, 0, "whether rows refused for good go to baton.rejects"},
      {"query", BATON_STRING, &s->query, "", 0, 0, "the query: after position $1, up to $3, at most $2 rows"},
      {"position", BATON_STRING, &s->position_column, "id", 0, 0, "the query's increasing column, whole numbers"},
      {"start_after", BATON_INT, &s->start_after, "0", INT64_MIN + 1, INT64_MAX - 1, "the position to begin after"},
      {"tables", BATON_SECTION, NULL, NULL, 0, 0, "tables whose writers are waited for before rows are read"},
      {"settle_seconds", BATON_INT, &s->settle_ms, "0", 0, 86400, "seconds that rows wait for others to show up"},
      {"fields", BATON_SECTION, NULL, NULL, 0, 0, "which column of the query goes where in an event"},
      {"statements", BATON_SECTION, NULL, NULL, 0, 0, "which statement a delivery runs, by kind"},
      {"taken_days", BATON_INT, &a.sink.keep_days, "90", 0, 36500, "days that baton.taken keeps its lines; 0: always"},
      {"statement_timeout_ms", BATON_INT, &to->statement_ms, "30000", 100, 3600000, "milliseconds for one statement"},
      {"lock_timeout_ms", BATON_INT, &to->lock_ms, "5000", 10, 3600000, "milliseconds to wait for one lock"},
      {"retry_first_ms", BATON_INT, &to->retry_first_ms, "200", 1, 600000, "milliseconds before the first reconnect"},
      {"retry_most_ms", BATON_INT, &to->retry_most_ms, "30000", 1, 600000,
       "milliseconds before any later one, at most"},
      {NULL, BATON_STRING, NULL, NULL, 0, 0, NULL},
  };
  const baton_program program = {
      .name = "baton-postgres",
      .version = BATON_VERSION,
      .summary = "Connects a system with a PostgreSQL database to Baton.",
      .options = options,
      .check = check,
      .start = start,
      .step = step,
      .fd = own_fd,
      .context = &a,
  };
  int code = baton_main(argc, argv, &program);
  source_fini(s); /* the last receipts came while the connection was closed */
  sink_fini(&a.sink);
  memset(a.password, 0, sizeof a.password);
  if (a.epoll >= 0)
    close(a.epoll);
  return code;
}
