/* The fields of events by name: one table serves both directions. Inside the runner. */
#ifndef BT_TRACE_FIELDS_H
#define BT_TRACE_FIELDS_H

#include "trace.h"

enum trace_type {
  TRACE_STR,
  TRACE_U64,
  TRACE_U32,
  TRACE_TIME,
  TRACE_SPAN_S,
  TRACE_BOOL,
  TRACE_ENUM,
  TRACE_HEX,
  TRACE_NAMES,
  TRACE_IDENTIFIER, /* domain:value */
  TRACE_REFERENCE,  /* department/number */
  TRACE_CONSIDERED, /* only written */
  TRACE_CLOCKS,     /* only written */
};

struct trace_field {
  uint32_t kind; /* 0: every kind */
  const char *name;
  enum trace_type type;
  size_t offset;
  const char *(*value_name)(int); /* of an enum: "?" past its end */
};

extern const struct trace_field trace_fields[];
extern const size_t trace_n_fields;

#endif
