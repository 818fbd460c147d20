/* The running configuration, as it would be written down. */
#include <stdlib.h>

#include "base/bytes.h"
#include "control/command.h"

static int dumped(struct bt_call *call, struct bt_str *ret) {
  char *text = NULL;
  size_t n = 0;
  FILE *memory = open_memstream(&text, &n);
  if (!memory)
    return -BT_NOMEM;
  bt_config_dump(call->context->config, memory);
  if (fclose(memory) == 0)
    *ret = bt_arena_copy(call->arena, (struct bt_str){text, n});
  else
    *ret = (struct bt_str){0};
  free(text);
  return ret->p ? 0 : -BT_NOMEM;
}

/* As text it is a configuration file by itself: what is said about it stands in comments. */
int bt_cmd_config(struct bt_call *call) {
  uint8_t digest[16];
  char hex[2 * sizeof digest + 1];
  struct bt_str dump;
  int rc = dumped(call, &dump);
  if (rc < 0)
    return rc;
  const char *file = call->context->config_file ? call->context->config_file : "";
  bt_config_digest(call->context->config, digest);
  bt_hex(hex, digest, sizeof digest);
  struct bt_str shown = bt_out_escape(call->arena, bt_str(file));
  call->drawing =
      bt_arena_printf(call->arena, "# file: %.*s\n# digest: %s\n%.*s", BT_STR_ARG(shown), hex, BT_STR_ARG(dump));
  if (!call->json)
    return call->drawing.n ? 0 : -BT_LIMIT;
  bt_out_pair(call->out, "file", bt_out_text(bt_str(file)));
  bt_out_pair(call->out, "digest", bt_out_text(bt_arena_copy(call->arena, bt_str(hex))));
  bt_out_pair(call->out, "config", bt_out_text(dump));
  return 0;
}
