/* The index of a calendar: a place for each day of its range, so that most questions are one
 * look-up. */
#include "lib/calendar_parts.h"

static void *array_new(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (!p)
		abort();
	return p;
}

void calendar_index_free(struct calendar_index *index)
{
	if (!index)
		return;
	free(index->rank);
	free(index->doubt);
	free(index->nth);
	free(index->starts);
	free(index);
}

/* The covered days and all exceptions, but no days that hardly any deadline will meet. */
static bool range_of(const struct calendar *c, int32_t *ret_first, int32_t *ret_last)
{
	int32_t first = c->covers_first, last = c->covers_last;

	if (c->nentries) {
		int32_t low = c->entries[0].day, high = c->entries[c->nentries - 1].day;

		first = low < first ? low : first;
		last = high > last ? high : last;
	}
	*ret_first = first < CALENDAR_INDEX_MIN ? CALENDAR_INDEX_MIN : first;
	*ret_last = last > CALENDAR_INDEX_MAX ? CALENDAR_INDEX_MAX : last;
	return *ret_first <= *ret_last;
}

struct calendar_index *calendar_index_new(const struct calendar *c)
{
	struct calendar_index *x;
	int32_t first, last;
	size_t days;

	if (!range_of(c, &first, &last))
		return NULL;
	x = array_new(1, sizeof(*x));
	days = (size_t)(last - first) + 1;
	*x = (struct calendar_index){
		.first = first,
		.last = last,
		.rank = array_new(days + 1, sizeof(*x->rank)),
		.doubt = array_new(days + 1, sizeof(*x->doubt)),
		.nth = array_new(days + 1, sizeof(*x->nth)),
		.starts = array_new(days + 1, sizeof(*x->starts)),
	};
	for (size_t i = 0; i <= days; i++) {
		int32_t day = first + (int32_t)i;

		x->starts[i] = zone_instant(c->zone, day, 0);
		if (i == days)
			break;
		x->rank[i + 1] = x->rank[i];
		x->doubt[i + 1] = x->doubt[i] + calendar_is_in_doubt(c, day, day);
		if (calendar_is_working(c, day)) {
			x->nth[x->nworking++] = day;
			x->rank[i + 1]++;
		}
	}
	return x;
}
