#include "imap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>

#include "baton.h"
#include "imap_link.h"

enum { COMMAND_MAX = 1200, READS_A_STEP = 64, HEARD_MAX = 16 << 20 /* besides a mail */ };

int imap_init(struct imap *m, struct net *net, const struct imap_settings *settings, size_t body_max) {
  *m = (struct imap){.settings = *settings, .net = net, .fd = -1, .phase = IMAP_AWAY};
  wire_init(&m->wire, body_max);
  snprintf(m->why, sizeof m->why, "not connected yet");
  return 0;
}

void imap_fini(struct imap *m) {
  imap_hang_up(m);
  wire_fini(&m->wire);
  free(m->body);
}

/* ---- Commands ---- */

__attribute__((format(printf, 3, 4))) static void say(struct imap *m, enum imap_phase phase, const char *format, ...) {
  char text[COMMAND_MAX], line[COMMAND_MAX + 16];
  va_list a;
  va_start(a, format);
  vsnprintf(text, sizeof text, format, a);
  va_end(a);
  size_t sent = 0;
  if (phase == IMAP_LEAVING) /* the end of IDLE has no tag */
    snprintf(line, sizeof line, "%s\r\n", text);
  else
    snprintf(line, sizeof line, "b%u %s\r\n", ++m->tag, text);
  CURLcode rc = curl_easy_send(m->easy, line, strlen(line), &sent);
  m->phase = phase;
  m->outcome = IMAP_NONE;
  m->heard = 0;
  m->deadline_ms = baton_now_ms() + m->settings.timeout_ms;
  if (rc != CURLE_OK || sent != strlen(line)) /* so few bytes always fit, but where the connection is dead */
    imap_lose(m, "the connection takes nothing: %s", curl_easy_strerror(rc));
}

/* As an IMAP quoted string; what cannot stand in one was refused when the configuration was read. */
static const char *quoted(const char *folder, char ret[600]) {
  char *to = ret;
  *to++ = '"';
  for (size_t i = 0; folder[i] && i < 256; i++) {
    if (folder[i] == '"' || folder[i] == '\\')
      *to++ = '\\';
    *to++ = folder[i];
  }
  *to++ = '"';
  *to = '\0';
  return ret;
}

void imap_search(struct imap *m, uint32_t first) {
  m->n_uids = 0;
  m->first = first;
  m->news = false;
  say(m, IMAP_BUSY, "UID SEARCH UID %u:*", first);
}

void imap_fetch(struct imap *m, uint32_t uid) {
  free(m->body);
  m->body = NULL;
  m->body_n = 0;
  m->mail = (struct wire_mail){.uid = 0};
  m->wanted = uid;
  m->is_nil = false;
  say(m, IMAP_BUSY, "UID FETCH %u (UID RFC822.SIZE INTERNALDATE BODY.PEEK[]<0.%zu>)", uid, m->wire.body_max);
}

void imap_flag(struct imap *m, uint32_t uid, const char *flag) {
  say(m, IMAP_BUSY, "UID STORE %u +FLAGS.SILENT (%s)", uid, flag);
}

void imap_put_away(struct imap *m, uint32_t uid, const char *folder, bool copy) {
  char name[600];
  say(m, IMAP_BUSY, "UID %s %u %s", copy ? "COPY" : "MOVE", uid, quoted(folder, name));
}

void imap_create(struct imap *m, const char *folder) {
  char name[600];
  say(m, IMAP_BUSY, "CREATE %s", quoted(folder, name));
}

void imap_look(struct imap *m) {
  say(m, IMAP_BUSY, "NOOP");
}

void imap_idle(struct imap *m) {
  if (m->can_idle && m->settings.idle)
    say(m, IMAP_IDLING, "IDLE");
}

void imap_leave(struct imap *m) {
  if (m->phase == IMAP_IDLING)
    say(m, IMAP_LEAVING, "DONE");
}

enum imap_outcome imap_take_outcome(struct imap *m) {
  enum imap_outcome o = m->outcome;
  m->outcome = IMAP_NONE;
  return o;
}

/* ---- Answers ---- */

static void take_mail(struct imap *m) {
  struct wire_mail got;
  if (!wire_fetched(&m->wire, &got))
    return;
  m->is_nil |= got.is_nil && got.uid == m->wanted;
  if (m->is_nil)
    snprintf(m->told, sizeof m->told, "the server has nothing of it");
  if (!got.has_body || m->body)
    return;
  if (got.uid != m->wanted) {
    imap_lose(m, "the server gives out another mail than the one that was asked for");
    return;
  }
  m->mail = got;
  m->body_n = m->wire.body_n;
  m->body = malloc(m->body_n + 1);
  if (!m->body) {
    imap_lose(m, "no memory for a mail");
    return;
  }
  if (m->body_n)
    memcpy(m->body, m->wire.body, m->body_n);
  m->body[m->body_n] = '\0';
}

static void take_untagged(struct imap *m) {
  const char *line = m->wire.line, *word = line + 2 + strspn(line + 2, "0123456789");
  if (strncasecmp(line, "* BYE", 5) == 0) {
    imap_lose(m, "the server ends the connection: %.120s", line + 5);
    return;
  }
  if (strncasecmp(line, "* CAPABILITY", 12) == 0) {
    m->can_idle = strcasestr(line, " IDLE") != NULL;
    m->can_move = strcasestr(line, " MOVE") != NULL;
  }
  if (m->phase == IMAP_SELECTING && strncasecmp(line, "* OK ", 5) == 0) {
    wire_number(line, "[UIDVALIDITY ", &m->validity);
    wire_number(line, "[UIDNEXT ", &m->next);
  }
  if (strcasecmp(word, " EXISTS") == 0 || strcasecmp(word, " RECENT") == 0)
    m->news = true;
  if (m->phase == IMAP_BUSY && !wire_searched(line, m->first, m->uids, IMAP_UIDS, &m->n_uids))
    take_mail(m);
}

static void opened(struct imap *m) {
  if (m->validity == 0) {
    imap_lose(m, "the folder has no UIDVALIDITY");
    return;
  }
  m->phase = IMAP_READY;
  m->opened_ms = baton_now_ms();
  m->why[0] = '\0';
}

static void take_tagged(struct imap *m, const char *status) {
  bool ok = strncasecmp(status, "OK", 2) == 0;
  char name[600];
  if (!ok)
    snprintf(m->told, sizeof m->told, "%.190s", status), imap_clean(m->told);
  switch (m->phase) {
  case IMAP_GREETING:
    m->validity = m->next = 0;
    say(m, IMAP_SELECTING, "SELECT %s", quoted(m->settings.folder, name));
    return;
  case IMAP_SELECTING:
    if (ok)
      opened(m);
    else
      imap_lose(m, "the folder cannot be opened: %.120s", status);
    return;
  case IMAP_IDLING: /* it does not wait after all */
  case IMAP_LEAVING:
    m->phase = IMAP_READY;
    m->can_idle = m->can_idle && ok;
    return;
  default:
    m->phase = IMAP_READY;
    m->outcome = ok ? IMAP_OK : IMAP_NO;
  }
}

static void take_line(struct imap *m) {
  const char *line = m->wire.line;
  char tag[16];
  int n = snprintf(tag, sizeof tag, "b%u ", m->tag);
  if (strncmp(line, tag, (size_t)n) == 0)
    take_tagged(m, line + n);
  else if (strncmp(line, "* ", 2) == 0)
    take_untagged(m);
  else if (*line != '+')
    imap_lose(m, "the server talks nonsense");
}

static void take(struct imap *m, const char *bytes, size_t n) {
  while (n > 0 && m->easy) {
    bool whole;
    ssize_t used = wire_feed(&m->wire, bytes, n, &whole);
    if (used < 0) {
      imap_lose(m, "the server says more than was asked for");
      return;
    }
    bytes += used;
    n -= (size_t)used;
    if (whole)
      take_line(m);
  }
}

static bool read_some(struct imap *m) {
  static char bytes[16384];
  size_t n = 0;
  CURLcode rc = curl_easy_recv(m->easy, bytes, sizeof bytes, &n);
  if (rc == CURLE_AGAIN)
    return false;
  if (rc != CURLE_OK || n == 0)
    imap_lose(m, "the connection is lost: %s", rc == CURLE_OK ? "closed by the server" : curl_easy_strerror(rc));
  else if ((m->heard += n) > m->wire.body_max + HEARD_MAX)
    imap_lose(m, "the server does not stop talking");
  else
    take(m, bytes, n);
  return m->easy != NULL;
}

static void greet(struct imap *m) {
  if (m->fd < 0) {
    char told[IMAP_WHY];
    snprintf(told, sizeof told, "%s", m->told);
    imap_lose(m, "cannot be reached: %.150s", told);
    return;
  }
  net_watch(m->net, m->fd, EPOLLIN);
  say(m, IMAP_GREETING, "CAPABILITY");
}

static bool is_waiting(const struct imap *m) {
  return m->phase != IMAP_READY && m->phase != IMAP_IDLING;
}

void imap_step(struct imap *m) {
  if (m->phase == IMAP_AWAY && baton_now_ms() >= m->deadline_ms)
    imap_dial(m);
  if (m->phase == IMAP_GREETING && m->tag == 0)
    greet(m);
  m->has_more = false;
  for (int i = 0; i < READS_A_STEP && m->easy && m->fd >= 0; i++)
    if (!(m->has_more = read_some(m)))
      break;
  if (m->phase != IMAP_AWAY && is_waiting(m) && baton_now_ms() >= m->deadline_ms)
    imap_lose(m, "no answer for %lld s", (long long)m->settings.timeout_ms / 1000);
}

int imap_next_ms(const struct imap *m) {
  if (m->has_more)
    return 0;
  if (!is_waiting(m))
    return -1;
  int64_t left = m->deadline_ms - baton_now_ms();
  return left < 0 ? 0 : (int)left;
}
