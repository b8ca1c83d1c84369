/* Who stands in for whom now: a cache of rows, read with the principals, and the rule on it. */
#include "daemon/api/deputies.h"
#include "daemon/api/delegations.h"

struct deputies {
	struct pool *pool;
	struct delegation *all;
	size_t count;
	/* When what is kept was asked for, and when a writer last brought its own. */
	int64_t asked, written;
};

struct deputies *deputies_new(void)
{
	struct deputies *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->pool = pool_new();
	return s;
}

void deputies_free(struct deputies *s)
{
	if (!s)
		return;
	pool_free(s->pool);
	free(s);
}

size_t delegations_read(
	struct pool *pool, const struct unit *u, int statement, struct delegation **ret)
{
	int n = rows_count(u, statement);
	struct delegation *all = pool_alloc(pool, ((size_t)n + 1) * sizeof(*all));
	size_t count = 0;

	for (int i = 0; i < n; i++) {
		struct row r = row_of(u, statement, i);
		struct delegation *d = &all[count];

		row_int64(&r); /* the generation */
		d->agency = pool_copy(pool, row_text(&r));
		d->principal = pool_copy(pool, row_text(&r));
		d->deputy = pool_copy(pool, row_text(&r));
		d->from_at = row_moment(&r);
		d->until_at = row_moment(&r);
		count += d->agency != NULL; /* none at all is a row with the generation alone */
	}
	*ret = all;
	return count;
}

void deputies_read(struct api *a, const struct unit *u, int statement, bool wrote)
{
	struct deputies *s = a->deputies;

	if (!wrote && (u->submitted_mono < s->asked || u->submitted_mono < s->written))
		return;
	if (wrote)
		s->written = loop_mono();
	else
		s->asked = u->submitted_mono;
	pool_free(s->pool);
	s->pool = pool_new();
	s->count = delegations_read(s->pool, u, statement, &s->all);
}

const char *deputy_find(const struct api *a, const char *agency, const char *name)
{
	const struct deputies *s = a->deputies;

	return delegation_deputy(s->all, s->count, agency, name, loop_now(a->loop));
}

bool deputy_stands_in(const struct api *a, const char *agency, const char *deputy, const char *name)
{
	const struct deputies *s = a->deputies;

	return delegation_stands_in(s->all, s->count, agency, deputy, name, loop_now(a->loop));
}

const char *dossier_responsible(const struct dossier *d)
{
	const char *deputy = d->row.closed_at == MOMENT_NONE
				     ? deputy_find(d->api, d->row.agency, d->row.responsible)
				     : NULL;

	return deputy ? deputy : d->row.responsible;
}

const char *dossier_absent_holder(const struct dossier *d, const char *name)
{
	return d->row.has_claim && deputy_stands_in(d->api, d->row.agency, name, d->row.holder)
		       ? d->row.holder
		       : NULL;
}
