/* Instants on the wire: RFC 3339 with an offset, in microseconds since 1970-01-01T00:00Z. */
#pragma once

#include "lib/day.h"
#include "lib/zone.h"

#define MOMENT_NONE      INT64_MAX /* no such moment (yet): an open pause, a paused term */
#define MOMENT_MIN       (DAY_MIN * USEC_PER_DAY)
#define MOMENT_MAX       ((DAY_MAX + 1) * USEC_PER_DAY - 1)
#define MOMENT_TEXT_SIZE 33 /* "2026-11-27T00:00:00.123456+06:00" and its NUL */

/*
 * RFC 3339 section 5.6, upper-case T and Z, an offset always, no leap second; digits of a fraction
 * beyond the sixth are cut off. *ret_offset (may be NULL): seconds east of UTC, as written.
 */
bool moment_parse(struct span s, int64_t *ret_at, int32_t *ret_offset);
/*
 * In the offset of the zone (NULL: UTC, "Z"); a fraction only where it is not zero. Offsets that
 * are no whole minutes (local mean time) are cut to minutes; the instant stays exact.
 */
void moment_format(int64_t at, const struct zone *zone, char out[MOMENT_TEXT_SIZE]);
