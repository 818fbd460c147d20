/* A whole adapter: each line "REF text" on stdin becomes a note on that case; deliveries are logged. */
#include <stdio.h>

#include "baton.h"

struct notes {
  const char *prefix; /* of the source keys: the same input again gives the same keys */
  unsigned line;
  bool ended;
};

static void on_receipt(void *context, const baton_receipt *r) {
  (void)context;
  baton_log(r->code ? "warn" : "info", "receipt", "key", r->source_key, "code", r->code_name, "ref", r->ref, NULL);
}

static baton_verdict on_delivery(void *context, const baton_delivery *d) {
  (void)context;
  baton_log("info", "delivery", "kind", d->kind, "ref", d->ref, "department", d->department, NULL);
  return BATON_ACK;
}

static int start(void *context, baton_options *connection, const char *config_file) {
  (void)context, (void)config_file;
  connection->on_receipt = on_receipt;
  connection->on_delivery = on_delivery;
  connection->max_in_flight = 64;
  return 0;
}

static int step(void *context, baton *b) {
  struct notes *n = context;
  char line[1024], ref[32], text[900], key[128];
  if (n->ended)
    return baton_in_flight(b) ? -1 : BATON_STEP_DONE;
  if (baton_in_flight(b) >= 64)
    return -1;
  n->ended = !fgets(line, sizeof line, stdin);
  if (n->ended || sscanf(line, "%31s %899[^\n]", ref, text) != 2)
    return 0;
  snprintf(key, sizeof key, "%.90s-%u", n->prefix, ++n->line);
  baton_event *e = baton_event_new("note_added");
  if (!e || baton_event_set(e, "locator.ref", ref) < 0 || baton_event_set(e, "text", text) < 0)
    return baton_log("warn", "line-skipped", "key", key, NULL), baton_event_free(e), 0;
  return baton_submit(b, key, e, NULL) < 0 ? -BATON_E_IO : 0;
}

int main(int argc, char **argv) {
  struct notes n = {0};
  const baton_option options[] = {{"prefix", BATON_STRING, &n.prefix, "notes", 0, 0, "begin of the source keys"}, {0}};
  const baton_program program = {.name = "baton-example-note",
                                 .version = "1",
                                 .summary = "notes from stdin",
                                 .options = options,
                                 .start = start,
                                 .step = step,
                                 .context = &n};
  return baton_main(argc, argv, &program);
}
