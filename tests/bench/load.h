/* What the load generators share: a run's stamp in the text of its notes, and the file that names the cases. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <inttypes.h>

enum { EVENT_BYTES = 300 };

/* The begin of a note's text: which run sent it, when (bench_now_ns), as which of the run's notes. */
#define BENCH_STAMP_PRINT "%016" PRIx64 " %020" PRId64 " %010" PRIu64 " "
#define BENCH_STAMP_SCAN "%16" SCNx64 " %20" SCNd64 " %10" SCNu64

#endif
