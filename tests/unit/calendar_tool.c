/* Prints calendars for a test: what config compiles of a zone, hours and holidays. Not installed.
 *
 * Each line of standard input is one calendar: ZONE|HOURS;HOURS|HOLIDAY,HOLIDAY|FROM|UNTIL, the last two in seconds
 * since 1970-01-01 UTC. The answer is one line: "OPEN-CLOSE OPEN-CLOSE ..." in seconds, or "refused: why". */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "config/calendars.h"
#include "config/hours.h"

enum { MEMORY = 64 << 20 };

/* The next field up to the mark, which is overwritten; *at goes past it. */
static char *field(char **at, char mark) {
  char *from = *at, *end = strchr(from, mark);
  if (end)
    *end = 0;
  *at = end ? end + 1 : from + strlen(from);
  return from;
}

static struct bt_strs texts(struct bt_arena *arena, char *list, char mark) {
  struct bt_strs set = {0, BT_NEW_ARRAY(arena, struct bt_str, strlen(list) + 1)};
  while (set.v && *list)
    set.v[set.n++] = bt_str(field(&list, mark));
  return set;
}

/* What a file of configuration would be refused for. */
static bool hours_fine(const struct bt_strs *hours, char *why, size_t size) {
  struct bt_week week = {0};
  uint32_t one, other;
  for (uint32_t i = 0; i < hours->n; i++)
    if (bt_week_add(&week, hours->v[i], i, why, size))
      return false;
  bt_week_sort(&week);
  if (!bt_week_overlaps(&week, &one, &other))
    return true;
  snprintf(why, size, "overlap");
  return false;
}

static void answer(struct bt_arena *arena, char *line) {
  char why[256] = "";
  const char *zone_name = field(&line, '|');
  struct bt_strs hours = texts(arena, field(&line, '|'), ';'), holidays = texts(arena, field(&line, '|'), ',');
  int64_t from_us = strtoll(field(&line, '|'), NULL, 10) * BT_SECOND_US;
  int64_t until_us = strtoll(line, NULL, 10) * BT_SECOND_US, from_s, until_s;
  struct bt_calendar c;
  struct bt_zone zone;
  bt_calendar_zone_range(from_us, until_us, &from_s, &until_s);
  int rc = hours_fine(&hours, why, sizeof why) ? bt_zone_read(arena, zone_name, from_s, until_s, &zone) : -BT_INVALID;
  if (!rc)
    rc = bt_calendar_compile(arena, &zone, &hours, &holidays, from_us, until_us, &c);
  if (rc) {
    printf("refused: %s\n", why[0] ? why : bt_code_name(rc));
    return;
  }
  for (uint32_t i = 0; i < c.n; i++)
    printf("%s%" PRId64 "-%" PRId64, i ? " " : "", c.v[i].open_us / BT_SECOND_US, c.v[i].close_us / BT_SECOND_US);
  putchar('\n');
}

int main(void) {
  char *line = NULL;
  size_t size = 0;
  struct bt_arena arena;
  bt_arena_init(&arena, MEMORY);
  for (ssize_t n; (n = getline(&line, &size, stdin)) > 0; bt_arena_reset(&arena)) {
    if (line[n - 1] == '\n')
      line[n - 1] = 0;
    answer(&arena, line);
    fflush(stdout);
  }
  bt_arena_fini(&arena);
  free(line);
  return 0;
}
