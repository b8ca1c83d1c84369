/* The deadline calculus: the rule against its cap, and the limits that a standard sets. */
#include "lib/term_parts.h"

static void take_result(const struct term_run *run, struct term *t)
{
	const struct leg *last = term_run_last(run);

	*t = (struct term){
		.due_on = DAY_NONE,
		.due_at = MOMENT_NONE,
		.deemed_at = run->deemed_at,
		.first_day = run->legs[0].first,
	};
	if (last->paused) {
		t->paused = true;
		t->left = last->left;
		t->left_unit = last->left_unit;
		t->left_extensions = run->facts->nextensions - (run->nlegs - 1);
		t->open = run->pauses[run->nactive - 1];
		return;
	}
	t->due_on = last->due_on;
	t->due_at = last->due_at;
	t->provisional = term_run_is_doubtful(run);
}

/* A paused term has no date that could be too early: MOMENT_NONE is later than any floor. */
static void raise_to_floor(const struct calendar *calendar, int64_t floor_at, struct term *t)
{
	t->floored = true;
	t->due_at = floor_at;
	t->due_on = calendar_day_of(calendar, floor_at - 1);
	t->provisional = t->provisional || !calendar_is_covered(calendar, t->due_on);
}

int term_compute(const struct calendar *calendar, const struct term_rule *rule,
	const struct term_facts *facts, struct term *ret_term)
{
	struct term_run run;
	struct term own, cap;
	int r = term_run_make(&run, calendar, rule, facts, false);

	if (r)
		return r;
	take_result(&run, &own);
	if (facts->cap) {
		r = term_run_make(&run, calendar, facts->cap, facts, true);
		if (r)
			return r;
		take_result(&run, &cap);
		/* MOMENT_NONE is later than any; on a tie the rule wins. */
		if (cap.due_at < own.due_at) {
			own = cap;
			own.capped = true;
		}
	}
	if (facts->has_floor && facts->floor_at > own.due_at)
		raise_to_floor(calendar, facts->floor_at, &own);
	*ret_term = own;
	return 0;
}

int term_run_winner(struct term_run *run, const struct calendar *calendar,
	const struct term_rule *rule, const struct term_facts *facts, const struct term *term)
{
	if (term->capped)
		return term_run_make(run, calendar, facts->cap, facts, true);
	return term_run_make(run, calendar, rule, facts, false);
}

int64_t term_working_days_late(
	const struct calendar *calendar, const struct term *term, int64_t now)
{
	if (term->due_at == MOMENT_NONE || now < term->due_at)
		return 0;
	return calendar_count_working(calendar, term->due_on + 1, calendar_day_of(calendar, now));
}

bool term_is_within(
	const struct calendar *calendar, const struct term_rule *span, int64_t from, int64_t until)
{
	struct term_rule rule = {
		.amount = span->amount, .unit = span->unit, .roll = TERM_ROLL_NONE};
	struct term_facts facts = {.start_at = from};
	struct term term;

	/* Beyond the end of days is within any span. */
	return term_compute(calendar, &rule, &facts, &term) != 0 || until < term.due_at;
}

/* What one pause takes away, in working days, in days, or in µs. */
static int64_t pause_length(
	const struct calendar *c, enum term_unit unit, const struct term_pause *p, int64_t now)
{
	int64_t until = p->until_at == MOMENT_NONE ? now : p->until_at;
	int32_t first = calendar_day_of(c, p->from_at) + !p->first_same_day;
	int32_t last = calendar_day_of(c, until) - p->resume_counts;

	if (unit == TERM_hour)
		return until > p->from_at ? until - p->from_at : 0;
	if (unit == TERM_working_hour)
		return calendar_working_time(c, p->from_at, until);
	if (unit == TERM_working_day)
		return calendar_count_working(c, first, last);
	return last < first ? 0 : (int64_t)last - first + 1;
}

bool term_pauses_exceed(const struct calendar *calendar, const struct term_rule *limit,
	const struct term_pause *pauses, size_t npauses, int64_t now)
{
	static const int32_t days[TERM_UNIT_COUNT] = {[TERM_day] = 1,
		[TERM_working_day] = 1,
		[TERM_week] = 7,
		[TERM_month] = 30,
		[TERM_year] = 365};
	int64_t most =
		limit->amount * (unit_is_hours(limit->unit) ? USEC_PER_HOUR : days[limit->unit]);
	int64_t sum = 0;

	for (size_t i = 0; i < npauses; i++) {
		if (pauses[i].effect != TERM_IS_NOTED)
			sum += pause_length(calendar, limit->unit, &pauses[i], now);
	}
	return sum > most;
}

bool term_extensions_exceed(const struct calendar *calendar, const struct term_rule *limit,
	int32_t due_on, const struct term_extension *extensions, size_t nextensions)
{
	struct term_rule rule = {
		.amount = limit->amount, .unit = limit->unit, .roll = TERM_ROLL_NONE};
	struct term_facts facts = {.start_at = calendar_day_starts(calendar, due_on + 1) - 1};
	struct term most, all;
	bool alike = true;
	int64_t sum = 0;

	for (size_t i = 0; i < nextensions; i++) {
		alike = alike && extensions[i].unit == limit->unit;
		sum += extensions[i].amount;
	}
	if (alike || nextensions == 0)
		return sum > limit->amount;
	/* Of different units: by where they lead from the date that they extend. */
	if (term_compute(calendar, &rule, &facts, &most))
		return false;
	rule.amount = extensions[0].amount;
	rule.unit = extensions[0].unit;
	facts.extensions = extensions + 1;
	facts.nextensions = nextensions - 1;
	return term_compute(calendar, &rule, &facts, &all) || all.due_at > most.due_at;
}

const char *term_unit_name(enum term_unit unit)
{
	static const char *const names[TERM_UNIT_COUNT] = {
#define X(name) [TERM_##name] = #name,
		TERM_UNITS(X)
#undef X
	};

	return names[unit];
}
