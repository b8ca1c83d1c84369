/* Time zones: the offsets of one TZif file (RFC 8536), for any instant and back from a wall clock.
 */
#pragma once

#include "lib/base.h"

#define USEC_PER_SEC  INT64_C(1000000)
#define USEC_PER_MIN  (60 * USEC_PER_SEC)
#define USEC_PER_HOUR (3600 * USEC_PER_SEC)
#define USEC_PER_DAY  (86400 * USEC_PER_SEC)

/* Immutable once parsed. */
struct zone;

/*
 * Where the bytes of a zone come from; this room opens no files. `load` gives a heap copy of the
 * TZif file of an IANA name ("Asia/Bishkek") and 0, or a negative errno (-ENOENT: no such zone).
 */
struct zone_loader {
	int (*load)(void *arg, const char *name, char **ret_bytes, size_t *ret_len);
	void *arg;
};

/* True: letters, digits, '_', '-', '+' in parts between '/', none of them "." or "..", ≤ 63 bytes.
 */
bool zone_name_is_valid(struct span name);
/*
 * TZif version 2 or later; after the last transition its POSIX TZ footer goes on for ever. The
 * caller frees *ret_zone. Bytes that are no such file: -EINVAL.
 */
_must_check_ int zone_parse(struct span bytes, struct zone **ret_zone);
void zone_free(struct zone *zone);
static inline void zone_freep(struct zone **zone)
{
	zone_free(*zone);
}

/* Seconds east of UTC at an instant (µs). NULL is UTC. */
int32_t zone_offset(const struct zone *zone, int64_t at);
/*
 * The first instant (µs) at which the wall clock shows `second` (0…86400) of civil day `day` or
 * later: a time that occurs twice means its first occurrence, one that the clock skips means the
 * end of the gap.
 */
int64_t zone_instant(const struct zone *zone, int32_t day, int32_t second);
/* The civil day that an instant falls on. */
int32_t zone_day(const struct zone *zone, int64_t at);
