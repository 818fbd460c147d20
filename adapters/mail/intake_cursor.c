/* How far the folder was read. */
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "case_text.h"
#include "intake.h"

enum { QUERY_MS = 10000 };

size_t intake_position(const struct intake *t, char ret[32]) {
  return (size_t)snprintf(ret, 32, "%" PRIu32 ":%" PRIu32, t->validity, t->last);
}

static void on_cursor(void *user, int code, const char *json) {
  struct intake *t = user;
  json_t *answer = code == 0 && json ? json_loads(json, 0, NULL) : NULL;
  if (t->phase != INTAKE_CURSOR || !answer) {
    json_decref(answer);
    if (t->phase == INTAKE_CURSOR)
      intake_hold(t, INTAKE_START, "the broker does not tell how far the folder was read: %s", baton_code_name(code));
    return;
  }
  gsize n = 0;
  char *text = (char *)g_base64_decode(case_text_get(json_object_get(answer, "cursor"), "position"), &n);
  char *end = g_strndup(text, n);
  t->knows_cursor = sscanf(end, "%" SCNu32 ":%" SCNu32, &t->validity, &t->last) == 2;
  g_free(end);
  g_free(text);
  json_decref(answer);
  intake_go_on(t, INTAKE_LOOK);
}

void intake_ask_cursor(struct intake *t) {
  json_t *json = json_pack("{s:{s:s}}", "cursor", "source", t->source);
  char *query = json_dumps(json, 0);
  json_decref(json);
  t->phase = INTAKE_CURSOR;
  if (!query || baton_ask(t->b, query, QUERY_MS, on_cursor, t) < 0)
    intake_hold(t, INTAKE_START, "the broker cannot be asked: %s", baton_error(t->b));
  free(query);
}

void intake_send_cursor(struct intake *t) {
  char at[32];
  size_t n = intake_position(t, at);
  if (t->cursor_due && baton_submit_cursor(t->b, NULL, NULL, t->source, at, n, NULL) == 0)
    t->cursor_due = false;
}

/* The folder is another than the cursor knows, or there is no cursor: where to begin. */
void intake_place_cursor(struct intake *t) {
  if (t->knows_cursor && t->validity == t->imap.validity)
    return;
  bool from_now = !t->knows_cursor && !t->settings->old_mail && t->imap.next > 0;
  t->validity = t->imap.validity;
  t->last = from_now ? t->imap.next - 1 : 0;
  t->done_uid = 0;
  baton_log(t->knows_cursor ? "warn" : "info", t->knows_cursor ? "folder-renumbered" : "first-start", "next",
            from_now ? "what lies there is left alone" : "all of it is read", NULL);
  t->knows_cursor = t->cursor_due = true;
  intake_send_cursor(t);
}
