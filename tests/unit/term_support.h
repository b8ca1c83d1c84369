/* Calendars for the tests of the deadline calculus, from tests/data or given in place. */
#pragma once

#include "daemon/calendar_files.h"
#include "daemon/zoneinfo.h"
#include "lib/json.h"

static inline const char *test_source(void)
{
	const char *root = getenv("KEZEK_SOURCE");

	return root ? root : ".";
}

/* The calendars of tests/data/calendars; ends the test where they cannot be had. */
static inline struct calendars *test_calendars(void)
{
	struct calendars *set = calendars_new(zoneinfo_loader());
	_text_ dir = TEXT_INIT;

	text_addf(&dir, "%s/tests/data/calendars", test_source());
	if (calendar_files_load(dir.data, set, stderr))
		abort();
	return set;
}

static inline json_object *test_json(const char *s)
{
	json_object *object = NULL;
	struct json_fault fault;

	if (json_read(span_of(s), NULL, &fault, &object))
		abort();
	return object;
}

/* A calendar given in place over `set`; ends the test where it is at fault. */
static inline struct calendar *test_calendar(const struct calendars *set, const char *json)
{
	_json_ *object = test_json(json);
	_faults_ faults = {0};
	struct calendar *c;

	if (calendars_resolve(set, object, "", &faults, &c))
		abort();
	return c;
}

static inline int64_t test_moment(const char *s)
{
	int64_t at;

	if (!moment_parse(span_of(s), &at, NULL))
		abort();
	return at;
}

static inline int32_t test_day(const char *s)
{
	int32_t day;

	if (!day_parse(span_of(s), &day))
		abort();
	return day;
}
