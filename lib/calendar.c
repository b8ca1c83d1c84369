/* Questions about days: from the index where it reaches, else from the week and the exceptions. */
#include "lib/calendar_parts.h"

const char *calendar_code(const struct calendar *c)
{
	return c->code;
}

int calendar_version(const struct calendar *c)
{
	return c->version;
}

bool calendar_rests_on(const struct calendar *c, const char *code)
{
	for (size_t i = 0; i < c->depth; i++) {
		if (strcmp(c->chain[i], code) == 0)
			return true;
	}
	return false;
}

const struct zone *calendar_zone(const struct calendar *c)
{
	return c->zone;
}

void calendar_covers(const struct calendar *c, int32_t *ret_first, int32_t *ret_last)
{
	*ret_first = c->covers_first;
	*ret_last = c->covers_last;
}

size_t calendar_entry_at(const struct calendar *c, int32_t day)
{
	size_t low = 0, high = c->nentries;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c->entries[middle].day < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* NULL: no exception on that day. */
static const struct entry *entry_find(const struct calendar *c, int32_t day)
{
	size_t i = calendar_entry_at(c, day);

	return i < c->nentries && c->entries[i].day == day ? &c->entries[i] : NULL;
}

static bool works_by_week(const struct calendar *c, int32_t day)
{
	return c->week_mask >> day_weekday(day) & 1;
}

bool calendar_is_covered(const struct calendar *c, int32_t day)
{
	return day >= c->covers_first && day <= c->covers_last;
}

static inline bool index_has(const struct calendar_index *x, int32_t day)
{
	return x && day >= x->first && day <= x->last;
}

struct day_facts calendar_day(const struct calendar *c, int32_t day)
{
	const struct entry *e = entry_find(c, day);
	bool by_week = works_by_week(c, day);
	struct day_facts f = {.covered = calendar_is_covered(c, day)};

	if (!e) {
		f.kind = by_week ? DAY_WEEKDAY : DAY_WEEKEND;
		f.is_working = by_week;
		return f;
	}
	f.kind = e->exception->kind;
	f.is_working = e->is_working;
	f.moved = f.kind == DAY_WORKING && !(e->over >= 0 ? e->over : by_week);
	f.tentative = e->exception->tentative;
	f.source = e->exception->source;
	f.from = e->from;
	return f;
}

bool calendar_is_working(const struct calendar *c, int32_t day)
{
	const struct calendar_index *x = c->index;
	const struct entry *e;

	if (index_has(x, day))
		return x->rank[day - x->first + 1] != x->rank[day - x->first];
	e = entry_find(c, day);
	return e ? e->is_working : works_by_week(c, day);
}

size_t calendar_intervals(
	const struct calendar *c, int32_t day, const struct interval **ret_intervals)
{
	const struct entry *e = entry_find(c, day);
	const struct hours *h;

	if (!e)
		h = &c->week[day_weekday(day)];
	else if (!e->is_working)
		return 0;
	else
		h = e->exception->hours.count ? &e->exception->hours : &c->usual;
	*ret_intervals = h->items;
	return h->count;
}

/* Working days of [first, last] by the week alone. */
static int64_t count_by_week(const struct calendar *c, int32_t first, int32_t last)
{
	int64_t days = (int64_t)last - first + 1;
	int64_t n = days / 7 * __builtin_popcount(c->week_mask);

	for (int64_t i = 0; i < days % 7; i++)
		n += works_by_week(c, (int32_t)(last - i));
	return n;
}

int64_t calendar_count_working(const struct calendar *c, int32_t first, int32_t last)
{
	const struct calendar_index *x = c->index;
	size_t from, until;

	if (last < first)
		return 0;
	if (index_has(x, first) && index_has(x, last))
		return x->rank[last - x->first + 1] - x->rank[first - x->first];
	from = calendar_entry_at(c, first);
	until = calendar_entry_at(c, last + 1);
	return count_by_week(c, first, last) +
	       (until < c->nentries ? c->entries[until].change_before : c->change_total) -
	       (from < c->nentries ? c->entries[from].change_before : c->change_total);
}

bool calendar_is_in_doubt(const struct calendar *c, int32_t first, int32_t last)
{
	const struct calendar_index *x = c->index;
	size_t from, until;

	if (last < first)
		return false;
	if (index_has(x, first) && index_has(x, last))
		return x->doubt[last - x->first + 1] != x->doubt[first - x->first];
	if (first < c->covers_first || last > c->covers_last)
		return true;
	from = calendar_entry_at(c, first);
	until = calendar_entry_at(c, last + 1);
	return (until < c->nentries ? c->entries[until].tentative_before : c->tentative_total) !=
	       (from < c->nentries ? c->entries[from].tentative_before : c->tentative_total);
}

/* The smallest day with n working days in [from, day]: by halving, since counting is cheap. */
static int32_t nth_by_counting(const struct calendar *c, int32_t from, int64_t n)
{
	int32_t low = from, high = DAY_MAX;

	if (from > DAY_MAX || calendar_count_working(c, from, high) < n)
		return DAY_NONE;
	/* In most weeks one day in three is free; a guess of twice as far nearly always suffices.
	 */
	if (n < DAY_MAX / 4 && from < DAY_MAX / 2 &&
		calendar_count_working(c, from, from + (int32_t)n * 2 + 30) >= n)
		high = from + (int32_t)n * 2 + 30;
	while (low < high) {
		int32_t middle = low + (high - low) / 2;

		if (calendar_count_working(c, from, middle) >= n)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

int32_t calendar_nth_working(const struct calendar *c, int32_t from, int64_t n)
{
	const struct calendar_index *x = c->index;

	if (index_has(x, from)) {
		uint32_t before = x->rank[from - x->first];
		int64_t left = x->nworking - before;

		if (n <= left)
			return x->nth[before + (uint32_t)n - 1];
		n -= left;
		from = x->last + 1;
	}
	return nth_by_counting(c, from, n);
}

int32_t calendar_previous_working(const struct calendar *c, int32_t from, int32_t not_before)
{
	int64_t n = calendar_count_working(c, not_before, from);

	return n > 0 ? calendar_nth_working(c, not_before, n) : DAY_NONE;
}

/* Whether the clock shows every minute of a day once: no offset changes in it. */
static inline bool is_plain(const struct calendar_index *x, int32_t i)
{
	return x->starts[i + 1] - x->starts[i] == USEC_PER_DAY;
}

int32_t calendar_day_of(const struct calendar *c, int64_t at)
{
	const struct calendar_index *x = c->index;

	if (x && at >= x->starts[0] && at < x->starts[x->last - x->first + 1]) {
		int32_t i = (int32_t)((uint64_t)(at - x->starts[0]) / (uint64_t)USEC_PER_DAY);

		if (i > x->last - x->first)
			i = x->last - x->first;
		while (at < x->starts[i])
			i--;
		while (at >= x->starts[i + 1])
			i++;
		/* A clock that goes back over midnight shows the day before once more. */
		if (is_plain(x, i))
			return x->first + i;
	}
	return zone_day(c->zone, at);
}

int64_t calendar_day_starts(const struct calendar *c, int32_t day)
{
	const struct calendar_index *x = c->index;

	if (index_has(x, day))
		return x->starts[day - x->first];
	return zone_instant(c->zone, day, 0);
}

int64_t calendar_instant(const struct calendar *c, int32_t day, int minute)
{
	const struct calendar_index *x = c->index;

	if (index_has(x, day) && is_plain(x, day - x->first))
		return x->starts[day - x->first] + minute * USEC_PER_MIN;
	return zone_instant(c->zone, day, minute * 60);
}
