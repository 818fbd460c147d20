/* Commands of the control sockets. Private to this room.
 *
 * A command's function builds its answer in call->out and returns 0, or returns a negative code and, where it has more
 * to say than the code's own sentence, sets call->text. Privilege, options and the number of arguments were checked
 * before. */
#ifndef BT_CONTROL_COMMAND_H
#define BT_CONTROL_COMMAND_H

#include "control/control.h"
#include "control/out.h"

enum bt_privilege { BT_PRIVILEGE_READ, BT_PRIVILEGE_ADMIN };

struct bt_call {
  const struct bt_control_context *context;
  struct bt_arena *arena;
  struct bt_out *out;
  struct bt_strs args;               /* words behind the command's own, options left out */
  struct bt_strs options;            /* "limit=10" */
  struct bt_str operator_name;       /* the peer's */
  uint32_t uid;                      /* likewise, as the kernel says */
  struct bt_str line;                /* the whole command, without the words that say how to answer */
  void *job;                         /* of a command that takes several rounds: what it keeps between them */
  void (*end)(struct bt_call *call); /* likewise: gives back what the arena does not hold; NULL: nothing */
  uint64_t looked_at, done;          /* likewise: how far it is */
  struct bt_str doing;               /* likewise, where numbers do not say it */
  bool streams;                      /* likewise: the answer has begun, and `stream` holds what is there of it */
  struct bt_str stream;              /* whole lines, borrowed until the next round */
  bool untold;           /* changed nothing, or what it did is an entry with an operator already: no audit */
  struct bt_str outcome; /* for the audit; empty: "done" */
  struct bt_str confirm; /* nothing was done so far: the code that the command is to be repeated with */
  struct bt_str text;    /* of a refusal */
  bool told;             /* what is in out is shown behind the refusal */
  bool json;             /* how the answer will be shown, for commands that draw */
  bool ascii, colour;    /* the reader's terminal: no more than ASCII; escapes for colour are fine */
  uint32_t width;        /* 0: any */
  struct bt_str drawing; /* text as it stands, shown before what is in out; never in JSON */
};

/* 0: done. BT_CALL_MORE: it is to be called again in the loop's next round, with call->job as it left it; until then it
 * keeps nothing of the configuration or the record. BT_CALL_WAIT: likewise, but there is nothing to do before something
 * happens: the loop makes no round for it alone. */
typedef int bt_command_fn(struct bt_call *call);
enum { BT_CALL_MORE = 1, BT_CALL_WAIT };
bt_command_fn bt_cmd_status, bt_cmd_help, bt_cmd_departments, bt_cmd_adapters, bt_cmd_cases, bt_cmd_case,
    bt_cmd_inboxes, bt_cmd_dead, bt_cmd_stats, bt_cmd_sessions, bt_cmd_counters, bt_cmd_find, bt_cmd_history,
    bt_cmd_card, bt_cmd_journeys, bt_cmd_journey, bt_cmd_scorecard, bt_cmd_who, bt_cmd_hold, bt_cmd_resume,
    bt_cmd_clock_show, bt_cmd_clock_accept, bt_cmd_offers, bt_cmd_promises, bt_cmd_questions, bt_cmd_timers,
    bt_cmd_config, bt_cmd_archive, bt_cmd_reload, bt_cmd_backup, bt_cmd_verify;
bt_command_fn bt_cmd_follow, bt_cmd_drain, bt_cmd_drain_stop, bt_cmd_drain_exit, bt_cmd_drain_show, bt_cmd_shutdown,
    bt_cmd_loglevel, bt_cmd_record, bt_cmd_standing, bt_cmd_customers, bt_cmd_references, bt_cmd_cursors, bt_cmd_seen,
    bt_cmd_sweeps, bt_cmd_advisories;
bt_command_fn bt_cmd_dead_show, bt_cmd_dead_retry, bt_cmd_dead_drop, bt_cmd_redeliver, bt_cmd_audit;
bt_command_fn bt_cmd_offer_expire, bt_cmd_offer_withdraw, bt_cmd_offer_make, bt_cmd_promise_keep,
    bt_cmd_promise_withdraw, bt_cmd_promise_renegotiate, bt_cmd_question_withdraw, bt_cmd_work_fail,
    bt_cmd_owner_appoint, bt_cmd_case_resolve, bt_cmd_case_close, bt_cmd_case_reopen, bt_cmd_case_note;
bt_command_fn bt_cmd_alerts, bt_cmd_alerts_test;
#ifdef BT_TEST_CLOCK
bt_command_fn bt_cmd_clock_advance, bt_cmd_clock_jump;
#endif

enum { BT_ANY_NUMBER = 255 };

struct bt_command {
  const char *words;
  enum bt_privilege privilege;
  const char *arguments; /* as help shows them; an option is one that stands here with its "=" */
  uint8_t min, max;      /* arguments that are no options */
  const char *help;
  bt_command_fn *run;
};
extern const struct bt_command bt_command_table[]; /* ends with words == NULL */

/* One command on its way: from a line, without its newline, to the whole answer, from "ok", "confirm" or "error" to the
 * dot. The context is borrowed. */
struct bt_run;
struct bt_peer {
  enum bt_privilege privilege;
  struct bt_str name; /* of the user */
  uint32_t uid;
};
struct bt_run *bt_run_new(const struct bt_control_context *context, const struct bt_peer *peer, struct bt_str line);
void bt_run_free(struct bt_run *r); /* NULL is fine */
/* Goes on with it. 0: the answer is written. BT_CALL_MORE, BT_CALL_WAIT: not yet; where the line asked for `progress`,
 * a line of it may have been. -BT_NOMEM. */
int bt_run_step(struct bt_run *r, FILE *to) BT_MUST_CHECK;

/* The value of an option; p is NULL where it was not given. */
struct bt_str bt_call_option(const struct bt_call *call, const char *key);
/* A decimal number; fallback where the option was not given. -BT_USAGE with call->text. */
int bt_call_number(struct bt_call *call, const char *key, uint64_t fallback, uint64_t max, uint64_t *ret) BT_MUST_CHECK;
int bt_parse_u64(struct bt_str s, uint64_t *ret) BT_MUST_CHECK;
/* The arguments from number `from` on, as one text that may go into the journal: escaped, and at most BT_MAX_REASON
 * bytes. -BT_LIMIT with call->text. */
enum { BT_MAX_REASON = 256 };
int bt_call_reason(struct bt_call *call, uint32_t from, struct bt_str *ret) BT_MUST_CHECK;
/* Takes the word out of the arguments, wherever it stands: "dry-run" in the middle of a reason must not be a wet one.
 */
bool bt_call_take_word(struct bt_call *call, const char *word);
/* As bt_call_reason, of at most `max` bytes; -BT_USAGE where it is empty: what an operator does has a reason. */
int bt_call_words(struct bt_call *call, uint32_t from, size_t max, struct bt_str *ret) BT_MUST_CHECK;
/* "90s", "15m", "4h", "30d". */
int bt_parse_span(struct bt_str s, int64_t *ret_us) BT_MUST_CHECK;
/* The case that a word names, as it is now; where it was merged, the one it stands for. */
int bt_call_case(struct bt_call *call, struct bt_str word, struct bt_case *ret) BT_MUST_CHECK;
/* Recorded time, as it would be given to an entry now. */
int64_t bt_call_now_us(const struct bt_call *call);
/* The case of an entry. -BT_ABSENT: no entry of a case is there. */
int bt_call_case_of(struct bt_call *call, uint64_t sequence, uint64_t *ret_case) BT_MUST_CHECK;
/* "0001-1"; "#17" where the case cannot be read. */
struct bt_str bt_call_ref(struct bt_call *call, uint64_t case_id);
/* Sets call->text and returns -code. */
int bt_call_refuse(struct bt_call *call, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Asks as an operator. A refusal becomes the command's. */
int bt_call_ask(struct bt_call *call, const struct bt_query *query, int64_t budget_us,
                struct bt_answer *ret) BT_MUST_CHECK;
/* A case in an operator's words: REF, id, #id, DEPARTMENT/LOCAL-ID, DOMAIN:VALUE. */
int bt_call_locator(struct bt_call *call, struct bt_str word, struct bt_locator *ret) BT_MUST_CHECK;
/* DOMAIN:VALUE in one word, or DOMAIN VALUE in several. */
int bt_call_identifier(struct bt_call *call, struct bt_identifier *ret) BT_MUST_CHECK;

/* A list goes on for so long in all, and for so long in one round of the loop. */
enum { BT_ASK_POINT_US = 200 * 1000, BT_ASK_LIST_US = 300 * 1000, BT_ASK_ROUND_US = 20 * 1000 };

/* Rows of cases as a table. */
void bt_show_case_rows(struct bt_call *call, const struct bt_case_rows *rows);
void bt_show_cases_table(struct bt_call *call);
/* What an event says, in one line for people. */
struct bt_str bt_what(struct bt_arena *arena, const struct bt_event *event);
/* The chores that run, and how the last ones ended, as a table. */
void bt_show_chores(struct bt_call *call);
const char *bt_priority_text(uint32_t priority);

#endif
