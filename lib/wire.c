/* The names of the wire's enums: one table each, from the list that makes the enum. */
#include <assert.h>

#include "lib/wire.h"

#define NAME_OF(code)              #code,
#define NAME_OF_STATE(code, final) #code,

const char *const state_wire[KEZEK_STATE_COUNT] = {KEZEK_STATES(NAME_OF_STATE)};
const char *const act_wire[KEZEK_ACT_COUNT] = {KEZEK_ACTS(NAME_OF)};
const char *const deadline_kind_wire[KEZEK_DEADLINE_COUNT] = {KEZEK_DEADLINE_KINDS(NAME_OF)};
const char *const deadline_state_wire[KEZEK_DEADLINE_STATE_COUNT] = {
	KEZEK_DEADLINE_STATES(NAME_OF)};
const char *const channel_wire[KEZEK_CHANNEL_COUNT] = {KEZEK_CHANNELS(NAME_OF)};
const char *const role_wire[KEZEK_ROLE_COUNT] = {KEZEK_ROLES(NAME_OF)};
const char *const outcome_wire[KEZEK_OUTCOME_COUNT] = {KEZEK_OUTCOMES(NAME_OF)};
const char *const priority_wire[KEZEK_PRIORITY_COUNT] = {KEZEK_PRIORITIES(NAME_OF)};
const char *const backdate_reason_wire[KEZEK_BACKDATE_REASON_COUNT] = {
	KEZEK_BACKDATE_REASONS(NAME_OF)};
const char *const breach_wire[KEZEK_BREACH_COUNT] = {KEZEK_BREACHES(NAME_OF)};
const char *const late_decision_wire[KEZEK_LATE_DECISION_COUNT] = {KEZEK_LATE_DECISIONS(NAME_OF)};

static bool find(const char *const table[], int count, struct span s, int *ret)
{
	for (int i = 0; i < count; i++) {
		if (span_is(s, table[i])) {
			*ret = i;
			return true;
		}
	}
	return false;
}

#define X(name, type, count)                                                                       \
	const char *name##_name(enum type value)                                                   \
	{                                                                                          \
		assert((unsigned)value < (unsigned)(count));                                       \
		return name##_wire[value];                                                         \
	}                                                                                          \
                                                                                                   \
	bool name##_parse(struct span s, enum type *ret)                                           \
	{                                                                                          \
		int found;                                                                         \
                                                                                                   \
		if (!find(name##_wire, count, s, &found))                                          \
			return false;                                                              \
		*ret = (enum type)found;                                                           \
		return true;                                                                       \
	}
WIRE_ENUMS(X)
#undef X

bool state_is_final(enum kezek_state state)
{
	static const bool is_final[KEZEK_STATE_COUNT] = {
#define X(code, final) [KEZEK_STATE_##code] = final,
		KEZEK_STATES(X)
#undef X
	};

	return is_final[state];
}
