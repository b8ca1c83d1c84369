/*
 * What the daemon works by: catalogue and calendars as loaded, one immutable snapshot. Whoever
 * keeps something of it across turns holds a reference.
 */
#pragma once

#include "daemon/db/pg.h"
#include "lib/catalogue.h"
#include "lib/term.h"

#define UNROUTED "unrouted" /* the agency of the supervisor's desk: what no route fits */

struct book {
	int refs;
	struct catalogue *catalogue; /* never NULL; perhaps empty */
	int64_t catalogue_version;   /* 0: nothing loaded yet */
	struct calendars *calendars;
	int64_t generation;         /* of the calendars (kezek.generation); -1: there are none */
	json_object *calendar_docs; /* {code: {"version", "calendar", "recorded_at", "generation"}}:
				       to make further sets from */
};

/*
 * From the rows of catalogue_newest (statement `first`) and calendars_newest (the next one). NULL
 * with the reason logged: the database holds what this program refuses.
 */
struct book *book_read(const struct unit *u, int first);
/* The same from documents: for trying out what is about to be recorded. Takes a reference of `doc`.
 */
struct book *book_make(json_object *doc, int64_t version, struct calendars *calendars_taken,
	struct faults *faults);
/* calendars_taken NULL: `faults` tells why already, and NULL comes back. */
/* A set of calendars with all that `book` has, and `code` replaced by `json` (NULL: nothing
 * replaced). */
struct calendars *book_calendars_with(const struct book *book, const char *code, json_object *json,
	int version, struct faults *faults);
/*
 * The book as it would be with `code` replaced by `json` at `at`, its generation one higher. NULL:
 * `faults` tells why.
 */
struct book *book_try(const struct book *b, const char *code, json_object *json, int64_t at,
	struct faults *faults);
/* 0: there is no such calendar. */
int book_calendar_version(const struct book *b, const char *code);
struct book *book_ref(struct book *b);
void book_unref(struct book *b);

/* Never NULL for what the catalogue was checked with; NULL else. */
const struct calendar *book_agency_calendar(const struct book *b, const char *agency);
const struct calendar *book_office_calendar(const struct book *b, const char *office);
/* Where local days and years of an agency are told; UTC (NULL) for an unknown one. */
const struct zone *book_zone(const struct book *b, const char *agency);
/* A version of a calendar, and when it was recorded. `code` is borrowed from the book. */
struct calendar_change {
	const char *code;
	int version;
	int64_t recorded_at;
};
/* The newest change of `code`'s chain that came after this generation. False: none did. */
bool book_change_find(
	const struct book *b, const char *code, int64_t generation, struct calendar_change *ret);
/* The head of an agency: who answers for what nobody holds. NULL: unknown agency. */
const char *book_head(const struct book *b, const char *agency);
