/* Dates computed anew after a calendar has changed: the daemon that holds the job's lease carries
 * it on, page by page, while it serves. */
#pragma once

#include "lib/base.h"

struct api;
struct recompute;

/* Connects as kezek_jobs by `conninfo`. 0, or -errno. */
_must_check_ int recompute_new(struct api *a, const char *conninfo, struct recompute **ret);
void recompute_free(struct recompute *r);
/* There is a job, or may be: looks now, unless it is at one. NULL is fine. */
void recompute_kick(struct recompute *r);
