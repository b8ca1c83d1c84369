/* Why a term ends when it does, in one sentence that a clerk can read out. */
#include <stdio.h>

#include "lib/term_explain.h"
#include "lib/term_parts.h"

#define DOUBTS_NAMED 3

static enum word plural(int64_t n, enum lang lang, enum word one)
{
	int64_t tens = n % 100, ones = n % 10;

	/* The three rows of a unit stand together: one, few, many. */
	if (lang != LANG_RU)
		return (enum word)(one + (n == 1 ? 0 : 2));
	if (ones == 1 && tens != 11)
		return one;
	return (enum word)(one + (ones >= 2 && ones <= 4 && (tens < 12 || tens > 14) ? 1 : 2));
}

void text_add_term_amount(struct text *t, int64_t amount, enum term_unit unit, enum lang lang)
{
	static const enum word ones[TERM_UNIT_COUNT] = {
#define X(name) [TERM_##name] = WORD_term_##name##_one,
		TERM_UNITS(X)
#undef X
	};

	text_addf(t, "%lld ", (long long)amount);
	text_adds(t, word_text(plural(amount, lang, ones[unit]), lang));
}

void text_add_day(struct text *t, int32_t day, enum lang lang)
{
	struct civil c = day_civil(day);
	char number[16], year[16];
	const char *args[] = {
		number, word_text((enum word)(WORD_term_january + c.month - 1), lang), year};

	snprintf(number, sizeof(number), "%d", c.day);
	snprintf(year, sizeof(year), "%d", c.year);
	text_add_word(t, WORD_term_date, lang, args, ARRAY_SIZE(args));
}

static void add_moment(struct text *t, int64_t at, const struct zone *zone, enum lang lang)
{
	char iso[MOMENT_TEXT_SIZE], clock[9];
	_text_ day = TEXT_INIT;
	const char *args[2];

	moment_format(at, zone, iso);
	/* Seconds only where there are any. */
	memcpy(clock, iso + 11, 8);
	clock[memcmp(iso + 17, "00", 2) == 0 ? 5 : 8] = '\0';
	text_add_day(&day, zone_day(zone, at), lang);
	args[0] = day.data;
	args[1] = clock;
	text_add_word(t, WORD_term_moment, lang, args, 2);
}

/* What one sentence is made of. */
struct sentence {
	struct text *t;
	const struct calendar *calendar;
	const struct term_rule *rule;
	const struct term_facts *facts;
	const struct term *term;
	const struct term_trace *trace;
	enum lang lang;
};

static void clause(const struct sentence *s, enum word word, const char *arg0, const char *arg1)
{
	const char *args[] = {arg0, arg1};

	text_adds(s->t, "; ");
	text_add_word(s->t, word, s->lang, args, ARRAY_SIZE(args));
}

static void clause_amount(
	const struct sentence *s, enum word word, int64_t amount, enum term_unit unit)
{
	_text_ t = TEXT_INIT;

	text_add_term_amount(&t, amount, unit, s->lang);
	clause(s, word, t.data, NULL);
}

static void clause_moment(const struct sentence *s, enum word word, int64_t at)
{
	_text_ t = TEXT_INIT;

	add_moment(&t, at, calendar_zone(s->calendar), s->lang);
	clause(s, word, t.data, NULL);
}

static void clause_number(const struct sentence *s, enum word word, int64_t n)
{
	char number[24];

	snprintf(number, sizeof(number), "%lld", (long long)n);
	clause(s, word, number, NULL);
}

void text_add_term_length(struct text *t, int64_t length, enum term_unit unit, enum lang lang)
{
	int64_t minutes = length / USEC_PER_MIN;

	if (!unit_is_hours(unit)) {
		text_add_term_amount(t, length, unit, lang);
		return;
	}
	text_add_term_amount(t, minutes / 60, unit, lang);
	if (minutes % 60)
		text_addf(t, " %lld %s", (long long)(minutes % 60),
			word_text(plural(minutes % 60, lang, WORD_term_minute_one), lang));
}

/* Where only a day is known, its first instant stands for it. */
static void add_start(const struct sentence *s, struct text *t, int64_t at)
{
	int32_t day = calendar_day_of(s->calendar, at);

	if (at == calendar_day_starts(s->calendar, day))
		text_add_day(t, day, s->lang);
	else
		add_moment(t, at, calendar_zone(s->calendar), s->lang);
}

static void add_main(const struct sentence *s)
{
	const struct zone *zone = calendar_zone(s->calendar);
	const struct term *term = s->term;
	_text_ amount = TEXT_INIT, start = TEXT_INIT, last = TEXT_INIT, late = TEXT_INIT;
	const char *args[4];
	enum word word = WORD_term_main_days;

	text_add_term_amount(&amount, s->rule->amount, s->rule->unit, s->lang);
	add_start(s, &start, s->facts->start_at);
	if (term->paused) {
		word = WORD_term_main_paused;
		add_moment(&last, term->open->from_at, zone, s->lang);
		text_add_term_length(&late, term->left, term->left_unit, s->lang);
	} else if (term->due_at != calendar_day_starts(s->calendar, term->due_on + 1)) {
		word = WORD_term_main_hours;
		add_moment(&last, term->due_at, zone, s->lang);
		text_adds(&late, "");
	} else {
		text_add_day(&last, term->due_on, s->lang);
		add_moment(&late, term->due_at, zone, s->lang);
	}
	args[0] = amount.data;
	args[1] = start.data;
	args[2] = last.data;
	args[3] = late.data;
	text_add_word(s->t, word, s->lang, args, ARRAY_SIZE(args));
}

static void add_cure_by(const struct sentence *s)
{
	_text_ t = TEXT_INIT;
	int32_t day;
	int64_t at;

	if (!s->term->paused || !*s->term->open->cure_by)
		return;
	if (day_parse(span_of(s->term->open->cure_by), &day))
		text_add_day(&t, day, s->lang);
	else if (moment_parse(span_of(s->term->open->cure_by), &at, NULL))
		add_moment(&t, at, calendar_zone(s->calendar), s->lang);
	else
		return;
	clause(s, WORD_term_cure_by, t.data, NULL);
}

static void add_begin(const struct sentence *s)
{
	const struct term_facts *f = s->facts;
	int64_t start_at = s->term->capped ? f->cap_start_at : f->start_at, begun = start_at;

	for (size_t i = 0; i < f->npauses; i++) {
		if (f->pauses[i].effect == TERM_RESTARTS && f->pauses[i].until_at != MOMENT_NONE)
			begun = f->pauses[i].until_at;
	}
	if (begun != start_at)
		clause_moment(s, WORD_term_restarted, begun);
	if (s->term->deemed_at != begun)
		clause_moment(s, WORD_term_deemed, s->term->deemed_at);
}

/* "not counted: weekend days: 8, holidays: 7", and what was counted though it looks free. */
static void add_counts(const struct sentence *s)
{
	static const struct {
		enum term_what what;
		enum word word;
	} rows[] = {
		{TERM_IS_weekend, WORD_term_skipped_weekend},
		{TERM_IS_holiday, WORD_term_skipped_holiday},
		{TERM_IS_day_off, WORD_term_skipped_day_off},
		{TERM_IS_paused, WORD_term_skipped_paused},
	};
	int64_t days[TERM_WHAT_COUNT] = {0};
	_text_ t = TEXT_INIT;

	for (size_t i = 0; i < s->trace->nsegments; i++) {
		if (!s->trace->segments[i].in_hours)
			days[s->trace->segments[i].what] += s->trace->segments[i].count;
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char number[24];
		const char *args[] = {number};

		if (!days[rows[i].what])
			continue;
		snprintf(number, sizeof(number), "%lld", (long long)days[rows[i].what]);
		text_adds(&t, t.len ? ", " : "");
		text_add_word(&t, rows[i].word, s->lang, args, 1);
	}
	if (t.len)
		clause(s, WORD_term_skipped, t.data, NULL);
	if (days[TERM_IS_moved_workday])
		clause_number(s, WORD_term_moved, days[TERM_IS_moved_workday]);
}

/* Hours that pauses took, of the kind that the rule counts in. */
static void add_paused_time(const struct sentence *s)
{
	const struct term_rule *rule = s->term->capped ? s->facts->cap : s->rule;
	_text_ t = TEXT_INIT;
	int64_t lost = 0;

	for (size_t i = 0; i < s->trace->nsegments; i++) {
		const struct term_segment *g = &s->trace->segments[i];

		if (g->in_hours && g->what == TERM_IS_paused)
			lost += g->count;
	}
	if (lost < USEC_PER_MIN)
		return;
	text_add_term_length(&t, lost, unit_is_hours(rule->unit) ? rule->unit : TERM_hour, s->lang);
	clause(s, WORD_term_paused_time, t.data, NULL);
}

/* `last_on`: the last day before it moved. */
static void clause_roll(const struct sentence *s, const struct term_segment *g, int32_t last_on)
{
	const struct term_rule *rule = s->term->capped ? s->facts->cap : s->rule;
	_text_ t = TEXT_INIT;

	if (strcmp(g->why, "min_working_days") == 0) {
		clause_amount(s, WORD_term_minimum, rule->min_working_days, TERM_working_day);
		return;
	}
	text_add_day(&t, last_on, s->lang);
	clause(s, g->count < 0 ? WORD_term_rolled_backward : WORD_term_rolled_forward, t.data,
		NULL);
}

/* Each move of a last day once, though doubts and pauses cut it into several segments. */
static void add_rolls(const struct sentence *s)
{
	const struct term_segment *before = NULL;

	for (size_t i = 0; i < s->trace->nsegments; i++) {
		const struct term_segment *g = &s->trace->segments[i];

		if (g->what == TERM_IS_paused)
			continue;
		if (g->what == TERM_IS_rolled && before &&
			(before->what != g->what || strcmp(before->why, g->why) != 0))
			clause_roll(s, g, before->to_on);
		before = g;
	}
}

/* "30 days", and from when where the rule counts from something else. */
static void add_cap(const struct sentence *s, struct text *t)
{
	const struct term_facts *f = s->facts;
	_text_ start = TEXT_INIT;

	text_add_term_amount(t, f->cap->amount, f->cap->unit, s->lang);
	if (f->cap_start_at == f->start_at)
		return;
	add_start(s, &start, f->cap_start_at);
	text_add_word(t, WORD_term_beginning, s->lang, (const char *[]){start.data}, 1);
}

static void add_acts(const struct sentence *s)
{
	const struct term_facts *f = s->facts;
	const struct term_segment *last;
	_text_ amount = TEXT_INIT, alone = TEXT_INIT;
	int32_t day;

	for (size_t i = 0; i < f->nextensions; i++)
		clause_amount(
			s, WORD_term_extension, f->extensions[i].amount, f->extensions[i].unit);
	if (!s->term->capped || !s->trace->nsegments)
		return;
	last = &s->trace->segments[s->trace->nsegments - 1];
	add_cap(s, &amount);
	if (!last->why || !day_parse(span_of(last->why), &day)) {
		clause(s, WORD_term_capped_paused, amount.data, NULL);
		return;
	}
	text_add_day(&alone, day, s->lang);
	clause(s, WORD_term_capped, amount.data, alone.data);
}

/* What the term would be without the floor: the segment has it, as a day or as a moment. */
static void add_floor(const struct sentence *s)
{
	const struct term_segment *last;
	_text_ alone = TEXT_INIT, floor = TEXT_INIT;
	int32_t day;

	if (!s->term->floored || !s->trace->nsegments)
		return;
	last = &s->trace->segments[s->trace->nsegments - 1];
	if (!day_parse(span_of(last->why), &day))
		return;
	if (last->from_at == calendar_day_starts(s->calendar, day + 1))
		text_add_day(&alone, day, s->lang);
	else
		add_moment(&alone, last->from_at, calendar_zone(s->calendar), s->lang);
	add_moment(&floor, s->term->due_at, calendar_zone(s->calendar), s->lang);
	clause(s, WORD_term_floored, alone.data, floor.data);
}

static void add_versions(const struct sentence *s, int rule_version)
{
	char number[16];

	if (rule_version)
		clause_number(s, WORD_term_rule_version, rule_version);
	if (!*calendar_code(s->calendar))
		return;
	snprintf(number, sizeof(number), "%d", calendar_version(s->calendar));
	clause(s, calendar_version(s->calendar) ? WORD_term_calendar_version : WORD_term_calendar,
		calendar_code(s->calendar), number);
}

static void add_doubt(const struct sentence *s, const struct term_doubt *d, struct text *t)
{
	_text_ days = TEXT_INIT, from = TEXT_INIT, to = TEXT_INIT;
	const char *args[2];
	enum word word = WORD_term_doubt_not_covered;

	text_add_day(&from, d->from_on, s->lang);
	text_add_day(&to, d->to_on, s->lang);
	args[0] = from.data;
	args[1] = to.data;
	if (d->from_on == d->to_on)
		text_adds(&days, from.data);
	else
		text_add_word(&days, WORD_term_days_range, s->lang, args, 2);
	if (d->tentative)
		word = d->source ? WORD_term_doubt_tentative_source : WORD_term_doubt_tentative;
	args[0] = days.data;
	args[1] = d->source;
	text_add_word(t, word, s->lang, args, 2);
}

static void add_doubts(const struct sentence *s)
{
	_text_ t = TEXT_INIT;

	if (!s->term->provisional)
		return;
	for (size_t i = 0; i < s->trace->ndoubts && i < DOUBTS_NAMED; i++) {
		text_adds(&t, i ? ", " : "");
		add_doubt(s, &s->trace->doubts[i], &t);
	}
	if (s->trace->ndoubts > DOUBTS_NAMED)
		text_adds(&t, ", …");
	text_adds(&t, "");
	clause(s, WORD_term_provisional, t.data, NULL);
}

void text_add_term_sentence(struct text *t, const struct calendar *calendar,
	const struct term_rule *rule, int rule_version, const struct term_facts *facts,
	const struct term *term, const struct term_trace *trace, enum lang lang)
{
	const struct sentence s = {t, calendar, rule, facts, term, trace, lang};

	add_main(&s);
	add_cure_by(&s);
	add_begin(&s);
	add_counts(&s);
	add_paused_time(&s);
	add_rolls(&s);
	add_acts(&s);
	add_floor(&s);
	add_versions(&s, rule_version);
	add_doubts(&s);
	text_add_char(t, '.');
}
