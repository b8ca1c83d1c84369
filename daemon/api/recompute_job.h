/* The job in hand: what changes, by which calendars is computed, and what was found so far. */
#pragma once

#include "daemon/api/recompute_figures.h"

struct recompute_job {
	struct uuid id;
	bool dry;
	char calendar[CALENDAR_CODE_SIZE]; /* that changes */
	int64_t generation; /* with the change; a dry run's: of the calendars without it */
	int64_t began_mono;
	struct book *book; /* NULL: no job */
	struct figures figures;
};

enum recompute_taken {
	RECOMPUTE_READY,
	RECOMPUTE_AHEAD,   /* of the calendars that this daemon has loaded */
	RECOMPUTE_BEHIND,  /* a dry run that has to begin anew */
	RECOMPUTE_REFUSED, /* a dry run's calendar is no good after all */
};

/* From the row of take_job; the same job goes on by the same book. */
enum recompute_taken recompute_job_read(
	struct recompute_job *j, const struct api *a, const struct unit *u);
void recompute_job_drop(struct recompute_job *j);
/* Of the calendars in force: by which rows are written, or, in a dry run, beside which is tried. */
int64_t recompute_job_generation(const struct recompute_job *j);
/* The codes of those that rest on the one that changes. */
void recompute_job_calendars(const struct recompute_job *j, struct params *p);
