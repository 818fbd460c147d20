/* What a generation was made of: so that a reload can tell a file that is being written, and operators are told when
 * the disk has something else than what runs. */
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "config/loading.h"

enum { BLOCK = 65536, LARGEST = 64 << 20 };

static void put_stat(struct bt_config_file *f, const struct stat *st) {
  f->device = st->st_dev;
  f->inode = st->st_ino;
  f->size = (uint64_t)st->st_size;
  f->changed_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

/* Of the file as it is now; false: it cannot be read. */
static bool look(const char *path, bool bytes, struct bt_config_file *ret) {
  struct stat st;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  bool fine = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= LARGEST;
  crypto_generichash_state hash;
  unsigned char block[BLOCK];
  ssize_t n = 0;
  crypto_generichash_init(&hash, NULL, 0, sizeof ret->digest);
  while (fine && bytes && (n = read(fd, block, sizeof block)) > 0)
    crypto_generichash_update(&hash, block, (unsigned long long)n);
  fine = fine && n == 0;
  if (fine) {
    put_stat(ret, &st);
    crypto_generichash_final(&hash, ret->digest, sizeof ret->digest);
  }
  if (fd >= 0)
    close(fd);
  return fine;
}

static struct bt_config_file *add(struct bt_config *c) {
  struct bt_config_files *files = &c->files;
  if (files->n == files->room) {
    uint32_t room = files->room ? files->room * 2 : 16;
    struct bt_config_file *v = BT_NEW_ARRAY(&c->arena, struct bt_config_file, room);
    if (!v)
      return NULL;
    if (files->n)
      memcpy(v, files->v, files->n * sizeof *v);
    files->v = v;
    files->room = room;
  }
  return &files->v[files->n];
}

void bt_files_note(struct bt_config *c, const char *path, const char *bytes, size_t n) {
  struct bt_config_file *f = add(c);
  struct bt_str copy = f ? bt_arena_copy(&c->arena, bt_str(path)) : (struct bt_str){0};
  if (!copy.p || !look(path, !bytes, f))
    return;
  f->path = copy.p;
  if (bytes)
    crypto_generichash(f->digest, sizeof f->digest, (const unsigned char *)bytes, n, NULL, 0);
  c->files.n++;
}

static bool same_stat(const struct bt_config_file *a, const struct bt_config_file *b) {
  return a->device == b->device && a->inode == b->inode && a->size == b->size && a->changed_ns == b->changed_ns;
}

static bool same_bytes(const struct bt_config_file *a, const struct bt_config_file *b) {
  return memcmp(a->digest, b->digest, sizeof a->digest) == 0;
}

const char *bt_files_changed(const struct bt_config *c) {
  for (uint32_t i = 0; i < c->files.n; i++) {
    struct bt_config_file now;
    if (!look(c->files.v[i].path, true, &now) || !same_bytes(&now, &c->files.v[i]))
      return c->files.v[i].path;
  }
  return NULL;
}

const char *bt_config_stale(const struct bt_config *c, int64_t *ret_changed_us) {
  for (uint32_t i = 0; i < c->files.n; i++) {
    const struct bt_config_file *then = &c->files.v[i];
    struct bt_config_file now = {.changed_ns = 0};
    bool there = look(then->path, false, &now);
    if (there && (same_stat(&now, then) || (look(then->path, true, &now) && same_bytes(&now, then))))
      continue;
    *ret_changed_us = now.changed_ns / 1000;
    return then->path;
  }
  return NULL;
}

int bt_config_save(const struct bt_config *c, const char *path) {
  char fresh[BT_PATH_SIZE];
  int n = snprintf(fresh, sizeof fresh, "%s.new", path);
  if (n < 0 || n >= BT_PATH_SIZE)
    return -BT_LIMIT;
  int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  FILE *to = fd >= 0 ? fdopen(fd, "w") : NULL;
  if (!to) {
    if (fd >= 0)
      close(fd);
    return -BT_IO;
  }
  bt_config_dump(c, to);
  bool fine = fflush(to) == 0 && !ferror(to); /* not synced: who reads it can make do without it */
  if (fclose(to) != 0 || !fine || rename(fresh, path) != 0) {
    unlink(fresh);
    return -BT_IO;
  }
  return 0;
}
