/* A snapshot as text, in the format that was asked for. Pure: nothing is read but the snapshot. Private to this room.
 *
 * Sources: OpenMetrics 1.0.0 (https://openmetrics.io); Prometheus text format 0.0.4, for whoever does not know it. */
#ifndef BT_METRICS_RENDER_H
#define BT_METRICS_RENDER_H

#include <stdio.h>

#include "metrics/snapshot.h"

enum bt_exposition { BT_PLAIN_TEXT, BT_OPENMETRICS, BT_EXPOSITIONS };

/* Everything in the order of the table of figures. */
void bt_render(const struct bt_snapshot *s, enum bt_exposition exposition, FILE *to);
/* The Content-Type that goes with it. */
const char *bt_exposition_type(enum bt_exposition exposition);
/* What an Accept header asks for; NULL: there was none. OpenMetrics only for those who name it. */
enum bt_exposition bt_exposition_accepted(const char *accept);

#endif
