/* The deadline calculus: from a rule, a calendar and the facts to the instant that is too late
 * (design: Deadlines). */
#pragma once

#include "lib/calendar.h"
#include "lib/wire.h"

#define TERM_UNITS(X) X(hour) X(working_hour) X(day) X(working_day) X(week) X(month) X(year)
enum term_unit {
#define X(name) TERM_##name,
	TERM_UNITS(X)
#undef X
		TERM_UNIT_COUNT,
};

/* Which fact starts the term; `stage` with its kind: when that deadline stopped. */
#define TERM_STARTS(X) X(received) X(registered) X(complete) X(paid) X(forwarded) X(decided)
enum term_start {
	TERM_START_UNSTATED, /* the rule does not say; the stage's nature decides */
#define X(name) TERM_START_##name,
	TERM_STARTS(X)
#undef X
		TERM_START_STAGE,
};

enum term_roll { TERM_ROLL_FORWARD, TERM_ROLL_NONE, TERM_ROLL_BACKWARD };
enum term_calendar { TERM_CALENDAR_AGENCY, TERM_CALENDAR_OFFICE, TERM_CALENDAR_CODE };

#define TERM_AMOUNT_MAX 100000

/* All defaults of the page are zero. Holds no memory; copy it freely. */
struct term_rule {
	int32_t amount;
	enum term_unit unit;
	enum term_start start;
	enum kezek_deadline_kind start_stage; /* with TERM_START_STAGE */
	bool same_day;                        /* offset */
	bool next_working_day;                /* after_hours */
	bool at_close;                        /* end */
	enum term_roll roll;
	int32_t min_working_days;
	enum term_calendar calendar_of;
	char calendar_code[CALENDAR_CODE_SIZE]; /* with TERM_CALENDAR_CODE */
};

enum term_effect { TERM_PAUSES, TERM_RESTARTS, TERM_IS_NOTED }; /* pause, restart, none */

struct term_pause {
	int64_t from_at;
	int64_t until_at; /* MOMENT_NONE: open */
	enum term_effect effect;
	bool first_same_day; /* first_paused */
	bool resume_counts;
	char ground[CALENDAR_CODE_SIZE];
	char cure_by[MOMENT_TEXT_SIZE]; /* a day or a moment as it was given; "" for none */
};

struct term_extension {
	int32_t amount;
	enum term_unit unit;
};

#define TERM_PAUSES_MAX     256
#define TERM_EXTENSIONS_MAX 64

/* What happened. Pauses stand in the order of `from_at` and do not overlap (term_pauses_check). */
struct term_facts {
	int64_t start_at;
	const struct term_pause *pauses;
	size_t npauses;
	const struct term_extension *extensions;
	size_t nextensions;
	const struct term_rule *cap; /* or NULL */
	int64_t cap_start_at;        /* what the cap counts from, where there is one */
	bool has_floor;
	int64_t floor_at; /* lateness never begins before: when a calendar's change was recorded */
};

struct term {
	int32_t due_on; /* the last lawful civil day; DAY_NONE while paused */
	int64_t due_at; /* the first instant that is too late; MOMENT_NONE while paused */
	bool provisional;
	bool paused;       /* by an open pause, so that there is no date now */
	bool capped;       /* the cap is what decides */
	bool floored;      /* due_at is the facts' floor_at, since what decides gave less */
	int64_t deemed_at; /* the start after restarts and after_hours, of the rule that decides */
	int32_t first_day; /* day 1, of the rule that decides */
	/* While paused: what the rule has left to run, in units (working_day, day) or in µs
	 * (hours), in the leg that the pause stands in; the extensions not begun; and which pause.
	 */
	int64_t left;
	enum term_unit left_unit; /* TERM_working_day, TERM_day, TERM_working_hour or TERM_hour */
	size_t left_extensions;
	const struct term_pause *open; /* in the facts; its cure_by may be set */
};

enum { TERM_BEYOND = 1 /* no such day up to 9999-12-31, e.g. no working day at all */ };

/* Reads no clock, allocates nothing. Returns 0 or TERM_BEYOND. A pause that begins at or after the
 * instant at which the term has run out changes nothing, be it open or closed. */
_must_check_ int term_compute(const struct calendar *calendar, const struct term_rule *rule,
	const struct term_facts *facts, struct term *ret_term);

/* Working days of the calendar after due_on up to the civil day of `now`: 0 when not late. */
int64_t term_working_days_late(
	const struct calendar *calendar, const struct term *term, int64_t now);
/*
 * Limits of a standard, given as amount and unit. term_is_within: `until` lies in the span that
 * began with `from` (for max_backdate). term_pauses_exceed: the pauses together are longer than
 * `limit`, an open one taken up to `now` (max_total). term_extensions_exceed: together longer than
 * `limit`.
 */
bool term_is_within(
	const struct calendar *calendar, const struct term_rule *span, int64_t from, int64_t until);
bool term_pauses_exceed(const struct calendar *calendar, const struct term_rule *limit,
	const struct term_pause *pauses, size_t npauses, int64_t now);
bool term_extensions_exceed(const struct calendar *calendar, const struct term_rule *limit,
	int32_t due_on, const struct term_extension *extensions, size_t nextensions);

const char *term_unit_name(enum term_unit unit);
