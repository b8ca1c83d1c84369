/* term: what is left of a paused term, limits, floors, sentences, faults, and sums of explanations.
 * What must hold for any term is in tests/term_properties.py. */
#include "lib/term_case.h"
#include "tests/unit/tap.h"
#include "tests/unit/term_support.h"

static struct calendars *set;
static const struct calendar *state;

static const char *answer(const char *json)
{
	static struct text t;

	text_done(&t);
	term_case_answer(set, span_of(json), &t);
	return t.data;
}

#define says(json, part) check(strstr(answer(json), part), "%s: %s", part, answer(json))

static void test_paused(void)
{
	says("{\"calendar\":\"kg-state\",\"rule\":{\"amount\":10,\"unit\":\"working_day\"},"
	     "\"start\":\"2026-06-01T10:00:00+06:00\",\"extensions\":[{\"amount\":3,\"unit\":"
	     "\"day\"}],"
	     "\"pauses\":[{\"from\":\"2026-06-05T10:00:00+06:00\",\"cure_by\":\"2026-06-19\"}]}",
		"\"paused\":true,\"left\":{\"days\":6,\"unit\":\"working_day\",\"extensions\":1},"
		"\"cure_by\":\"2026-06-19\"");
	says("{\"calendar\":\"kg-state\",\"rule\":{\"amount\":8,\"unit\":\"working_hour\"},"
	     "\"start\":\"2026-06-02T09:00:00+06:00\","
	     "\"pauses\":[{\"from\":\"2026-06-02T11:30:00+06:00\"}]}",
		"\"left\":{\"minutes\":330,\"unit\":\"working_hour\",\"extensions\":0}");
	says("{\"calendar\":\"kg-state\",\"rule\":{\"amount\":1,\"unit\":\"month\"},"
	     "\"start\":\"2026-06-01T10:00:00+06:00\","
	     "\"pauses\":[{\"from\":\"2026-06-05T10:00:00+06:00\"}]}",
		"\"left\":{\"days\":26,\"unit\":\"day\",\"extensions\":0}");
	/* On the last day nothing is left to count, and there is no date until it is resumed. */
	says("{\"calendar\":\"kg-state\",\"rule\":{\"amount\":4,\"unit\":\"working_day\"},"
	     "\"start\":\"2026-06-01T10:00:00+06:00\","
	     "\"pauses\":[{\"from\":\"2026-06-05T10:00:00+06:00\"}]}",
		"\"left\":{\"days\":0,\"unit\":\"working_day\",\"extensions\":0},\"cure_by\":null,"
		"\"explanation\":[{\"from\":\"2026-06-02\",\"to\":\"2026-06-05\",\"what\":"
		"\"counted\","
		"\"days\":4,\"why\":null},{\"from\":\"2026-06-06\",\"to\":null,\"what\":"
		"\"paused\"");
	/* Expired on Friday at 18:00; what pauses it after that comes too late. */
	says("{\"calendar\":\"kg-state\",\"rule\":{\"amount\":4,\"unit\":\"working_day\",\"end\":"
	     "\"close\"},"
	     "\"start\":\"2026-06-01T10:00:00+06:00\",\"pauses\":[{\"from\":\"2026-06-05T18:00:00+"
	     "06:00\","
	     "\"first_paused\":\"same_day\",\"until\":\"2026-06-09T10:00:00+06:00\"}]}",
		"\"due_at\":\"2026-06-05T18:00:00+06:00\"");
}

/* A case with a floor: due on 15 June at the end of the day, of working hours on 2 June at 17:30.
 */
#define FLOORED(rule, floor)                                                                       \
	"{\"calendar\":\"kg-state\",\"rule\":" rule ",\"start\":\"2026-06-01T17:00:00+06:00\","    \
	"\"rule_version\":1,\"floor\":\"" floor "+06:00\"}"
#define TEN_DAYS   "{\"amount\":10,\"unit\":\"working_day\"}"
#define NINE_HOURS "{\"amount\":9,\"unit\":\"working_hour\"}"

static void test_floor(void)
{
	says(FLOORED(TEN_DAYS, "2026-06-16T00:00:00"),
		"\"due_at\":\"2026-06-16T00:00:00+06:00\",\"provisional\":false,\"explanation\"");
	says(FLOORED(TEN_DAYS, "2026-06-18T11:00:00"),
		"\"due_on\":\"2026-06-18\",\"due_at\":\"2026-06-18T11:00:00+06:00\","
		"\"provisional\":"
		"false,\"floored\":true");
	says(FLOORED(TEN_DAYS, "2026-06-18T00:00:00"),
		"{\"from\":\"2026-06-16\",\"to\":\"2026-06-17\",\"what\":\"floored\",\"days\":2,"
		"\"why\":\"2026-06-15\"}]");
	says(FLOORED(TEN_DAYS, "2026-06-18T11:00:00"),
		"recomputed, it would have run out on 15 June 2026, but lateness does not begin "
		"before the change of the calendar was recorded, on 18 June 2026, 11:00; rule "
		"version: 1; calendar: kg-state.");
	says(FLOORED(TEN_DAYS, "2027-02-01T00:00:00"), "\"provisional\":true,\"floored\":true");
	says(FLOORED(TEN_DAYS, "2027-02-01T00:00:00"),
		"the date is provisional: the calendar does not cover 31 January 2027");
	says(FLOORED(NINE_HOURS, "2026-06-02T18:30:00"),
		"{\"from\":\"2026-06-02T18:00:00+06:00\",\"to\":\"2026-06-02T18:30:00+06:00\","
		"\"what\":\"floored\",\"minutes\":30,\"why\":\"2026-06-02\"}]");
	says(FLOORED("{\"amount\":10,\"unit\":\"working_day\",\"end\":\"close\"}",
		     "2026-06-15T20:00:00"),
		"{\"from\":\"2026-06-15\",\"to\":\"2026-06-15\",\"what\":\"floored\",\"days\":0,");
	says("{\"calendar\":\"kg-state\",\"rule\":" TEN_DAYS
	     ",\"start\":\"2026-06-01T17:00:00+06:00\",\"cap\":{\"amount\":7,\"unit\":\"day\"},"
	     "\"floor\":\"2026-06-18T11:00:00+06:00\"}",
		"\"what\":\"capped\",\"days\":0,\"why\":\"2026-06-15\"},{\"from\":\"2026-06-09\"");
	says(FLOORED(TEN_DAYS, "18 June"), "\"/floor\"");
	says(FLOORED(TEN_DAYS, "9999-12-31T00:00:00"), "\"/floor\"");
}

static void test_sentences(void)
{
	static const char line[] =
		"{\"calendar\":\"kg-state\",\"rule\":{\"amount\":1,\"unit\":\"month\"},"
		"\"rule_version\":3,\"start\":\"2026-04-27T10:00:00+06:00\"}";

	says(line, "Term: 1 month, beginning 27 April 2026, 10:00: the last day is 28 May 2026, "
		   "and it "
		   "is too late from 29 May 2026, 00:00; 27 May 2026 is not a "
		   "working day, so the last day moves on to the next one");
	says(line,
		"rule version: 3; calendar: kg-state; the date is provisional: 27 May 2026 is not "
		"settled yet (Kurman Ait");
	says(line, "Срок — 1 месяц, начало — 27 апреля 2026 года, 10:00: последний день — 28 мая "
		   "2026");
	says(line, "Мөөнөт: 1 ай, башталышы: 2026-жылдын 27-апрели, саат 10:00");
	says("{\"calendar\":\"kg-state\",\"rule\":{\"amount\":3,\"unit\":\"working_hour\"},"
	     "\"start\":\"2026-06-06T10:00:00+06:00\",\"cap\":{\"amount\":22,\"unit\":\"hour\"}}",
		"Срок — 3 рабочих часа, начало — 6 июня 2026 года, 10:00: истекает 7 июня 2026 "
		"года, "
		"08:00; применяется предельный срок — 22 часа; без него последним днём было бы 8 "
		"июня 2026 года");
	/* A roll over a pause moves from the day that was the last one, and is told once. */
	says("{\"calendar\":\"kg-state\",\"rule\":{\"amount\":5,\"unit\":\"day\"},"
	     "\"start\":\"2026-06-02T10:00:00+06:00\",\"pauses\":[{\"from\":\"2026-06-07T10:00:00+"
	     "06:00\",\"until\":\"2026-06-09T10:00:00+06:00\"}]}",
		"paused days: 2; 7 June 2026 is not a working day, so the last day moves on to the "
		"next one; calendar: kg-state.");
	says("{\"calendar\":\"kg-state\",\"rule\":{\"amount\":3,\"unit\":\"working_hour\"},"
	     "\"start\":\"2026-06-02T10:00:00+06:00\",\"pauses\":[{\"from\":\"2026-06-02T12:00:00+"
	     "06:00\",\"until\":\"2026-06-02T15:00:00+06:00\"}]}",
		"время приостановления: 2 рабочих часа; календарь");
	says("{\"calendar\":\"kg-state\",\"rule\":{\"amount\":3,\"unit\":\"day\","
	     "\"min_working_days\":2},\"start\":\"2026-06-05T10:00:00+06:00\"}",
		"анда кеминде 2 жумуш күнү болушу керек; календарь");
}

/* A calendar of the register has a number, which the sentence names. */
static void test_versions(void)
{
	_cleanup_(calendars_freep)
	struct calendars *numbered = calendars_new(zoneinfo_loader());
	_json_ *json =
		test_json("{\"time_zone\":\"UTC\",\"covers\":[\"2026-01-01\",\"2026-12-31\"],"
			  "\"week\":{\"mon\":[\"09:00-17:00\"]}}");
	struct term_rule rule = {.amount = 1, .unit = TERM_day, .roll = TERM_ROLL_NONE};
	struct term_facts facts = {.start_at = test_moment("2026-06-01T10:00:00Z")};
	_term_trace_ trace = {0};
	_faults_ faults = {0};
	_text_ t = TEXT_INIT;
	const struct calendar *c;
	struct term term;

	if (calendars_put(numbered, json, "town", 7, "", &faults))
		abort();
	c = calendars_find(numbered, "town");
	if (term_compute(c, &rule, &facts, &term))
		abort();
	term_trace(c, &rule, &facts, &term, &trace);
	text_add_term_sentence(&t, c, &rule, 4, &facts, &term, &trace, LANG_RU);
	check(strstr(t.data, "версия правила: 4; календарь: town, версия: 7.") != NULL, "%s",
		t.data);
}

static void test_faults(void)
{
	says("", "{\"id\":null,\"error\":{\"pointer\":\"\"");
	says("{\"id\":7,\"id\":8}", "\"error\":{\"pointer\":\"/id\"");
	says("[]", "\"error\":{\"pointer\":\"\",\"message\":\"wrong type");
	says("{\"id\":{\"a\":[1]},\"rule\":{\"amount\":\"x\",\"unit\":\"day\",\"rool\":1},"
	     "\"start\":\"yesterday\",\"pauses\":[{}],\"extensions\":[{\"amount\":0}],"
	     "\"calendars\":1}",
		"{\"id\":{\"a\":[1]},\"error\":{\"pointer\":\"/calendar\"");
	says("{\"calendar\":\"kg\",\"rule\":{\"amount\":1,\"unit\":\"day\",\"start\":\"stage:"
	     "lunch\"},"
	     "\"start\":\"2026-06-06T10:00:00+06:00\"}",
		"/rule/start");
	says("{\"calendar\":\"kg\",\"rule\":{\"amount\":100000,\"unit\":\"year\"},"
	     "\"start\":\"2026-06-06T10:00:00+06:00\"}",
		"/rule/amount");
	says("{\"calendar\":{\"time_zone\":\"UTC\",\"week\":{},\"covers\":[\"2026-01-01\",\"2026-"
	     "12-31\"]},"
	     "\"rule\":{\"amount\":1,\"unit\":\"day\"},\"start\":\"2026-06-06T10:00:00+06:00\"}",
		"/rule/amount");
	says("{\"calendar\":\"kg\",\"rule\":{\"amount\":1,\"unit\":\"day\"},"
	     "\"start\":\"2026-06-06T10:00:00+06:00\",\"pauses\":[{\"from\":\"2026-06-08T10:00:00+"
	     "06:00\","
	     "\"until\":\"2026-06-07T10:00:00+06:00\"}]}",
		"/pauses/0/until");
}

static void test_round_trip(void)
{
	static const char full[] =
		"{\"amount\":3,\"unit\":\"working_day\",\"start\":\"stage:register\",\"offset\":"
		"\"same_day\","
		"\"after_hours\":\"next_working_day\",\"end\":\"close\",\"roll\":\"backward\","
		"\"min_working_days\":2,\"calendar_of\":\"kg-state\"}";
	_json_ *object = test_json(full);
	_faults_ faults = {0};
	_text_ t = TEXT_INIT;
	struct term_rule rule;

	check(term_rule_read(object, "", &faults, &rule) == 0, "a rule with every member");
	text_add_term_rule(&t, &rule);
	check(strcmp(t.data, full) == 0, "written as read: %s", t.data);
}

static void test_limits(void)
{
	struct term_rule three = {.amount = 3, .unit = TERM_working_day};
	struct term_rule eleven = {.amount = 11, .unit = TERM_day};
	int64_t friday = test_moment("2026-06-05T16:00:00+06:00");
	struct term_pause pauses[2] = {
		{.from_at = friday, .until_at = test_moment("2026-06-12T10:00:00+06:00")},
		{.from_at = test_moment("2026-06-15T10:00:00+06:00"), .until_at = MOMENT_NONE}};
	struct term_extension extensions[2] = {{1, TERM_week}, {2, TERM_working_day}};
	struct term term = {.due_on = test_day("2026-06-05"),
		.due_at = test_moment("2026-06-06T00:00:00+06:00")};

	check(term_is_within(state, &three, friday, test_moment("2026-06-10T23:59:59+06:00")) &&
			!term_is_within(
				state, &three, friday, test_moment("2026-06-11T00:00:00+06:00")),
		"three working days back");
	check(!term_pauses_exceed(
		      state, &eleven, pauses, 2, test_moment("2026-06-19T10:00:00+06:00")) &&
			term_pauses_exceed(state, &eleven, pauses, 2,
				test_moment("2026-06-20T10:00:00+06:00")),
		"eleven days of pauses, the open one up to now");
	check(term_extensions_exceed(state, &eleven, test_day("2026-06-05"), extensions, 2) ==
				false &&
			term_extensions_exceed(
				state, &three, test_day("2026-06-05"), extensions, 2),
		"extensions of different units");
	check(term_working_days_late(state, &term, friday) == 0 &&
			term_working_days_late(
				state, &term, test_moment("2026-06-09T10:00:00+06:00")) == 2,
		"working days late");
}

/* A small generator with a fixed seed, so that a failure comes again. */
static uint32_t dice(uint32_t sides)
{
	static uint64_t seed = 20260601;

	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(seed >> 33) % sides;
}

static struct term_rule random_rule(void)
{
	static const int32_t most[TERM_UNIT_COUNT] = {300, 100, 90, 60, 12, 12, 2};
	struct term_rule rule = {.unit = (enum term_unit)dice(TERM_UNIT_COUNT),
		.same_day = dice(2),
		.next_working_day = dice(2),
		.at_close = dice(2),
		.roll = dice(2) ? TERM_ROLL_FORWARD : TERM_ROLL_NONE,
		.min_working_days = dice(4) ? 0 : (int32_t)dice(10)};

	rule.amount = 1 + (int32_t)dice((uint32_t)most[rule.unit]);
	return rule;
}

static int64_t random_moment(void)
{
	return test_moment("2025-06-01T00:00:00+06:00") + dice(500) * USEC_PER_DAY +
	       dice(86400) * USEC_PER_SEC;
}

static size_t random_pauses(struct term_pause *pauses, int64_t start)
{
	size_t n = dice(4);
	int64_t at = start;

	for (size_t i = 0; i < n; i++) {
		at += dice(20 * 86400) * USEC_PER_SEC;
		pauses[i] = (struct term_pause){
			.from_at = at, .first_same_day = dice(2), .resume_counts = dice(2)};
		at += dice(20 * 86400) * USEC_PER_SEC;
		pauses[i].until_at = at;
	}
	return n;
}

static void test_sums(void)
{
	struct term_pause pauses[4];
	bool adds_up = true;

	for (int i = 0; i < 10000; i++) {
		struct term_rule rule = random_rule();
		struct term_facts f = {.start_at = random_moment(), .pauses = pauses};
		int64_t counted = 0, all = 0;
		struct term term;
		_term_trace_ trace = {0};

		rule.roll = (enum term_roll)dice(3);
		f.npauses = random_pauses(pauses, f.start_at);
		if (term_compute(state, &rule, &f, &term))
			abort();
		term_trace(state, &rule, &f, &term, &trace);
		for (size_t s = 0; s < trace.nsegments; s++) {
			all += trace.segments[s].count;
			if (trace.segments[s].what == TERM_IS_counted ||
				trace.segments[s].what == TERM_IS_moved_workday)
				counted += trace.segments[s].count;
		}
		if (rule.unit == TERM_hour || rule.unit == TERM_working_hour)
			adds_up = adds_up && counted == rule.amount * USEC_PER_HOUR;
		else
			adds_up = adds_up && all == term.due_on - term.first_day + 1;
		if (rule.unit == TERM_working_day || rule.unit == TERM_day)
			adds_up = adds_up && counted == rule.amount;
		adds_up = adds_up && term.provisional == (trace.ndoubts > 0);
	}
	check(adds_up, "explanations add up, and say why where a date is provisional");
}

int main(void)
{
	set = test_calendars();
	state = calendars_find(set, "kg-state");
	test_paused();
	test_floor();
	test_sentences();
	test_versions();
	test_faults();
	test_round_trip();
	test_limits();
	test_sums();
	calendars_free(set);
	answer("");
	return tap_end();
}
