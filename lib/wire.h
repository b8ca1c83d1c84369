/* The names of the wire's enums (include/kezek/types.h), and back from a name. */
#pragma once

#include "include/kezek/types.h"
#include "lib/base.h"

/*
 * `x_name` of a value of the enum is never NULL. `x_parse` compares bytes; false: no such name, and
 * `ret` is untouched. `x_wire` is all names in the enum's order, for json_get_enum.
 */
#define WIRE_ENUMS(X)                                                                              \
	X(state, kezek_state, KEZEK_STATE_COUNT)                                                   \
	X(act, kezek_act, KEZEK_ACT_COUNT)                                                         \
	X(deadline_kind, kezek_deadline_kind, KEZEK_DEADLINE_COUNT)                                \
	X(deadline_state, kezek_deadline_state, KEZEK_DEADLINE_STATE_COUNT)                        \
	X(channel, kezek_channel, KEZEK_CHANNEL_COUNT)                                             \
	X(role, kezek_role, KEZEK_ROLE_COUNT)                                                      \
	X(outcome, kezek_outcome, KEZEK_OUTCOME_COUNT)                                             \
	X(priority, kezek_priority, KEZEK_PRIORITY_COUNT)                                          \
	X(backdate_reason, kezek_backdate_reason, KEZEK_BACKDATE_REASON_COUNT)                     \
	X(breach, kezek_breach, KEZEK_BREACH_COUNT)                                                \
	X(late_decision, kezek_late_decision, KEZEK_LATE_DECISION_COUNT)

#define X(name, type, count)                                                                       \
	extern const char *const name##_wire[count];                                               \
	const char *name##_name(enum type value);                                                  \
	bool name##_parse(struct span s, enum type *ret);
WIRE_ENUMS(X)
#undef X

/* Nothing more happens to a request in a final state, except reopen. */
bool state_is_final(enum kezek_state state);
