/* Laying a calendar over its parent: what is absent is inherited, what is there wins its date. */
#include "lib/calendar_parts.h"

bool calendar_has_hours(const struct calendar *c)
{
	if (c->usual.count || !c->week)
		return true;
	for (size_t i = 0; i < c->nentries; i++) {
		if (c->entries[i].is_working && !c->entries[i].exception->hours.count)
			return false;
	}
	return true;
}

/* The entry that an exception makes, with what it takes the place of, if anything. */
static struct entry entry_of(
	const struct exception *own, const char *from, const struct entry *theirs)
{
	return (struct entry){
		.exception = own,
		.from = from,
		.day = own->day,
		.is_working = own->kind == DAY_WORKING || own->kind == DAY_SHORT,
		.over = theirs ? theirs->is_working : -1,
	};
}

/* Merges the exceptions of `source` over those of `parent`, both sorted by day. */
static void merge(
	struct calendar *c, const struct calendar *parent, const struct calendar_source *source)
{
	size_t inherited = parent ? parent->nentries : 0, p = 0;

	c->entries = calloc(inherited + source->nexceptions + 1, sizeof(*c->entries));
	if (!c->entries)
		abort();
	for (size_t s = 0; s < source->nexceptions; s++) {
		const struct exception *own = &source->exceptions[s];
		const struct entry *theirs = NULL;

		for (; p < inherited && parent->entries[p].day < own->day; p++)
			c->entries[c->nentries++] = parent->entries[p];
		if (p < inherited && parent->entries[p].day == own->day)
			theirs = &parent->entries[p++];
		c->entries[c->nentries++] = entry_of(own, source->code, theirs);
	}
	for (; p < inherited; p++)
		c->entries[c->nentries++] = parent->entries[p];
}

static void take_week(struct calendar *c, const struct hours *week)
{
	c->week = week;
	c->week_mask = 0;
	c->usual = (struct hours){0};
	if (!week)
		return;
	for (int i = 6; i >= 0; i--) {
		if (!week[i].count)
			continue;
		c->week_mask |= (uint8_t)(1u << i);
		c->usual = week[i];
	}
}

static void sum_entries(struct calendar *c)
{
	for (size_t i = 0; i < c->nentries; i++) {
		struct entry *e = &c->entries[i];
		int by_week = c->week_mask >> day_weekday(e->day) & 1;

		e->change_before = c->change_total;
		e->tentative_before = c->tentative_total;
		c->change_total += e->is_working - by_week;
		c->tentative_total += e->exception->tentative;
	}
}

struct calendar *calendar_overlay(
	const struct calendar *parent, const struct calendar_source *source)
{
	struct calendar *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	strcpy(c->code, source->code);
	c->version = source->version;
	c->covers_first = DAY_MIN;
	c->covers_last = DAY_MAX;
	if (parent) {
		c->depth = parent->depth;
		memcpy(c->chain, parent->chain, sizeof(c->chain));
		c->zone = parent->zone;
		c->covers_first = parent->covers_first;
		c->covers_last = parent->covers_last;
	}
	strcpy(c->chain[c->depth++], source->code);
	if (source->has_covers) {
		if (source->covers_first > c->covers_first)
			c->covers_first = source->covers_first;
		if (source->covers_last < c->covers_last)
			c->covers_last = source->covers_last;
	}
	take_week(c, source->has_week ? source->week : parent ? parent->week : NULL);
	merge(c, parent, source);
	sum_entries(c);
	return c;
}

void calendar_free(struct calendar *c)
{
	if (!c)
		return;
	calendar_index_free(c->index);
	calendar_source_free(c->own);
	free(c->entries);
	free(c);
}
