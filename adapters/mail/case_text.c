#include "case_text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *case_text_time(int64_t us) {
  static char texts[4][32];
  static unsigned turn;
  char *to = texts[turn++ % 4];
  time_t s = (time_t)(us / 1000000);
  struct tm t;
  *to = '\0';
  if (us > 0 && gmtime_r(&s, &t))
    strftime(to, sizeof texts[0], "%Y-%m-%d %H:%M UTC", &t);
  return to;
}

const char *case_text_get(const json_t *o, const char *key) {
  const char *v = json_string_value(json_object_get(o, key));
  return v ? v : "";
}

int64_t case_text_number(const json_t *o, const char *key) {
  const json_t *v = json_object_get(o, key);
  return json_is_string(v) ? strtoll(json_string_value(v), NULL, 10) : (int64_t)json_integer_value(v);
}

char *case_text_word(const char *name, int skip) {
  for (; skip > 0 && strchr(name, '_'); skip--)
    name = strchr(name, '_') + 1;
  char *word = g_ascii_strdown(name, -1);
  return g_strdelimit(word, "_", ' ');
}

static void line(GString *to, const char *name, const char *value) {
  if (*value)
    g_string_append_printf(to, "%s: %s\n", name, value);
}

static void facts(GString *to, const json_t *card) {
  size_t i;
  json_t *f;
  const json_t *list = json_object_get(card, "facts");
  if (json_array_size(list) > 0)
    g_string_append(to, "\nKnown (do not ask again):\n");
  json_array_foreach(list, i, f) g_string_append_printf(to, "  %s: %s (%s)\n", case_text_get(f, "key"),
                                                        case_text_get(f, "value"), case_text_get(f, "department"));
}

static void tried(GString *to, const json_t *card) {
  size_t i;
  json_t *t;
  const json_t *list = json_object_get(card, "tried");
  if (json_array_size(list) > 0)
    g_string_append(to, "\nTried, and failed (do not send the customer there):\n");
  json_array_foreach(list, i, t) {
    const char *code = case_text_get(t, "errorCode");
    g_string_append_printf(to, "  %s, %lld times%s%s\n", case_text_get(t, "route"),
                           (long long)case_text_number(t, "times"), *code ? ", last " : "", code);
  }
}

static void promised(GString *to, const json_t *card) {
  size_t i;
  json_t *p;
  const json_t *list = json_object_get(card, "promised");
  if (json_array_size(list) > 0)
    g_string_append(to, "\nPromised to the customer:\n");
  json_array_foreach(list, i, p) {
    char *type = case_text_word(case_text_get(p, "type"), 2), *state = case_text_word(case_text_get(p, "state"), 2);
    const char *until = case_text_time(case_text_number(p, "dueUs"));
    g_string_append_printf(to, "  %s by %s%s%s (%s): %s\n", type, case_text_get(p, "holder"), *until ? " until " : "",
                           until, state, case_text_get(p, "text"));
    g_free(state);
    g_free(type);
  }
}

static void questions(GString *to, const json_t *card) {
  size_t i;
  json_t *q;
  const json_t *list = json_object_get(card, "openQuestions");
  if (json_array_size(list) > 0)
    g_string_append(to, "\nAsked, and not answered yet:\n");
  json_array_foreach(list, i, q) g_string_append_printf(to, "  %s asks %s: %s\n", case_text_get(q, "from"),
                                                        case_text_get(q, "to"), case_text_get(q, "text"));
}

static void advisories(GString *to, const json_t *card) {
  size_t i;
  json_t *a;
  const json_t *list = json_object_get(card, "advisories");
  if (json_array_size(list) > 0)
    g_string_append(to, "\nKnown trouble:\n");
  json_array_foreach(list, i, a)
      g_string_append_printf(to, "  %s: %s\n", case_text_get(a, "department"), case_text_get(a, "text"));
}

static void trail(GString *to, const json_t *card) {
  size_t i;
  json_t *stop;
  const json_t *list = json_object_get(card, "trail");
  if (json_array_size(list) > 0)
    g_string_append(to, "\nHeld by: ");
  json_array_foreach(list, i, stop)
      g_string_append_printf(to, "%s%s since %s", i ? ", " : "", case_text_get(stop, "department"),
                             case_text_time(case_text_number(stop, "sinceUs")));
  if (json_array_size(list) > 0)
    g_string_append(to, "\n");
}

void case_text_card(GString *to, const json_t *card) {
  char *priority = case_text_word(case_text_get(card, "priority"), 1);
  g_string_append_printf(to, "Case %s\n", case_text_get(card, "ref"));
  line(to, "Title", case_text_get(card, "title"));
  line(to, "Topic", case_text_get(card, "topic"));
  if (strcmp(priority, "normal") != 0)
    line(to, "Priority", priority);
  line(to, "Opened", case_text_time(case_text_number(card, "openedAtUs")));
  line(to, "The customer wants it by", case_text_time(case_text_number(card, "customerDeadlineUs")));
  line(to, "Owner", case_text_get(card, "owner"));
  line(to, "Need", case_text_get(card, "need"));
  line(to, "Next step", case_text_get(card, "nextStep"));
  facts(to, card);
  tried(to, card);
  promised(to, card);
  questions(to, card);
  advisories(to, card);
  trail(to, card);
  int64_t contacts = case_text_number(card, "contacts"), hidden = case_text_number(card, "hidden"),
          left = case_text_number(card, "factsLeftOut") + case_text_number(card, "othersLeftOut");
  if (contacts > 0)
    g_string_append_printf(to, "The customer was in touch %lld time%s.\n", (long long)contacts,
                           contacts > 1 ? "s" : "");
  if (hidden > 0)
    g_string_append_printf(to, "%lld things on it are not for your department to read.\n", (long long)hidden);
  if (left > 0)
    g_string_append_printf(to, "%lld things did not fit on the card.\n", (long long)left);
  g_free(priority);
}

/* "handoffAccepted" to "handoff accepted"; the member of an event that is an object and no locator is its kind. */
static char *kind_of(const json_t *event) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)event, key, value) {
    if (!json_is_object(value) || strcmp(key, "locator") == 0)
      continue;
    GString *words = g_string_new(NULL);
    for (const char *p = key; *p; p++) {
      if (g_ascii_isupper(*p))
        g_string_append_c(words, ' ');
      g_string_append_c(words, g_ascii_tolower(*p));
    }
    return g_string_free(words, FALSE);
  }
  return g_strdup("something");
}

void case_text_event(GString *to, const json_t *recorded) {
  const json_t *event = json_object_get(recorded, "event");
  char *kind = kind_of(event);
  const char *who = case_text_get(event, "department");
  g_string_append_printf(to, "  %s: %s%s%s\n", case_text_time(case_text_number(recorded, "recordedAtUs")), kind,
                         *who ? ", by " : "", who);
  g_free(kind);
}
