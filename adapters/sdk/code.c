#include <string.h>

#include "sdk.h"

static const struct {
  int code;
  const char *name;
} own[] = {{BATON_E_NOMEM, "NOMEM"},     {BATON_E_IO, "IO"},         {BATON_E_FULL, "FULL"},
           {BATON_E_TIMEOUT, "TIMEOUT"}, {BATON_E_CLOSED, "CLOSED"}, {BATON_E_USAGE, "USAGE"}};

const char *baton_code_name(int code) {
  if (code < 0)
    code = -code;
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    if (own[i].code == code)
      return own[i].name;
  const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(&baton__v1__code__descriptor, code);
  return value ? value->name + strlen("CODE_") : "?";
}
