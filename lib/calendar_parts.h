/* What calendars look like inside: shared by reading, resolving and asking, by no one else. */
#pragma once

#include "lib/calendar.h"

#define ZONE_NAME_SIZE 64
#define INTERVALS_MAX  24    /* of one day */
#define EXCEPTIONS_MAX 20000 /* of one calendar: more than fifty years of every day */
#define CALENDAR_INDEX_MIN                                                                         \
	0 /* 1970-01-01 … 2099-12-31: days that are worth a place in an index                    \
	   */
#define CALENDAR_INDEX_MAX 47481

struct hours {
	struct interval *items;
	size_t count;
};

struct exception {
	int32_t day;
	enum day_kind kind; /* DAY_HOLIDAY … DAY_SHORT */
	bool tentative;
	struct hours hours; /* none: those of the week */
	char *source;       /* or NULL */
	size_t index;       /* its place in the file */
};

/* One calendar as it was given, without its revoked entries. */
struct calendar_source {
	char code[CALENDAR_CODE_SIZE], parent[CALENDAR_CODE_SIZE];
	char zone_name[ZONE_NAME_SIZE];
	int version;
	bool has_week, has_covers;
	struct hours week[7];
	int32_t covers_first, covers_last;
	struct exception *exceptions; /* by day, no two of one */
	size_t nexceptions;
};

/* An exception that wins its date in the chain. */
struct entry {
	const struct exception *exception;
	const char *from;
	int32_t day;
	bool is_working;
	/* What it takes the place of: an exception that works (1), one that is free (0), none (-1).
	 */
	int8_t over;
	/* Sums over the entries before this one: by how much they change the week's count of
	 * working days, and how many are tentative. */
	int32_t change_before, tentative_before;
};

/* Answers for each day of a range, so that the n-th working day is one look-up. */
struct calendar_index {
	int32_t first, last;
	uint32_t *rank;  /* [day - first]: working days in [first, day) */
	uint32_t *doubt; /* [day - first]: doubtful days in [first, day) */
	int32_t *nth;    /* [n]: the n-th working day, from 0 */
	uint32_t nworking;
	int64_t *starts; /* [day - first]: its first instant; one more than there are days */
};

struct calendar {
	char code[CALENDAR_CODE_SIZE];
	int version;
	size_t depth; /* 1: a root */
	char chain[CALENDAR_CHAIN_MAX][CALENDAR_CODE_SIZE];
	const struct zone *zone;
	const struct hours *week; /* seven; NULL: none in the chain yet */
	uint8_t week_mask;        /* bit of each weekday that works */
	struct hours usual;       /* Monday's, or those of the first weekday that works */
	int32_t covers_first, covers_last;
	struct entry *entries; /* by day */
	size_t nentries;
	int32_t change_total, tentative_total;
	struct calendar_index *index; /* or NULL */
	struct calendar_source *own;  /* of a calendar given in place */
};

void calendar_source_free(struct calendar_source *source);
static inline void calendar_source_freep(struct calendar_source **source)
{
	calendar_source_free(*source);
}
/* `needs_code`: a file must say its code. Returns 0, or 1 with faults. */
_must_check_ int calendar_source_read(json_object *json, const char *code, bool needs_code,
	int version, const char *pointer, struct faults *faults, struct calendar_source **ret);
/* `source` over its parent's calendar (NULL: a root), of which it borrows. The zone is the
 * parent's. */
struct calendar *calendar_overlay(
	const struct calendar *parent, const struct calendar_source *source);
/* Whether every working day knows its hours. */
bool calendar_has_hours(const struct calendar *c);
/* The first entry at or after `day`: an index up to nentries. */
size_t calendar_entry_at(const struct calendar *c, int32_t day);
struct calendar_index *calendar_index_new(const struct calendar *c);
void calendar_index_free(struct calendar_index *index);
