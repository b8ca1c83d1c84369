/* day: counting civil days, months that lack a day, reading and writing. */
#include "lib/day.h"
#include "tests/unit/tap.h"

static void test_counting(void)
{
	int32_t day = DAY_MIN;
	bool same = true;

	check(day_of_civil(1970, 1, 1) == 0, "the epoch is day 0");
	check(day_of_civil(1, 1, 1) == DAY_MIN && day_of_civil(9999, 12, 31) == DAY_MAX,
		"the ends");
	check(day_weekday(0) == DAY_THU && day_weekday(-1) == DAY_WED && day_weekday(3) == DAY_SUN,
		"weekdays on both sides of the epoch");
	for (int32_t year = 1; year <= 9999; year++) {
		for (int32_t month = 1; month <= 12; month++) {
			struct civil c = day_civil(day);

			same = same && c.year == year && c.month == month && c.day == 1 &&
			       day_of_civil(year, month, 1) == day;
			day += day_month_length(year, month);
		}
	}
	check(same && day == DAY_MAX + 1, "every month of ten thousand years, there and back");
}

static int32_t day_of(const char *s)
{
	int32_t day = DAY_NONE;

	return day_parse(span_of(s), &day) ? day : DAY_NONE;
}

static void test_text(void)
{
	static const char *const wrong[] = {"2026-02-29", "2026-13-01", "2026-00-10", "0000-01-01",
		"2026-1-01", "2026-01-1", "2026-01-011", "2026/01/01", "+026-01-01", "2026-01-32",
		""};
	char s[DAY_TEXT_SIZE];
	bool refused = true;

	day_format(day_of("2026-11-27"), s);
	check(strcmp(s, "2026-11-27") == 0, "written as read");
	day_format(DAY_MIN, s);
	check(strcmp(s, "0001-01-01") == 0, "four digits always");
	check(day_of("2024-02-29") != DAY_NONE, "a leap day");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		refused = refused && day_of(wrong[i]) == DAY_NONE;
	check(refused, "what is no day is refused");
}

static void test_months(void)
{
	bool missing = true;

	check(day_add_months(day_of("2026-01-15"), 1, &missing) == day_of("2026-02-15") && !missing,
		"the same day-number");
	check(day_add_months(day_of("2026-01-31"), 1, &missing) == day_of("2026-02-28") && missing,
		"the month's last day where it is missing");
	check(day_add_months(day_of("2024-02-29"), 12, &missing) == day_of("2025-02-28") && missing,
		"a leap day a year on");
	check(day_add_months(day_of("2026-03-31"), -1, &missing) == day_of("2026-02-28"),
		"backwards");
	check(day_add_months(DAY_MAX, 1, &missing) == DAY_NONE, "beyond the year 9999");
	check(day_add_months(DAY_MIN, -1, &missing) == DAY_NONE, "before the year 1");
	check(day_add_months(0, INT64_C(1) << 40, &missing) == DAY_NONE, "far beyond");
}

int main(void)
{
	test_counting();
	test_text();
	test_months();
	return tap_end();
}
