/* Time zones: answering from the table of transitions that lib/zone_parse made. */
#include "lib/day.h"
#include "lib/zone_table.h"

/* 400 Gregorian years are a whole number of weeks, so a footer's rules come round after them. */
#define CYCLE_SECONDS (INT64_C(146097) * 86400)

bool zone_name_is_valid(struct span name)
{
	size_t part = 0;

	if (name.len == 0 || name.len > 63)
		return false;
	for (size_t i = 0; i <= name.len; i++) {
		char c = i < name.len ? name.at[i] : '/';
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (c == '/') {
			if (part == 0)
				return false;
			part = 0;
			continue;
		}
		/* No dot at all: no zone's name has one, and so neither "." nor ".." is a part. */
		if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '+')
			return false;
		part++;
	}
	return true;
}

static int64_t floor_seconds(int64_t at)
{
	return at / USEC_PER_SEC - (at % USEC_PER_SEC < 0);
}

/* `seconds` moved back by whole cycles into the table, where its footer goes on. */
static int64_t folded(const struct zone *zone, int64_t seconds)
{
	if (zone->count == 0 || !zone->cyclic || seconds < zone->transitions[zone->count - 1].at)
		return seconds;
	return seconds - ((seconds - zone->transitions[zone->count - 1].at) / CYCLE_SECONDS + 1) *
				 CYCLE_SECONDS;
}

/* The number of transitions at or before `seconds`. */
static size_t transitions_until(const struct zone *zone, int64_t seconds)
{
	size_t low = 0, high = zone->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (zone->transitions[middle].at <= seconds)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int32_t offset_after(const struct zone *zone, size_t transitions)
{
	return transitions ? zone->transitions[transitions - 1].offset : zone->first_offset;
}

int32_t zone_offset(const struct zone *zone, int64_t at)
{
	if (!zone)
		return 0;
	return offset_after(zone, transitions_until(zone, folded(zone, floor_seconds(at))));
}

int64_t zone_instant(const struct zone *zone, int32_t day, int32_t second)
{
	int64_t local = (int64_t)day * 86400 + second;
	int64_t earliest = local - ZONE_OFFSET_MAX;
	int64_t shift, begin;
	size_t i;

	if (!zone)
		return local * USEC_PER_SEC;
	/* The table's end must lie well behind what is asked, so fold by the latest candidate. */
	shift = local + ZONE_OFFSET_MAX - folded(zone, local + ZONE_OFFSET_MAX);
	i = transitions_until(zone, earliest - shift);
	begin = earliest - shift;
	for (;; i++) {
		/* In [begin, end) the wall clock is ahead by one offset; the first that gets there
		 * wins. */
		int64_t candidate = local - shift - offset_after(zone, i);

		if (candidate < begin)
			candidate = begin;
		if (i >= zone->count || candidate < zone->transitions[i].at)
			return (candidate + shift) * USEC_PER_SEC;
		begin = zone->transitions[i].at;
	}
}

int32_t zone_day(const struct zone *zone, int64_t at)
{
	int64_t local = floor_seconds(at) + zone_offset(zone, at);

	return (int32_t)(local / 86400 - (local % 86400 < 0));
}

void zone_free(struct zone *zone)
{
	free(zone);
}
