/* One rule over the facts: restarts, the deemed start, then leg after leg, each counted, rolled and
 * ended. */
#include "lib/term_parts.h"

/* Forgets what lies before the last closed restart, and what is only recorded. */
static void take_pauses(struct term_run *run)
{
	const struct term_facts *f = run->facts;
	size_t first = 0;

	run->begun_at = run->is_cap ? f->cap_start_at : f->start_at;
	run->npauses = run->nactive = run->npaused = 0;
	for (size_t i = 0; i < f->npauses; i++) {
		if (f->pauses[i].effect != TERM_RESTARTS || f->pauses[i].until_at == MOMENT_NONE)
			continue;
		run->begun_at = f->pauses[i].until_at;
		first = i + 1;
	}
	for (size_t i = first; i < f->npauses && run->npauses < TERM_PAUSES_MAX; i++) {
		if (f->pauses[i].effect != TERM_IS_NOTED)
			run->pauses[run->npauses++] = &f->pauses[i];
	}
}

/* The next pause joins those that count. */
static void activate_pause(struct term_run *run)
{
	const struct term_pause *p = run->pauses[run->nactive++];
	struct paused_days days = {
		.first = calendar_day_of(run->calendar, p->from_at) + !p->first_same_day,
		.last = DAY_MAX,
	};

	if (p->until_at != MOMENT_NONE)
		days.last = calendar_day_of(run->calendar, p->until_at) - p->resume_counts;
	/* Two pauses can share the day on which one ends and the other begins. */
	if (run->npaused && days.first <= run->paused[run->npaused - 1].last)
		days.first = run->paused[run->npaused - 1].last + 1;
	if (days.first <= days.last)
		run->paused[run->npaused++] = days;
}

/* after_hours: an event outside of the hours counts at the next working day's opening. */
static int deem(struct term_run *run)
{
	const struct calendar *c = run->calendar;
	const struct interval *intervals = NULL;
	int32_t day, next;
	size_t n;

	run->deemed_at = run->begun_at;
	run->deemed_doubtful = false;
	if (!run->rule->next_working_day)
		return 0;
	day = calendar_day_of(c, run->begun_at);
	n = calendar_intervals(c, day, &intervals);
	if (n && run->begun_at < calendar_instant(c, day, intervals[n - 1].until)) {
		run->deemed_doubtful = calendar_is_in_doubt(c, day, day);
		return 0;
	}
	next = calendar_nth_working(c, day + 1, 1);
	if (next == DAY_NONE || !calendar_intervals(c, next, &intervals))
		return TERM_BEYOND;
	run->deemed_at = calendar_instant(c, next, intervals[0].from);
	run->deemed_doubtful = calendar_is_in_doubt(c, day, next);
	return 0;
}

/* first day and number of days to count. */
static int measure_days(const struct term_run *run, struct leg *leg)
{
	bool same_day = run->rule->same_day && !leg->is_extension;
	int64_t months = leg->amount;
	bool missing = false;
	int32_t last;

	leg->first = leg->from_on + !same_day;
	switch (leg->unit) {
	case TERM_week:
		leg->count = (int64_t)7 * leg->amount;
		return 0;
	case TERM_year:
		months *= 12;
		_fallthrough_;
	case TERM_month:
		/*
		 * BGB section 188. Moving the last day on by the paused days until no further one
		 * is taken in is the same as counting so many unpaused days.
		 */
		last = day_add_months(leg->from_on, months, &missing);
		if (last == DAY_NONE)
			return TERM_BEYOND;
		leg->count = (int64_t)last - (same_day && !missing) - leg->first + 1;
		return 0;
	default:
		leg->count = leg->amount;
		return 0;
	}
}

static int count_minimum(const struct term_run *run, struct leg *leg)
{
	int32_t day = leg->counted_on;
	int r = 0;

	if (run->rule->min_working_days && !leg->is_extension)
		r = term_run_nth(
			run, true, leg->first, run->rule->min_working_days, &day, &leg->left);
	if (r == TERM_OPEN)
		leg->left_unit = TERM_working_day;
	if (r == 0)
		leg->minimum_on = day > leg->counted_on ? day : leg->counted_on;
	return r;
}

/* The last working day before the last one that is not paused, nor before the first day. */
static int32_t roll_backward(const struct term_run *run, const struct leg *leg)
{
	int32_t day = leg->minimum_on;

	while (day >= leg->first) {
		const struct paused_days *paused;

		day = calendar_previous_working(run->calendar, day, leg->first);
		if (day == DAY_NONE)
			break;
		paused = term_run_paused(run, day);
		if (!paused)
			return day;
		day = paused->first - 1;
	}
	return leg->minimum_on;
}

static int roll(const struct term_run *run, struct leg *leg)
{
	int64_t none = 0;
	int r;

	if (leg->unit == TERM_working_day || run->rule->roll == TERM_ROLL_NONE ||
		calendar_is_working(run->calendar, leg->minimum_on)) {
		leg->due_on = leg->minimum_on;
		return 0;
	}
	if (run->rule->roll == TERM_ROLL_BACKWARD) {
		leg->due_on = roll_backward(run, leg);
		return 0;
	}
	r = term_run_nth(run, true, leg->minimum_on + 1, 1, &leg->due_on, &none);
	if (r == TERM_OPEN)
		leg->left = 0;
	return r;
}

/* The page's list of what a date rests on. */
static bool rests_on_doubt(const struct term_run *run, const struct leg *leg)
{
	const struct calendar *c = run->calendar;
	const struct term_rule *rule = run->rule;
	int32_t low = leg->minimum_on < leg->due_on ? leg->minimum_on : leg->due_on;
	int32_t high = leg->minimum_on < leg->due_on ? leg->due_on : leg->minimum_on;

	if ((leg->works || (rule->min_working_days && !leg->is_extension)) &&
		calendar_is_in_doubt(c, leg->first, leg->minimum_on))
		return true;
	if (leg->unit != TERM_working_day && rule->roll != TERM_ROLL_NONE &&
		calendar_is_in_doubt(c, low, high))
		return true;
	if (rule->at_close && calendar_is_in_doubt(c, leg->due_on, leg->due_on))
		return true;
	return !calendar_is_covered(c, leg->due_on);
}

static int64_t end_of(const struct term_run *run, const struct leg *leg)
{
	const struct interval *intervals = NULL;
	size_t n;

	if (run->rule->at_close) {
		n = calendar_intervals(run->calendar, leg->due_on, &intervals);
		if (n) {
			int64_t closes = calendar_instant(
				run->calendar, leg->due_on, intervals[n - 1].until);

			if (closes > run->deemed_at)
				return closes;
		}
	}
	return calendar_day_starts(run->calendar, leg->due_on + 1);
}

static int run_days(const struct term_run *run, struct leg *leg)
{
	int r;

	leg->works = leg->unit == TERM_working_day;
	leg->left_unit = leg->works ? TERM_working_day : TERM_day;
	leg->counted_on = leg->minimum_on = leg->due_on = DAY_MAX;
	r = measure_days(run, leg);
	if (r == 0)
		r = term_run_nth(
			run, leg->works, leg->first, leg->count, &leg->counted_on, &leg->left);
	if (r == 0)
		r = count_minimum(run, leg);
	if (r == 0)
		r = roll(run, leg);
	if (r)
		return r;
	leg->doubtful = rests_on_doubt(run, leg);
	leg->due_at = end_of(run, leg);
	return 0;
}

static int run_hours(const struct term_run *run, struct leg *leg)
{
	const struct calendar *c = run->calendar;
	int r;

	leg->works = leg->unit == TERM_working_hour;
	leg->left_unit = leg->unit;
	leg->count = leg->amount * USEC_PER_HOUR;
	leg->first = calendar_day_of(c, leg->from_at);
	r = term_run_time(run, leg->works, leg->from_at, leg->count, &leg->due_at, &leg->left);
	if (r)
		return r;
	leg->due_on = calendar_day_of(c, leg->due_at - 1);
	leg->counted_on = leg->minimum_on = leg->due_on;
	leg->doubtful = !calendar_is_covered(c, leg->due_on) ||
			(leg->works && calendar_is_in_doubt(c, leg->first, leg->due_on));
	return 0;
}

/* Fills the leg from where the one before it ended. */
static int run_leg(
	struct term_run *run, int32_t amount, enum term_unit unit, int32_t from_on, int64_t from_at)
{
	struct leg *leg = &run->legs[run->nlegs];
	int r;

	leg->amount = amount;
	leg->unit = unit;
	leg->in_hours = unit_is_hours(unit);
	leg->is_extension = run->nlegs > 0;
	leg->doubtful = leg->paused = false;
	leg->from_on = from_on;
	leg->from_at = from_at;
	run->nlegs++;
	r = leg->in_hours ? run_hours(run, leg) : run_days(run, leg);
	if (r == TERM_OPEN) {
		leg->paused = true;
		return 0;
	}
	return r;
}

static int run_legs(struct term_run *run)
{
	const struct term_facts *f = run->facts;
	size_t n = run->is_cap ? 0 : f->nextensions;
	int r;

	run->nlegs = 0;
	r = run_leg(run, run->rule->amount, run->rule->unit,
		calendar_day_of(run->calendar, run->deemed_at), run->deemed_at);
	for (size_t i = 0; r == 0 && i < n && i < TERM_EXTENSIONS_MAX; i++) {
		const struct leg *before = term_run_last(run);

		if (before->paused)
			break;
		r = run_leg(run, f->extensions[i].amount, f->extensions[i].unit, before->due_on,
			before->due_at);
	}
	return r;
}

/* An open pause that begins on the last day finds nothing left to count, and yet there is no date
 * now: it begins before the term has run out. */
static void pause_last(struct term_run *run)
{
	struct leg *last = &run->legs[run->nlegs - 1];

	if (last->paused || run->pauses[run->nactive - 1]->until_at != MOMENT_NONE)
		return;
	last->paused = true;
	last->left = 0;
	last->due_on = DAY_MAX;
}

int term_run_make(struct term_run *run, const struct calendar *calendar,
	const struct term_rule *rule, const struct term_facts *facts, bool is_cap)
{
	int r;

	run->calendar = calendar;
	run->rule = rule;
	run->facts = facts;
	run->is_cap = is_cap;
	take_pauses(run);
	r = deem(run);
	if (r == 0)
		r = run_legs(run);
	/* A pause that begins when the term has run out changes nothing: so they join one by one.
	 */
	while (r == 0 && run->nactive < run->npauses && !term_run_last(run)->paused &&
		run->pauses[run->nactive]->from_at < term_run_last(run)->due_at) {
		activate_pause(run);
		r = run_legs(run);
		if (r == 0)
			pause_last(run);
	}
	return r;
}

bool term_run_is_doubtful(const struct term_run *run)
{
	if (run->deemed_doubtful)
		return true;
	for (size_t i = 0; i < run->nlegs; i++) {
		if (run->legs[i].doubtful)
			return true;
	}
	return false;
}
