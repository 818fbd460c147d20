/* Where a setting was written, and what it is called in messages. */
#include "config/loading.h"
#include "config/scan.h"

enum { LONGEST_KEY = 160 };

const char *bt_loading_file_of(struct bt_loading *l, const config_setting_t *at) {
  const char *file = config_setting_source_file(at);
  if (!file || strcmp(file, l->file) == 0)
    return l->file;
  const char *joined = bt_scan_join(&l->problems.arena, l->dir, file); /* libconfig leaves the folder out */
  return joined ? joined : l->file;
}

/* The name of a list's item, or its position. */
static void item_name(const config_setting_t *item, char *buf, size_t size) {
  const char *name;
  if (config_setting_is_group(item) && config_setting_lookup_string(item, "name", &name) && bt_name_valid(bt_str(name)))
    snprintf(buf, size, "%s", name);
  else
    snprintf(buf, size, "%d", config_setting_index(item) + 1);
}

/* At most three levels: section, item, key. */
static void key_of(const config_setting_t *at, const char *member, char *buf, size_t size) {
  char parts[3][64];
  int n = 0;
  for (const config_setting_t *s = at; s && !config_setting_is_root(s) && n < 3; s = config_setting_parent(s)) {
    const config_setting_t *parent = config_setting_parent(s);
    if (config_setting_name(s))
      snprintf(parts[n++], sizeof parts[0], "%.63s", config_setting_name(s));
    else if (config_setting_name(parent) && bt_schema_section(config_setting_name(parent)) != BT_S_COUNT)
      item_name(s, parts[n++], sizeof parts[0]);
  }
  size_t used = 0;
  buf[0] = 0;
  while (n > 0 && used < size)
    used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? "." : "", parts[--n]);
  if (member && used < size)
    snprintf(buf + used, size - used, "%s%s", used ? "." : "", member);
}

void bt_loading_problem(struct bt_loading *l, const config_setting_t *at, const char *member, const char *format, ...) {
  char key[LONGEST_KEY];
  key_of(at, member, key, sizeof key);
  int line = (int)config_setting_source_line(at);
  va_list args;
  va_start(args, format);
  bt_problem_addv(&l->problems, bt_loading_file_of(l, at), line ? line : 1, key, format, args);
  va_end(args);
}

const config_setting_t *bt_loading_at(const config_setting_t *item, const char *key) {
  const config_setting_t *s = config_setting_get_member(item, key);
  return s ? s : item;
}

const config_setting_t *bt_loading_element(const config_setting_t *series, struct bt_str text) {
  for (int i = 0; i < config_setting_length(series); i++) {
    const char *p = config_setting_get_string_elem(series, i);
    if (p && bt_str_eq(bt_str(p), text))
      return config_setting_get_elem(series, (unsigned)i);
  }
  return series;
}
