/* bt_old_record RECORD_DIR FORMAT: gives a stopped broker's record an older, or a newer, format. */
#include <stdio.h>
#include <stdlib.h>

#include "old_record.h"

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: bt_old_record RECORD_DIR FORMAT\n");
    return 2;
  }
  return old_record_make(argv[1], strtoull(argv[2], NULL, 10)) ? 0 : 1;
}
