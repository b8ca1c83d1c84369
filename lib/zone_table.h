/* What a parsed time zone looks like inside: shared by its parser and its answers, by no one else.
 */
#pragma once

#include "lib/zone.h"

/* No offset is larger: RFC 8536 section 3.2 says "should" be within 26 hours. */
#define ZONE_OFFSET_MAX 93600

struct zone_transition {
	int64_t at;     /* seconds */
	int32_t offset; /* from then on, seconds east of UTC */
};

struct zone {
	int32_t first_offset; /* before the first transition */
	bool cyclic;          /* the last 400 years of the table come round for ever */
	size_t count;
	struct zone_transition transitions[];
};

/* The POSIX TZ string of a footer (RFC 8536 section 3.3). */
struct zone_rule {
	enum { ZONE_JULIAN, ZONE_ZERO_BASED, ZONE_MONTH_WEEK_DAY } form;
	int32_t day, week, month;
	int32_t time; /* seconds, may be negative or above a day */
};

struct zone_footer {
	int32_t standard, summer; /* offsets; the same where there is no summer time */
	bool has_summer;
	struct zone_rule begin, end; /* of summer time */
};

/* False: not such a string. */
bool zone_footer_parse(struct span s, struct zone_footer *ret);
/* The instants (seconds) at which summer time begins and ends in `year`. */
void zone_footer_year(
	const struct zone_footer *f, int32_t year, int64_t *ret_begin, int64_t *ret_end);
