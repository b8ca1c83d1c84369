/* What a recomputation finds: how many dates move, by how much, and which move most. */
#pragma once

#include "daemon/api/dossier.h"

#define FIGURES_LARGEST 10
#define FIGURES_SPREAD  100 /* different numbers of days; the rest is not told apart */

struct figures_move {
	char request[UUID_TEXT_SIZE], number[128], deadline[24];
	char from[MOMENT_TEXT_SIZE], to[MOMENT_TEXT_SIZE]; /* "": no date */
	int64_t from_at, to_at;
	int32_t from_on, to_on;
};

/* Holds no memory; copy it freely. Zero is nothing yet. */
struct figures {
	int64_t looked, moved, earlier, later, become_overdue, cease_overdue;
	struct {
		int32_t days; /* between the old last day and the new one */
		int64_t count;
	} spread[FIGURES_SPREAD];
	int spread_count;
	struct figures_move largest[FIGURES_LARGEST]; /* the largest first */
	int largest_count;
};

/* A deadline was looked at at `now`, and moved or not. */
void figures_add(struct figures *f, const struct dossier *d, const struct deadline_row *old,
	const struct deadline_row *row, int64_t now);
/* As JSON, and from it. What was written by another program and is not understood counts as zero.
 */
void figures_write(struct text *t, const struct figures *f);
void figures_read(struct span json, struct figures *ret);
