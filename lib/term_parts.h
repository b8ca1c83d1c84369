/* One rule being worked out, leg by leg: shared by computing, explaining and ladders, by no one
 * else. */
#pragma once

#include "lib/term.h"

/* Days first…last that do not count; an open pause ends on DAY_MAX. */
struct paused_days {
	int32_t first, last;
};

/* The rule's own amount, or one extension. */
struct leg {
	int32_t amount;
	enum term_unit unit;
	bool in_hours, is_extension;
	bool works;      /* counts working days or hours, not all */
	bool doubtful;   /* rests on a day that is tentative or not covered, or ends on one not
			    covered */
	bool paused;     /* an open pause stands in it; then the days below that lie behind it are
			    DAY_MAX, and the moments not set */
	int32_t from_on; /* S, or due_on of the leg before */
	int64_t from_at; /* in hours: where counting begins */
	int32_t first;   /* the first day */
	int64_t count;   /* days that must count, or µs */
	int32_t counted_on; /* the last of them */
	int32_t minimum_on; /* the same after min_working_days */
	int32_t due_on;     /* after the roll */
	int64_t due_at;
	int64_t left; /* when paused: what has not counted yet */
	enum term_unit left_unit;
};

struct term_run {
	const struct calendar *calendar;
	const struct term_rule *rule;
	const struct term_facts *facts;
	bool is_cap;       /* the cap counts from a start of its own, and is not extended */
	int64_t begun_at;  /* the start, or the end of the last restart */
	int64_t deemed_at; /* the same after after_hours */
	bool deemed_doubtful;
	/* Those that still matter, in order; the first `nactive` begin before the term runs out. */
	const struct term_pause *pauses[TERM_PAUSES_MAX];
	size_t npauses, nactive;
	struct paused_days paused[TERM_PAUSES_MAX]; /* of the active ones: apart, in order */
	size_t npaused;
	struct leg legs[1 + TERM_EXTENSIONS_MAX];
	size_t nlegs;
};

/* Works out one rule over the facts, or their cap. Returns 0 or TERM_BEYOND. */
_must_check_ int term_run_make(struct term_run *run, const struct calendar *calendar,
	const struct term_rule *rule, const struct term_facts *facts, bool is_cap);
/* The run that decides in a term that has been computed: the rule's, or the cap's. */
_must_check_ int term_run_winner(struct term_run *run, const struct calendar *calendar,
	const struct term_rule *rule, const struct term_facts *facts, const struct term *term);
static inline const struct leg *term_run_last(const struct term_run *run)
{
	return &run->legs[run->nlegs - 1];
}
bool term_run_is_doubtful(const struct term_run *run);

static inline bool unit_is_hours(enum term_unit unit)
{
	return unit == TERM_hour || unit == TERM_working_hour;
}

/* The paused days that `day` lies in; NULL: none. */
const struct paused_days *term_run_paused(const struct term_run *run, int32_t day);
/*
 * The n-th day from `from` on that is not paused, and is working where `works`. 0, TERM_BEYOND, or
 * TERM_OPEN with what was still missing in *ret_left.
 */
enum { TERM_OPEN = 2 };
_must_check_ int term_run_nth(const struct term_run *run, bool works, int32_t from, int64_t n,
	int32_t *ret_day, int64_t *ret_left);
/* The same for time: the instant at which `count` µs from `from` have run, of working hours where
 * `works`. */
_must_check_ int term_run_time(const struct term_run *run, bool works, int64_t from, int64_t count,
	int64_t *ret_at, int64_t *ret_left);
/* Working time of [from, until), in µs. */
int64_t calendar_working_time(const struct calendar *c, int64_t from, int64_t until);
