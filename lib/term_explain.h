/* Why a term ends when it does: day by day, and in one sentence (design: Deadlines, Explanation).
 */
#pragma once

#include "lib/term.h"

#define TERM_WHATS(X)                                                                              \
	X(counted)                                                                                 \
	X(weekend)                                                                                 \
	X(holiday) X(day_off) X(moved_workday) X(paused) X(rolled) X(extended) X(capped) X(floored)
enum term_what {
#define X(name) TERM_IS_##name,
	TERM_WHATS(X)
#undef X
		TERM_WHAT_COUNT,
};

/*
 * One run of days or of time. In day units the segments follow each other without a gap, and their
 * `count` (in days) adds up to due_on - first_day + 1: a roll backward counts negative, `capped` is
 * 0, and `floored` (our own addition) has the days from what decides to the floor. `counted` and
 * `moved_workday` add up to the rule's amount (weeks and months in days), `extended` to the
 * extensions'. In hours `count` is µs; nights and lunch are within the segments and count nothing.
 */
struct term_segment {
	enum term_what what;
	bool in_hours;
	bool doubtful;          /* some day of it is tentative or not covered */
	int32_t from_on, to_on; /* both included; a roll backward has to_on < from_on */
	int64_t from_at, to_at; /* in hours: [from_at, to_at) */
	int64_t count;
	char *why; /* owned; NULL: `what` says it all */
};

/* A day on which the date rests and which may yet change. */
struct term_doubt {
	int32_t from_on, to_on;
	bool tentative; /* else: not covered */
	char *source;   /* owned, or NULL */
};

struct term_trace {
	struct term_segment *segments;
	size_t nsegments;
	struct term_doubt *doubts;
	size_t ndoubts;
};

void term_trace_done(struct term_trace *trace);
#define _term_trace_                                                                               \
	_cleanup_(term_trace_done)                                                                 \
	struct term_trace
/* The arguments of a term_compute that returned 0, and its result. */
void term_trace(const struct calendar *calendar, const struct term_rule *rule,
	const struct term_facts *facts, const struct term *term, struct term_trace *ret_trace);

/* The segments: a JSON array. */
void text_add_term_segments(
	struct text *t, const struct term_trace *trace, const struct zone *zone);
/* What makes it provisional: a JSON array, empty where it is not. */
void text_add_term_doubts(struct text *t, const struct term_trace *trace);
/* One sentence to read out. `rule_version` 0: unnumbered. */
void text_add_term_sentence(struct text *t, const struct calendar *calendar,
	const struct term_rule *rule, int rule_version, const struct term_facts *facts,
	const struct term *term, const struct term_trace *trace, enum lang lang);
/*
 * All of it as one JSON object: {"explanation":[…],"provisional_because":[…],"sentence":{"ky","ru",
 * "en"}}, without the braces when `bare`.
 */
void text_add_term_explanation(struct text *t, bool bare, const struct calendar *calendar,
	const struct term_rule *rule, int rule_version, const struct term_facts *facts,
	const struct term *term);
/* `,"paused":true,"left":{…},"cure_by":…`: what a paused term has left, and until when the
 * applicant may end the pause. */
void text_add_term_left(struct text *t, const struct term *term);
/* "14 working days", "3 часа": an amount in words. */
void text_add_term_amount(struct text *t, int64_t amount, enum term_unit unit, enum lang lang);
/* So many days, or hours and minutes of so many µs, in words. */
void text_add_term_length(struct text *t, int64_t length, enum term_unit unit, enum lang lang);
/* "26 January 2026", "26 января 2026 года", "2026-жылдын 26-январы". */
void text_add_day(struct text *t, int32_t day, enum lang lang);
