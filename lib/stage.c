/* From a standard and the facts of a case to its deadlines. */
#include "lib/stage.h"

void stage_facts_init(struct stage_facts *f)
{
	f->received_at = f->registered_at = f->complete_at = MOMENT_NONE;
	f->paid_at = f->forwarded_at = f->decided_at = MOMENT_NONE;
	for (int i = 0; i < KEZEK_DEADLINE_COUNT; i++)
		f->stopped_at[i] = MOMENT_NONE;
}

static int64_t start_unstated(enum kezek_deadline_kind kind, const struct stage_facts *facts)
{
	switch (kind) {
	case KEZEK_DEADLINE_register:
		return facts->received_at;
	case KEZEK_DEADLINE_notify:
	case KEZEK_DEADLINE_notify_extension:
	case KEZEK_DEADLINE_hand_over:
		return facts->decided_at;
	default:
		return facts->registered_at;
	}
}

int64_t stage_start(const struct term_rule *rule, enum kezek_deadline_kind kind,
	const struct stage_facts *facts)
{
	switch (rule->start) {
	case TERM_START_received:
		return facts->received_at;
	case TERM_START_registered:
		return facts->registered_at;
	case TERM_START_complete:
		return facts->complete_at;
	case TERM_START_paid:
		return facts->paid_at;
	case TERM_START_forwarded:
		return facts->forwarded_at;
	case TERM_START_decided:
		return facts->decided_at;
	case TERM_START_STAGE:
		return facts->stopped_at[rule->start_stage];
	default:
		return start_unstated(kind, facts);
	}
}

const struct calendar *stage_calendar(
	const struct term_rule *rule, const struct stage_calendars *calendars)
{
	switch (rule->calendar_of) {
	case TERM_CALENDAR_OFFICE:
		return calendars->office;
	case TERM_CALENDAR_CODE:
		return calendars_find(calendars->set, rule->calendar_code);
	default:
		return calendars->agency;
	}
}

bool stage_follows_decision(const struct service *s, const struct variant *v)
{
	for (size_t i = 0; i < s->nstages; i++) {
		const struct stage *t = &s->stages[i];

		if ((t->kind == KEZEK_DEADLINE_notify || t->kind == KEZEK_DEADLINE_hand_over) &&
			stage_rule(t, v))
			return true;
	}
	return false;
}
