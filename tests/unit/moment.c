/* moment: RFC 3339, strictly, and back in a zone. */
#include "daemon/zoneinfo.h"
#include "tests/unit/tap.h"
#include "tests/unit/term_support.h"

static void test_reading(void)
{
	static const char *const wrong[] = {"2026-06-01T10:00:00", "2026-06-01 10:00:00Z",
		"2026-06-01t10:00:00z", "2026-06-01T24:00:00Z", "2026-06-01T10:60:00Z",
		"2026-06-30T23:59:60Z", "2026-06-01T10:00:00.Z", "2026-06-01T10:00:00+6:00",
		"2026-06-01T10:00:00+0600", "2026-06-01T10:00:00+24:00",
		"2026-06-01T10:00:00+06:60", "2026-02-30T10:00:00Z", "2026-06-01T10:00:00Z ", "",
		"2026-06-01", "0001-01-01T00:00:00+06:00", "9999-12-31T23:59:59-06:00"};
	int32_t offset = -1;
	int64_t at = -1;
	bool refused = true;

	check(moment_parse(SPAN("1970-01-01T06:00:00.000001+06:00"), &at, &offset) && at == 1 &&
			offset == 21600,
		"an offset and a microsecond");
	check(moment_parse(SPAN("1969-12-31T23:59:59.9999999Z"), &at, NULL) && at == -1,
		"further digits are cut off");
	check(moment_parse(SPAN("2026-06-01T10:00:00.5-00:00"), &at, &offset) && offset == 0 &&
			at % USEC_PER_SEC == 500000,
		"one digit, and the offset that is not known");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		refused = refused && !moment_parse(span_of(wrong[i]), &at, &offset);
	check(refused, "what is no moment is refused");
}

static void test_writing(void)
{
	_cleanup_(calendars_freep)
	struct calendars *set = test_calendars();
	const struct zone *bishkek = calendar_zone(calendars_find(set, "kg"));
	char s[MOMENT_TEXT_SIZE];

	moment_format(test_moment("2026-11-26T18:00:00Z"), bishkek, s);
	check(strcmp(s, "2026-11-27T00:00:00+06:00") == 0, "in the offset of the zone");
	moment_format(-1, NULL, s);
	check(strcmp(s, "1969-12-31T23:59:59.999999Z") == 0, "a fraction where there is one, UTC");
	moment_format(MOMENT_MIN, NULL, s);
	check(strcmp(s, "0001-01-01T00:00:00Z") == 0, "the first moment");
	moment_format(MOMENT_MAX, bishkek, s);
	check(strncmp(s, "9999-12-31T", 11) == 0, "an offset does not lead beyond the last day");
	moment_format(test_moment("1900-01-01T00:00:00Z"), bishkek, s);
	check(test_moment(s) == test_moment("1900-01-01T00:00:00Z"),
		"local mean time is cut to minutes, the instant stays: %s", s);
}

int main(void)
{
	test_reading();
	test_writing();
	return tap_end();
}
