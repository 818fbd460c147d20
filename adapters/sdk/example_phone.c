/* A telephone system: baton-phone --config phone.conf <calls >>callbacks
 * Each number in the log of calls becomes a contact, also as the log grows; a promise becomes a line of the callbacks.
 */
#include <baton.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void on_receipt(void *context, const baton_receipt *r) {
  (void)context;
  if (r->code)
    baton_log("warn", "call-refused", "key", r->source_key, "code", r->code_name, NULL);
}

static baton_verdict on_delivery(void *context, const baton_delivery *d) {
  (void)context;
  if (strcmp(d->kind, "PromiseMade") == 0)
    printf("%s %llu\n", d->ref, (unsigned long long)d->sequence); /* it may come twice; the number tells */
  return fflush(stdout) == 0 && fdatasync(STDOUT_FILENO) == 0 ? BATON_ACK : BATON_RETRY;
}

static int start(void *context, baton_options *connection, const char *config_file) {
  (void)context, (void)config_file;
  connection->on_receipt = on_receipt;
  connection->on_delivery = on_delivery;
  return 0;
}

static int step(void *context, baton *b) {
  long *at = context, next; /* bytes of the log that are read: the cursor, which the broker keeps */
  char line[64], number[32], key[32];
  void *stored = NULL;
  size_t n = 0;
  if (*at < 0 && (!baton_connected(b) || baton_cursor(b, "calls", 5000, &stored, &n) < 0))
    return 1000;
  *at = *at >= 0 ? *at : n == sizeof *at ? *(long *)stored : 0;
  baton_free(stored);
  while (fseek(stdin, *at, SEEK_SET) == 0 && fgets(line, sizeof line, stdin) && strchr(line, '\n')) {
    baton_event *e = sscanf(line, "%31[0-9+]", number) == 1 ? baton_event_new("contact_logged") : NULL;
    if (e && (baton_event_set(e, "locator.identifier.domain", "phone") ||
              baton_event_set(e, "locator.identifier.value", number)))
      return -BATON_E_INVALID;
    snprintf(key, sizeof key, "call-%ld", *at); /* the same whenever this line is read again */
    next = ftell(stdin);
    if (baton_submit_cursor(b, key, e, "calls", &next, sizeof next, NULL) == -BATON_E_BUSY)
      return baton_event_free(e), -1; /* again when there is room */
    *at = next;
  }
  return 1000; /* looks again in a second */
}

int main(int argc, char **argv) {
  long at = -1; /* not asked yet */
  return baton_main(
      argc, argv,
      &(baton_program){"baton-phone", "1", "calls in, callbacks out", .start = start, .step = step, .context = &at});
}
