/* Long work as it is seen: kezek.job. */
#pragma once

#include "daemon/api/call.h"

struct job_row {
	struct uuid id;
	const char *kind;
	bool dry;
	const char *state, *calendar;
	int version;
	int64_t made_at;
	const char *made_by;
	int64_t looked, total; /* open deadlines; the total was estimated when it was made */
	struct span result;    /* so far */
	int64_t done_at;
};

/* A row of the statements job and jobs_newest; strings are borrowed from the unit. */
void job_row_read(struct row r, struct job_row *ret);
