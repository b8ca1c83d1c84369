/* Who stands in for whom on a moment, and which periods can stand beside each other. */
#include "lib/delegation.h"

static bool is_same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

const char *delegation_deputy(const struct delegation *all, size_t n, const char *agency,
	const char *principal, int64_t now)
{
	for (size_t i = 0; i < n; i++) {
		if (all[i].from_at <= now && now < all[i].until_at &&
			is_same(all[i].principal, principal) && is_same(all[i].agency, agency))
			return all[i].deputy;
	}
	return NULL;
}

bool delegation_stands_in(const struct delegation *all, size_t n, const char *agency,
	const char *deputy, const char *principal, int64_t now)
{
	return is_same(delegation_deputy(all, n, agency, principal, now), deputy);
}

enum delegation_fault delegation_check(const struct delegation *all, size_t n,
	const struct delegation *fresh, const struct delegation **ret_other)
{
	if (fresh->until_at <= fresh->from_at)
		return DELEGATION_EMPTY;
	if (is_same(fresh->principal, fresh->deputy))
		return DELEGATION_OF_ONESELF;
	for (size_t i = 0; i < n; i++) {
		const struct delegation *d = &all[i];
		enum delegation_fault fault = DELEGATION_SOUND;

		if (d->from_at >= fresh->until_at || fresh->from_at >= d->until_at ||
			!is_same(d->agency, fresh->agency))
			continue;
		if (is_same(d->principal, fresh->principal))
			fault = DELEGATION_OVERLAPS;
		else if (is_same(d->principal, fresh->deputy))
			fault = DELEGATION_DEPUTY_AWAY;
		else if (is_same(d->deputy, fresh->principal))
			fault = DELEGATION_STANDS_IN;
		if (fault == DELEGATION_SOUND)
			continue;
		*ret_other = d;
		return fault;
	}
	return DELEGATION_SOUND;
}
