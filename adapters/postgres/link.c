#include "link.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "baton.h"

#define STEPS 16
#define STEADY_MS 10000
#define RECEIVED_MAX (64 << 20) /* for one job */
#define OLDEST_SERVER 130000

/* Registered anew each time: libpq may have closed the old socket and got the same number for the next. */
static void watch(struct link *l, uint32_t events) {
  int fd = l->conn ? PQsocket(l->conn) : -1;
  struct epoll_event e = {.events = events, .data.ptr = l};
  if (fd >= 0 && epoll_ctl(l->epoll, EPOLL_CTL_MOD, fd, &e) < 0)
    epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e);
}

static void forget_job(struct link *l) {
  for (int i = 0; i < l->n; i++)
    PQclear(l->result[i]);
  l->n = 0;
  l->busy = false;
}

static void tell(struct link *l, bool lost) {
  struct answer a = {.lost = lost, .failed = l->failed, .state = l->sqlstate, .words = l->failure, .result = l->result};
  link_done *done = l->done;
  l->busy = false;
  l->due_ms = 0;
  PGresult *result[LINK_COMMANDS_MAX]; /* done may begin the next job */
  int n = l->n;
  memcpy(result, l->result, (size_t)n * sizeof *result);
  a.result = result;
  l->n = 0;
  done(l->done_context, &a);
  for (int i = 0; i < n; i++)
    PQclear(result[i]);
}

static void end(struct link *l) {
  PQfinish(l->conn);
  l->conn = NULL;
  l->state = LINK_WAITS;
}

void link_refuse(struct link *l, const char *words) {
  char copy[LINK_WORDS];
  int wait_ms = baton_backoff_ms(++l->attempt, (int)l->to->retry_first_ms, (int)l->to->retry_most_ms);
  link_words(copy, words);
  end(l);
  memcpy(l->words, copy, sizeof l->words);
  if (l->busy) {
    l->failed = l->at;
    l->sqlstate[0] = '\0';
    memcpy(l->failure, copy, sizeof l->failure);
    tell(l, true);
  }
  l->due_ms = baton_now_ms() + wait_ms;
}

static void lost(struct link *l) {
  const char *words = PQerrorMessage(l->conn);
  char copy[LINK_WORDS];
  link_words(copy, *words ? words : "the connection to the server was lost");
  link_refuse(l, copy);
}

/* libpq would write a server's notices to stderr as they stand. */
static void silent_notice(void *context, const char *message) {
  (void)context;
  (void)message;
}

static void begin(struct link *l) {
  const char *key[8], *value[8];
  size_t n = 0;
  key[n] = "dbname", value[n++] = l->to->conninfo; /* expanded; what follows wins */
  key[n] = "client_encoding", value[n++] = "UTF8";
  key[n] = "fallback_application_name", value[n++] = "baton-postgres";
  if (*l->to->password)
    key[n] = "password", value[n++] = l->to->password;
  key[n] = value[n] = NULL;
  l->conn = PQconnectStartParams(key, value, 1);
  if (!l->conn || PQstatus(l->conn) == CONNECTION_BAD) {
    if (l->conn)
      lost(l);
    else
      link_refuse(l, "no memory");
    return;
  }
  PQsetNoticeProcessor(l->conn, silent_notice, NULL);
  l->state = LINK_CONNECTS;
  l->due_ms = baton_now_ms() + l->to->connect_ms;
  watch(l, EPOLLOUT);
}

static void connected(struct link *l) {
  int version = PQserverVersion(l->conn);
  char words[LINK_WORDS];
  if (version < OLDEST_SERVER) {
    snprintf(words, sizeof words, "the server is PostgreSQL %d; version 13 or a later one is needed", version / 10000);
    link_refuse(l, words);
    return;
  }
  if (PQsetnonblocking(l->conn, 1) < 0 || PQenterPipelineMode(l->conn) != 1) {
    lost(l);
    return;
  }
  l->state = LINK_OPENS;
  l->opened_ms = baton_now_ms();
  l->received = 0;
  l->due_ms = 0;
  watch(l, EPOLLIN);
  l->on_open(l->context);
}

static void step_connect(struct link *l) {
  for (int i = 0; i < STEPS; i++) { /* a server that never stops talking does not keep everybody else waiting */
    PostgresPollingStatusType p = PQconnectPoll(l->conn);
    if (p == PGRES_POLLING_OK) {
      connected(l);
      return;
    }
    if (p == PGRES_POLLING_FAILED) {
      lost(l);
      return;
    }
    short events = p == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    watch(l, p == PGRES_POLLING_READING ? EPOLLIN : EPOLLOUT);
    struct pollfd ready = {.fd = PQsocket(l->conn), .events = events};
    if (poll(&ready, 1, 0) <= 0)
      return;
  }
}

/* ---- Jobs ---- */

bool link_idle(const struct link *l) {
  return (l->state == LINK_READY || l->state == LINK_OPENS) && !l->busy;
}

void link_opened(struct link *l) {
  l->state = LINK_READY;
}

/* One that is lost over and over is waited for longer and longer, however well it begins. */
void link_well(struct link *l) {
  if (baton_now_ms() - l->opened_ms >= STEADY_MS)
    l->attempt = 0;
  l->words[0] = '\0';
}

static bool send(struct link *l, const struct command *c) {
  if (c->name && c->sql)
    return PQsendPrepare(l->conn, c->name, c->sql, c->n, NULL);
  if (c->name)
    return PQsendQueryPrepared(l->conn, c->name, c->n, c->value, NULL, NULL, 0);
  return PQsendQueryParams(l->conn, c->sql, c->n, c->type, c->value, NULL, NULL, 0);
}

static void flush(struct link *l) {
  watch(l, PQflush(l->conn) == 1 ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void link_run(struct link *l, const struct command *c, int n, link_done *done, void *context) {
  bool good = n <= LINK_COMMANDS_MAX;
  for (int i = 0; good && i < n; i++)
    good = send(l, &c[i]);
  good = good && PQpipelineSync(l->conn);
  l->busy = true;
  l->done = done;
  l->done_context = context;
  l->n = good ? n : 0;
  l->at = l->nulls = 0;
  l->failed = -1;
  l->sqlstate[0] = l->failure[0] = '\0';
  memset(l->result, 0, sizeof l->result);
  l->received = link_received(l);
  l->due_ms = good ? baton_now_ms() + l->to->answer_ms : 1; /* a broken connection is told by the next step */
  if (good)
    flush(l);
}

static void failed(struct link *l, const PGresult *r) {
  const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
  const char *words = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
  l->failed = l->at;
  snprintf(l->sqlstate, sizeof l->sqlstate, "%s", state ? state : "");
  link_words(l->failure, words ? words : PQresultErrorMessage(r));
}

/* true: the job's end. */
static bool take(struct link *l, PGresult *r) {
  ExecStatusType status = PQresultStatus(r);
  l->nulls = 0;
  l->due_ms = baton_now_ms() + l->to->answer_ms; /* it is at work */
  if (status == PGRES_PIPELINE_SYNC) {
    PQclear(r);
    return true;
  }
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
    if (l->at < l->n && !l->result[l->at]) {
      l->result[l->at] = r;
      return false;
    }
  } else if (status != PGRES_PIPELINE_ABORTED && l->failed < 0) {
    failed(l, r);
  }
  PQclear(r);
  return false;
}

static void collect(struct link *l) {
  while (l->busy && l->conn && !PQisBusy(l->conn)) {
    PGresult *r = PQgetResult(l->conn);
    if (r) {
      if (take(l, r))
        tell(l, false);
    } else if (PQstatus(l->conn) == CONNECTION_BAD || ++l->nulls > 1) {
      lost(l);
    } else {
      l->at++; /* the end of what one command gave */
    }
  }
}

static void step_connected(struct link *l) {
  PGnotify *notify;
  bool told = false, good = PQconsumeInput(l->conn);
  if (l->busy)
    collect(l); /* what came before the end counts */
  if (!l->conn)
    return;
  if (!good || PQstatus(l->conn) == CONNECTION_BAD) {
    lost(l);
    return;
  }
  if (link_received(l) - l->received > RECEIVED_MAX) {
    link_refuse(l, "the server sends more than was asked for");
    return;
  }
  for (; (notify = PQnotifies(l->conn)); PQfreemem(notify))
    told = true;
  if (told && l->on_notify)
    l->on_notify(l->context);
  flush(l);
}

static void out_of_time(struct link *l) {
  char words[LINK_WORDS];
  if (l->due_ms == 1)
    lost(l);
  else if (l->state == LINK_CONNECTS)
    link_refuse(l, "no answer from the server while connecting");
  else {
    snprintf(words, sizeof words, "no answer from the server within %lld s: it hangs, or the network does",
             (long long)(l->to->answer_ms / 1000));
    link_refuse(l, words);
  }
}

int link_step(struct link *l) {
  int64_t now_ms = baton_now_ms();
  if (l->state == LINK_WAITS && now_ms >= l->due_ms)
    begin(l);
  if (l->state == LINK_CONNECTS) {
    struct pollfd ready = {.fd = PQsocket(l->conn), .events = POLLIN | POLLOUT};
    if (poll(&ready, 1, 0) > 0)
      step_connect(l);
  }
  if (l->state == LINK_OPENS || l->state == LINK_READY)
    step_connected(l);
  now_ms = baton_now_ms();
  if (l->state != LINK_WAITS && l->due_ms && now_ms >= l->due_ms)
    out_of_time(l);
  if (!l->due_ms)
    return -1;
  return l->due_ms > now_ms ? (int)(l->due_ms - now_ms) : 0;
}

void link_close(struct link *l) {
  if (l->conn)
    PQfinish(l->conn);
  l->conn = NULL;
  forget_job(l);
}
