/* agenda: date, rungs and the next instant of a deadline; epochs; floors of a change of the
 * calendar. */
#include "lib/agenda.h"
#include "tests/unit/tap.h"
#include "tests/unit/term_support.h"

static const struct calendar *calendar;

static struct ladder ladder_of(const char *json)
{
	_json_ *object = test_json(json);
	_faults_ faults = {0};
	struct ladder ladder;

	if (ladder_read(object, "", &faults, &ladder))
		abort();
	return ladder;
}

static const struct term_rule ten_days = {.amount = 10, .unit = TERM_working_day};

static void test_next(void)
{
	const struct ladder ladder =
		ladder_of("[{\"at\":\"50%\"},{\"at\":\"-1 "
			  "working_day\"},{\"at\":\"0\"},{\"at\":\"+2 working_day\"}]");
	const struct term_facts facts = {.start_at = test_moment("2026-11-18T10:00:00+06:00")};
	struct agenda a;

	check(agenda_make(calendar, &ten_days, &facts, &ladder, &a) == 0 && a.nrungs == 4, "made");
	check(a.term.due_at == test_moment("2026-12-03T00:00:00+06:00"), "its date");
	check(agenda_next(&a, 0, false) == test_moment("2026-11-25T09:00:00+06:00"),
		"half of it first");
	check(agenda_next(&a, 1, false) == test_moment("2026-12-01T09:00:00+06:00"),
		"then the day before");
	check(agenda_next(&a, 3, false) == a.term.due_at, "then the due moment");
	check(agenda_next(&a, 7, false) == a.term.due_at, "which is one though its rung has fired");
	check(agenda_next(&a, 7, true) == test_moment("2026-12-04T09:00:00+06:00"),
		"then what comes after");
	check(agenda_next(&a, 15, true) == MOMENT_NONE, "then nothing");
	check(agenda_passed(&a, test_moment("2026-12-01T09:00:00+06:00")) == 3, "what has passed");
}

static void test_paused(void)
{
	const struct ladder ladder = ladder_of("[{\"at\":\"50%\"},{\"at\":\"0\"}]");
	const struct term_pause pause = {
		.from_at = test_moment("2026-11-19T10:00:00+06:00"), .until_at = MOMENT_NONE};
	const struct term_facts facts = {.start_at = test_moment("2026-11-18T10:00:00+06:00"),
		.pauses = &pause,
		.npauses = 1};
	struct agenda a;

	check(agenda_make(calendar, &ten_days, &facts, &ladder, &a) == 0 && a.term.paused,
		"an open pause");
	check(agenda_next(&a, 0, false) == MOMENT_NONE, "nothing is ahead of it");
}

static void test_epochs(void)
{
	const struct ladder ladder =
		ladder_of("[{\"at\":\"50%\",\"refire\":true},{\"at\":\"-1 working_day\"},"
			  "{\"at\":\"0\",\"refire\":true}]");
	const struct term_facts facts = {.start_at = test_moment("2026-11-18T10:00:00+06:00")};
	struct agenda a;

	if (agenda_make(calendar, &ten_days, &facts, &ladder, &a))
		abort();
	check(agenda_epoch(&a, &ladder, 7, test_moment("2026-11-20T10:00:00+06:00")) == 2,
		"those that fire again do, where they are ahead");
	check(agenda_epoch(&a, &ladder, 7, test_moment("2026-11-30T10:00:00+06:00")) == 3,
		"one whose new instant has passed does not");
}

static void test_floor(void)
{
	struct term_facts facts = {.start_at = test_moment("2026-11-18T10:00:00+06:00")};
	struct agenda a;

	/* The rule gives 3 December; it was promised for the 10th before the calendar changed. */
	check(agenda_renew(calendar, &ten_days, &facts, NULL,
		      test_moment("2026-12-10T00:00:00+06:00"),
		      test_moment("2026-12-01T10:00:00+06:00"), &a) == 0 &&
			a.term.due_at == test_moment("2026-12-03T00:00:00+06:00") &&
			!a.term.floored,
		"earlier, and still ahead of the change");
	check(agenda_renew(calendar, &ten_days, &facts, NULL,
		      test_moment("2026-12-10T00:00:00+06:00"),
		      test_moment("2026-12-07T10:00:00+06:00"), &a) == 0 &&
			a.term.due_at == test_moment("2026-12-07T10:00:00+06:00") && a.term.floored,
		"never before the change was recorded");
	check(agenda_renew(calendar, &ten_days, &facts, NULL,
		      test_moment("2026-12-05T00:00:00+06:00"),
		      test_moment("2026-12-07T10:00:00+06:00"), &a) == 0 &&
			a.term.due_at == test_moment("2026-12-05T00:00:00+06:00"),
		"late already: no later, and no earlier");
	check(agenda_renew(calendar, &ten_days, &facts, NULL,
		      test_moment("2026-12-01T00:00:00+06:00"),
		      test_moment("2026-11-20T10:00:00+06:00"), &a) == 0 &&
			a.term.due_at == test_moment("2026-12-03T00:00:00+06:00") &&
			!a.term.floored,
		"later: as computed");
}

static void test_dates_without_a_rule(void)
{
	const struct ladder ladder =
		ladder_of("[{\"at\":\"50%\"},{\"at\":\"-1 working_day\"},{\"at\":\"0\"}]");
	const struct term_facts facts = {.start_at = test_moment("2026-11-18T10:00:00+06:00")};
	struct agenda a;

	agenda_of_date(
		calendar, &ten_days, &facts, test_moment("2026-12-05T00:00:00+06:00"), &ladder, &a);
	check(a.term.due_on == test_day("2026-12-04"), "its last day");
	check(a.rung_at[0] == MOMENT_NONE, "a share of no term is void");
	check(a.rung_at[1] == test_moment("2026-12-03T09:00:00+06:00") &&
			a.rung_at[2] == a.term.due_at,
		"the others are told from its date");
}

int main(void)
{
	_cleanup_(calendars_freep)
	struct calendars *set = test_calendars();

	calendar = calendars_find(set, "kg-state");
	test_next();
	test_paused();
	test_epochs();
	test_floor();
	test_dates_without_a_rule();
	return tap_end();
}
