#include "table.h"

#include <libconfig.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct baton_table {
  config_t config;
  char *file;
};

static void table_error(char *error, const char *format, ...) {
  if (!error)
    return;
  va_list a;
  va_start(a, format);
  vsnprintf(error, 256, format, a);
  va_end(a);
}

/* Numbers and booleans become strings where they stand, so that every text lives as long as the table. */
static int table_to_text(config_setting_t *s) {
  char text[32];
  int type = config_setting_type(s);
  if (config_setting_is_aggregate(s)) {
    for (int i = 0; i < config_setting_length(s); i++)
      if (table_to_text(config_setting_get_elem(s, (unsigned)i)) < 0)
        return -1;
    return 0;
  }
  if (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64)
    snprintf(text, sizeof text, "%lld", config_setting_get_int64(s));
  else if (type == CONFIG_TYPE_BOOL)
    snprintf(text, sizeof text, "%s", config_setting_get_bool(s) ? "true" : "false");
  else if (type == CONFIG_TYPE_FLOAT)
    snprintf(text, sizeof text, "%.15g", config_setting_get_float(s));
  else
    return 0;
  char *copy = strdup(text);
  config_setting_set_hook(s, copy);
  return copy ? 0 : -1;
}

baton_table *baton_table_read(const char *file, char *error) {
  baton_table *t = calloc(1, sizeof *t);
  if (!t || !(t->file = strdup(file))) {
    free(t);
    return table_error(error, "no memory"), NULL;
  }
  config_init(&t->config);
  config_set_destructor(&t->config, free);
  if (!config_read_file(&t->config, file)) {
    if (config_error_type(&t->config) == CONFIG_ERR_FILE_IO)
      table_error(error, "%s: cannot be read", file);
    else
      table_error(error, "%s:%d: %s", config_error_file(&t->config) ? config_error_file(&t->config) : file,
                  config_error_line(&t->config), config_error_text(&t->config));
    return baton_table_free(t), NULL;
  }
  if (table_to_text(config_root_setting(&t->config)) < 0) {
    baton_table_free(t);
    return table_error(error, "no memory"), NULL;
  }
  return t;
}

void baton_table_free(baton_table *t) {
  if (!t)
    return;
  config_destroy(&t->config);
  free(t->file);
  free(t);
}

static config_setting_t *table_at(const baton_table *t, const char *path) {
  return *path ? config_lookup(&t->config, path) : config_root_setting(&t->config);
}

const char *baton_table_get(const baton_table *t, const char *path) {
  config_setting_t *s = table_at(t, path);
  if (!s || config_setting_is_aggregate(s))
    return NULL;
  if (config_setting_type(s) == CONFIG_TYPE_STRING)
    return config_setting_get_string(s);
  return config_setting_get_hook(s);
}

size_t baton_table_size(const baton_table *t, const char *path) {
  config_setting_t *s = table_at(t, path);
  return s && config_setting_is_aggregate(s) ? (size_t)config_setting_length(s) : 0;
}

unsigned baton_table_line(const baton_table *t, const char *path) {
  config_setting_t *s = table_at(t, path);
  return s ? config_setting_source_line(s) : 0;
}

int baton_table_check(const baton_table *t, const char *path, const char *const *allowed, char *error) {
  config_setting_t *s = table_at(t, path);
  if (!s || !config_setting_is_group(s)) {
    table_error(error, "%s:%u: %s is not a group { ... }", t->file, baton_table_line(t, path), path);
    return -BATON_E_INVALID;
  }
  for (int i = 0; i < config_setting_length(s); i++) {
    const config_setting_t *e = config_setting_get_elem(s, (unsigned)i);
    const char *key = config_setting_name(e);
    const char *const *a = allowed;
    while (*a && strcmp(*a, key) != 0)
      a++;
    if (!*a) {
      table_error(error, "%s:%u: unknown key %s", t->file, config_setting_source_line(e), key);
      return -BATON_E_INVALID;
    }
  }
  return 0;
}
