/* Which deliveries stand in the files already: the file `.exported` beside them.
 *
 * A delivery is acknowledged once its row is on the disk, and the acknowledgement may get lost: then it comes again,
 * and must not become a second row. The broker has at most 4096 deliveries out at once, so the last LEDGER_KEEP
 * sequences are enough. A line for each write: the file, how many of its bytes count with it, how many sequences, and
 * those. The last line may be torn by a crash; it was never acknowledged then, and is cut off. */
#ifndef BATON_FILE_LEDGER_H
#define BATON_FILE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEDGER_KEEP 16384
#define LEDGER_NAME_MAX 64

struct ledger {
  char *path;
  int fd;
  int64_t end;                /* the bytes that count */
  char name[LEDGER_NAME_MAX]; /* of the file written last, "" for none */
  int64_t upto;               /* the bytes of it that count */
  uint64_t *known;
  size_t n_known;
};

/* Opens FOLDER/.exported. 1: it was there; 0: it is new; -1 with errno (EBADMSG: it is damaged). */
int ledger_open(struct ledger *l, const char *folder);
bool ledger_has(const struct ledger *l, uint64_t sequence);
/* Puts a line on the disk. 0, or -1 with errno: all is then as it was before. */
int ledger_add(struct ledger *l, const char *name, int64_t upto, const uint64_t *sequence, size_t n);
void ledger_close(struct ledger *l);
/* Puts on the disk which files are in a folder. 0, or -1 with errno. */
int ledger_sync_folder(const char *folder);

#endif
