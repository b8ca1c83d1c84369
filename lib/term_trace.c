/* Why a term ends when it does, as data: the winner's legs walked day by day. */
#include "lib/term_explain.h"
#include "lib/term_parts.h"

void term_trace_done(struct term_trace *trace)
{
	for (size_t i = 0; i < trace->nsegments; i++)
		free(trace->segments[i].why);
	for (size_t i = 0; i < trace->ndoubts; i++)
		free(trace->doubts[i].source);
	free(trace->segments);
	free(trace->doubts);
	*trace = (struct term_trace){0};
}

static char *copy(const char *s)
{
	char *c = s && *s ? strdup(s) : NULL;

	if (s && *s && !c)
		abort();
	return c;
}

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Room for one more, doubling. */
static void *grow(void *items, size_t count, size_t size)
{
	if (count & (count - 1))
		return items;
	items = realloc(items, (count ? 2 * count : 1) * size);
	if (!items)
		abort();
	return items;
}

/* Adds a segment, or lengthens the last one where it is the same thing going on. */
static void add(struct term_trace *t, const struct term_segment *s)
{
	struct term_segment *last = t->nsegments ? &t->segments[t->nsegments - 1] : NULL;
	bool adjoins = last && last->in_hours == s->in_hours &&
		       (s->in_hours ? last->to_at == s->from_at : last->to_on + 1 == s->from_on);

	if (adjoins && last->what == s->what && last->doubtful == s->doubtful &&
		same(last->why, s->why)) {
		last->to_on = s->to_on;
		last->to_at = s->to_at;
		last->count += s->count;
		return;
	}
	t->segments = grow(t->segments, t->nsegments, sizeof(*t->segments));
	t->segments[t->nsegments] = *s;
	t->segments[t->nsegments++].why = copy(s->why);
}

static void add_days(struct term_trace *t, enum term_what what, int32_t first, int32_t last,
	bool doubtful, const char *why)
{
	struct term_segment s = {.what = what,
		.doubtful = doubtful,
		.from_on = first,
		.to_on = last,
		.count = last == DAY_MAX ? 0 : (int64_t)last - first + 1,
		.why = (char *)why};

	add(t, &s);
}

static enum term_what what_of(const struct day_facts *f)
{
	if (f->kind == DAY_HOLIDAY)
		return TERM_IS_holiday;
	return f->kind == DAY_DAY_OFF ? TERM_IS_day_off : TERM_IS_weekend;
}

/* The ground of the pause that `day` belongs to. */
static const char *ground_of(const struct term_run *run, int32_t day)
{
	const char *ground = "";

	for (size_t i = 0; i < run->nactive; i++) {
		int32_t first = calendar_day_of(run->calendar, run->pauses[i]->from_at);

		if (first + !run->pauses[i]->first_same_day <= day)
			ground = run->pauses[i]->ground;
	}
	return ground;
}

/* One run of paused days of first…last from `day` on; false: `day` is not paused. */
static bool trace_paused(
	const struct term_run *run, struct term_trace *t, int32_t *day, int32_t last, bool rests)
{
	const struct paused_days *paused = term_run_paused(run, *day);

	if (!paused)
		return false;
	if (paused->last == DAY_MAX)
		last = DAY_MAX;
	else if (paused->last < last)
		last = paused->last;
	add_days(t, TERM_IS_paused, *day, last,
		rests && last != DAY_MAX && calendar_is_in_doubt(run->calendar, *day, last),
		ground_of(run, *day));
	*day = last;
	return true;
}

/* "+5 working_day": which extension a day belongs to. */
static void extension_text(const struct leg *leg, char *out, size_t size)
{
	struct text t = TEXT_INIT;

	text_addf(&t, "+%d %s", leg->amount, term_unit_name(leg->unit));
	out[0] = '\0';
	strncat(out, t.data, size - 1);
	text_done(&t);
}

/* The days of counting: first…last, where an open pause may stand in the way. */
static void trace_counting(
	const struct term_run *run, const struct leg *leg, struct term_trace *t, int32_t last)
{
	bool rests = leg->works || (run->rule->min_working_days && !leg->is_extension);
	char extension[40] = "";

	if (leg->is_extension)
		extension_text(leg, extension, sizeof(extension));
	for (int32_t day = leg->first; day <= last; day++) {
		struct day_facts f;
		bool doubtful;

		if (trace_paused(run, t, &day, last, rests)) {
			if (day == DAY_MAX)
				return;
			continue;
		}
		f = calendar_day(run->calendar, day);
		doubtful = rests && (f.tentative || !f.covered);
		if (leg->works && !f.is_working)
			add_days(t, what_of(&f), day, day, doubtful, f.source);
		else if (leg->is_extension)
			add_days(t, TERM_IS_extended, day, day, doubtful, extension);
		else if (leg->works && f.moved)
			add_days(t, TERM_IS_moved_workday, day, day, doubtful, f.source);
		else
			add_days(t, TERM_IS_counted, day, day, doubtful, NULL);
	}
}

/* The days from `first` to `last` by which a last day moves on. */
static void trace_moving(const struct term_run *run, struct term_trace *t, int32_t first,
	int32_t last, const char *why)
{
	for (int32_t day = first; day <= last; day++) {
		if (trace_paused(run, t, &day, last, true)) {
			if (day == DAY_MAX)
				return;
			continue;
		}
		add_days(t, TERM_IS_rolled, day, day, calendar_is_in_doubt(run->calendar, day, day),
			why);
	}
}

static void trace_days(const struct term_run *run, const struct leg *leg, struct term_trace *t)
{
	struct term_segment back = {.what = TERM_IS_rolled, .why = (char *)"backward"};

	/* An open pause ends it: what lies behind that is on DAY_MAX. */
	trace_counting(run, leg, t, leg->counted_on);
	trace_moving(run, t, leg->counted_on + 1, leg->minimum_on, "min_working_days");
	trace_moving(run, t, leg->minimum_on + 1, leg->due_on, "forward");
	if (leg->due_on >= leg->minimum_on)
		return;
	back.from_on = leg->minimum_on;
	back.to_on = leg->due_on;
	back.count = (int64_t)leg->due_on - leg->minimum_on;
	back.doubtful = calendar_is_in_doubt(run->calendar, leg->due_on, leg->minimum_on);
	add(t, &back);
}

/* A stretch of hours on one civil day, or of any length where all hours count. */
static void add_hours(const struct term_run *run, struct term_trace *t, enum term_what what,
	int64_t from, int64_t until, int64_t count, bool doubtful, const char *why)
{
	struct term_segment s = {.what = what,
		.in_hours = true,
		.doubtful = doubtful,
		.from_on = calendar_day_of(run->calendar, from),
		.from_at = from,
		.to_at = until,
		.count = count,
		.why = (char *)why};

	s.to_on = until == MOMENT_NONE ? DAY_MAX : calendar_day_of(run->calendar, until - 1);
	add(t, &s);
}

/* Running time of a leg in working hours, split by what each day is. */
static void trace_working_hours(const struct term_run *run, const struct leg *leg,
	struct term_trace *t, int64_t from, int64_t until, const char *extension)
{
	while (from < until) {
		int32_t day = calendar_day_of(run->calendar, from);
		struct day_facts f = calendar_day(run->calendar, day);
		int64_t ends = calendar_day_starts(run->calendar, day + 1);
		enum term_what what = TERM_IS_counted;
		const char *why = NULL;

		/* The repeated hour of a clock that goes back over midnight stays with its day. */
		if (ends > until || ends <= from)
			ends = until;
		if (!f.is_working) {
			what = what_of(&f);
			why = f.source;
		} else if (leg->is_extension) {
			what = TERM_IS_extended;
			why = extension;
		} else if (f.moved) {
			what = TERM_IS_moved_workday;
			why = f.source;
		}
		add_hours(run, t, what, from, ends,
			calendar_working_time(run->calendar, from, ends), f.tentative || !f.covered,
			why);
		from = ends;
	}
}

static void trace_running(const struct term_run *run, const struct leg *leg, struct term_trace *t,
	int64_t from, int64_t until)
{
	char extension[40] = "";

	if (until <= from)
		return;
	if (leg->is_extension)
		extension_text(leg, extension, sizeof(extension));
	if (leg->works)
		trace_working_hours(run, leg, t, from, until, extension);
	else
		add_hours(run, t, leg->is_extension ? TERM_IS_extended : TERM_IS_counted, from,
			until, until - from, false, extension);
}

static void trace_hours(const struct term_run *run, const struct leg *leg, struct term_trace *t)
{
	int64_t at = leg->from_at, end = leg->paused ? MOMENT_NONE : leg->due_at;

	for (size_t i = 0; i < run->nactive && at < end; i++) {
		const struct term_pause *p = run->pauses[i];
		int64_t begins = p->from_at > at ? p->from_at : at, lost = 0;

		if (p->until_at <= at || begins >= end)
			continue;
		trace_running(run, leg, t, at, begins);
		if (p->until_at != MOMENT_NONE)
			lost = leg->works
				       ? calendar_working_time(run->calendar, begins, p->until_at)
				       : p->until_at - begins;
		add_hours(run, t, TERM_IS_paused, begins, p->until_at, lost, false, p->ground);
		at = p->until_at;
	}
	if (at < end && end != MOMENT_NONE)
		trace_running(run, leg, t, at, end);
}

/* Says that the cap decides, and what the rule would give without it. */
static void trace_cap(struct term_run *run, const struct calendar *c, const struct term_rule *rule,
	const struct term_facts *facts, const struct leg *capped, struct term_trace *t)
{
	char day[DAY_TEXT_SIZE] = "";
	struct term_segment s = {.what = TERM_IS_capped,
		.in_hours = unit_is_hours(facts->cap->unit),
		.from_on = capped->due_on,
		.to_on = capped->due_on,
		.from_at = capped->due_at,
		.to_at = capped->due_at,
		.why = day};

	if (term_run_make(run, c, rule, facts, false) == 0 && !term_run_last(run)->paused)
		day_format(term_run_last(run)->due_on, day);
	add(t, &s);
}

/* Adds those days of first…last that may change, each once. */
static void doubt(struct term_trace *t, const struct calendar *c, int32_t first, int32_t last)
{
	for (int32_t day = first; day <= last; day++) {
		struct term_doubt *before = t->ndoubts ? &t->doubts[t->ndoubts - 1] : NULL;
		struct day_facts f = calendar_day(c, day);

		if ((!f.tentative && f.covered) || (before && day <= before->to_on))
			continue;
		if (before && before->to_on + 1 == day && before->tentative == f.tentative &&
			(!f.tentative || same(before->source, f.source))) {
			before->to_on = day;
			continue;
		}
		t->doubts = grow(t->doubts, t->ndoubts, sizeof(*t->doubts));
		t->doubts[t->ndoubts++] = (struct term_doubt){
			day, day, f.tentative, copy(f.tentative ? f.source : NULL)};
	}
}

/* Says that lateness waits for the floor, and on which day the term runs out without it. */
static void trace_floor(const struct calendar *c, const struct leg *last, const struct term *term,
	struct term_trace *t)
{
	char day[DAY_TEXT_SIZE];
	struct term_segment s = {.what = TERM_IS_floored,
		.in_hours = last->in_hours,
		.from_on = last->due_on + 1,
		.to_on = term->due_on,
		.from_at = last->due_at,
		.to_at = term->due_at,
		.count = (int64_t)term->due_on - last->due_on,
		.why = day};

	if (s.in_hours)
		s.count = s.to_at - s.from_at;
	if (s.to_on < s.from_on)
		s.from_on = s.to_on; /* later on the same day */
	if (!calendar_is_covered(c, term->due_on)) {
		s.doubtful = true;
		doubt(t, c, term->due_on, term->due_on);
	}
	day_format(last->due_on, day);
	add(t, &s);
}

static void doubt_leg(const struct term_run *run, const struct leg *leg, struct term_trace *t)
{
	const struct term_rule *rule = run->rule;
	int32_t low = leg->minimum_on < leg->due_on ? leg->minimum_on : leg->due_on;
	int32_t high = leg->minimum_on < leg->due_on ? leg->due_on : leg->minimum_on;

	if (!leg->doubtful)
		return;
	if (leg->works || (!leg->in_hours && rule->min_working_days && !leg->is_extension))
		doubt(t, run->calendar, leg->first, leg->minimum_on);
	if (!leg->in_hours && leg->unit != TERM_working_day && rule->roll != TERM_ROLL_NONE)
		doubt(t, run->calendar, low, high);
	if (!leg->in_hours && rule->at_close)
		doubt(t, run->calendar, leg->due_on, leg->due_on);
	if (!calendar_is_covered(run->calendar, leg->due_on))
		doubt(t, run->calendar, leg->due_on, leg->due_on);
}

void term_trace(const struct calendar *calendar, const struct term_rule *rule,
	const struct term_facts *facts, const struct term *term, struct term_trace *ret_trace)
{
	struct term_run run;
	struct leg last;

	*ret_trace = (struct term_trace){0};
	if (term_run_winner(&run, calendar, rule, facts, term))
		return;
	if (run.deemed_doubtful && term->provisional)
		doubt(ret_trace, calendar, calendar_day_of(calendar, run.begun_at),
			calendar_day_of(calendar, run.deemed_at));
	for (size_t i = 0; i < run.nlegs; i++) {
		const struct leg *leg = &run.legs[i];

		if (leg->in_hours)
			trace_hours(&run, leg, ret_trace);
		else
			trace_days(&run, leg, ret_trace);
		if (term->provisional)
			doubt_leg(&run, leg, ret_trace);
	}
	last = *term_run_last(&run);
	if (term->capped)
		trace_cap(&run, calendar, rule, facts, &last, ret_trace);
	if (term->floored)
		trace_floor(calendar, &last, term, ret_trace);
}
