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
  struct bt_strs args;         /* words behind the command's own, options left out */
  struct bt_strs options;      /* "limit=10" */
  struct bt_str operator_name; /* the peer's */
  struct bt_str text;          /* of a refusal */
  bool json;                   /* how the answer will be shown, for commands that draw */
  bool ascii, colour;          /* the reader's terminal: no more than ASCII; escapes for colour are fine */
  uint32_t width;              /* 0: any */
  struct bt_str drawing;       /* text as it stands, shown before what is in out; never in JSON */
};

typedef int bt_command_fn(struct bt_call *call);
bt_command_fn bt_cmd_status, bt_cmd_help, bt_cmd_departments, bt_cmd_adapters, bt_cmd_cases, bt_cmd_case,
    bt_cmd_inboxes, bt_cmd_dead, bt_cmd_stats, bt_cmd_sessions, bt_cmd_counters, bt_cmd_find, bt_cmd_history,
    bt_cmd_card, bt_cmd_journeys, bt_cmd_journey, bt_cmd_scorecard, bt_cmd_who, bt_cmd_hold, bt_cmd_resume,
    bt_cmd_clock_show, bt_cmd_clock_accept;
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

/* Runs one line, without its newline. Writes the whole answer, from "ok" or "error" to the dot. */
int bt_command_run(const struct bt_control_context *context, enum bt_privilege privilege, struct bt_str operator_name,
                   struct bt_str line, FILE *to) BT_MUST_CHECK;

/* The value of an option; p is NULL where it was not given. */
struct bt_str bt_call_option(const struct bt_call *call, const char *key);
/* A decimal number; fallback where the option was not given. -BT_USAGE with call->text. */
int bt_call_number(struct bt_call *call, const char *key, uint64_t fallback, uint64_t max, uint64_t *ret) BT_MUST_CHECK;
int bt_parse_u64(struct bt_str s, uint64_t *ret) BT_MUST_CHECK;
/* The arguments from number `from` on, as one text that may go into the journal: escaped, and at most BT_MAX_REASON
 * bytes. -BT_LIMIT with call->text. */
enum { BT_MAX_REASON = 256 };
int bt_call_reason(struct bt_call *call, uint32_t from, struct bt_str *ret) BT_MUST_CHECK;
/* Sets call->text and returns -code. */
int bt_call_refuse(struct bt_call *call, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Asks as an operator. A refusal becomes the command's. */
int bt_call_ask(struct bt_call *call, const struct bt_query *query, int64_t budget_us,
                struct bt_answer *ret) BT_MUST_CHECK;
/* A case in an operator's words: REF, id, #id, DEPARTMENT/LOCAL-ID, DOMAIN:VALUE. */
int bt_call_locator(struct bt_call *call, struct bt_str word, struct bt_locator *ret) BT_MUST_CHECK;
/* DOMAIN:VALUE in one word, or DOMAIN VALUE in several. */
int bt_call_identifier(struct bt_call *call, struct bt_identifier *ret) BT_MUST_CHECK;

enum { BT_ASK_POINT_US = 200 * 1000, BT_ASK_LIST_US = 300 * 1000 };

/* Rows of cases as a table. */
void bt_show_case_rows(struct bt_call *call, const struct bt_case_rows *rows);
void bt_show_cases_table(struct bt_call *call);
/* What an event says, in one line for people. */
struct bt_str bt_what(struct bt_arena *arena, const struct bt_event *event);
const char *bt_priority_text(uint32_t priority);

#endif
