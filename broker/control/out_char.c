/* How many columns of a terminal a character takes: two for those of East Asian writing and for pictures, none for
 * marks that stand on the one before (Unicode, East Asian Width and general category Mn). Not by the locale: the
 * broker's is not that of whoever reads. */
#include "control/out_text.h"

struct range {
  uint32_t from, to;
};

static const struct range marks[] = {{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a},
                                     {0x064b, 0x065f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff},
                                     {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};
static const struct range wide[] = {{0x1100, 0x115f},  {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xa960, 0xa97c},
                                    {0xac00, 0xd7a3},  {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
                                    {0xffe0, 0xffe6},  {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff},
                                    {0x20000, 0x3fffd}};

static bool is_in(const struct range *v, size_t n, uint32_t c) {
  for (size_t i = 0; i < n; i++)
    if (c >= v[i].from && c <= v[i].to)
      return true;
  return false;
}

size_t bt_out_char(struct bt_str s, size_t at, size_t *ret_columns) {
  const unsigned char first = (unsigned char)s.p[at];
  const size_t length = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  uint32_t c = first < 0xc0 ? first : first & (0x7fU >> length);
  size_t n = 1;
  for (; n < length && at + n < s.n && ((unsigned char)s.p[at + n] & 0xc0) == 0x80; n++)
    c = c << 6 | ((unsigned char)s.p[at + n] & 0x3f);
  *ret_columns = 1;
  if (c >= marks[0].from && is_in(marks, sizeof marks / sizeof *marks, c))
    *ret_columns = 0;
  else if (c >= wide[0].from && is_in(wide, sizeof wide / sizeof *wide, c))
    *ret_columns = 2;
  return n;
}
