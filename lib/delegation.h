/*
 * Who stands in for whom: an officer's leave is a period, and a deputy of the same agency. One hop:
 * a deputy is never absent while standing in, so nobody has to follow a chain, and there is no
 * cycle.
 */
#pragma once

#include "lib/moment.h"

/* From from_at, which belongs to it, up to until_at, which does not; an explicit end counts
 * already. */
struct delegation {
	const char *agency, *principal, *deputy; /* the absent one, and who stands in */
	int64_t from_at, until_at;
};

/* Who stands in at `agency` for `principal` (may be NULL) at `now`; NULL: nobody. */
const char *delegation_deputy(const struct delegation *all, size_t n, const char *agency,
	const char *principal, int64_t now);
/* Does `deputy` stand in at `agency` for `principal`? */
bool delegation_stands_in(const struct delegation *all, size_t n, const char *agency,
	const char *deputy, const char *principal, int64_t now);

enum delegation_fault {
	DELEGATION_SOUND,
	DELEGATION_EMPTY,       /* ends before it begins */
	DELEGATION_OF_ONESELF,  /* the deputy is the absent one */
	DELEGATION_OVERLAPS,    /* somebody stands in already */
	DELEGATION_DEPUTY_AWAY, /* the deputy is absent too at some moment of it */
	DELEGATION_STANDS_IN,   /* the absent one is somebody's deputy at some moment of it */
};

/* May `fresh` be recorded beside `all`? *ret_other: what stands in its way, where something does.
 */
enum delegation_fault delegation_check(const struct delegation *all, size_t n,
	const struct delegation *fresh, const struct delegation **ret_other);
