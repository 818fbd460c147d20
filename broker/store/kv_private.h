/* What kv.c and kv_open.c share. */
#ifndef BT_STORE_KV_PRIVATE_H
#define BT_STORE_KV_PRIVATE_H

#include <lmdb.h>

#include "base/ahead.h"
#include "base/dir.h"
#include "store/kv.h"

enum { BT_MAX_KEY = 511 };

/* A view's transaction and, for each table, the cursor that was last used in it: neighbouring rows are then found
 * without going down from the root. */
struct bt_kv_txn {
  MDB_txn *txn;
  MDB_txn *outer; /* NOW: what txn is nested in, between a mark and its end */
  bool live;      /* AS_OF: not reset */
  MDB_cursor *cursors[BT_T_COUNT];
};

struct bt_kv {
  MDB_env *env;
  MDB_dbi tables[BT_T_COUNT];
  struct bt_claim claim;
  bool read_only;
  struct bt_kv_txn views[2]; /* by enum bt_view */
  int error;                 /* sticks until a rollback */
  bool disk_full;
  struct bt_ahead ahead;
  uint32_t refreshes;
};

int bt_kv_code(int lmdb_error);
/* 0: this version's format, or none yet. -BT_OLDER, -BT_NEWER, -BT_CORRUPT; *ret_text: a sentence, static. */
int bt_format_check(MDB_env *env, const char **ret_text) BT_MUST_CHECK;

#endif
