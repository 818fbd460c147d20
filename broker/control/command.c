/* The command table, and the way of a line through it: words, privilege, options, function, rendering. */
#include "control/command.h"

#include <stdlib.h>

#define READ BT_PRIVILEGE_READ
#define ADMIN BT_PRIVILEGE_ADMIN

const struct bt_command bt_command_table[] = {
    {"help", READ, "[WORD...]", 0, BT_ANY_NUMBER, "these commands", bt_cmd_help},
    {"status", READ, "", 0, 0, "the broker on one screen: trouble first, backlog, figures", bt_cmd_status},
    {"show departments", READ, "", 0, 0, "departments as configured", bt_cmd_departments},
    {"show adapters", READ, "", 0, 0, "adapters, who is connected, what waits for them", bt_cmd_adapters},
    {"show cases", READ, "[custodian=DEPARTMENT] [status=STATUS] [topic=TOPIC] [limit=N] [from=ID]", 0, 0,
     "cases as of the last checkpoint, by id", bt_cmd_cases},
    {"show case", READ, "CASE", 1, 1, "one case: state, facts, what failed, who held it", bt_cmd_case},
    {"show inboxes", READ, "", 0, 0, "undelivered events for each adapter, the oldest first", bt_cmd_inboxes},
    {"show dead", READ, "[ADAPTER] [limit=N]", 0, 1, "deliveries that were given up, and why", bt_cmd_dead},
    {"show stats", READ, "", 0, 0, "what each department did: contacts, offers, resolutions", bt_cmd_stats},
    {"show sessions", READ, "", 0, 0, "connected adapters", bt_cmd_sessions},
    {"show counters", READ, "", 0, 0, "what the broker counted since it started", bt_cmd_counters},
    {"find", READ, "DOMAIN:VALUE", 1, BT_ANY_NUMBER, "a customer and their cases, by identifier", bt_cmd_find},
    {"history", READ, "CASE [limit=N]", 1, 1, "a case's events, newest first", bt_cmd_history},
    {"card", READ, "CASE", 1, 1, "a case's handoff card: of the open offer, else made now", bt_cmd_card},
    {"journeys", READ, "", 0, 0,
     "figures over all cases: handoffs, bounces, reopened, waiting (a wait that has not ended is not counted)",
     bt_cmd_journeys},
    {"journey", READ, "CASE [anonymous]", 1, 2,
     "one case's way through the company, drawn; anonymous: without names, texts and dates, for training",
     bt_cmd_journey},
    {"scorecard", READ, "[DEPARTMENT] [days=N] [from=DATE] [until=DATE]", 0, 1,
     "how departments did, or one of them and its pairs; whole days, UTC", bt_cmd_scorecard},
    {"who", READ, "TOPIC", 1, 1, "who would be asked to take a case on a topic, and why", bt_cmd_who},
    {"clock show", READ, "", 0, 0, "the wall clock, recorded time, and whether the one is believed", bt_cmd_clock_show},
    {"clock accept", ADMIN, "[REASON...]", 0, BT_ANY_NUMBER, "believe the wall clock after a jump: timers go on",
     bt_cmd_clock_accept},
#ifdef BT_TEST_CLOCK
    {"clock advance", ADMIN, "SECONDS", 1, 1, "let so much time pass", bt_cmd_clock_advance},
    {"clock jump", ADMIN, "SECONDS", 1, 1, "set the wall clock alone", bt_cmd_clock_jump},
#endif
    {"hold", ADMIN, "ADAPTER [REASON...]", 1, BT_ANY_NUMBER, "stop delivering to an adapter", bt_cmd_hold},
    {"resume", ADMIN, "ADAPTER [REASON...]", 1, BT_ANY_NUMBER, "deliver to it again", bt_cmd_resume},
    {0},
};

enum {
  MAX_WORDS = 256,
  ARENA_BYTES = 24 * 1024 * 1024,
  ANSWER_BYTES = 8 * 1024 * 1024,
};

static int split(struct bt_arena *a, struct bt_str line, struct bt_strs *ret) {
  ret->n = 0;
  ret->v = BT_NEW_ARRAY(a, struct bt_str, MAX_WORDS);
  if (!ret->v)
    return -BT_NOMEM;
  for (size_t i = 0; i < line.n;) {
    size_t start = i;
    while (i < line.n && line.p[i] != ' ' && line.p[i] != '\t' && line.p[i] != '\r')
      i++;
    if (i > start && ret->n == MAX_WORDS)
      return -BT_LIMIT;
    if (i > start)
      ret->v[ret->n++] = (struct bt_str){line.p + start, i - start};
    else
      i++;
  }
  return 0;
}

/* How many of the words are the command's own; 0: it is another. */
static uint32_t own_words(const char *command, const struct bt_strs *words) {
  uint32_t n = 0;
  while (*command) {
    size_t length = strcspn(command, " ");
    if (n == words->n || !bt_str_eq(words->v[n], (struct bt_str){command, length}))
      return 0;
    n++;
    command += length + (command[length] == ' ');
  }
  return n;
}

static const struct bt_command *find_command(const struct bt_strs *words, uint32_t *ret_own) {
  for (const struct bt_command *c = bt_command_table; c->words; c++) {
    *ret_own = own_words(c->words, words);
    if (*ret_own)
      return c;
  }
  return NULL;
}

/* The word is "key=..." with a key that the command's arguments name as an option. */
static bool is_option(const struct bt_command *c, struct bt_str word) {
  const char *equals = memchr(word.p, '=', word.n);
  size_t n = equals ? (size_t)(equals - word.p) + 1 : 0;
  for (const char *p = c->arguments; n && (p = strchr(p, '[')); p++)
    if (strncmp(p + 1, word.p, n) == 0)
      return true;
  return false;
}

static int usage(struct bt_call *call, const struct bt_command *c) {
  return bt_call_refuse(call, BT_USAGE, "usage: %s%s%s", c->words, *c->arguments ? " " : "", c->arguments);
}

static int take_arguments(struct bt_call *call, const struct bt_command *c, const struct bt_strs *words, uint32_t own) {
  call->args = (struct bt_strs){0, BT_NEW_ARRAY(call->arena, struct bt_str, words->n)};
  call->options = (struct bt_strs){0, BT_NEW_ARRAY(call->arena, struct bt_str, words->n)};
  if (!call->args.v || !call->options.v)
    return -BT_NOMEM;
  for (uint32_t i = own; i < words->n; i++) {
    struct bt_strs *to = is_option(c, words->v[i]) ? &call->options : &call->args;
    to->v[to->n++] = words->v[i];
  }
  return call->args.n < c->min || (c->max != BT_ANY_NUMBER && call->args.n > c->max) ? usage(call, c) : 0;
}

static int run(struct bt_call *call, enum bt_privilege privilege, const struct bt_strs *words) {
  uint32_t own;
  const struct bt_command *c = find_command(words, &own);
  if (!c)
    return bt_call_refuse(call, BT_USAGE, "no such command: try help");
  if (c->privilege > privilege)
    return bt_call_refuse(call, BT_NOT_GRANTED, "%s needs the admin socket", c->words);
  int rc = take_arguments(call, c, words, own);
  return rc < 0 ? rc : c->run(call);
}

/* Words that say how to answer stand before the command: "json", "width 100", "ascii", "colour". */
static void take_manner(struct bt_strs *words, struct bt_call *call) {
  uint64_t width;
  for (;;) {
    uint32_t n = 1;
    if (words->n && bt_str_eq(words->v[0], BT_LIT("json"))) {
      call->json = true;
    } else if (words->n && bt_str_eq(words->v[0], BT_LIT("ascii"))) {
      call->ascii = true;
    } else if (words->n && bt_str_eq(words->v[0], BT_LIT("colour"))) {
      call->colour = true;
    } else if (words->n > 1 && bt_str_eq(words->v[0], BT_LIT("width")) && bt_parse_u64(words->v[1], &width) == 0) {
      call->width = width < 1000 ? (uint32_t)width : 1000;
      n = 2;
    } else {
      return;
    }
    words->v += n;
    words->n -= n;
  }
}

/* A line that begins with a dot gets one more, so that a dot alone always is the end. */
static void put_stuffed(const char *text, size_t n, FILE *to) {
  for (size_t i = 0; i < n;) {
    const char *newline = memchr(text + i, '\n', n - i);
    size_t length = newline ? (size_t)(newline - text) + 1 - i : n - i;
    if (text[i] == '.')
      putc('.', to);
    fwrite(text + i, 1, length, to);
    i += length;
  }
}

static int render(const struct bt_call *call, FILE *to) {
  char *text = NULL;
  size_t n = 0;
  FILE *memory = open_memstream(&text, &n);
  if (!memory)
    return -BT_NOMEM;
  if (!call->json && call->drawing.n)
    fwrite(call->drawing.p, 1, call->drawing.n, memory);
  int rc = call->json ? bt_out_render_json(call->out, memory) : bt_out_render_text(call->out, call->width, memory);
  if (fclose(memory) != 0 && rc == 0)
    rc = -BT_NOMEM;
  if (rc == 0 && n > ANSWER_BYTES)
    rc = -BT_LIMIT;
  if (rc == 0) {
    fputs("ok\n", to);
    put_stuffed(text, n, to);
  }
  free(text);
  return rc;
}

static void put_error(struct bt_call *call, int code, bool json, FILE *to) {
  struct bt_str text = call->text.n ? call->text : bt_str(bt_code_text(code));
  struct bt_arena a; /* the call's may be what ran out */
  bt_arena_init(&a, 64 * 1024);
  struct bt_out out = {.arena = &a};
  struct bt_str shown = bt_out_escape(&a, text);
  fprintf(to, "error %s %.*s\n", bt_code_name(code), BT_STR_ARG(shown));
  bt_out_pair(&out, "error", bt_out_literal(bt_code_name(code)));
  bt_out_pair(&out, "text", bt_out_text(text));
  if (json && bt_out_render_json(&out, to) < 0)
    fputs("{}\n", to);
  bt_arena_fini(&a);
}

/* The way forward from damage. */
static struct bt_str mend(struct bt_call *call) {
  const char *dir = call->context->config->settings.data_dir;
  dir = dir ? dir : "DATA_DIR";
  return bt_arena_printf(call->arena,
                         "%s. Stop the broker and run: batonctl verify %s. Where it finds only the record bad, move "
                         "%s/record away and start the broker again: it makes the record anew from the journal",
                         bt_code_text(BT_CORRUPT), dir, dir);
}

int bt_command_run(const struct bt_control_context *context, enum bt_privilege privilege, struct bt_str operator_name,
                   struct bt_str line, FILE *to) {
  struct bt_arena arena;
  bt_arena_init(&arena, ARENA_BYTES);
  struct bt_out out = {.arena = &arena};
  struct bt_call call = {.context = context, .arena = &arena, .out = &out, .operator_name = operator_name};
  struct bt_strs words;
  int rc = split(&arena, line, &words);
  if (rc == 0) {
    take_manner(&words, &call);
    rc = run(&call, privilege, &words);
  }
  if (rc == 0)
    rc = render(&call, to);
  if (rc == -BT_LIMIT && !call.text.n)
    call.text = BT_LIT("the answer would be too long: ask for less of it");
  if (rc == -BT_CORRUPT && !call.text.n)
    call.text = mend(&call);
  if (rc < 0)
    put_error(&call, rc, call.json, to);
  fputs(".\n", to);
  bt_arena_fini(&arena);
  return ferror(to) ? -BT_NOMEM : 0;
}

static bool has_word(const struct bt_command *c, const struct bt_strs *words) {
  for (uint32_t i = 0; i < words->n; i++)
    if (!memmem(c->words, strlen(c->words), words->v[i].p, words->v[i].n))
      return false;
  return true;
}

int bt_cmd_help(struct bt_call *call) {
  static const struct bt_out_column columns[] = {
      {"command", BT_OUT_TEXT, BT_OUT_WRAP}, {"needs", BT_OUT_TEXT, BT_OUT_PLAIN}, {"help", BT_OUT_TEXT, BT_OUT_WRAP}};
  BT_OUT_TABLE(call->out, "commands", columns);
  for (const struct bt_command *c = bt_command_table; c->words; c++)
    if (has_word(c, &call->args))
      BT_OUT_ROW(call->out,
                 bt_out_text(bt_arena_printf(call->arena, "%s%s%s", c->words, *c->arguments ? " " : "", c->arguments)),
                 bt_out_literal(c->privilege == ADMIN ? "admin" : "read"), bt_out_literal(c->help));
  bt_out_note(call->out,
              BT_LIT("CASE: its ref, its id, DEPARTMENT/LOCAL-ID or DOMAIN:VALUE. Before a command: json for one "
                     "JSON document, width N for lines of at most N columns, ascii and colour for what the "
                     "terminal can show."));
  return 0;
}

void bt_control_describe(FILE *to) {
  for (const struct bt_command *c = bt_command_table; c->words; c++)
    fprintf(to, "  %s%s%s\n      %s%s\n", c->words, *c->arguments ? " " : "", c->arguments, c->help,
            c->privilege == ADMIN ? " (admin socket)" : "");
}
