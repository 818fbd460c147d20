/* The record's format: looked at before anything else of it, because a record of another one may lack tables. */
#include <errno.h>
#include <stdio.h>

#include "store/kv_private.h"
#include "store/private.h"

/* 0: this one, or a record that was only just made and has none yet. */
static int judge(uint64_t format, const char **ret_text) {
  if (format > BT_RECORD_FORMAT) {
    *ret_text = "the record was written by a newer version of the broker: run that one; nothing was changed";
    return -BT_NEWER;
  }
  if (format < BT_RECORD_FORMAT) {
    *ret_text = "the record was written by an older version of the broker, and is made again from the journal when the "
                "broker starts";
    return -BT_OLDER;
  }
  return 0;
}

int bt_format_check(MDB_env *env, const char **ret_text) {
  const struct bt_str key = BT_LIT("format");
  MDB_val name = {key.n, (void *)key.p}, value;
  MDB_txn *txn;
  MDB_dbi meta;
  int rc = bt_kv_code(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn));
  if (rc < 0)
    return rc;
  *ret_text = "the record's format is not readable";
  rc = mdb_dbi_open(txn, bt_table_names[BT_T_META], 0, &meta);
  rc = rc == MDB_NOTFOUND ? -BT_CORRUPT : bt_kv_code(rc);
  if (rc == 0)
    rc = bt_kv_code(mdb_get(txn, meta, &name, &value));
  struct bt_str raw;
  if (rc == 0)
    rc = bt_raw_open(BT_T_META, key, (struct bt_str){value.mv_data, value.mv_size}, &raw);
  if (rc == 0)
    rc = raw.n == 8 ? judge(bt_get_u64(raw.p), ret_text) : -BT_CORRUPT;
  mdb_txn_abort(txn);
  return rc == -BT_ABSENT ? 0 : rc;
}

/* The first name that is free. */
static int free_name(const char *dir, char *ret_path) {
  for (int i = 1; i < 10000; i++) {
    int n = snprintf(ret_path, BT_PATH_SIZE, "%s.old-%d", dir, i);
    if (n < 0 || n >= BT_PATH_SIZE)
      return -BT_LIMIT;
    if (!bt_path_exists(ret_path))
      return 0;
  }
  return -BT_LIMIT;
}

int bt_store_set_aside(const char *dir, char *ret_path) {
  char parent[BT_PATH_SIZE];
  struct bt_claim claim = {.fd = -1};
  int rc = bt_path_parent(parent, dir);
  if (rc == 0)
    rc = bt_claim_take(&claim, dir, true, NULL);
  if (rc < 0)
    return rc;
  rc = free_name(dir, ret_path);
  if (rc == 0 && rename(dir, ret_path) != 0)
    rc = -BT_IO;
  if (rc == 0)
    rc = bt_dir_sync(parent);
  bt_claim_release(&claim);
  return rc;
}
