/* Rows of the PostgreSQL adapter that are on their way: the cursor says the first of them, so they stand in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../adapters/postgres/faults.c"
#include "../../adapters/postgres/receipts.c"

/* No server is asked for anything here. */
bool link_idle(const struct link *l) {
  (void)l;
  return false;
}
void link_run(struct link *l, const struct command *c, int n, link_done *done, void *context) {
  (void)l, (void)c, (void)n, (void)done, (void)context;
}
void link_refuse(struct link *l, const char *words) {
  (void)l, (void)words;
}

static void expect(const struct source *s, const int64_t *position, size_t n) {
  const struct pending *p = s->first, *previous = NULL;
  for (size_t i = 0; i < n; i++, previous = p, p = p->next) {
    assert_non_null(p);
    assert_int_equal(p->position, position[i]);
    assert_ptr_equal(p->previous, previous);
  }
  assert_null(p);
  assert_ptr_equal(s->last, previous);
}

/* What was refused waits for its place among the rejects, while those before it are sent again. */
static void stand_in_order(void **state) {
  (void)state;
  struct source s = {.keeps_rejects = true, .name = "outbox"};
  struct pending *again = source_pend(&s, 40, "a"), *refused = source_pend(&s, 60, "b");
  source_refuse(&s, refused, "UNKNOWN_CASE", "no such case");
  source_unpend(&s, again);
  expect(&s, (const int64_t[]){60}, 1);
  source_pend(&s, 40, "a");
  source_pend(&s, 70, "d");
  source_pend(&s, 50, "c");
  source_pend(&s, 70, "e");
  expect(&s, (const int64_t[]){40, 50, 60, 70, 70}, 5);
  assert_string_equal(s.last->key, "e");
  while (s.first)
    source_unpend(&s, s.last);
  expect(&s, NULL, 0);
  assert_int_equal(s.n_refused, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(stand_in_order)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
