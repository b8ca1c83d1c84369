/* What lies ahead of one deadline. */
#include "lib/agenda.h"

static void add_rungs(struct agenda *a, const struct calendar *calendar,
	const struct term_rule *rule, const struct term_facts *facts, const struct ladder *ladder,
	bool has_length)
{
	a->nrungs = ladder ? ladder->count : 0;
	for (size_t i = 0; i < a->nrungs; i++) {
		const struct rung *rung = &ladder->rungs[i];

		a->rung_at[i] = MOMENT_NONE;
		if (!has_length && rung->kind == RUNG_PERCENT)
			continue;
		if (ladder_instant(calendar, rule, facts, &a->term, rung, &a->rung_at[i]) != 0)
			a->rung_at[i] = MOMENT_NONE;
	}
}

int agenda_make(const struct calendar *calendar, const struct term_rule *rule,
	const struct term_facts *facts, const struct ladder *ladder, struct agenda *ret_agenda)
{
	struct term term;
	int r = term_compute(calendar, rule, facts, &term);

	if (r)
		return r;
	ret_agenda->term = term;
	add_rungs(ret_agenda, calendar, rule, facts, ladder, true);
	return 0;
}

int agenda_renew(const struct calendar *calendar, const struct term_rule *rule,
	struct term_facts *facts, const struct ladder *ladder, int64_t old_due_at,
	int64_t changed_at, struct agenda *ret_agenda)
{
	facts->has_floor = old_due_at != MOMENT_NONE;
	facts->floor_at = old_due_at < changed_at ? old_due_at : changed_at;
	return agenda_make(calendar, rule, facts, ladder, ret_agenda);
}

void agenda_of_date(const struct calendar *calendar, const struct term_rule *rule,
	const struct term_facts *facts, int64_t due_at, const struct ladder *ladder,
	struct agenda *ret_agenda)
{
	ret_agenda->term = (struct term){
		.due_at = due_at,
		.due_on = calendar_day_of(calendar, due_at - 1),
		.deemed_at = facts->start_at,
		.first_day = calendar_day_of(calendar, facts->start_at),
	};
	add_rungs(ret_agenda, calendar, rule, facts, rule ? ladder : NULL, false);
}

int64_t agenda_next(const struct agenda *a, unsigned fired, bool is_breached)
{
	int64_t next = is_breached ? MOMENT_NONE : a->term.due_at;

	for (size_t i = 0; i < a->nrungs; i++) {
		if (!(fired & 1u << i) && a->rung_at[i] < next)
			next = a->rung_at[i];
	}
	return next;
}

unsigned agenda_epoch(
	const struct agenda *a, const struct ladder *ladder, unsigned fired, int64_t now)
{
	for (size_t i = 0; i < a->nrungs; i++) {
		if (ladder->rungs[i].refire && a->rung_at[i] != MOMENT_NONE && a->rung_at[i] > now)
			fired &= ~(1u << i);
	}
	return fired;
}

unsigned agenda_passed(const struct agenda *a, int64_t now)
{
	unsigned passed = 0;

	for (size_t i = 0; i < a->nrungs; i++) {
		if (a->rung_at[i] <= now)
			passed |= 1u << i;
	}
	return passed;
}
