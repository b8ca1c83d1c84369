/* The lifecycle of a request: the table, and what is read from it. */
#include "lib/lifecycle.h"

enum {
	KEZEK_STATE_new = LIFECYCLE_NEW,
	C = 1 << KEZEK_ROLE_clerk,
	O = 1 << KEZEK_ROLE_officer,
	S = 1 << KEZEK_ROLE_supervisor,
	D = LIFECYCLE_DAEMON,
	CD = C | D,
	CO = C | O,
	OS = O | S,
	OD = O | D,
	MISSING = FACT_MISSING,
	PAUSES = FACT_PAUSES,
	FEE = FACT_FEE,
	HELD = FACT_HELD,
	FOLLOWS = FACT_FOLLOWS,
	NAMED = FACT_NAMED,
	WAITS = FACT_WAITS,
	PART = FACT_PART,
	OWES = FACT_OWES,
	PLANNED = 0,
	BUILT = 1,
};

static const struct lifecycle_row rows[] = {
#define X(from_, act_, to_, roles_, needs_, lacks_, built_, why_)                                  \
	{                                                                                          \
		.from = (enum kezek_state)KEZEK_STATE_##from_,                                     \
		.act = KEZEK_ACT_##act_,                                                           \
		.to = KEZEK_STATE_##to_,                                                           \
		.roles = roles_,                                                                   \
		.needs = needs_,                                                                   \
		.lacks = lacks_,                                                                   \
		.is_built = built_,                                                                \
		.why = why_,                                                                       \
	},
#include "lib/lifecycle.def"
#undef X
};

const struct lifecycle_row *lifecycle_rows(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(rows);
	return rows;
}

static bool fits(const struct lifecycle_row *row, unsigned facts)
{
	return (facts & row->needs) == row->needs && !(facts & row->lacks);
}

const struct lifecycle_row *lifecycle_find(enum kezek_state from, enum kezek_act act)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].from == from && rows[i].act == act && rows[i].is_built)
			return &rows[i];
	}
	return NULL;
}

const struct lifecycle_row *lifecycle_next(
	enum kezek_state from, enum kezek_act act, unsigned facts)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].from == from && rows[i].act == act && rows[i].is_built &&
			fits(&rows[i], facts))
			return &rows[i];
	}
	return NULL;
}

bool lifecycle_role_does(enum kezek_role role, enum kezek_act act)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].act == act && (rows[i].roles & 1u << role))
			return true;
	}
	return false;
}

bool lifecycle_suits_question(enum kezek_act act)
{
	static const enum kezek_act acts[] = {KEZEK_ACT_claim, KEZEK_ACT_renew, KEZEK_ACT_release,
		KEZEK_ACT_accept, KEZEK_ACT_forward, KEZEK_ACT_consult, KEZEK_ACT_decide,
		KEZEK_ACT_reassign, KEZEK_ACT_escalate};

	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		if (acts[i] == act)
			return true;
	}
	return false;
}

void lifecycle_open_acts(
	struct text *t, enum kezek_state from, unsigned roles, bool is_question, bool owes)
{
	const char *comma = "";

	text_add_char(t, '[');
	for (int act = 0; act < KEZEK_ACT_COUNT; act++) {
		const struct lifecycle_row *row = lifecycle_find(from, (enum kezek_act)act);

		if (!row || !(row->roles & roles & ~LIFECYCLE_DAEMON) ||
			(is_question && !lifecycle_suits_question(row->act)) ||
			(row->needs & FACT_OWES && !owes))
			continue;
		text_addf(t, "%s\"%s\"", comma, act_name(row->act));
		comma = ",";
	}
	text_add_char(t, ']');
}
