#include "control/confirm.h"

#include <sys/random.h>

#include "base/clock.h"

int bt_confirm_init(struct bt_confirmations *c) {
  *c = (struct bt_confirmations){.next = 0};
  return getrandom(c->secret, sizeof c->secret, 0) == (ssize_t)sizeof c->secret ? 0 : -BT_IO;
}

/* Who asks, and for what: the words without the code. */
static int digest_command(struct bt_call *call, uint8_t ret[16]) {
  const struct bt_str key = {(const char *)call->context->confirmations->secret, 32};
  struct bt_str words = bt_arena_printf(call->arena, "%.*s\n", BT_STR_ARG(call->operator_name));
  for (size_t i = 0; i < call->line.n;) {
    const char *blank = memchr(call->line.p + i, ' ', call->line.n - i);
    struct bt_str word = {call->line.p + i, blank ? (size_t)(blank - call->line.p) - i : call->line.n - i};
    if (!bt_str_starts(word, BT_LIT("confirm=")))
      words = bt_arena_printf(call->arena, "%.*s %.*s", BT_STR_ARG(words), BT_STR_ARG(word));
    i += word.n + 1;
  }
  char *keyed = bt_arena_alloc(call->arena, key.n + words.n);
  if (!keyed || !words.p)
    return -BT_NOMEM;
  memcpy(keyed, key.p, key.n);
  memcpy(keyed + key.n, words.p, words.n);
  bt_store_digest(keyed, key.n + words.n, ret);
  return 0;
}

int bt_confirm_given(struct bt_call *call, int64_t *ret_asked_us) {
  struct bt_confirmations *c = call->context->confirmations;
  const struct bt_str code = bt_call_option(call, "confirm");
  uint8_t command[16];
  if (!code.p)
    return BT_CONFIRM_ASK;
  int rc = digest_command(call, command);
  if (rc < 0)
    return rc;
  for (uint32_t i = 0; i < BT_CONFIRM_SLOTS; i++) {
    if (c->slots[i].until_us < bt_clock_mono_us() || !bt_str_eq(code, bt_str(c->slots[i].code)) ||
        memcmp(c->slots[i].command, command, sizeof command) != 0)
      continue;
    *ret_asked_us = c->slots[i].asked_us;
    c->slots[i].until_us = 0;
    return 0;
  }
  return bt_call_refuse(call, BT_INVALID,
                        "this code is not, or no longer, good for this command: give the command again without it, "
                        "look at what it would do, and repeat it with the new code within %d seconds",
                        BT_CONFIRM_S);
}

/* No letters that are mistaken for others. */
static void write_code(const uint8_t digest[16], char ret[BT_CONFIRM_CODE + 1]) {
  static const char digits[] = "23456789abcdefghjkmnpqrstuvwxyz";
  for (int i = 0; i < BT_CONFIRM_CODE; i++)
    ret[i] = digits[digest[i] % (sizeof digits - 1)];
  ret[BT_CONFIRM_CODE] = 0;
}

int bt_confirm_ask(struct bt_call *call, int64_t as_of_us) {
  struct bt_confirmations *c = call->context->confirmations;
  const uint64_t position = bt_store_position(call->context->store, BT_NOW);
  const int64_t now_us = bt_clock_mono_us();
  uint8_t command[16], digest[16];
  int rc = digest_command(call, command);
  if (rc < 0)
    return rc;
  char seed[sizeof c->secret + sizeof command + sizeof position + sizeof now_us], *p = seed;
  memcpy(p, c->secret, sizeof c->secret);
  memcpy(p += sizeof c->secret, command, sizeof command);
  memcpy(p += sizeof command, &position, sizeof position);
  memcpy(p + sizeof position, &now_us, sizeof now_us);
  bt_store_digest(seed, sizeof seed, digest);
  const uint32_t i = c->next++ % BT_CONFIRM_SLOTS;
  write_code(digest, c->slots[i].code);
  memcpy(c->slots[i].command, command, sizeof command);
  c->slots[i].until_us = now_us + BT_CONFIRM_S * BT_SECOND_US;
  c->slots[i].asked_us = as_of_us;
  call->confirm = bt_arena_copy(call->arena, bt_str(c->slots[i].code));
  call->untold = true;
  bt_out_pair(call->out, "confirm", bt_out_text(call->confirm));
  bt_out_note(call->out, bt_arena_printf(call->arena,
                                         "Nothing was done. This cannot be undone: repeat the command with confirm=%s "
                                         "within %d seconds.",
                                         c->slots[i].code, BT_CONFIRM_S));
  return 0;
}
