/* The way of a line through the command table: words, privilege, options, function, audit, rendering. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "control/audit.h"
#include "control/command.h"
#include "control/line.h"

#define ADMIN BT_PRIVILEGE_ADMIN

enum {
  PROGRESS_EVERY_US = 200 * 1000,
  ARENA_BYTES = 24 * 1024 * 1024,
  ANSWER_BYTES = 8 * 1024 * 1024,
};

struct bt_run {
  struct bt_arena arena;
  struct bt_out out;
  struct bt_call call;
  enum bt_privilege privilege;
  const struct bt_command *command; /* NULL: the line has not been looked at */
  bool progress;
  bool begun;                /* of a stream: its first line is written */
  int64_t began_us, told_us; /* monotonic */
};

/* ---- how to answer, and who asks ---- */

static bool fit_for_a_name(struct bt_str s) {
  for (size_t i = 0; i < s.n; i++)
    if (s.p[i] <= ' ' || s.p[i] > '~' || strchr("()\\\"'", s.p[i]))
      return false;
  return s.n && s.n <= 32;
}

/* Behind sudo everybody is root to the socket: root may say for whom it acts, and both are written down. */
static int act_as(struct bt_run *r, struct bt_str name) {
  struct bt_call *call = &r->call;
  if (bt_str_eq(name, call->operator_name))
    return 0;
  if (call->uid != 0)
    return bt_call_refuse(call, BT_NOT_GRANTED, "only root may act as somebody else");
  if (!fit_for_a_name(name))
    return bt_call_refuse(call, BT_USAGE, "as takes a name of at most 32 visible characters");
  call->operator_name = bt_arena_printf(call->arena, "%.*s (%.*s)", BT_STR_ARG(name), BT_STR_ARG(call->operator_name));
  return 0;
}

/* Words before the command: "json", "width 100", "ascii", "colour", "progress", "as ann". */
static int take_manner(struct bt_run *r, struct bt_strs *words) {
  struct bt_call *call = &r->call;
  uint64_t width;
  for (;;) {
    uint32_t n = 1;
    int rc = 0;
    if (words->n && bt_str_eq(words->v[0], BT_LIT("json"))) {
      call->json = true;
    } else if (words->n && bt_str_eq(words->v[0], BT_LIT("ascii"))) {
      call->ascii = true;
    } else if (words->n && bt_str_eq(words->v[0], BT_LIT("colour"))) {
      call->colour = true;
    } else if (words->n && bt_str_eq(words->v[0], BT_LIT("progress"))) {
      r->progress = true;
    } else if (words->n > 1 && bt_str_eq(words->v[0], BT_LIT("as"))) {
      rc = act_as(r, words->v[1]);
      n = 2;
    } else if (words->n > 1 && bt_str_eq(words->v[0], BT_LIT("width")) && bt_parse_u64(words->v[1], &width) == 0) {
      call->width = width < 1000 ? (uint32_t)width : 1000;
      n = 2;
    } else {
      return 0;
    }
    words->v += n;
    words->n -= n;
    if (rc < 0)
      return rc;
  }
}

/* ---- running ---- */

/* The commands that begin as this one does, where there are any. */
static int no_such_command(struct bt_call *call, const struct bt_strs *words) {
  const struct bt_str first = words->n ? words->v[0] : BT_LIT("");
  struct bt_str like = {0};
  for (const struct bt_command *c = bt_command_table; c->words; c++)
    if (strlen(c->words) > first.n && memcmp(c->words, first.p, first.n) == 0 && c->words[first.n] == ' ')
      like = bt_arena_printf(call->arena, "%.*s%s%s", BT_STR_ARG(like), like.n ? ", " : "", c->words);
  if (like.n)
    return bt_call_refuse(call, BT_USAGE, "no such command; there are: %.*s", BT_STR_ARG(like));
  return bt_call_refuse(call, BT_USAGE, "no such command: help lists them");
}

static int begin(struct bt_run *r) {
  struct bt_call *call = &r->call;
  struct bt_strs words;
  uint32_t own;
  int rc = bt_line_split(call->arena, call->line, &words);
  if (rc == 0)
    rc = take_manner(r, &words);
  if (rc < 0)
    return rc;
  call->line = bt_arena_join(call->arena, words.v, words.n, BT_LIT(" "));
  const struct bt_command *c = bt_line_command(&words, &own);
  if (!c)
    return no_such_command(call, &words);
  if (c->privilege > r->privilege)
    return bt_call_refuse(call, BT_NOT_GRANTED, "%s needs the admin socket", c->words);
  rc = bt_line_arguments(call, c, &words, own);
  if (rc == 0)
    r->command = c;
  return rc;
}

/* What changed something and is no entry yet becomes one: the default, so that no command can forget it. */
static int note_what_was_done(struct bt_run *r, int rc) {
  if (rc != 0 || r->command->privilege < ADMIN || r->call.untold)
    return rc;
  return bt_audit_note(&r->call);
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

static void begin_stream(struct bt_run *r, FILE *to) {
  if (!r->begun)
    fputs("ok\n", to);
  r->begun = true;
}

/* What the command has of its answer so far. */
static void put_stream(struct bt_run *r, FILE *to) {
  if (r->call.streams)
    begin_stream(r, to);
  put_stuffed(r->call.stream.p, r->call.stream.n, to);
  r->call.stream = (struct bt_str){0};
}

static int render(struct bt_run *r, FILE *to) {
  const struct bt_call *call = &r->call;
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
    if (call->confirm.n)
      fprintf(to, "confirm %.*s\n", BT_STR_ARG(call->confirm));
    else
      begin_stream(r, to);
    put_stuffed(text, n, to);
  }
  free(text);
  return rc;
}

/* The error's line, and behind it what the command has to tell all the same. */
static void put_error(struct bt_call *call, int code, bool json, FILE *to) {
  struct bt_str text = call->text.n ? call->text : bt_str(bt_code_text(code));
  struct bt_arena a; /* the call's may be what ran out */
  bt_arena_init(&a, 64 * 1024);
  struct bt_out none = {.arena = &a}, *out = call->told ? call->out : &none;
  struct bt_str shown = bt_out_escape(&a, text);
  char *body = NULL;
  size_t n = 0;
  FILE *memory = json || call->told ? open_memstream(&body, &n) : NULL;
  fprintf(to, "error %s %.*s\n", bt_code_name(code), BT_STR_ARG(shown));
  if (json) {
    bt_out_pair(out, "error", bt_out_literal(bt_code_name(code)));
    bt_out_pair(out, "text", bt_out_text(text));
  }
  int rc = !memory ? -BT_NOMEM : json ? bt_out_render_json(out, memory) : bt_out_render_text(out, call->width, memory);
  if (memory && fclose(memory) == 0 && rc == 0)
    put_stuffed(body, n, to);
  else if (json)
    fputs("{}\n", to);
  free(body);
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

static void put_progress(struct bt_run *r, FILE *to) {
  const int64_t now_us = bt_clock_mono_us();
  if (!r->progress || now_us - r->told_us < PROGRESS_EVERY_US)
    return;
  r->told_us = now_us;
  const struct bt_call *call = &r->call;
  const int64_t for_us = now_us - r->began_us;
  if (call->doing.n)
    fprintf(to, "progress %.*s\n", BT_STR_ARG(call->doing));
  else
    fprintf(to, "progress %" PRIu64 " looked at, %" PRIu64 " done, %" PRIu64 "/s\n", call->looked_at, call->done,
            call->looked_at * BT_SECOND_US / (uint64_t)(for_us > 0 ? for_us : 1));
}

struct bt_run *bt_run_new(const struct bt_control_context *context, const struct bt_peer *peer, struct bt_str line) {
  struct bt_run *r = calloc(1, sizeof *r);
  if (!r)
    return NULL;
  bt_arena_init(&r->arena, ARENA_BYTES);
  r->out.arena = &r->arena;
  r->privilege = peer->privilege;
  r->began_us = r->told_us = bt_clock_mono_us();
  r->call = (struct bt_call){
      .context = context,
      .arena = &r->arena,
      .out = &r->out,
      .operator_name = bt_arena_copy(&r->arena, peer->name),
      .uid = peer->uid,
      .line = bt_arena_copy(&r->arena, line),
  };
  if (r->arena.exhausted) {
    bt_run_free(r);
    return NULL;
  }
  return r;
}

void bt_run_free(struct bt_run *r) {
  if (!r)
    return;
  if (r->call.end)
    r->call.end(&r->call);
  bt_arena_fini(&r->arena);
  free(r);
}

int bt_run_step(struct bt_run *r, FILE *to) {
  struct bt_call *call = &r->call;
  int rc = r->command ? 0 : begin(r);
  if (rc == 0)
    rc = r->command->run(call);
  put_stream(r, to);
  if (rc == BT_CALL_MORE || rc == BT_CALL_WAIT) {
    put_progress(r, to);
    return rc;
  }
  if (r->command)
    rc = note_what_was_done(r, rc);
  if (rc == 0)
    rc = render(r, to);
  if (rc == -BT_LIMIT && !call->text.n)
    call->text = BT_LIT("the answer would be too long: ask for less of it");
  if (rc == -BT_CORRUPT && !call->text.n)
    call->text = mend(call);
  if (rc < 0)
    put_error(call, rc, call->json, to);
  fputs(".\n", to);
  return ferror(to) ? -BT_NOMEM : 0;
}
