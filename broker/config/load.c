#include <errno.h>
#include <stdlib.h>

#include "config/calendars.h"
#include "config/loading.h"
#include "config/scan.h"

enum { MEMORY = 256 << 20 };

/* ---- Keys ---- */

static bool is_top(enum bt_section section) {
  return !bt_sections[section].name[0];
}

/* Both sections of the top level have one name space with the names of groups and lists. */
static bool key_known(enum bt_section section, const char *name) {
  if (!is_top(section))
    return bt_schema_key(section, name) != NULL;
  return bt_schema_key(BT_S_TOP, name) || bt_schema_key(BT_S_COMPANY, name) || bt_schema_section(name) != BT_S_COUNT;
}

static const char *nearest_key(enum bt_section section, const char *name) {
  const char *names[64];
  size_t n = 0, most = sizeof names / sizeof names[0];
  for (size_t i = 0; i < bt_key_count && n < most; i++)
    if (bt_keys[i].section == section || (is_top(section) && is_top(bt_keys[i].section)))
      names[n++] = bt_keys[i].name;
  for (int s = 0; is_top(section) && s < BT_S_COUNT && n < most; s++)
    if (!is_top((enum bt_section)s))
      names[n++] = bt_sections[s].name;
  return bt_nearest(name, names, n);
}

/* Where else a key of this name belongs: the commonest mistake is the right key in the wrong place. */
static const struct bt_key_row *key_elsewhere(const char *name) {
  for (size_t i = 0; i < bt_key_count; i++)
    if (strcmp(bt_keys[i].name, name) == 0)
      return &bt_keys[i];
  return NULL;
}

static void unknown_key(struct bt_loading *l, enum bt_section section, const config_setting_t *s) {
  const char *name = config_setting_name(s), *near = nearest_key(section, name);
  const struct bt_key_row *other = key_elsewhere(name);
  char full[96];
  if (other && !is_top(other->section))
    bt_loading_problem(l, s, NULL, "is not known here; it belongs to %s", bt_sections[other->section].name);
  else if (other)
    bt_loading_problem(l, s, NULL, "is not known here; %s belongs to the top level",
                       bt_schema_full_name(other, full, sizeof full));
  else if (near)
    bt_loading_problem(l, s, NULL, "is not known; did you mean \"%s\"?", near);
  else
    bt_loading_problem(l, s, NULL, "is not known; the manual pages list every key");
}

static void check_known(struct bt_loading *l, enum bt_section section, const config_setting_t *group) {
  for (int i = 0; i < config_setting_length(group); i++) {
    const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
    if (!key_known(section, config_setting_name(s)))
      unknown_key(l, section, s);
  }
}

/* Every key of the section: from the group (NULL: it was not written), or its default. */
static void read_keys(struct bt_loading *l, enum bt_section section, const config_setting_t *group, void *base) {
  for (size_t i = 0; i < bt_key_count; i++) {
    const struct bt_key_row *key = &bt_keys[i];
    if (key->section != section)
      continue;
    const config_setting_t *s = group ? config_setting_get_member(group, key->name) : NULL;
    char facts[256];
    bt_value_default(l, key, base);
    if (s)
      bt_value_read(l, key, s, base);
    else if (key->required)
      bt_loading_problem(l, group ? group : config_root_setting(&l->tree), key->name, "is missing; right is: %s",
                         bt_schema_facts(key, facts, sizeof facts));
  }
}

static void read_group(struct bt_loading *l, enum bt_section section) {
  const config_setting_t *s = config_setting_get_member(config_root_setting(&l->tree), bt_sections[section].name);
  if (s && !config_setting_is_group(s)) {
    bt_loading_problem(l, s, NULL, "is %s; right is a group: { ... }", bt_value_kind(s));
    s = NULL;
  }
  if (s)
    check_known(l, section, s);
  read_keys(l, section, s, l->config);
}

/* ---- Lists ---- */

struct named { /* an item before it is read */
  struct bt_str name, more;
  const config_setting_t *at;
};

static int by_name_then_place(const void *a, const void *b) {
  const struct named *x = a, *y = b;
  int c = bt_str_cmp(x->name, y->name);
  if (c == 0)
    c = bt_str_cmp(x->more, y->more);
  return c ? c : config_setting_index(x->at) - config_setting_index(y->at);
}

static struct bt_str text_of(const config_setting_t *item, const char *key) {
  const char *text = NULL;
  if (key)
    config_setting_lookup_string(item, key, &text);
  return bt_str(text);
}

/* Groups of the list, sorted by what the section says. Freed with the problems' arena. */
static struct named *sort_items(struct bt_loading *l, const struct bt_section_row *row, const config_setting_t *list,
                                uint32_t *ret_n) {
  int n = config_setting_length(list);
  struct named *v = BT_NEW_ARRAY(&l->problems.arena, struct named, (size_t)n);
  *ret_n = 0;
  for (int i = 0; v && i < n; i++) {
    const config_setting_t *item = config_setting_get_elem(list, (unsigned)i);
    if (!config_setting_is_group(item)) {
      bt_loading_problem(l, item, NULL, "is %s; right is a group: { %s = ...; }", bt_value_kind(item), row->by[0]);
      continue;
    }
    v[(*ret_n)++] = (struct named){text_of(item, row->by[0]), text_of(item, row->by[1]), item};
  }
  if (v && *ret_n > 1)
    qsort(v, *ret_n, sizeof *v, by_name_then_place);
  return v;
}

static void check_unique(struct bt_loading *l, const struct named *v, uint32_t n) {
  for (uint32_t i = 1; i < n; i++)
    if (v[i].name.n && bt_str_eq(v[i - 1].name, v[i].name))
      bt_loading_problem(l, config_setting_get_member(v[i].at, "name"), NULL, "is taken: the same name stands at %s:%u",
                         bt_loading_file_of(l, v[i - 1].at), config_setting_source_line(v[i - 1].at));
}

/* {n, v} of the list in the configuration: each has its own type, so it is written as bytes. */
static void put_list(struct bt_loading *l, enum bt_section section, uint32_t n, void *v) {
  struct any_list {
    uint32_t n;
    void *v;
  } list = {n, v};
  memcpy((char *)l->config + bt_sections[section].at, &list, sizeof list);
}

static void read_list(struct bt_loading *l, enum bt_section section) {
  const struct bt_section_row *row = &bt_sections[section];
  const config_setting_t *list = config_setting_get_member(config_root_setting(&l->tree), row->name);
  if (!list)
    return;
  if (!bt_value_is_series(list)) {
    bt_loading_problem(l, list, NULL, "is %s; right is a list: ( { ... }, { ... } )", bt_value_kind(list));
    return;
  }
  uint32_t n;
  struct named *named = sort_items(l, row, list, &n);
  char *items = bt_arena_alloc(&l->config->arena, n * row->size);
  l->items[section] = BT_NEW_ARRAY(&l->problems.arena, const config_setting_t *, n);
  if (!named || !items || !l->items[section])
    return;
  if (strcmp(row->by[0], "name") == 0)
    check_unique(l, named, n);
  for (uint32_t i = 0; i < n; i++) {
    l->items[section][i] = named[i].at;
    check_known(l, section, named[i].at);
    read_keys(l, section, named[i].at, items + i * row->size);
  }
  put_list(l, section, n, items);
}

/* ---- The whole ---- */

static void read_all(struct bt_loading *l) {
  const config_setting_t *top = config_root_setting(&l->tree);
  check_known(l, BT_S_TOP, top);
  for (int s = 0; s < BT_S_COUNT; s++)
    if (is_top((enum bt_section)s))
      read_keys(l, (enum bt_section)s, top, l->config);
    else if (bt_sections[s].list)
      read_list(l, (enum bt_section)s);
    else
      read_group(l, (enum bt_section)s);
}

static bool exhausted(const struct bt_loading *l) {
  return l->config->arena.exhausted || l->problems.arena.exhausted;
}

static void check_all(struct bt_loading *l) {
  bt_check_settings(l);
  bt_check_company(l);
  bt_check_departments(l);
  bt_check_adapters(l);
  bt_check_pairs(l);
}

/* Hours that no day of the calendar has left over are a slip, and a department that waits for ever. */
static void check_open(struct bt_loading *l) {
  const struct bt_rules *r = &l->config->rules;
  for (uint32_t i = 0; i < r->departments.n; i++)
    if (r->departments.v[i].calendar.limited && !r->departments.v[i].calendar.n)
      bt_loading_problem(l, bt_loading_at(l->items[BT_S_DEPARTMENTS][i], "hours"), NULL,
                         "is never open in the next %d days: all its days are holidays of its site",
                         BT_CALENDAR_AHEAD_D);
}

/* Only of a configuration that is right in itself. */
static int compile_calendars(struct bt_loading *l, int64_t now_us) {
  if (l->problems.n || exhausted(l))
    return 0;
  int rc = bt_config_compile_calendars(l->config, now_us);
  if (!rc)
    check_open(l);
  return rc;
}

/* libconfig says "bad.conf" for a syntax error in an included file, without the folder. */
static void syntax_problem(struct bt_loading *l) {
  const char *file = config_error_file(&l->tree), *text = config_error_text(&l->tree);
  if (file && strcmp(file, l->file) != 0)
    file = bt_scan_join(&l->problems.arena, l->dir, file);
  bt_problem_add(&l->problems, file ? file : l->file, config_error_line(&l->tree), NULL, "%s",
                 text ? text : "syntax error");
}

static void load(struct bt_loading *l) {
  bt_scan(&l->problems, l->config, l->dir, l->file);
  if (l->problems.n)
    return;
  config_set_include_dir(&l->tree, l->dir);
  if (!config_read_file(&l->tree, l->file)) {
    syntax_problem(l);
    return;
  }
  read_all(l);
  if (!exhausted(l))
    check_all(l);
}

/* The folder of a file, in the arena, as it was given. */
static const char *folder_of(const char *file, struct bt_arena *arena) {
  const char *slash = strrchr(file, '/');
  if (!slash)
    return ".";
  if (slash == file)
    return "/";
  return bt_arena_copy(arena, (struct bt_str){file, (size_t)(slash - file)}).p;
}

/* Sets dir and root; false, said, where the folder is not there. */
static bool find_root(struct bt_loading *l) {
  l->dir = folder_of(l->file, &l->problems.arena);
  char *real = l->dir ? realpath(l->dir, NULL) : NULL;
  if (real)
    l->root = bt_arena_copy(&l->problems.arena, bt_str(real)).p;
  else
    bt_problem_add(&l->problems, l->file, 1, NULL, "cannot be read: %s", strerror(errno));
  free(real);
  return l->root != NULL;
}

/* A file that is being written is read half, and half of it may well be right in itself. */
static void check_steady(struct bt_loading *l) {
  const char *path = l->problems.n ? NULL : bt_files_changed(l->config);
  if (path)
    bt_problem_add(&l->problems, path, 1, NULL, "was changed while it was read: try again when it is saved");
}

int bt_config_load(const char *file, int64_t now_us, FILE *errors, struct bt_config **ret) {
  struct bt_config *config = calloc(1, sizeof *config);
  if (!config)
    return -BT_NOMEM;
  bt_arena_init(&config->arena, MEMORY);
  struct bt_loading l = {.config = config, .file = file};
  bt_problems_init(&l.problems);
  config_init(&l.tree);
  if (find_root(&l))
    load(&l);
  int rc = compile_calendars(&l, now_us);
  check_steady(&l);
  if (rc == 0)
    rc = bt_problems_print(&l.problems, errors);
  if (rc == 0)
    rc = exhausted(&l) ? -BT_NOMEM : l.problems.n ? -BT_USAGE : 0;
  config_destroy(&l.tree);
  bt_problems_fini(&l.problems);
  if (rc)
    bt_config_free(config);
  else
    *ret = config;
  return rc;
}
