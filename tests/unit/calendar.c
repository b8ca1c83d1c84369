/* calendar: what files may say, how chains come together, and the index against plain counting. */
#include "tests/unit/tap.h"
#include "tests/unit/term_support.h"

/* The pointers of all faults of a calendar, each followed by a blank. */
static void faults_of(const char *json, struct text *ret)
{
	_cleanup_(calendars_freep)
	struct calendars *set = calendars_new(zoneinfo_loader());
	_json_ *object = test_json(json);
	_faults_ faults = {0};

	text_reset(ret);
	if (calendars_put(set, object, NULL, 1, "", &faults) == 0)
		(void)!calendars_check(set, &faults);
	for (size_t i = 0; i < faults.count; i++)
		text_addf(ret, "%s ", faults.items[i].pointer);
}

#define ROOT "\"code\":\"x\",\"time_zone\":\"UTC\",\"covers\":[\"2026-01-01\",\"2026-12-31\"]"
#define WEEK "\"week\":{\"mon\":[\"09:00-18:00\"]}"

static void test_faults(void)
{
	static const struct {
		const char *json, *pointers, *what;
	} rows[] = {
		{"{" ROOT "," WEEK "}", "", "a good one"},
		{"{}", "/code ", "a code is needed"},
		{"{" ROOT ",\"weeks\":1," WEEK "}", "/weeks ", "unknown members"},
		{"{" ROOT "}", "/x/week ", "a week is needed somewhere in the chain"},
		{"{\"code\":\"x\",\"time_zone\":\"UTC\"," WEEK "}", "/x/covers ",
			"a root states covers"},
		{"{\"code\":\"x\",\"covers\":[\"2026-01-01\",\"2026-12-31\"]," WEEK "}",
			"/x/time_zone ", "a zone is needed"},
		{"{\"code\":\"x\",\"time_zone\":\"Mars/"
		 "Olympus\",\"covers\":[\"2026-01-01\",\"2026-12-31\"]," WEEK "}",
			"/x/time_zone ", "a zone that is none"},
		{"{\"code\":\"x\",\"time_zone\":\"../"
		 "x\",\"covers\":[\"2026-01-01\",\"2026-12-31\"]," WEEK "}",
			"/time_zone ", "a zone's name that leads elsewhere"},
		{"{" ROOT
		 ",\"week\":{\"mon\":[\"09:00-12:00\",\"11:00-13:00\"],\"tue\":[\"9:00-12:00\"],"
		 "\"wed\":[\"10:00-10:00\"],\"thu\":[\"20:00-24:01\"],\"fry\":[]}}",
			"/week/mon/1 /week/tue/0 /week/wed/0 /week/thu/0 /week/fry ",
			"every wrong interval at once"},
		{"{\"code\":\"x\",\"time_zone\":\"UTC\",\"covers\":[\"2026-12-31\",\"2026-01-01\"]"
		 "," WEEK "}",
			"/covers/1 ", "covers that end before they begin"},
		{"{" ROOT "," WEEK
		 ",\"exceptions\":[{\"date\":\"2026-02-30\",\"kind\":\"holiday\"},"
		 "{\"date\":\"2026-03-01\",\"kind\":\"feast\"},{\"date\":\"2026-03-02\",\"kind\":"
		 "\"short\"},"
		 "{\"date\":\"2026-03-03\",\"kind\":\"holiday\",\"hours\":[\"09:00-10:00\"]}]}",
			"/exceptions/0/date /exceptions/1/kind /exceptions/2/hours "
			"/exceptions/3/hours ",
			"every wrong exception at once"},
		{"{" ROOT "," WEEK
		 ",\"exceptions\":[{\"date\":\"2026-03-01\",\"kind\":\"holiday\"},"
		 "{\"date\":\"2026-03-01\",\"kind\":\"day_off\",\"status\":\"revoked\"},"
		 "{\"date\":\"2026-03-01\",\"kind\":\"working\",\"status\":\"tentative\"}]}",
			"/exceptions/2 ", "two live entries of one date"},
		{"{" ROOT
		 ",\"week\":{},\"exceptions\":[{\"date\":\"2026-03-01\",\"kind\":\"working\"}]}",
			"/x/week ", "a working day whose hours nobody knows"},
		{"{" ROOT "," WEEK ",\"parent\":\"y\"}", "/x/parent ",
			"a parent that is not there"},
		{"{" ROOT "," WEEK ",\"parent\":\"x\"}", "/x/parent ", "its own parent"},
	};
	_text_ pointers = TEXT_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		faults_of(rows[i].json, &pointers);
		check(strcmp(pointers.data ? pointers.data : "", rows[i].pointers) == 0, "%s: %s",
			rows[i].what, pointers.data ? pointers.data : "");
	}
}

static void put(struct calendars *set, const char *json, int version)
{
	_json_ *object = test_json(json);
	_faults_ faults = {0};

	if (calendars_put(set, object, NULL, version, "", &faults))
		abort();
}

static void test_chains(void)
{
	_cleanup_(calendars_freep)
	struct calendars *set = calendars_new(zoneinfo_loader());
	_faults_ faults = {0};
	const struct calendar *c;
	int32_t first, last;

	put(set, "{" ROOT "," WEEK "}", 3);
	put(set, "{\"code\":\"b\",\"parent\":\"x\",\"covers\":[\"2020-01-01\",\"2026-06-30\"]}", 5);
	put(set, "{\"code\":\"c\",\"parent\":\"b\",\"week\":{\"tue\":[\"10:00-11:00\"]}}", 0);
	put(set, "{\"code\":\"d\",\"parent\":\"c\"}", 0);
	check(calendars_check(set, &faults) == 0, "four are a chain");
	c = calendars_find(set, "d");
	check(c && calendar_is_working(c, test_day("2026-06-02")) &&
			!calendar_is_working(c, test_day("2026-06-01")),
		"the nearest week wins as a whole");
	calendar_covers(c, &first, &last);
	check(first == test_day("2026-01-01") && last == test_day("2026-06-30"),
		"covers intersect");
	check(calendar_rests_on(c, "x") && calendar_rests_on(c, "d") && !calendar_rests_on(c, "y"),
		"it knows whom it rests on");
	check(calendar_version(calendars_find(set, "b")) == 5, "each has its version");
	put(set, "{\"code\":\"e\",\"parent\":\"d\"}", 0);
	put(set, "{\"code\":\"f\",\"parent\":\"g\"}", 0);
	put(set, "{\"code\":\"g\",\"parent\":\"f\"}", 0);
	check(calendars_check(set, &faults) == 1 && faults.count == 3 &&
			strcmp(faults.items[0].pointer, "/e/parent") == 0 &&
			strcmp(faults.items[1].pointer, "/f/parent") == 0 &&
			strcmp(faults.items[2].pointer, "/g/parent") == 0,
		"five are too many, and a cycle is none");
	check(!calendars_find(set, "e") && !calendars_find(set, "f") && calendars_find(set, "d"),
		"those are not to be had, the others are");
	check(calendars_count(set) == 7 && strcmp(calendars_code(set, 0), "b") == 0, "in order");
	put(set, "{" ROOT ",\"parent\":null,\"week\":{\"wed\":[\"09:00-18:00\"]}}", 4);
	check(calendar_is_working(calendars_find(set, "b"), test_day("2026-06-03")),
		"a new version of a parent is seen at once");
}

static void test_days(void)
{
	_cleanup_(calendars_freep)
	struct calendars *set = test_calendars();
	const struct calendar *c = calendars_find(set, "kg-state");
	struct day_facts f = calendar_day(c, test_day("2026-05-27"));
	const struct interval *hours;

	check(f.kind == DAY_HOLIDAY && f.tentative && f.covered && strcmp(f.from, "kg") == 0,
		"a tentative holiday of the parent");
	f = calendar_day(c, test_day("2023-02-25"));
	check(f.moved && f.is_working && !f.covered, "a moved working Saturday before covers");
	f = calendar_day(c, test_day("2026-02-07"));
	check(f.kind == DAY_WEEKEND, "a revoked entry is as if absent");
	f = calendar_day(c, test_day("2023-01-09"));
	check(f.moved && strcmp(f.from, "kg-state") == 0, "works although the parent gives it off");
	check(calendar_intervals(c, test_day("2026-03-19"), &hours) == 2 && hours[1].until == 1020,
		"a short day's hours");
	check(calendar_intervals(c, test_day("2026-03-20"), &hours) == 0, "a holiday has none");
	check(calendar_previous_working(c, test_day("2026-05-10"), test_day("2026-04-01")) ==
				test_day("2026-04-30") &&
			calendar_previous_working(
				c, test_day("2026-05-10"), test_day("2026-05-01")) == DAY_NONE,
		"the working day before, not before a day");
}

/* The same calendar with an index, and without one because it is given in place. */
static void test_index(void)
{
	_cleanup_(calendars_freep)
	struct calendars *set = test_calendars();
	const struct calendar *fast = calendars_find(set, "kg-state");
	_cleanup_(calendar_freep)
	struct calendar *slow = test_calendar(set, "{\"parent\":\"kg-state\"}");
	uint64_t seed = 1;
	bool same = true;

	for (int i = 0; i < 200000; i++) {
		int32_t first, last, n;

		seed = seed * 6364136223846793005 + 1442695040888963407;
		first = test_day("2022-01-01") + (int32_t)(seed >> 33) % 2500;
		n = 1 + (int32_t)(seed >> 40) % 300;
		last = first + n;
		same = same &&
		       calendar_is_working(fast, first) == calendar_is_working(slow, first) &&
		       calendar_nth_working(fast, first, n) ==
			       calendar_nth_working(slow, first, n) &&
		       calendar_count_working(fast, first, last) ==
			       calendar_count_working(slow, first, last) &&
		       calendar_is_in_doubt(fast, first, last) ==
			       calendar_is_in_doubt(slow, first, last) &&
		       calendar_day_starts(fast, first) == calendar_day_starts(slow, first) &&
		       calendar_previous_working(fast, last, first) ==
			       calendar_previous_working(slow, last, first);
	}
	check(same, "the index answers as the week and the exceptions do");
	check(calendar_nth_working(fast, DAY_MAX - 3, 100) == DAY_NONE,
		"no working day after all days");
}

/* The calendars that are installed: without fault, reaching far, holding what the fixed ones hold.
 */
static void test_installed(void)
{
	_cleanup_(calendars_freep)
	struct calendars *installed = calendars_new(zoneinfo_loader());
	_cleanup_(calendars_freep)
	struct calendars *fixed = test_calendars();
	static const char *const codes[] = {"kg", "kg-state", "kg-private", "kg-mini-centre"};
	_text_ dir = TEXT_INIT;

	text_addf(&dir, "%s/config/calendars", test_source());
	check(calendar_files_load(dir.data, installed, stderr) == 0,
		"the installed calendars are good");
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		const struct calendar *ours = calendars_find(installed, codes[i]);
		const struct calendar *theirs = calendars_find(fixed, codes[i]);
		bool same = ours && theirs;
		int32_t first, last;

		if (!same)
			abort();
		calendar_covers(ours, &first, &last);
		check(last >= test_day("2028-12-31"), "%s reaches the end of 2028", codes[i]);
		for (int32_t day = test_day("2023-01-01"); day <= test_day("2026-12-31"); day++) {
			struct day_facts a = calendar_day(ours, day), b = calendar_day(theirs, day);

			same = same && a.kind == b.kind && a.tentative == b.tentative &&
			       a.covered == b.covered && a.is_working == b.is_working;
		}
		check(same, "%s says of the days up to 2026 what it said", codes[i]);
	}
}

int main(void)
{
	test_installed();
	test_faults();
	test_chains();
	test_days();
	test_index();
	return tap_end();
}
