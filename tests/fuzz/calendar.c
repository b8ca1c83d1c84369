/*
 * Calendars, time zones and terms: lines are calendars to put (those with a `code`) or cases to
 * answer; bytes that begin like a TZif file are parsed and asked as one.
 */
#include "daemon/zoneinfo.h"
#include "lib/term_case.h"
#include "tests/fuzz/target.h"

static void ask_zone(struct span bytes)
{
	static const int64_t years[] = {-100, 0, 30, 56, 80, 500, 7000};
	struct zone *zone;

	if (zone_parse(bytes, &zone))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(years); i++) {
		int64_t at = years[i] * 365 * USEC_PER_DAY + 12345;

		for (int j = 0; j < 400; j += 7) {
			int32_t day = zone_day(zone, at + j * USEC_PER_DAY);
			int64_t starts = zone_instant(zone, day, 0);

			must(starts <= zone_instant(zone, day, 86400));
			/* A clock that leaps over days, as none does, may reach further. */
			must(starts <= at + j * USEC_PER_DAY + 3 * USEC_PER_DAY);
		}
	}
	zone_free(zone);
}

static bool is_calendar(json_object *object)
{
	return json_object_is_type(object, json_type_object) &&
	       json_object_object_get_ex(object, "code", NULL);
}

static void ask_line(struct calendars *set, struct span line)
{
	_json_ *object = NULL;
	_text_ answer = TEXT_INIT;
	_faults_ faults = {0};
	struct json_fault bad;

	if (json_read(line, NULL, &bad, &object) == 0 && is_calendar(object)) {
		must(calendars_put(set, object, NULL, 1, "", &faults) == (faults.count > 0));
		return;
	}
	must(term_case_answer(set, line, &answer) == !strstr(answer.data, "\"error\":{"));
	must(json_check_grammar(text_span(&answer), &bad) == 0);
	must(memchr(answer.data, '\n', answer.len) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = {(const char *)data, size};
	_cleanup_(calendars_freep)
	struct calendars *set = NULL;
	_faults_ faults = {0};

	if (size >= 4 && memcmp(data, "TZif", 4) == 0) {
		ask_zone(rest);
		return 0;
	}
	set = calendars_new(zoneinfo_loader());
	while (rest.len) {
		const char *end = memchr(rest.at, '\n', rest.len);
		size_t len = end ? (size_t)(end - rest.at) : rest.len;

		ask_line(set, (struct span){rest.at, len});
		rest.at += len + (end != NULL);
		rest.len -= len + (end != NULL);
	}
	must(calendars_check(set, &faults) == (faults.count > 0));
	return 0;
}
