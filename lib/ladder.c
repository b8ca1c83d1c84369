/* Ladders: reading the rungs, and finding the instant of each on the paused clock of its term. */
#include <stdio.h>

#include "lib/ladder.h"
#include "lib/term_parts.h"

#define RUNG_FORMAT "\"75%\", \"-3 working_day\", \"+4 hour\", \"0\""

static const char *const tos[] = {"officer", "head", "supervisor"};

const char *rung_to_name(enum rung_to to)
{
	return tos[to];
}

/* [+-]digits; gives the rest after it. */
static bool take_number(const char *s, int32_t *ret, const char **ret_rest)
{
	int32_t sign = *s == '-' ? -1 : 1, n = 0;
	const char *digits = s + (*s == '-' || *s == '+');

	for (s = digits; *s >= '0' && *s <= '9'; s++) {
		if (s - digits >= 5)
			return false;
		n = n * 10 + (*s - '0');
	}
	*ret = sign * n;
	*ret_rest = s;
	return s > digits;
}

static bool parse_at(const char *s, struct rung *rung)
{
	bool bare = *s != '+' && *s != '-';
	const char *rest;

	if (!take_number(s, &rung->n, &rest))
		return false;
	if (*rest == '\0') {
		rung->kind = RUNG_DUE;
		return rung->n == 0;
	}
	if (strcmp(rest, "%") == 0) {
		rung->kind = RUNG_PERCENT;
		return bare && rung->n >= 1 && rung->n <= 100;
	}
	rung->kind = strcmp(rest, " hour") == 0 ? RUNG_HOUR : RUNG_WORKING_DAY;
	if (rung->kind == RUNG_WORKING_DAY && strcmp(rest, " working_day") != 0)
		return false;
	return !bare && rung->n != 0;
}

static void read_rung(struct json_reader *r, struct rung *rung)
{
	const char *at = json_get_string(r, "at", JSON_REQUIRED, RUNG_TEXT_SIZE);
	int to;

	if (at && !parse_at(at, rung))
		json_reader_fault(r, "at", WORD_reason_bad_format, RUNG_FORMAT, NULL);
	to = json_get_enum(r, "to", JSON_OPTIONAL, tos, ARRAY_SIZE(tos));
	rung->to = to < 0 ? RUNG_TO_OFFICER : (enum rung_to)to;
	json_get_bool(r, "refire", JSON_OPTIONAL, &rung->refire);
}

static void wrong(struct faults *faults, const char *pointer, enum word reason, const char *detail)
{
	faults_add(faults, pointer, reason, detail, NULL);
}

int ladder_read(
	json_object *json, const char *pointer, struct faults *faults, struct ladder *ret_ladder)
{
	struct ladder ladder = {0};
	size_t before = faults->count;

	if (!json_object_is_type(json, json_type_array)) {
		wrong(faults, pointer, WORD_reason_wrong_type, "array");
		return 1;
	}
	if (json_object_array_length(json) > LADDER_RUNGS_MAX) {
		wrong(faults, pointer, WORD_reason_too_long, "16");
		return 1;
	}
	for (size_t i = 0; i < json_object_array_length(json); i++) {
		_free_ char *item = pointer_index(pointer, i);
		struct json_reader r;

		json_reader_init(&r, json_object_array_get_idx(json, i), item, faults);
		read_rung(&r, &ladder.rungs[ladder.count++]);
		json_reader_end(&r);
	}
	if (faults->count > before)
		return 1;
	*ret_ladder = ladder;
	return 0;
}

void rung_format(const struct rung *rung, char out[RUNG_TEXT_SIZE])
{
	switch (rung->kind) {
	case RUNG_PERCENT:
		snprintf(out, RUNG_TEXT_SIZE, "%d%%", rung->n);
		break;
	case RUNG_WORKING_DAY:
		snprintf(out, RUNG_TEXT_SIZE, "%+d working_day", rung->n);
		break;
	case RUNG_HOUR:
		snprintf(out, RUNG_TEXT_SIZE, "%+d hour", rung->n);
		break;
	case RUNG_DUE:
		strcpy(out, "0");
	}
}

/* The opening of a day; its first instant where it does not open. */
static int64_t opening(const struct calendar *c, int32_t day)
{
	const struct interval *intervals = NULL;

	if (!calendar_intervals(c, day, &intervals))
		return calendar_day_starts(c, day);
	return calendar_instant(c, day, intervals[0].from);
}

/* What extensions that a pause keeps from beginning will add, as long as they are of that kind:
 * months taken as 30 days, years as 365. */
static int64_t not_begun(const struct term_run *run, const struct term *term, bool hours)
{
	static const int32_t days[TERM_UNIT_COUNT] = {[TERM_day] = 1,
		[TERM_working_day] = 1,
		[TERM_week] = 7,
		[TERM_month] = 30,
		[TERM_year] = 365};
	const struct term_facts *f = run->facts;
	int64_t sum = 0;

	if (!term->paused)
		return 0;
	for (size_t i = f->nextensions - term->left_extensions; i < f->nextensions; i++) {
		const struct term_extension *e = &f->extensions[i];

		if (unit_is_hours(e->unit) != hours)
			break;
		sum += e->amount * (hours ? USEC_PER_HOUR : days[e->unit]);
	}
	return sum;
}

/*
 * The share of the term that is `percent`: over all legs where they are of one kind, days or hours;
 * an extension of the other kind lies behind the whole of the rule's own amount.
 */
static int percent_instant(
	const struct term_run *run, const struct term *term, int32_t percent, int64_t *ret_at)
{
	bool hours = run->legs[0].in_hours;
	int64_t all = 0, share, left = 0;
	size_t nalike = 0;
	int32_t day;
	int r;

	while (nalike < run->nlegs && run->legs[nalike].in_hours == hours)
		all += run->legs[nalike++].count;
	if (nalike == run->nlegs)
		all += not_begun(run, term, hours);
	share = hours ? all / 100 * percent + all % 100 * percent / 100
		      : (all * percent + 99) / 100;
	for (size_t i = 0; i < nalike; i++) {
		const struct leg *leg = &run->legs[i];

		if (share > leg->count) {
			share -= leg->count;
			continue;
		}
		if (hours)
			r = term_run_time(run, leg->works, leg->from_at, share, ret_at, &left);
		else
			r = term_run_nth(run, leg->works, leg->first, share, &day, &left);
		if (r)
			return RUNG_WAITING;
		if (!hours)
			*ret_at = opening(run->calendar, day);
		return 0;
	}
	return RUNG_WAITING;
}

/* The n-th working day that is not paused before (n < 0) or after due_on. */
static int working_day_instant(
	const struct term_run *run, const struct term *term, int32_t n, int64_t *ret_at)
{
	int32_t day = term->due_on;
	int64_t left;

	if (n > 0) {
		if (term_run_nth(run, true, day + 1, n, &day, &left))
			return RUNG_VOID;
		*ret_at = opening(run->calendar, day);
		return 0;
	}
	while (n < 0) {
		day = calendar_previous_working(run->calendar, day - 1, term->first_day - 1);
		/* A day before the first one is before the start, or is the start's own. */
		if (day == DAY_NONE)
			return RUNG_VOID;
		n += !term_run_paused(run, day);
	}
	*ret_at = opening(run->calendar, day);
	return 0;
}

int ladder_instant(const struct calendar *calendar, const struct term_rule *rule,
	const struct term_facts *facts, const struct term *term, const struct rung *rung,
	int64_t *ret_at)
{
	struct term_run run;
	int64_t at = term->due_at;
	int r = 0;

	if (term->paused && rung->kind != RUNG_PERCENT)
		return RUNG_WAITING;
	if (term_run_winner(&run, calendar, rule, facts, term))
		return RUNG_VOID;
	if (rung->kind == RUNG_PERCENT)
		r = percent_instant(&run, term, rung->n, &at);
	else if (rung->kind == RUNG_WORKING_DAY)
		r = working_day_instant(&run, term, rung->n, &at);
	else if (rung->kind == RUNG_HOUR)
		at += rung->n * USEC_PER_HOUR;
	if (r)
		return r;
	/* A cap may count from before the start. */
	if (at < term->deemed_at || at < facts->start_at)
		return RUNG_VOID;
	*ret_at = at;
	return 0;
}
