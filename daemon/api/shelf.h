/*
 * Rows that were handed out with their claims. Whoever has just claimed is most often who acts
 * next, so that their requests are not read again for it; what has moved meanwhile the act finds
 * out as it is written, compare-and-set. A cache of rows as any other: sealed as they are stored,
 * bounded, the oldest go first.
 */
#pragma once

#include "daemon/api/inside.h"
#include "daemon/db/pg.h"

struct shelf;

struct shelf *shelf_new(void);
void shelf_free(struct shelf *s);
/* Rows rows[i] of `result`, which becomes the shelf's, are those of claims[i]. */
void shelf_put(struct shelf *s, struct pg_result *result, const struct uuid claims[],
	const int rows[], int n);
/* False: there is none. The row is good until something else is done with the shelf. */
bool shelf_find(const struct shelf *s, const struct uuid *claim, struct row *ret);
void shelf_drop(struct shelf *s, const struct uuid *claim);
