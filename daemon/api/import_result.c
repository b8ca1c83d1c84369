/* The result of one line of an import: what became of it, what is odd about it, why it was refused.
 */
#include "daemon/api/import_line.h"

static const char *const oddities[] = {
#define X(name) #name,
	IMPORT_ODDITIES(X)
#undef X
};

/* Which acts were not open, and in what state the case was: for who puts the former register right.
 */
static void add_not_open(struct text *t, const struct import_line *l)
{
	text_adds(t, "\"not_open\":[");
	for (int i = 0; i < l->not_open_count && i < IMPORT_REFUSALS_MAX; i++) {
		const struct import_refusal *r = &l->not_open[i];

		text_addf(t, "%s{\"event\":%zu,\"kind\":\"%s\",\"state\":\"%s\"}", i ? "," : "",
			r->event->place, act_name(r->event->act), state_name(r->state));
	}
	text_adds(t, "],");
}

static void add_oddities(struct text *t, const struct import_line *l, bool explain)
{
	const char *comma = "";

	for (enum import_oddity i = 0; i < IMPORT_ODDITY_COUNT; i++) {
		if (!(l->oddities & 1u << i))
			continue;
		text_addf(t, "%s\"%s\"", comma, oddities[i]);
		comma = ",";
	}
	text_adds(t, "],");
	if (l->events_after_closing)
		text_addf(t, "\"events_after_closing\":%d,", l->events_after_closing);
	if (l->not_open_count && explain)
		add_not_open(t, l);
}

void import_line_write_result(struct text *t, struct import_line *l, const struct call *c,
	enum import_outcome outcome, enum kezek_problem problem, bool explain)
{
	static const char *const names[] = {"created", "exists", "refused"};

	text_addf(t, "{\"line\":%zu,", l->number_of_line);
	text_add_member(t, "number", l->number);
	text_addf(t, ",\"result\":\"%s\",\"flags\":[", names[outcome]);
	if (outcome != IMPORT_REFUSED)
		add_oddities(t, l, explain);
	else
		text_adds(t, "],");
	if (outcome != IMPORT_REFUSED && !uuid_is_nil(&l->m.id)) {
		char id[UUID_TEXT_SIZE];

		uuid_format(outcome == IMPORT_CREATED ? &l->m.id : &l->m.stored.request, id);
		if (outcome == IMPORT_CREATED || !uuid_is_nil(&l->m.stored.request))
			text_addf(t, "\"id\":\"%s\",", id);
	}
	text_adds(t, "\"problem\":");
	if (problem == KEZEK_PROBLEM_COUNT)
		text_adds(t, "null");
	else
		problem_write(t, problem, c->lang, NULL, c->x->request_id,
			explain ? &l->in.faults : NULL);
	text_adds(t, "}\n");
}
