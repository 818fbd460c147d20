/* Keys and values in tables, over LMDB: the one file of this room that knows a transaction.
 *
 * One write transaction is open from the first use of BT_NOW after a commit until the next commit: it is the set of
 * changes on top of the last checkpoint. BT_AS_OF reads through a snapshot that bt_kv_refresh lets go of.
 *
 * Errors of writes stick: after one, every call on BT_NOW fails with it until bt_kv_rollback, so that what applies an
 * entry reads as prose and the commit fails where anything failed. -BT_ABSENT is an answer and does not stick.
 *
 * Values are borrowed until the next call that writes (BT_NOW) or refreshes (BT_AS_OF). Keys are 1 to 511 bytes.
 * Private to this room. */
#ifndef BT_STORE_KV_H
#define BT_STORE_KV_H

#include "store/store.h"

struct bt_kv;

int bt_kv_open(const struct bt_store_options *options, struct bt_kv **ret, const char **ret_text) BT_MUST_CHECK;
void bt_kv_close(struct bt_kv *kv); /* drops what is not committed; NULL is fine */

int bt_kv_get(struct bt_kv *kv, enum bt_view view, enum bt_table table, struct bt_str key,
              struct bt_str *ret) BT_MUST_CHECK;
/* The first row whose key is at or after `key` (behind: after it); from the front where key is empty. */
int bt_kv_next(struct bt_kv *kv, enum bt_view view, enum bt_table table, struct bt_str key, bool behind,
               struct bt_str *ret_key, struct bt_str *ret_value) BT_MUST_CHECK;
/* The last row whose key is before `key`. */
int bt_kv_before(struct bt_kv *kv, enum bt_view view, enum bt_table table, struct bt_str key, struct bt_str *ret_key,
                 struct bt_str *ret_value) BT_MUST_CHECK;
int bt_kv_put(struct bt_kv *kv, enum bt_table table, struct bt_str key, struct bt_str value) BT_MUST_CHECK;
/* Absent is fine. */
int bt_kv_delete(struct bt_kv *kv, enum bt_table table, struct bt_str key) BT_MUST_CHECK;

/* Makes an error stick that was found above this layer (bytes that do not decode). Returns it. */
int bt_kv_fail(struct bt_kv *kv, int error);
int bt_kv_error(const struct bt_kv *kv); /* 0: none */

/* A mark, and back to it or not. One at a time. A write that failed for want of room sticks in spite of an undo. */
int bt_kv_mark(struct bt_kv *kv) BT_MUST_CHECK;
int bt_kv_keep(struct bt_kv *kv) BT_MUST_CHECK;
void bt_kv_undo(struct bt_kv *kv);

int bt_kv_commit(struct bt_kv *kv) BT_MUST_CHECK;
void bt_kv_rollback(struct bt_kv *kv);
int bt_kv_grow(struct bt_kv *kv) BT_MUST_CHECK;
/* Grows it before it is full, between transactions: then nothing has to be dropped and done again. */
void bt_kv_grow_early(struct bt_kv *kv);
void bt_kv_refresh(struct bt_kv *kv);
uint64_t bt_kv_count(struct bt_kv *kv, enum bt_view view, enum bt_table table);
uint64_t bt_kv_bytes(struct bt_kv *kv);
/* See bt_ahead_keep. */
int bt_kv_reserve(struct bt_kv *kv, uint64_t bytes) BT_MUST_CHECK;
uint64_t bt_kv_ahead(struct bt_kv *kv);
/* A compacted copy of the last commit, as a folder (absent; its parent is there). */
int bt_kv_copy(struct bt_kv *kv, const char *dir) BT_MUST_CHECK;

#endif
