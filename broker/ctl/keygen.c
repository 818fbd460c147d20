/* A key pair for an adapter, or for the broker itself: nothing in it says which. */
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

/* The folder may be new, its parent may not: a misspelt path should not grow a tree. */
static bool have_dir(const char *dir) {
  if (mkdir(dir, 0700) == 0 || errno == EEXIST)
    return true;
  bt_ctl_complain("%s: %s", dir, strerror(errno));
  return false;
}

static void print_hints(const char *name, const char *secret_path, const char *public_path, const char *key) {
  printf("secret key: %s (nobody but its owner may read it)\n"
         "public key: %s, which holds %s\n\n"
         "Is it the broker's own? Then broker.conf names the secret key:\n"
         "  secret_key_file = \"%s\";\n"
         "Is it an adapter's? Then departments.conf lists the adapter with its department and the public key:\n"
         "  { name = \"%s\"; department = \"DEPARTMENT\"; key_file = \"%s\"; }\n"
         "(with receives = true, where it is to get deliveries),\n"
         "and the adapter's configuration names its secret key, and the broker's public one as broker_key_file.\n"
         "A relative path in a configuration is relative to the configuration's folder.\n",
         secret_path, public_path, key, secret_path, name, public_path);
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
  int code = have_dir(dir) ? make_pair(secret_path, public_path, key) : BT_EXIT_REFUSED;
  if (code == BT_EXIT_OK)
    print_hints(name, secret_path, public_path, key);
  return code;
}
