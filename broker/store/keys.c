/* Keys sort in byte order: integers are big-endian, and a name ends with the one byte that no name holds. */
#include "store/private.h"

struct bt_str bt_key_u64(struct bt_key *k, uint64_t v) {
  bt_put_u64(k->bytes, v);
  return (struct bt_str){k->bytes, k->n = 8};
}

struct bt_str bt_key_pair(struct bt_key *k, uint64_t a, uint64_t b) {
  bt_put_u64(k->bytes, a);
  bt_put_u64(k->bytes + 8, b);
  return (struct bt_str){k->bytes, k->n = 16};
}

struct bt_str bt_key_names(struct bt_key *k, struct bt_str name, struct bt_str other) {
  k->n = 0;
  if (name.n < BT_KEY_SIZE && other.n < BT_KEY_SIZE - 1 - name.n) {
    if (name.n)
      memcpy(k->bytes, name.p, name.n);
    k->bytes[name.n] = '\0';
    if (other.n)
      memcpy(k->bytes + name.n + 1, other.p, other.n);
    k->n = name.n + 1 + other.n;
  }
  return (struct bt_str){k->bytes, k->n};
}

struct bt_str bt_key_name_pair(struct bt_key *k, struct bt_str name, uint64_t a, uint64_t b) {
  char bytes[16];
  bt_put_u64(bytes, a);
  bt_put_u64(bytes + 8, b);
  return bt_key_names(k, name, (struct bt_str){bytes, sizeof(bytes)});
}

struct bt_str bt_key_name_u64(struct bt_key *k, struct bt_str name, uint64_t v) {
  char bytes[8];
  bt_put_u64(bytes, v);
  return bt_key_names(k, name, (struct bt_str){bytes, sizeof(bytes)});
}
