/* Counting on the paused clock: the n-th day, and the instant at which so many hours have run. */
#include "lib/term_parts.h"

const struct paused_days *term_run_paused(const struct term_run *run, int32_t day)
{
	for (size_t i = 0; i < run->npaused; i++) {
		if (day >= run->paused[i].first && day <= run->paused[i].last)
			return &run->paused[i];
	}
	return NULL;
}

static int64_t count_days(const struct calendar *c, bool works, int32_t first, int32_t last)
{
	if (last < first)
		return 0;
	return works ? calendar_count_working(c, first, last) : (int64_t)last - first + 1;
}

static int nth_day(const struct calendar *c, bool works, int32_t from, int64_t n, int32_t *ret_day)
{
	int64_t day = works ? calendar_nth_working(c, from, n) : from + n - 1;

	/* The day after must exist too: it is the first instant too late. */
	if (day == DAY_NONE || day >= DAY_MAX)
		return TERM_BEYOND;
	*ret_day = (int32_t)day;
	return 0;
}

int term_run_nth(const struct term_run *run, bool works, int32_t from, int64_t n, int32_t *ret_day,
	int64_t *ret_left)
{
	for (size_t i = 0; i < run->npaused; i++) {
		const struct paused_days *p = &run->paused[i];
		int64_t running;

		if (p->last < from)
			continue;
		running = count_days(run->calendar, works, from, p->first - 1);
		if (running >= n)
			break;
		n -= running;
		if (p->last == DAY_MAX) {
			*ret_left = n;
			return TERM_OPEN;
		}
		from = p->last + 1;
	}
	return nth_day(run->calendar, works, from, n, ret_day);
}

/*
 * Lets working time run from `from` towards `until`, at most *count of it. Takes what ran from
 * *count and gives the instant at which *count reached 0, or `until`.
 */
static int64_t advance_working(
	const struct calendar *c, int64_t from, int64_t until, int64_t *count)
{
	int32_t day = calendar_day_of(c, from);

	while (day != DAY_NONE && day < DAY_MAX && calendar_day_starts(c, day) < until) {
		const struct interval *intervals = NULL;
		size_t n = calendar_intervals(c, day, &intervals);

		for (size_t i = 0; i < n; i++) {
			int64_t opens = calendar_instant(c, day, intervals[i].from);
			int64_t closes = calendar_instant(c, day, intervals[i].until);

			opens = opens < from ? from : opens;
			closes = closes > until ? until : closes;
			if (closes <= opens)
				continue;
			if (*count <= closes - opens) {
				opens += *count;
				*count = 0;
				return opens;
			}
			*count -= closes - opens;
		}
		day = calendar_nth_working(c, day + 1, 1);
	}
	return until;
}

static int64_t advance(
	const struct calendar *c, bool works, int64_t from, int64_t until, int64_t *count)
{
	int64_t run;

	if (works)
		return advance_working(c, from, until, count);
	run = *count < until - from ? *count : until - from;
	*count -= run;
	return from + run;
}

int64_t calendar_working_time(const struct calendar *c, int64_t from, int64_t until)
{
	int64_t count = INT64_MAX;

	if (until <= from)
		return 0;
	advance_working(c, from, until, &count);
	return INT64_MAX - count;
}

int term_run_time(const struct term_run *run, bool works, int64_t from, int64_t count,
	int64_t *ret_at, int64_t *ret_left)
{
	for (size_t i = 0; i < run->nactive; i++) {
		const struct term_pause *p = run->pauses[i];

		if (p->until_at <= from)
			continue;
		if (p->from_at > from) {
			from = advance(run->calendar, works, from, p->from_at, &count);
			if (count == 0)
				break;
		}
		if (p->until_at == MOMENT_NONE) {
			*ret_left = count;
			return TERM_OPEN;
		}
		from = p->until_at;
	}
	if (count)
		from = advance(run->calendar, works, from, MOMENT_MAX, &count);
	if (count || from > MOMENT_MAX - USEC_PER_DAY)
		return TERM_BEYOND;
	*ret_at = from;
	return 0;
}
