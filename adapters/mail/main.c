/* baton-mail: a department's mailbox. baton-mail(1) is its manual. */
#include <errno.h>
#include <gmime/gmime.h>
#include <stdio.h>
#include <string.h>

#include "baton.h"
#include "intake.h"
#include "notice.h"
#include "post.h"
#include "reader.h"

struct adapter {
  struct settings settings;
  struct net *net;
  struct post post;
  struct notice notice;
  struct intake intake;
  uint64_t counted;
};

static void on_receipt(void *context, const baton_receipt *r) {
  struct adapter *a = context;
  if (r->user)
    intake_receipt(&a->intake, r);
  else if (r->code != 0)
    baton_log("warn", "not-taken", "code", r->code_name, "why", r->text, NULL);
}

static baton_verdict on_delivery(void *context, const baton_delivery *d) {
  return notice_deliver(&((struct adapter *)context)->notice, d);
}

static void on_connected(void *context, const char *adapter, const char *department) {
  (void)adapter;
  struct adapter *a = context;
  snprintf(a->notice.department, sizeof a->notice.department, "%s", department);
  snprintf(a->intake.department, sizeof a->intake.department, "%s", department);
}

static int check(void *context, const char *config_file) {
  struct adapter *a = context;
  char error[256];
  if (settings_read(&a->settings, config_file, error))
    return 0;
  baton_log("error", "configuration", "file", config_file ? config_file : "", "why", error, NULL);
  return -BATON_E_USAGE;
}

static int start(void *context, baton_options *connection, const char *config_file) {
  (void)config_file;
  struct adapter *a = context;
  g_mime_init();
  if (!(a->net = net_new())) {
    baton_log("error", "cannot-start", "why", strerror(errno), NULL);
    return -BATON_E_IO;
  }
  post_init(&a->post, a->net, &a->settings);
  a->notice = (struct notice){.settings = &a->settings, .post = &a->post};
  connection->on_receipt = on_receipt;
  connection->on_delivery = on_delivery;
  connection->on_connected = on_connected;
  return intake_init(&a->intake, &a->settings, a->net, &a->post);
}

static int own_fd(void *context) {
  return net_fd(((struct adapter *)context)->net);
}

static void tell_health(struct adapter *a, baton *b) {
  const struct intake *t = &a->intake;
  const char *box = t->imap.why, *out = a->post.why;
  char why[256] = "";
  if (strcmp(box, "not connected yet") == 0 && !*out)
    return;
  if (*box)
    snprintf(why, sizeof why, "the mailbox: %.150s%s%.80s", box, *out ? "; sending: " : "", out);
  else if (*out)
    snprintf(why, sizeof why, "mail cannot be sent: %.180s", out);
  else
    snprintf(why, sizeof why, "%s", t->trouble);
  baton_health(b, *box || t->is_stuck ? BATON_DOWN : *why ? BATON_TROUBLED : BATON_WELL, why);
}

static int sooner(int a, int b) {
  return a < 0 ? b : b < 0 || a < b ? a : b;
}

static int step(void *context, baton *b) {
  struct adapter *a = context;
  net_step(a->net);
  notice_step(&a->notice, b);
  int ms = intake_step(&a->intake, b);
  ms = sooner(ms, post_step(&a->post, b));
  tell_health(a, b);
  return sooner(ms, net_next_ms(a->net));
}

static void stop(void *context) {
  struct adapter *a = context;
  notice_fini(&a->notice);
  post_fini(&a->post);
  intake_fini(&a->intake);
  net_free(a->net);
  a->net = NULL;
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], reader_word) == 0)
    return reader_main(argc, argv);
  static struct adapter a;
  struct settings *s = &a.settings;
  const baton_option options[] = {
      {"imap.url", BATON_STRING, &s->imap_url, NULL, 0, 0, "the mailbox: imaps://HOST, or imap://HOST with STARTTLS"},
      {"imap.user", BATON_STRING, &s->imap_user, NULL, 0, 0, "who logs in there"},
      {"imap.password_file", BATON_FILE, &s->imap_password_file, NULL, 0, 0, "the password, mode 0600"},
      {"imap.starttls", BATON_BOOL, &s->imap_starttls, "true", 0, 0, "nothing is said in the clear on imap://"},
      {"imap.ca_file", BATON_FILE, &s->imap_ca_file, "", 0, 0, "who vouches for the server; empty: the system's"},
      {"imap.folder", BATON_STRING, &s->folder, "INBOX", 0, 0, "the folder that is read"},
      {"imap.idle", BATON_BOOL, &s->idle, "true", 0, 0, "let the server say when there is new mail"},
      {"imap.poll_s", BATON_INT, &s->poll_s, "60", 1, 1500, "seconds after which the folder is looked at in any case"},
      {"imap.old_mail", BATON_BOOL, &s->old_mail, "false", 0, 0, "at the first start, take what lies there already"},
      {"after.seen", BATON_BOOL, &s->seen, "true", 0, 0, "mark a mail that is in Baton as read"},
      {"after.move", BATON_STRING, &s->move_to, "", 0, 0, "and move it to this folder; empty: it stays"},
      {"after.rejects", BATON_STRING, &s->rejects, "", 0, 0, "folder of refused mail; empty: it is flagged"},
      {"after.automatic", BATON_STRING, &s->automatic, "", 0, 0,
       "folder of mail that no person wrote; empty: it stays"},
      {"smtp.url", BATON_STRING, &s->smtp_url, NULL, 0, 0,
       "where mail is sent: smtps://HOST, or smtp://HOST with STARTTLS"},
      {"smtp.user", BATON_STRING, &s->smtp_user, "", 0, 0, "who logs in there; empty: nobody"},
      {"smtp.password_file", BATON_FILE, &s->smtp_password_file, "", 0, 0, "the password, mode 0600"},
      {"smtp.starttls", BATON_BOOL, &s->smtp_starttls, "true", 0, 0, "nothing is said in the clear on smtp://"},
      {"smtp.ca_file", BATON_FILE, &s->smtp_ca_file, "", 0, 0, "who vouches for the server; empty: the system's"},
      {"smtp.from", BATON_STRING, &s->from, NULL, 0, 0, "the mailbox's own address"},
      {"smtp.name", BATON_STRING, &s->name, "Baton", 0, 0, "and the name beside it"},
      {"smtp.plus", BATON_BOOL, &s->plus, "false", 0, 0, "the server takes mail for NAME+ANYTHING as for NAME"},
      {"to", BATON_SECTION, NULL, NULL, 0, 0, "who gets offers, questions, promises, escalations, advisories"},
      {"may_act", BATON_SECTION, NULL, NULL, 0, 0, "from which addresses replies accept, refuse and answer"},
      {"authserv_id", BATON_STRING, &s->authserv_id, "", 0, 0,
       "replies decide only where this server's Authentication-Results vouch for the sender; empty: they need not"},
      {"own_lists", BATON_SECTION, NULL, NULL, 0, 0, "List-Ids of mailing lists that this mailbox is behind"},
      {"topics", BATON_SECTION, NULL, NULL, 0, 0, "which mail is about which topic"},
      {"topic", BATON_STRING, &s->topic, "", 0, 0, "the topic of mail that no rule fits; empty: none"},
      {"domain", BATON_STRING, &s->domain, "email", 0, 0, "the broker's domain of mail addresses"},
      {"token_key_file", BATON_FILE, &s->token_key_file, NULL, 0, 0, "the key that our mail is known by, mode 0600"},
      {"token_days", BATON_INT, &s->token_days, "30", 1, 3650, "days for which a mail of ours can be answered"},
      {"max_mail_kib", BATON_INT, &s->max_mail_kib, "1024", 128, 16384, "KiB of a mail that are read"},
      {"max_parts", BATON_INT, &s->max_parts, "200", 1, 100000, "parts of a mail that are looked at"},
      {"max_depth", BATON_INT, &s->max_depth, "20", 1, 200, "parts within parts that are looked at"},
      {"read_ms", BATON_INT, &s->read_ms, "2000", 10, 60000, "milliseconds that reading a mail may take"},
      {"timeout_s", BATON_INT, &s->timeout_s, "30", 1, 600,
       "seconds after which a server that says nothing is given up"},
      {NULL, BATON_STRING, NULL, NULL, 0, 0, NULL},
  };
  const baton_program program = {
      .name = "baton-mail",
      .version = BATON_VERSION,
      .summary =
          "Connects a department's mailbox: its mail becomes contacts, and what calls the department becomes mail.",
      .options = options,
      .check = check,
      .start = start,
      .step = step,
      .fd = own_fd,
      .stop = stop,
      .context = &a,
  };
  int code = baton_main(argc, argv, &program);
  settings_free(s);
  return code;
}
