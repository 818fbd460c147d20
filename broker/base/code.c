#include "base/code.h"

const char *bt_code_name(int code) {
  switch (code < 0 ? -code : code) {
#define BT_CODE_NAME(number, name, text)                                                                               \
  case number:                                                                                                         \
    return #name;
    BT_CODES(BT_CODE_NAME)
#undef BT_CODE_NAME
  default:
    return "UNKNOWN";
  }
}

const char *bt_code_text(int code) {
  switch (code < 0 ? -code : code) {
#define BT_CODE_TEXT(number, name, text)                                                                               \
  case number:                                                                                                         \
    return text;
    BT_CODES(BT_CODE_TEXT)
#undef BT_CODE_TEXT
  default:
    return "a code that this version does not know";
  }
}
