/* The names of the wire's enums (include/kezek/types.h), and back from a name. */
#pragma once

#include "include/kezek/types.h"
#include "lib/base.h"

/*
 * `x_name` of a value of the enum is never NULL. `x_parse` compares bytes; false: no such name, and
 * `ret` is untouched. `x_names` is all of them, ", " between: the detail of reason_not_allowed.
 */
#define WIRE_ENUMS(X)                                                                              \
	X(state, kezek_state)                                                                      \
	X(act, kezek_act)                                                                          \
	X(deadline_kind, kezek_deadline_kind)                                                      \
	X(deadline_state, kezek_deadline_state)                                                    \
	X(channel, kezek_channel)                                                                  \
	X(role, kezek_role)                                                                        \
	X(outcome, kezek_outcome)                                                                  \
	X(backdate_reason, kezek_backdate_reason)                                                  \
	X(breach, kezek_breach)                                                                    \
	X(late_decision, kezek_late_decision)

#define X(name, type)                                                                              \
	const char *name##_name(enum type value);                                                  \
	bool name##_parse(struct span s, enum type *ret);                                          \
	const char *name##_names(void);
WIRE_ENUMS(X)
#undef X

/* Nothing more happens to a request in a final state, except reopen. */
bool state_is_final(enum kezek_state state);
