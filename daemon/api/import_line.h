/* One line of an import: what it says, the case it becomes, and what is odd about it. */
#pragma once

#include "daemon/api/intake.h"

/* What is taken although it is odd; the names stand in the line's result. */
#define IMPORT_ODDITIES(X)                                                                         \
	X(closed_before_receipt)                                                                   \
	X(events_after_closing)                                                                    \
	X(registered_before_receipt)                                                               \
	X(not_judged) /* a pause, extension or forwarding stands in the journal and moved no date  \
		       */                                                                          \
	X(outcome_unknown) /* decided, and the line does not say how */                            \
	X(no_version_then) /* no version of the service was in force: judged by the earliest */    \
	X(no_term)         /* the standard has no term for the decision: no date */                \
	X(differs)         /* is there already, brought by a line that said something else */
enum import_oddity {
#define X(name) IMPORT_##name,
	IMPORT_ODDITIES(X)
#undef X
		IMPORT_ODDITY_COUNT,
};
const char *import_oddity_name(enum import_oddity oddity);

/* Codes of an act's body that the journal keeps. */
#define IMPORT_DETAILS(X) X(to) X(to_agency) X(channel) X(body_number)
enum import_detail {
#define X(name) IMPORT_DETAIL_##name,
	IMPORT_DETAILS(X)
#undef X
		IMPORT_DETAIL_COUNT,
};
extern const char *const import_details[IMPORT_DETAIL_COUNT];

/* Strings are borrowed from the line's JSON. `act` is KEZEK_ACT_COUNT for kinds that are no acts.
 */
struct import_event {
	int64_t at;
	const char *kind, *actor, *text, *outcome, *ground, *reason, *legal_basis;
	const char *details[IMPORT_DETAIL_COUNT];
	enum kezek_act act;
	size_t place; /* in the line's list */
};

struct import_line {
	size_t number_of_line, bytes;
	json_object *body;
	struct intake in; /* with the faults */
	const struct agency *agency;
	const char *number;
	int64_t registered_at, due_at; /* due_at MOMENT_NONE: to be computed */
	struct import_event *events;   /* in the order of their moments, equal ones as given */
	size_t event_count;
	unsigned oddities; /* bits of enum import_oddity */
	int events_after_closing;
	struct dossier d;
	bool has_dossier;
	struct text key; /* agency/number */
	struct open_member m;
};

void import_line_init(struct import_line *l, struct book *b, int64_t now);
void import_line_done(struct import_line *l);
/* Decodes `text`, which may be let go afterwards. False: in.faults says why the line is refused. */
bool import_line_read(struct import_line *l, struct span text, unsigned json_depth);
/* Makes the case of a sound line: l->m is ready but for `kind` and `on_done`. `c` is who imports.
 */
void import_line_compose(struct import_line *l, struct call *c);

enum import_outcome { IMPORT_CREATED, IMPORT_EXISTS, IMPORT_REFUSED, IMPORT_OUTCOME_COUNT };
/* `problem` is KEZEK_PROBLEM_COUNT for what was taken; `explain`: with the single faults. */
void import_line_write_result(struct text *t, struct import_line *l, const struct call *c,
	enum import_outcome outcome, enum kezek_problem problem, bool explain);
