/* Sets of calendars: putting them in by code, and resolving a chain of parents into one. */
#include <stdio.h>

#include "lib/calendar_parts.h"

enum chain_state { CHAIN_UNKNOWN, CHAIN_BUSY, CHAIN_GOOD, CHAIN_BAD };

struct member {
	struct calendar_source *source;
	struct calendar *calendar; /* when GOOD */
	enum chain_state state;
};

struct cached_zone {
	char name[ZONE_NAME_SIZE];
	struct zone *zone; /* NULL: the loader has none */
};

/* The parts that change behind a const set: what has been resolved and loaded so far. */
struct calendars {
	struct zone_loader loader;
	struct member *members; /* by code */
	size_t count;
	struct zone_cache {
		struct cached_zone *items;
		size_t count;
	} * zones;
};

struct calendars *calendars_new(struct zone_loader zones)
{
	struct calendars *set = calloc(1, sizeof(*set));

	if (!set || !(set->zones = calloc(1, sizeof(*set->zones))))
		abort();
	set->loader = zones;
	return set;
}

static void forget_resolved(struct calendars *set)
{
	for (size_t i = 0; i < set->count; i++) {
		calendar_free(set->members[i].calendar);
		set->members[i].calendar = NULL;
		set->members[i].state = CHAIN_UNKNOWN;
	}
}

void calendars_free(struct calendars *set)
{
	if (!set)
		return;
	forget_resolved(set);
	for (size_t i = 0; i < set->count; i++)
		calendar_source_free(set->members[i].source);
	for (size_t i = 0; i < set->zones->count; i++)
		zone_free(set->zones->items[i].zone);
	free(set->zones->items);
	free(set->zones);
	free(set->members);
	free(set);
}

/* The first member whose code is not before `code`. */
static size_t place_of(const struct calendars *set, const char *code)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(set->members[middle].source->code, code) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct member *member_find(const struct calendars *set, const char *code)
{
	size_t i = place_of(set, code);

	if (i == set->count || strcmp(set->members[i].source->code, code) != 0)
		return NULL;
	return &set->members[i];
}

int calendars_put(struct calendars *set, json_object *json, const char *code, int version,
	const char *pointer, struct faults *faults)
{
	struct calendar_source *source;
	struct member *member;
	size_t i;
	int r = calendar_source_read(json, code, true, version, pointer, faults, &source);

	if (r)
		return r;
	forget_resolved(set);
	member = member_find(set, source->code);
	if (member) {
		calendar_source_free(member->source);
		member->source = source;
		return 0;
	}
	i = place_of(set, source->code);
	set->members = realloc(set->members, (set->count + 1) * sizeof(*set->members));
	if (!set->members)
		abort();
	memmove(set->members + i + 1, set->members + i, (set->count - i) * sizeof(*set->members));
	set->members[i] = (struct member){.source = source};
	set->count++;
	return 0;
}

size_t calendars_count(const struct calendars *set)
{
	return set->count;
}

const char *calendars_code(const struct calendars *set, size_t index)
{
	return set->members[index].source->code;
}

/* NULL: no such zone, or no good one. */
static const struct zone *zone_get(const struct calendars *set, const char *name)
{
	struct zone_cache *cache = set->zones;
	struct cached_zone fresh = {0};
	_free_ char *bytes = NULL;
	size_t len = 0;

	for (size_t i = 0; i < cache->count; i++) {
		if (strcmp(cache->items[i].name, name) == 0)
			return cache->items[i].zone;
	}
	if (set->loader.load(set->loader.arg, name, &bytes, &len) == 0 &&
		zone_parse((struct span){bytes, len}, &fresh.zone) != 0)
		fresh.zone = NULL;
	/* A miss is not remembered: names come from outside, and the list must not grow by them. */
	if (!fresh.zone)
		return NULL;
	strcpy(fresh.name, name);
	cache->items = realloc(cache->items, (cache->count + 1) * sizeof(*cache->items));
	if (!cache->items)
		abort();
	cache->items[cache->count++] = fresh;
	return fresh.zone;
}

static void fault(struct faults *faults, const char *pointer, const char *member, enum word reason,
	const char *detail)
{
	_free_ char *at = pointer_join(pointer, member);

	if (faults)
		faults_add(faults, at, reason, detail, NULL);
}

static struct calendar *take(struct calendar **c)
{
	struct calendar *taken = *c;

	*c = NULL;
	return taken;
}

static const struct calendar *resolve_member(
	const struct calendars *set, struct member *member, struct faults *faults);

/* The parent's calendar: *ret NULL where there is none to have. False: at fault. */
static bool parent_get(const struct calendars *set, const struct calendar_source *source,
	const char *pointer, struct faults *faults, const struct calendar **ret)
{
	struct member *member;

	*ret = NULL;
	if (!*source->parent)
		return true;
	member = member_find(set, source->parent);
	if (!member) {
		fault(faults, pointer, "parent", WORD_reason_not_found, source->parent);
		return false;
	}
	/* Its own faults are reported where it stands; a cycle, at each calendar of it. */
	*ret = resolve_member(set, member, NULL);
	if (!*ret) {
		fault(faults, pointer, "parent", WORD_reason_conflict, source->parent);
		return false;
	}
	if ((*ret)->depth == CALENDAR_CHAIN_MAX) {
		fault(faults, pointer, "parent", WORD_reason_too_long, "4");
		return false;
	}
	return true;
}

/* The calendar of a source; NULL: at fault. */
static struct calendar *resolve(const struct calendars *set, const struct calendar_source *source,
	const char *pointer, struct faults *faults)
{
	_cleanup_(calendar_freep)
	struct calendar *c = NULL;
	const struct calendar *parent;

	if (!parent_get(set, source, pointer, faults, &parent))
		return NULL;
	if (!parent && !source->has_covers) {
		fault(faults, pointer, "covers", WORD_reason_missing, NULL);
		return NULL;
	}
	c = calendar_overlay(parent, source);
	if (*source->zone_name) {
		c->zone = zone_get(set, source->zone_name);
		if (!c->zone) {
			fault(faults, pointer, "time_zone", WORD_reason_not_found,
				source->zone_name);
			return NULL;
		}
	}
	if (!calendar_has_hours(c)) {
		fault(faults, pointer, "week", WORD_reason_missing, NULL);
		return NULL;
	}
	return take(&c);
}

static const struct calendar *resolve_member(
	const struct calendars *set, struct member *member, struct faults *faults)
{
	_free_ char *pointer = NULL;

	if (member->state == CHAIN_GOOD)
		return member->calendar;
	if (member->state == CHAIN_BUSY || (member->state == CHAIN_BAD && !faults))
		return NULL;
	pointer = pointer_join("", member->source->code);
	member->state = CHAIN_BUSY;
	member->calendar = resolve(set, member->source, pointer, faults);
	member->state = member->calendar ? CHAIN_GOOD : CHAIN_BAD;
	return member->calendar;
}

/* A calendar that has no week or zone of its own or inherited serves only as a parent. */
static bool is_complete(const struct calendar *c, const char *pointer, struct faults *faults)
{
	if (!c->week)
		fault(faults, pointer, "week", WORD_reason_missing, NULL);
	if (!c->zone)
		fault(faults, pointer, "time_zone", WORD_reason_missing, NULL);
	return c->week && c->zone;
}

static bool is_parent(const struct calendars *set, const char *code)
{
	for (size_t i = 0; i < set->count; i++) {
		if (strcmp(set->members[i].source->parent, code) == 0)
			return true;
	}
	return false;
}

int calendars_check(const struct calendars *set, struct faults *faults)
{
	size_t before = faults->count;

	for (size_t i = 0; i < set->count; i++) {
		struct member *member = &set->members[i];
		const struct calendar *c = resolve_member(set, member, faults);
		_free_ char *pointer = pointer_join("", member->source->code);

		if (c && !is_parent(set, member->source->code))
			is_complete(c, pointer, faults);
	}
	return faults->count > before;
}

const struct calendar *calendars_find(const struct calendars *set, const char *code)
{
	struct member *member = member_find(set, code);
	const struct calendar *c = member ? resolve_member(set, member, NULL) : NULL;

	if (!c || !is_complete(c, "", NULL))
		return NULL;
	if (!c->index)
		member->calendar->index = calendar_index_new(c);
	return c;
}

int calendars_resolve(const struct calendars *set, json_object *json, const char *pointer,
	struct faults *faults, struct calendar **ret_calendar)
{
	_cleanup_(calendar_source_freep)
	struct calendar_source *source = NULL;
	_cleanup_(calendar_freep)
	struct calendar *c = NULL;
	int r = calendar_source_read(json, NULL, false, 0, pointer, faults, &source);

	if (r)
		return r;
	c = resolve(set, source, pointer, faults);
	if (!c || !is_complete(c, pointer, faults))
		return 1;
	c->own = source;
	source = NULL;
	*ret_calendar = take(&c);
	return 0;
}
