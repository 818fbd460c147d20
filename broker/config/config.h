/* Configuration: libconfig files -> one immutable generation.
 *
 * Everything that may fail fails here, before anything is applied. A schema table (schema.c) names each key with its
 * type, range, unit, default and help text; it drives check, dump and the manual page alike. Every error names file,
 * line, key and what is wrong; all errors of a file are reported, not only the first (but libconfig stops at the first
 * syntax error).
 *
 * Memory: a generation owns all it points to and is freed as a whole; it never changes after bt_config_load, but for
 * the departments' calendars, which bt_config_extend replaces as time goes on.
 *
 * No clock is read here: the present comes as an argument, in microseconds since 1970-01-01 UTC. */
#ifndef BT_CONFIG_CONFIG_H
#define BT_CONFIG_CONFIG_H

#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/code.h"
#include "core/rules.h"

struct bt_settings {           /* what the shell needs; the core's part is `rules` */
  char *listen;                /* ZeroMQ endpoint */
  bool listen_beyond_loopback; /* the explicit word without which only loopback is bound */
  char *metrics_listen;        /* ADDRESS:PORT; "": no metrics are served */
  bool metrics_beyond_loopback;
  char *secret_key_file; /* paths are absolute */
  char *data_dir;
  char *control_dir; /* 0700; holds read.sock and admin.sock */
  uint64_t journal_map_bytes, record_map_bytes;
  int64_t journal_keep_us; /* retention; 0: for ever, never, by nothing */
  uint64_t journal_keep_bytes, segment_bytes, snapshot_every_events;
  int64_t snapshot_every_us, inbox_max_age_us, verify_every_us;
  uint32_t checkpoint_events;
  uint32_t checkpoint_ms;
  uint32_t batch_frames;      /* frames drained into one batch at most */
  uint32_t max_in_flight;     /* items per session */
  uint32_t settle_timeout_ms; /* an unsettled delivery goes out again */
  uint32_t io_threads;
  uint32_t log_level;  /* enum bt_log_level */
  char *alert_command; /* NULL: none */
  int64_t alert_raise_us, alert_clear_us, alert_repeat_us, alert_command_us;
  int64_t alert_offer_us, alert_inbox_us; /* 0: no age is too old */
  uint64_t low_space_bytes, reserve_bytes;
  int64_t longest_spool_us; /* never more than rules.idempotency_us */
};

/* A file that the generation was made of, as it was read. */
struct bt_config_file {
  const char *path;
  uint64_t device, inode, size;
  int64_t changed_ns;
  uint8_t digest[16];
};
struct bt_config_files {
  uint32_t n, room;
  struct bt_config_file *v;
};

struct bt_config {
  struct bt_settings settings;
  struct bt_rules rules;
  struct bt_strs topics; /* what the company's cases are about; each is handled by somebody */
  struct bt_config_files files;
  struct bt_arena arena; /* owns everything above but the spans of the departments' calendars */
  struct bt_arena calendars;
  int64_t calendars_from_us, calendars_until_us;
};

/* Loads broker.conf and what it @includes (departments.conf). Problems go to `errors`, one line each, by file and line:
 * "FILE:LINE: KEY: what is wrong, and what would be right". Returns 0, -BT_USAGE when there was any problem, -BT_NOMEM.
 * Relative paths in the files, also those of @include, are relative to `file`. Key files are checked for existence,
 * contents and mode (secret: no access for group and others; public: not writable by them). */
int bt_config_load(const char *file, int64_t now_us, FILE *errors, struct bt_config **ret) BT_MUST_CHECK;
void bt_config_free(struct bt_config *c); /* NULL is fine */
/* Compiles the calendars of all departments, from 35 days before `now_us` to 400 days after it, and frees those before.
 * On failure everything is as it was. -BT_NOMEM; -BT_ABSENT: the system has lost a site's time zone. */
int bt_config_compile_calendars(struct bt_config *c, int64_t now_us) BT_MUST_CHECK;
/* The same, where less than 390 days lie ahead (or the clock was set back). Between batches only: what was borrowed of
 * a calendar is gone then. Returns 1 when it extended, 0 when there was no need, or a code as above; the old calendars
 * then serve on, so it may be tried again. */
int bt_config_extend(struct bt_config *c, int64_t now_us) BT_MUST_CHECK;
/* Is what the generation was made of still what lies on the disk? NULL: yes. Else the first file that is not, and when
 * that one was changed (0: it is gone). Reads no more than the sizes and times of files where these are as they were.
 */
const char *bt_config_stale(const struct bt_config *c, int64_t *ret_changed_us);

/* What the second generation has other than the first: by section, then by the items' names. */
enum bt_change_kind { BT_CHANGE_ADDED, BT_CHANGE_REMOVED, BT_CHANGE_CHANGED };
struct bt_change {
  uint32_t kind;
  struct bt_str name;          /* "departments.care" that came or went; else "departments.care.hours", "log_level" */
  struct bt_str before, after; /* of a key: its values as in the canonical form */
  bool restart;                /* a key that cannot change while the broker runs */
};
struct bt_changes {
  uint32_t n, room, restarts; /* restarts: how many of them cannot be made by a reload */
  struct bt_change *v;
};
int bt_config_diff(const struct bt_config *before, const struct bt_config *after, struct bt_arena *arena,
                   struct bt_changes *ret) BT_MUST_CHECK;
/* One line for people: "+ departments.care", "log_level: \"info\" -> \"debug\"". In the arena. */
struct bt_str bt_change_line(const struct bt_change *change, struct bt_arena *arena);

/* Writes the canonical form to a file (0600) that appears whole; it is not synced. -BT_IO. */
int bt_config_save(const struct bt_config *c, const char *path) BT_MUST_CHECK;
/* The canonical form: every key, defaults written out, lists by name; it parses back to the same generation. */
void bt_config_dump(const struct bt_config *c, FILE *to);
/* BLAKE2b over the canonical form without paths: names a generation in the journal. */
void bt_config_digest(const struct bt_config *c, uint8_t ret_digest[16]);
/* The schema as text: name, type, unit, range, default, help; for --help-config and the manual page. */
void bt_config_describe(FILE *to);

#endif
