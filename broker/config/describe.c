#include "config/config.h"
#include "config/schema.h"

static void describe_key(const struct bt_key_row *key, FILE *to) {
  char name[96], facts[256];
  bt_schema_full_name(key, name, sizeof name);
  bt_schema_facts(key, facts, sizeof facts);
  fprintf(to, "  %-30s %s\n      %s%s\n", name, facts, key->help, key->restart ? "; a change takes a restart" : "");
}

void bt_config_describe(FILE *to) {
  for (int s = 0; s < BT_S_COUNT; s++) {
    const struct bt_section_row *row = &bt_sections[s];
    fprintf(to, "%s%s, %s: %s\n", s ? "\n" : "", row->name[0] ? row->name : "top level", row->file, row->help);
    for (size_t i = 0; i < bt_key_count; i++)
      if (bt_keys[i].section == (enum bt_section)s)
        describe_key(&bt_keys[i], to);
  }
}
