/* What the server's SQLSTATE means for the one who sent the command. */
#ifndef BATON_POSTGRES_FAULTS_H
#define BATON_POSTGRES_FAULTS_H

#include "link.h"

enum fault {
  FAULT_DATA,    /* the same again will fail again */
  FAULT_PASSING, /* locks, deadlocks, time, space: later */
  FAULT_SERVER   /* the server stops, starts, only reads, or is out of reach: nothing works for now */
};

enum fault fault_of(const struct answer *a);
/* Whether it may be because of one row that was read, and not because of the statement, or the server. */
bool fault_of_row(const struct answer *a);
/* "22P02: invalid input syntax for type integer: (value)", in which nothing stands that a customer may have said. */
void fault_words(const struct answer *a, char to[LINK_WORDS]);

#endif
