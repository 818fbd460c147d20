/* A key pair for an adapter, or for the broker itself. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "core/rules.h"
#include "ctl/ctl.h"
#include "wire/wire.h"

/* Makes a new file; one that is there stays as it is. */
static bool write_new(const char *path, mode_t mode, const char *key) {
  char line[42];
  size_t n = (size_t)snprintf(line, sizeof line, "%s\n", key);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) {
    bt_ctl_complain("%s: %s", path, strerror(errno));
    return false;
  }
  bool fine = fchmod(fd, mode) == 0 && write(fd, line, n) == (ssize_t)n && fsync(fd) == 0;
  if (close(fd) != 0 || !fine) {
    bt_ctl_complain("%s: cannot be written", path);
    unlink(path);
    return false;
  }
  return true;
}

static void wipe(char *p, size_t n) {
  explicit_bzero(p, n);
}

static int make_pair(const char *secret_path, const char *public_path, char public_key[41]) {
  char secret[41];
  if (bt_wire_keypair(public_key, secret) < 0) {
    bt_ctl_complain("no key pair could be made");
    return BT_EXIT_REFUSED;
  }
  bool fine = write_new(secret_path, 0600, secret);
  wipe(secret, sizeof secret);
  if (fine && !write_new(public_path, 0644, public_key)) {
    unlink(secret_path);
    fine = false;
  }
  return fine ? BT_EXIT_OK : BT_EXIT_REFUSED;
}

int bt_ctl_keygen(const struct bt_ctl_options *options, char *const *words, int n) {
  (void)options;
  char file[64], secret_path[BT_PATH_SIZE], public_path[BT_PATH_SIZE], key[41];
  if (n < 1 || n > 2 || !bt_name_valid(bt_str(words[0]))) {
    bt_ctl_complain("usage: batonctl keygen NAME [DIR] (a name has 1 to 32 of a-z, 0-9 and -)");
    return BT_EXIT_USAGE;
  }
  const char *name = words[0], *dir = n > 1 ? words[1] : ".";
  snprintf(file, sizeof file, "%s.secret", name);
  int rc = bt_path_join(secret_path, dir, file);
  snprintf(file, sizeof file, "%s.pub", name);
  if (rc == 0)
    rc = bt_path_join(public_path, dir, file);
  if (rc < 0) {
    bt_ctl_complain("%s: the path is too long", dir);
    return BT_EXIT_USAGE;
  }
  int code = make_pair(secret_path, public_path, key);
  if (code != BT_EXIT_OK)
    return code;
  printf("# secret: %s (stays with the adapter), public: %s\n", secret_path, public_path);
  printf("{ name = \"%s\"; department = \"%s\"; key = \"%s\"; },\n", name, name, key);
  return BT_EXIT_OK;
}
