/* zone: TZif files of the host, gaps and repeated hours, far years, and files that are none. */
#include "daemon/zoneinfo.h"
#include "tests/unit/tap.h"
#include "tests/unit/term_support.h"

static struct zone *zone_of(const char *name)
{
	struct zone_loader loader = zoneinfo_loader();
	_free_ char *bytes = NULL;
	struct zone *zone;
	size_t len;

	if (loader.load(loader.arg, name, &bytes, &len) ||
		zone_parse((struct span){bytes, len}, &zone))
		abort();
	return zone;
}

/* Whether a wall clock time is that instant. */
static bool is(const struct zone *zone, const char *day, int minutes, const char *instant)
{
	return zone_instant(zone, test_day(day), minutes * 60) == test_moment(instant);
}

static void test_offsets(void)
{
	_cleanup_(zone_freep)
	struct zone *bishkek = zone_of("Asia/Bishkek");
	_cleanup_(zone_freep)
	struct zone *berlin = zone_of("Europe/Berlin");

	check(zone_offset(bishkek, test_moment("2026-06-01T00:00:00Z")) == 6 * 3600, "Bishkek");
	check(zone_offset(bishkek, test_moment("9000-06-01T00:00:00Z")) == 6 * 3600, "for ever");
	check(zone_offset(berlin, test_moment("2026-03-29T00:59:59.999999Z")) == 3600, "before");
	check(zone_offset(berlin, test_moment("2026-03-29T01:00:00Z")) == 7200, "at the change");
	check(zone_offset(berlin, test_moment("2426-07-01T00:00:00Z")) == 7200, "summer of 2426");
	check(zone_offset(berlin, test_moment("9999-01-01T00:00:00Z")) == 3600, "winter of 9999");
	check(zone_offset(berlin, test_moment("1850-01-01T00:00:00Z")) == 3208, "local mean time");
	check(zone_offset(NULL, 0) == 0, "no zone is UTC");
}

static void test_walls(void)
{
	_cleanup_(zone_freep)
	struct zone *berlin = zone_of("Europe/Berlin");
	_cleanup_(zone_freep)
	struct zone *havana = zone_of("America/Havana");
	_cleanup_(zone_freep)
	struct zone *apia = zone_of("Pacific/Apia");
	_cleanup_(zone_freep)
	struct zone *johns = zone_of("America/St_Johns");

	check(is(berlin, "2026-10-25", 150, "2026-10-25T02:30:00+02:00"), "twice: the first");
	check(is(berlin, "2026-10-25", 180, "2026-10-25T03:00:00+01:00"), "just after it");
	check(is(berlin, "2026-03-29", 135, "2026-03-29T03:00:00+02:00"), "skipped: its end");
	check(is(berlin, "2026-03-29", 1440, "2026-03-30T00:00:00+02:00"), "24:00 is the next day");
	check(is(berlin, "2426-07-01", 600, "2426-07-01T10:00:00+02:00"), "far in the future");
	check(is(havana, "2026-03-08", 0, "2026-03-08T01:00:00-04:00"), "a skipped midnight");
	check(is(apia, "2011-12-30", 600, "2011-12-31T00:00:00+14:00"), "a skipped day");
	check(is(johns, "2010-11-07", 0, "2010-11-07T00:00:00-02:30"),
		"midnight before going back");
	check(zone_day(johns, test_moment("2010-11-07T00:00:59-02:30")) == test_day("2010-11-07") &&
			zone_day(johns, test_moment("2010-11-06T23:30:00-03:30")) ==
				test_day("2010-11-06"),
		"an hour of the day before comes again");
}

static void test_there_and_back(void)
{
	static const char *const names[] = {"Asia/Bishkek", "Europe/Amsterdam", "America/Santiago",
		"Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tehran", "America/Nuuk"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_(zone_freep)
		struct zone *zone = zone_of(names[i]);
		bool same = true;

		for (int64_t at = test_moment("1990-01-01T00:10:00Z");
			at < test_moment("2120-01-01T00:00:00Z"); at += 7 * USEC_PER_HOUR) {
			int64_t local = at + zone_offset(zone, at) * USEC_PER_SEC;
			int32_t day = zone_day(zone, at);
			int64_t back = zone_instant(
				zone, day, (int32_t)((local - day * USEC_PER_DAY) / USEC_PER_SEC));

			/* Later only where that time came before already. */
			same = same && back <= at && at - back <= 24 * USEC_PER_HOUR &&
			       (back == at || zone_offset(zone, back) != zone_offset(zone, at));
		}
		check(same, "%s: instant to wall clock and back", names[i]);
	}
}

static void test_files(void)
{
	struct zone_loader loader = zoneinfo_loader();
	static const char *const wrong[] = {"../zoneinfo/UTC", "/etc/passwd", "", "Europe//Berlin",
		"Europe/", "Europe/..", "Europe/Berlin ", "zone.tab"};
	_free_ char *bytes = NULL;
	struct zone *zone = NULL;
	size_t len;
	bool refused = true;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		refused = refused && !zone_name_is_valid(span_of(wrong[i])) &&
			  loader.load(loader.arg, wrong[i], &bytes, &len) < 0;
	check(refused, "names that lead elsewhere are refused");
	check(zone_name_is_valid(SPAN("America/Argentina/Buenos_Aires")) &&
			zone_name_is_valid(SPAN("Etc/GMT+5")),
		"names that are good are not");
	if (loader.load(loader.arg, "Europe/Berlin", &bytes, &len))
		abort();
	for (size_t cut = 0; cut < len; cut++) {
		if (zone_parse((struct span){bytes, cut}, &zone) == 0)
			refused = false;
	}
	check(refused && !zone, "a file cut short anywhere is refused");
}

int main(void)
{
	test_offsets();
	test_walls();
	test_there_and_back();
	test_files();
	return tap_end();
}
