/* What the lines of a frame are made of: members of the broker's documents, as text. Private to batonctl top. */
#ifndef BT_CTL_TOP_WORDS_H
#define BT_CTL_TOP_WORDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* "" and 0 where there is none. */
const char *bt_top_text(const json_t *object, const char *key);
double bt_top_number(const json_t *object, const char *key);
/* Seconds in words of at most 7 columns: "45 s", "3 h", "-" where there are none. */
enum { BT_TOP_SPAN = 16 };
const char *bt_top_span(const json_t *object, const char *key, char buf[BT_TOP_SPAN]);
/* At most `width` characters of s, without control characters; `to` holds BT_TOP_LINE bytes. */
void bt_top_fit(char *to, const char *s, uint32_t width, bool ascii);

#endif
