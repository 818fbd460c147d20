/* The drop folder: which files are ready, and where they go.
 *
 *   FOLDER/          what departments drop; a name that begins with "." or ends with .part, .tmp,
 *                    .rejects or .reasons is left alone
 *   FOLDER/taken/    the file being read, and its rejects so far
 *   FOLDER/done/     files that were read to the end
 *   FOLDER/rejects/  NAME.rejects: the rows that were not taken, NAME.reasons: why; or a whole file that could not be
 * read
 *
 * A file is ready once nobody has it open for writing: when inotify says that it was closed after writing or moved in,
 * or when it lies there at the start. Nothing in done/ or rejects/ is ever overwritten by another file: the newcomer
 * gets the digest as a further suffix. */
#ifndef BATON_FILE_DROP_H
#define BATON_FILE_DROP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct drop {
  const char *folder; /* borrowed */
  int inotify;
  int watch;     /* -1: the folder is gone */
  char **name;   /* ready: first what a crash left in taken/, then in order of their names */
  size_t n_left; /* how many of them are in taken/ */
  size_t n;
};

/* Makes the folders where they are missing, and looks at what lies there. 0, or -1 with errno. */
int drop_open(struct drop *d, const char *folder);
void drop_close(struct drop *d);
/* Takes in what inotify has to say; never blocks. 0; -1 with errno where the folder cannot be watched: again in a
 * second. */
int drop_collect(struct drop *d);
/* Moves the first ready file to taken/ and puts its name into a new string: 1 (free it), 0: none is ready. -1 with
 * errno: that one cannot be moved, *ret_name says which; it is ready no more, unless drop_wait puts it back. */
int drop_take(struct drop *d, char **ret_name);
/* What the machine lacks at the moment: descriptors, memory, room. The file is not at fault. */
bool drop_is_passing(int error);
/* The file that was taken last, or could not be, is the first again; name belongs to the drop. taken: it lies in
 * taken/ already. */
void drop_wait(struct drop *d, char *name, bool taken);
/* taken/NAME to folder ("done", "rejects") under its own name. 0, or -1 with errno; no such file is fine. */
int drop_put(const struct drop *d, const char *name, const char *folder, uint64_t digest);
/* Renames, never over a file that is there. 0, or -1 with errno (EEXIST). */
int drop_move(const char *from, const char *to);

#endif
