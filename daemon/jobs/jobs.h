/* Timers: due moments, leases, housekeeping. Each job is one statement that says when it is wanted
 * next. */
#pragma once

#include "daemon/db/pg.h"

struct api;
struct jobs;

/* Connects as kezek_jobs. 0, or -errno. */
_must_check_ int jobs_new(struct api *a, struct jobs **ret);
void jobs_free(struct jobs *j);
/* A deadline fires at `at`: look then, if not before. */
void jobs_nudge(struct jobs *j, int64_t at);
/* A lease runs out at `at`. */
void jobs_lease(struct jobs *j, int64_t at);
/* A unit of the jobs' own rights (what no principal asks for). As pg_submit. */
_must_check_ int jobs_submit(struct jobs *j, struct unit *u);
