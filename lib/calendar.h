/* Working calendars: files, chains of parents, and fast questions about days (design: Deadlines,
 * Calendar). */
#pragma once

#include <json-c/json.h>

#include "lib/fault.h"
#include "lib/moment.h"

#define CALENDAR_CODE_SIZE 65 /* a code and its NUL */
#define CALENDAR_CHAIN_MAX 4  /* a calendar and its parents */

/* A set of calendars by code, as files or database rows give them. */
struct calendars;
/* One calendar with all that it inherits: immutable, and independent of further changes of the set
 * only until the next calendars_put or calendars_free. */
struct calendar;

/* The loader is copied; its `arg` must outlive the set. */
struct calendars *calendars_new(struct zone_loader zones);
void calendars_free(struct calendars *set);
static inline void calendars_freep(struct calendars **set)
{
	calendars_free(*set);
}

/*
 * Puts one calendar, replacing that of the same code; `version` is its number (0: unnumbered). All
 * faults at once, under `pointer` ("" for a whole body: "/week/mon/0"); with any, nothing is put.
 * Returns 0, or 1 when refused. A parent need not be there yet: see calendars_check. `code` (may be
 * NULL): what the calendar must be called; a file without a `code` is then called so.
 */
_must_check_ int calendars_put(struct calendars *set, json_object *json, const char *code,
	int version, const char *pointer, struct faults *faults);
/*
 * What is wrong with the set as a whole, under "/<code>/…": a parent that is not there, a cycle, a
 * chain of more than four, a root without `covers`, no `week` or `time_zone` in the chain, a zone
 * that the loader does not know, a working day without hours. Returns 0, or 1 with faults.
 */
_must_check_ int calendars_check(const struct calendars *set, struct faults *faults);
size_t calendars_count(const struct calendars *set);
/* In the order of their codes. */
const char *calendars_code(const struct calendars *set, size_t index);
/* NULL: no such code, or its chain is at fault (calendars_check says why). Resolved once, kept. */
const struct calendar *calendars_find(const struct calendars *set, const char *code);
/*
 * A calendar given in place, which may have a parent in the set. It belongs to the caller and lives
 * no longer than the set stays unchanged. Returns 0, or 1 with faults under `pointer`.
 */
_must_check_ int calendars_resolve(const struct calendars *set, json_object *json,
	const char *pointer, struct faults *faults, struct calendar **ret_calendar);
void calendar_free(struct calendar *c);
static inline void calendar_freep(struct calendar **c)
{
	calendar_free(*c);
}

/* "" for one given in place without a code. */
const char *calendar_code(const struct calendar *c);
int calendar_version(const struct calendar *c);
/* Whether `code` is the calendar itself or one of its parents: a change of that one changes this.
 */
bool calendar_rests_on(const struct calendar *c, const char *code);
const struct zone *calendar_zone(const struct calendar *c);
/* The intersection of the chain's `covers`; *ret_last < *ret_first where nothing is covered. */
void calendar_covers(const struct calendar *c, int32_t *ret_first, int32_t *ret_last);

/* Minutes of the civil day, [from, until); `until` may be 1440. */
struct interval {
	int16_t from, until;
};

enum day_kind {
	DAY_WEEKDAY, /* works by the week */
	DAY_WEEKEND, /* free by the week */
	DAY_HOLIDAY,
	DAY_DAY_OFF,
	DAY_WORKING, /* works by an exception; see `moved` */
	DAY_SHORT,
};

/* All that is known of a day, for explanations. */
struct day_facts {
	enum day_kind kind;
	bool is_working;
	bool moved;         /* works although it would be free without this exception */
	bool tentative;     /* its exception is */
	bool covered;       /* lies in the covers of the whole chain */
	const char *source; /* of its exception; NULL: none */
	const char *from;   /* code of the calendar that the exception stands in; NULL: none */
};

struct day_facts calendar_day(const struct calendar *c, int32_t day);
bool calendar_is_working(const struct calendar *c, int32_t day);
/* The working intervals of a day, sorted: none on a free day. Valid as long as the calendar. */
size_t calendar_intervals(
	const struct calendar *c, int32_t day, const struct interval **ret_intervals);
/* The n-th (n ≥ 1) working day at or after `from`; DAY_NONE: none up to DAY_MAX. */
int32_t calendar_nth_working(const struct calendar *c, int32_t from, int64_t n);
/* The last working day at or before `from` that is not before `not_before`; DAY_NONE: none. */
int32_t calendar_previous_working(const struct calendar *c, int32_t from, int32_t not_before);
/* Working days of first…last, both included; 0 where last < first. */
int64_t calendar_count_working(const struct calendar *c, int32_t first, int32_t last);
/* Whether any day of first…last, both included, is tentative or not covered. */
bool calendar_is_in_doubt(const struct calendar *c, int32_t first, int32_t last);

bool calendar_is_covered(const struct calendar *c, int32_t day);

/* The civil day of an instant, the first instant of a day, and the instant of a minute (0…1440) of
 * it. */
int32_t calendar_day_of(const struct calendar *c, int64_t at);
int64_t calendar_day_starts(const struct calendar *c, int32_t day);
int64_t calendar_instant(const struct calendar *c, int32_t day, int minute);
