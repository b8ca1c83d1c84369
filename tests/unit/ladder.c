/* ladder: reading rungs, and their instants on the paused clock. */
#include "lib/ladder.h"
#include "lib/term_read.h"
#include "tests/unit/tap.h"
#include "tests/unit/term_support.h"

static const struct calendar *calendar;

static void test_reading(void)
{
	static const char *const wrong[] = {"[{}]", "[{\"at\":\"0%\"}]", "[{\"at\":\"101%\"}]",
		"[{\"at\":\"+75%\"}]", "[{\"at\":\"3 working_day\"}]", "[{\"at\":\"+0 hour\"}]",
		"[{\"at\":\"-1 day\"}]", "[{\"at\":\"1\"}]", "[{\"at\":\"-1  hour\"}]",
		"[{\"at\":\"0\",\"to\":\"all\"}]", "[{\"at\":\"0\",\"when\":1}]", "{}", "[0]",
		"[{\"at\":\"+1000000 hour\"}]"};
	_json_ *good = test_json("[{\"at\":\"75%\"},{\"at\":\"-3 working_day\",\"to\":\"head\"},"
				 "{\"at\":\"0\"},{\"at\":\"+24 hour\",\"refire\":true}]");
	_faults_ faults = {0};
	struct ladder ladder;
	bool refused = true;
	char s[RUNG_TEXT_SIZE];

	check(ladder_read(good, "", &faults, &ladder) == 0 && ladder.count == 4, "a good ladder");
	check(ladder.rungs[1].to == RUNG_TO_HEAD && ladder.rungs[3].refire, "to whom, and again");
	rung_format(&ladder.rungs[1], s);
	check(strcmp(s, "-3 working_day") == 0, "written as read");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		_json_ *bad = test_json(wrong[i]);

		refused = refused && ladder_read(bad, "", &faults, &ladder) == 1;
	}
	check(refused, "what is no rung is refused");
}

/* The instant of one rung of a term, as text; "void" and "waiting" where it has none. */
static const char *rung(
	const struct term_rule *rule, const struct term_facts *facts, const char *at)
{
	static char s[MOMENT_TEXT_SIZE];
	_text_ json = TEXT_INIT;
	_faults_ faults = {0};
	_json_ *object = NULL;
	struct ladder ladder;
	struct term term;
	int64_t instant;
	int r;

	text_addf(&json, "[{\"at\":\"%s\"}]", at);
	object = test_json(json.data);
	if (ladder_read(object, "", &faults, &ladder) || term_compute(calendar, rule, facts, &term))
		abort();
	r = ladder_instant(calendar, rule, facts, &term, &ladder.rungs[0], &instant);
	if (r)
		return r == RUNG_VOID ? "void" : "waiting";
	moment_format(instant, calendar_zone(calendar), s);
	s[16] = '\0';
	return s;
}

#define is(at, instant)                                                                            \
	check(strcmp(rung(&rule, &facts, at), instant) == 0, "%s: %s", at, rung(&rule, &facts, at))

static void test_days(void)
{
	struct term_rule rule = {.amount = 10, .unit = TERM_working_day};
	struct term_facts facts = {.start_at = test_moment("2026-06-01T10:00:00+06:00")};

	/* Counted: 2–5, 8–12 and 15 June. */
	is("75%", "2026-06-11T09:00");
	is("1%", "2026-06-02T09:00");
	is("100%", "2026-06-15T09:00");
	is("-1 working_day", "2026-06-12T09:00");
	is("-10 working_day", "void");
	is("+1 working_day", "2026-06-16T09:00");
	is("0", "2026-06-16T00:00");
	is("-4 hour", "2026-06-15T20:00");
	rule.unit = TERM_day;
	is("50%", "2026-06-06T00:00");
	is("-1 working_day", "2026-06-10T09:00");
}

static void test_hours(void)
{
	struct term_rule rule = {.amount = 8, .unit = TERM_working_hour};
	struct term_facts facts = {.start_at = test_moment("2026-06-02T14:00:00+06:00")};

	is("50%", "2026-06-02T18:00");
	is("75%", "2026-06-03T11:00");
	is("0", "2026-06-03T14:00");
	is("-48 hour", "void");
}

static void test_paused(void)
{
	struct term_pause pause = {.from_at = test_moment("2026-06-05T10:00:00+06:00"),
		.until_at = test_moment("2026-06-22T10:00:00+06:00")};
	struct term_rule rule = {.amount = 10, .unit = TERM_working_day};
	struct term_extension extension = {10, TERM_working_day};
	struct term_extension mixed[] = {{4, TERM_working_hour}, {10, TERM_working_day}};
	struct term_facts facts = {.start_at = test_moment("2026-06-01T10:00:00+06:00"),
		.pauses = &pause,
		.npauses = 1};

	/* Counted: 2–5 June, 23–26, 29 and 30; paused 6–22. */
	is("50%", "2026-06-23T09:00");
	is("-6 working_day", "2026-06-05T09:00");
	pause.until_at = MOMENT_NONE;
	is("40%", "2026-06-05T09:00");
	is("50%", "waiting");
	is("0", "waiting");
	facts.extensions = &extension;
	facts.nextensions = 1;
	is("10%", "2026-06-03T09:00");
	is("40%", "waiting");
	facts.npauses = 0;
	is("75%", "2026-06-22T09:00");
	/* An open pause on the last day: all has counted, and yet there is no date. */
	facts.nextensions = 0;
	facts.npauses = 1;
	pause.from_at = test_moment("2026-06-15T10:00:00+06:00");
	is("100%", "2026-06-15T09:00");
	is("0", "waiting");
	is("+1 working_day", "waiting");
	/* An extension in hours lies between; the one in days behind it adds nothing. */
	facts.extensions = mixed;
	facts.nextensions = 2;
	is("100%", "2026-06-15T09:00");
}

static void test_cap(void)
{
	struct term_rule rule = {.amount = 10, .unit = TERM_working_day};
	struct term_rule cap = {.amount = 4, .unit = TERM_day};
	struct term_facts facts = {
		.start_at = test_moment("2026-06-01T10:00:00+06:00"), .cap = &cap};

	facts.cap_start_at = facts.start_at;
	is("75%", "2026-06-04T09:00");
	is("0", "2026-06-06T00:00");
	/* Of a cap that began before the start, the half lies before it too. */
	facts.cap_start_at = test_moment("2026-05-30T10:00:00+06:00");
	is("50%", "void");
	is("75%", "2026-06-02T09:00");
	is("0", "2026-06-04T00:00");
}

int main(void)
{
	_cleanup_(calendars_freep)
	struct calendars *set = test_calendars();

	calendar = calendars_find(set, "kg-state");
	test_reading();
	test_days();
	test_hours();
	test_paused();
	test_cap();
	return tap_end();
}
