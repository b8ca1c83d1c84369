/* One line of an import: what it says, the case it becomes, and what is odd about it. */
#pragma once

#include "daemon/api/intake.h"

/* What is taken although it is odd; the names stand in the line's result, their meaning in the
 * contract. */
#define IMPORT_ODDITIES(X)                                                                         \
	X(closed_before_receipt)                                                                   \
	X(events_after_closing)                                                                    \
	X(registered_before_receipt)                                                               \
	X(act_not_open)      /* the lifecycle does not know the act in that state */               \
	X(unknown_ground)    /* paused on a ground that the standard does not have */              \
	X(beyond_standard)   /* paused, extended or forwarded as the standard does not allow */    \
	X(outcome_unknown)   /* decided, and the line does not say how */                          \
	X(hand_over_unknown) /* decided, and the line does not say what the standard has follow */ \
	X(holder_unknown)    /* in the hands of somebody who is no officer here: waits */          \
	X(no_version_then)   /* no version of the service was in force: judged by the earliest */  \
	X(no_term)           /* the standard has no term for the decision: no date */              \
	X(differs)           /* is there already, brought by a line that said something else */
enum import_oddity {
#define X(name) IMPORT_##name,
	IMPORT_ODDITIES(X)
#undef X
		IMPORT_ODDITY_COUNT,
};

/* Codes of an act's body that the journal keeps. */
#define IMPORT_DETAILS(X) X(to) X(to_agency) X(channel) X(body_number)
enum import_detail {
#define X(name) IMPORT_DETAIL_##name,
	IMPORT_DETAILS(X)
#undef X
		IMPORT_DETAIL_COUNT,
};
extern const char *const import_details[IMPORT_DETAIL_COUNT];

/* Strings are borrowed from the line's JSON. `act` is KEZEK_ACT_COUNT for kinds that are no acts,
 * or change nothing by themselves. */
struct import_event {
	int64_t at;
	const char *kind, *actor, *text, *outcome, *ground, *reason, *legal_basis;
	const char *details[IMPORT_DETAIL_COUNT];
	enum kezek_act act;
	size_t place;        /* in the line's list */
	const char *cure_by; /* of a pause: a day or a moment */
	int64_t until_at;    /* of a pause: its end; MOMENT_NONE: an event tells, or it is open */
	/* Of an extension: by so much (amount 0: not told), or to this day or moment. */
	enum kezek_deadline_kind deadline;
	struct term_extension extension;
	const char *until;
	int64_t amount_tyiyn; /* of a payment; 0: not told */
};

/* An act that was not open, for the line's result. */
struct import_refusal {
	const struct import_event *event;
	enum kezek_state state;
};
#define IMPORT_REFUSALS_MAX 20 /* further ones are counted */

struct import_line {
	size_t number_of_line, bytes, tree; /* tree: of the bytes, in the memory account */
	json_object *body;
	struct intake in; /* with the faults */
	const struct agency *agency;
	const char *number;
	int64_t registered_at;
	int64_t due_at;              /* MOMENT_NONE: to be computed, also once it is opened again */
	struct import_event *events; /* in the order of their moments, equal ones as given */
	size_t event_count;
	unsigned oddities; /* bits of enum import_oddity */
	int events_after_closing;
	struct import_refusal not_open[IMPORT_REFUSALS_MAX];
	int not_open_count;
	/* The case as it lives (import_life.c). */
	struct dossier d;
	bool has_dossier, has_acted;
	size_t next;                     /* the first event that is still to come */
	const char *holder, *last_actor; /* by their names in the former system */
	int64_t pause_ends_at;           /* of the open pause, where the line told */
	struct former_row *formers;
	size_t former_count;
	struct text key; /* agency/number */
	struct open_member m;
};

void import_line_init(struct import_line *l, struct book *b, int64_t now);
void import_line_done(struct import_line *l);
/* Decodes `text`, which may be let go afterwards. False: in.faults says why the line is refused. */
bool import_line_read(struct import_line *l, struct span text, unsigned json_depth);
/* Makes the case of a sound line: l->m is ready but for `kind` and `on_done`. `c` is who imports.
 * False: what it tells cannot have been; in.faults. */
bool import_line_compose(struct import_line *l, struct call *c);

enum import_outcome { IMPORT_CREATED, IMPORT_EXISTS, IMPORT_REFUSED, IMPORT_OUTCOME_COUNT };
/* `problem` is KEZEK_PROBLEM_COUNT for what was taken; `explain`: with the single faults. */
void import_line_write_result(struct text *t, struct import_line *l, const struct call *c,
	enum import_outcome outcome, enum kezek_problem problem, bool explain);
