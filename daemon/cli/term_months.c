/* A term as small month calendars: each day with a mark for what it was. */
#include "daemon/cli/term.h"

#define MONTHS_MAX 15 /* longer terms are better read as segments */
#define MARK_DUE   TERM_WHAT_COUNT
#define MARK_EVENT (TERM_WHAT_COUNT + 1)
#define MARK_FIRST (TERM_WHAT_COUNT + 2) /* the day of the event, which counts */
#define MARK_COUNT (TERM_WHAT_COUNT + 3)
#define BOLD       "\033[1m"
#define DIM        "\033[2m"

static const struct {
	char sign;
	enum word word;
	const char *paint; /* NULL: as it is */
} marks[MARK_COUNT] = {
	[TERM_IS_counted] = {'+', WORD_term_mark_counted},
	[TERM_IS_weekend] = {'.', WORD_term_mark_weekend, DIM},
	[TERM_IS_holiday] = {'h', WORD_term_mark_holiday, DIM},
	[TERM_IS_day_off] = {'o', WORD_term_mark_day_off, DIM},
	[TERM_IS_moved_workday] = {'m', WORD_term_mark_moved},
	[TERM_IS_paused] = {'p', WORD_term_mark_paused, DIM},
	[TERM_IS_rolled] = {'>', WORD_term_mark_rolled},
	[TERM_IS_extended] = {'x', WORD_term_mark_extended},
	[TERM_IS_floored] = {'~', WORD_term_mark_floored},
	[MARK_DUE] = {'!', WORD_term_mark_due, BOLD},
	[MARK_EVENT] = {'*', WORD_term_mark_event},
	[MARK_FIRST] = {'#', WORD_term_mark_first},
};

struct months {
	FILE *out;
	const struct term_case *c;
	const struct term *term;
	const struct term_trace *trace;
	enum lang lang;
	bool colour;
	bool used[MARK_COUNT];
};

/* What a day was; -1: it lies outside of the term. */
static int mark_of(const struct months *m, int32_t day)
{
	int mark = -1;

	if (day == m->term->due_on)
		return MARK_DUE;
	for (size_t i = 0; i < m->trace->nsegments; i++) {
		const struct term_segment *s = &m->trace->segments[i];
		bool back = s->to_on < s->from_on;

		if (s->what == TERM_IS_capped)
			continue;
		if (back ? day > s->to_on && day <= s->from_on
			 : day >= s->from_on && day <= s->to_on)
			mark = (int)s->what;
	}
	if (day != calendar_day_of(m->c->calendar, m->c->facts.start_at))
		return mark;
	return mark == TERM_IS_counted ? MARK_FIRST : MARK_EVENT;
}

static void print_weekdays(const struct months *m)
{
	const char *s = word_text(WORD_term_weekdays, m->lang);

	fputc(' ', m->out);
	for (; *s; s++) {
		fputc(*s, m->out);
		/* Names of two letters under numbers of two digits and a mark. */
		if (*s == ' ')
			fputc(' ', m->out);
	}
	fputc('\n', m->out);
}

static void print_day(struct months *m, int32_t number, int mark, bool ends)
{
	const char *paint = m->colour && mark >= 0 ? marks[mark].paint : NULL;

	if (mark >= 0)
		m->used[mark] = true;
	fprintf(m->out, "%s%3d", paint ? paint : "", number);
	if (mark >= 0 || !ends)
		fputc(mark < 0 ? ' ' : marks[mark].sign, m->out);
	fputs(paint ? "\033[0m" : "", m->out);
	if (ends)
		fputc('\n', m->out);
}

static void print_month(struct months *m, int32_t year, int32_t month)
{
	int32_t first = day_of_civil(year, month, 1);
	int32_t length = day_month_length(year, month);

	fprintf(m->out, "\n %04d-%02d\n", year, month);
	print_weekdays(m);
	fprintf(m->out, "%*s", 4 * (int)day_weekday(first), "");
	for (int32_t day = first; day < first + length; day++) {
		bool ends = day_weekday(day) == DAY_SUN || day + 1 == first + length;

		print_day(m, day - first + 1, mark_of(m, day), ends);
	}
}

static void print_legend(const struct months *m)
{
	fputc('\n', m->out);
	for (int i = 0; i < MARK_COUNT; i++) {
		if (m->used[i])
			fprintf(m->out, "  %c  %s\n", marks[i].sign,
				word_text(marks[i].word, m->lang));
	}
}

void term_months_print(
	FILE *out, const struct term_case *c, const struct term *term, enum lang lang, bool colour)
{
	_term_trace_ trace = {0};
	struct months m = {
		.out = out, .c = c, .term = term, .trace = &trace, .lang = lang, .colour = colour};
	struct civil from = day_civil(calendar_day_of(c->calendar, c->facts.start_at)), to;
	int32_t last = term->due_on, months;

	term_trace(c->calendar, &c->rule, &c->facts, term, &trace);
	for (size_t i = 0; i < trace.nsegments; i++) {
		const struct term_segment *s = &trace.segments[i];
		int32_t end = s->to_on == DAY_MAX ? s->from_on : s->to_on;

		last = end > last ? end : last;
		last = s->from_on > last ? s->from_on : last;
	}
	if (last == DAY_NONE)
		return;
	to = day_civil(last);
	months = (to.year - from.year) * 12 + to.month - from.month + 1;
	if (months > MONTHS_MAX)
		return;
	for (int32_t i = from.month - 1; i < from.month - 1 + months; i++)
		print_month(&m, from.year + i / 12, i % 12 + 1);
	print_legend(&m);
}
