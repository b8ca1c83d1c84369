/* Waiting for work: who is woken by what, within the daemon and across daemons. */
#include "daemon/api/parking.h"
#include "daemon/log.h"

#define LOOK_US  (1000 * 1000LL)      /* behind the hints of other daemons, which may be lost */
#define WHOLE_US (10 * 1000 * 1000LL) /* though no event was committed: see parking_hint */
#define HINT_US  (50 * 1000LL)        /* one hint for all that came in within it */

TAILQ_HEAD(parked_list, parked);

struct bay {
	struct parking *lot;
	struct parked_list waiting; /* in the order of their coming */
	struct parked_list trying;
	char agency[NAME_SIZE];
};

struct parking {
	struct api *api;
	struct bay **bays; /* by agency */
	size_t bay_count, bay_room;
	int waiting;
	char name[UUID_TEXT_SIZE]; /* of this daemon, in its hints */
	struct timer look, hint;
	struct unit look_unit, hint_unit;
	bool looking, look_again, look_whole, hinting, hint_again;
	int64_t position; /* of the feed, when it was last looked: nothing new, nothing to find */
	int64_t whole_mono;
};

/* The place of an agency's bay among the sorted ones. */
static size_t place_of(const struct parking *lot, const char *agency, bool *ret_found)
{
	size_t low = 0, high = lot->bay_count;

	*ret_found = false;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(lot->bays[middle]->agency, agency);

		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct bay *bay_find(const struct parking *lot, const char *agency)
{
	bool found;
	size_t at = place_of(lot, agency, &found);

	return found ? lot->bays[at] : NULL;
}

static struct bay *bay_get(struct parking *lot, const char *agency)
{
	bool found;
	size_t at = place_of(lot, agency, &found);
	struct bay *bay;

	if (found)
		return lot->bays[at];
	bay = calloc(1, sizeof(*bay));
	if (lot->bay_count == lot->bay_room) {
		lot->bay_room = lot->bay_room ? 2 * lot->bay_room : 16;
		lot->bays = realloc(lot->bays, lot->bay_room * sizeof(*lot->bays));
	}
	if (!bay || !lot->bays)
		abort();
	bay->lot = lot;
	TAILQ_INIT(&bay->waiting);
	TAILQ_INIT(&bay->trying);
	memcpy(bay->agency, agency, strnlen(agency, sizeof(bay->agency) - 1));
	memmove(&lot->bays[at + 1], &lot->bays[at], (lot->bay_count - at) * sizeof(*lot->bays));
	lot->bays[at] = bay;
	lot->bay_count++;
	return bay;
}

void parked_init(struct parked *p, struct parking *lot, const char *agency, const char *person)
{
	p->person = person;
	p->bay = bay_get(lot, agency);
	p->where = PARKED_AWAY;
}

void parked_leave(struct parked *p)
{
	if (!p->bay || p->where == PARKED_AWAY)
		return;
	if (p->where == PARKED_WAITS) {
		TAILQ_REMOVE(&p->bay->waiting, p, link);
		p->bay->lot->waiting--;
	} else {
		TAILQ_REMOVE(&p->bay->trying, p, link);
	}
	p->where = PARKED_AWAY;
}

void parked_try(struct parked *p)
{
	parked_leave(p);
	p->again = false;
	p->where = PARKED_TRIES;
	TAILQ_INSERT_TAIL(&p->bay->trying, p, link);
}

bool parked_wait(struct parked *p)
{
	struct parking *lot = p->bay->lot;

	parked_leave(p);
	if (p->again)
		return false;
	p->where = PARKED_WAITS;
	TAILQ_INSERT_TAIL(&p->bay->waiting, p, link);
	lot->waiting++;
	if (!lot->looking && !timer_is_set(&lot->look))
		timer_set(&lot->look, LOOK_US);
	return true;
}

static bool span_has_line(struct span lines, const char *line)
{
	size_t len = strlen(line);

	while (lines.len >= len) {
		const char *end = memchr(lines.at, '\n', lines.len);
		size_t n = end ? (size_t)(end - lines.at) : lines.len;

		if (n == len && memcmp(lines.at, line, len) == 0)
			return true;
		if (!end)
			return false;
		lines.at += n + 1;
		lines.len -= n + 1;
	}
	return false;
}

/* Each request wakes one poll that takes anything, and those before it that may want this one. */
static void wake_any(struct bay *bay, int count)
{
	struct parked *p, *next;

	for (p = TAILQ_FIRST(&bay->waiting); p && count > 0; p = next) {
		next = TAILQ_NEXT(p, link);
		count -= p->takes_anything;
		parked_leave(p);
		p->on_wake(p);
	}
	TAILQ_FOREACH(p, &bay->trying, link)
	{
		if (count > 0)
			p->again = true;
	}
}

/* `persons`, a line each: those of the bay that are one of them. */
static void wake_persons(struct bay *bay, struct span persons)
{
	struct parked *p, *next;

	for (p = TAILQ_FIRST(&bay->waiting); p && persons.len; p = next) {
		next = TAILQ_NEXT(p, link);
		if (!span_has_line(persons, p->person))
			continue;
		parked_leave(p);
		p->on_wake(p);
	}
	TAILQ_FOREACH(p, &bay->trying, link)
	{
		if (span_has_line(persons, p->person))
			p->again = true;
	}
}

/* Hints: to other daemons, in a transaction of its own, never in one that work waits for. */

static void on_hinted(struct unit *u, enum unit_how how)
{
	struct parking *lot = container_of(u, struct parking, hint_unit);

	(void)how; /* lost: they look by themselves */
	unit_done(u);
	lot->hinting = false;
	if (lot->hint_again)
		timer_set(&lot->hint, HINT_US);
	lot->hint_again = false;
}

static void hint(struct parking *lot)
{
	unit_init(&lot->hint_unit, on_hinted);
	params_text(unit_add(&lot->hint_unit, SQL_HINT), lot->name);
	lot->hinting = pg_submit(lot->api->reads, &lot->hint_unit) == 0;
	if (!lot->hinting)
		unit_done(&lot->hint_unit);
}

static void on_hint_timer(struct timer *t)
{
	hint(container_of(t, struct parking, hint));
}

static void hint_soon(struct parking *lot)
{
	if (lot->hinting)
		lot->hint_again = true;
	else if (!timer_is_set(&lot->hint))
		timer_set(&lot->hint, HINT_US);
}

void parking_wake(struct parking *lot, const char *agency, int count)
{
	struct bay *bay = bay_find(lot, agency);

	if (bay)
		wake_any(bay, count);
	hint_soon(lot);
}

void parking_wake_person(struct parking *lot, const char *agency, const char *person)
{
	struct bay *bay = bay_find(lot, agency);

	if (bay)
		wake_persons(bay, span_of(person));
	hint_soon(lot);
}

/* Looking for what others committed. */

static void on_looked(struct unit *u, enum unit_how how)
{
	struct parking *lot = container_of(u, struct parking, look_unit);

	for (int i = 0; how == UNIT_DONE && i < rows_count(u, 1); i++) {
		struct row r = row_of(u, 1, i);
		const char *agency;
		struct bay *bay;

		lot->position = row_int64(&r);
		agency = row_text(&r);
		bay = agency ? bay_find(lot, agency) : NULL;
		if (!bay)
			continue;
		wake_any(bay, row_int(&r));
		wake_persons(bay, row_span(&r));
	}
	unit_done(u);
	lot->looking = false;
	if (lot->waiting)
		timer_set(&lot->look, lot->look_again ? HINT_US : LOOK_US);
	lot->look_again = false;
}

static void on_look(struct timer *t)
{
	struct parking *lot = container_of(t, struct parking, look);
	bool whole = lot->look_whole || loop_mono() - lot->whole_mono >= WHOLE_US;
	struct columns agencies;
	struct params *p;

	if (!lot->waiting)
		return;
	if (whole)
		lot->whole_mono = loop_mono();
	lot->look_whole = false;
	unit_init(&lot->look_unit, on_looked);
	params_text(unit_add(&lot->look_unit, SQL_ENTER), "kezekd");
	p = unit_add(&lot->look_unit, SQL_WORK_WAITING);
	columns_init(&agencies, "t");
	for (size_t i = 0; i < lot->bay_count; i++) {
		if (!TAILQ_EMPTY(&lot->bays[i]->waiting))
			cell_text(&agencies, lot->bays[i]->agency);
	}
	params_columns(p, &agencies);
	params_int64(p, whole ? -1 : lot->position);
	lot->looking = pg_submit(lot->api->reads, &lot->look_unit) == 0;
	if (lot->looking)
		return;
	unit_done(&lot->look_unit);
	timer_set(&lot->look, LOOK_US);
}

void parking_hint(struct parking *lot, const char *from)
{
	if (strcmp(from, lot->name) == 0)
		return;
	lot->look_whole = true; /* what was kept for somebody waits again without an event */
	if (lot->looking)
		lot->look_again = true;
	else if (lot->waiting)
		timer_set(&lot->look, 0);
}

struct parking *parking_new(struct api *a)
{
	struct parking *lot = calloc(1, sizeof(*lot));

	struct uuid name = uuid_new(0);

	if (!lot)
		abort();
	uuid_format(&name, lot->name);
	lot->api = a;
	lot->position = -1;
	timer_init(&lot->look, a->loop, on_look);
	timer_init(&lot->hint, a->loop, on_hint_timer);
	return lot;
}

void parking_free(struct parking *lot)
{
	if (!lot)
		return;
	timer_done(&lot->look);
	timer_done(&lot->hint);
	if (lot->looking)
		unit_done(&lot->look_unit);
	if (lot->hinting)
		unit_done(&lot->hint_unit);
	for (size_t i = 0; i < lot->bay_count; i++)
		free(lot->bays[i]);
	free(lot->bays);
	free(lot);
}

void parking_drain(struct parking *lot)
{
	for (size_t i = 0; i < lot->bay_count; i++) {
		struct parked *p;

		while ((p = TAILQ_FIRST(&lot->bays[i]->waiting))) {
			parked_leave(p);
			p->on_wake(p);
		}
	}
}
