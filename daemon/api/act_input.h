/* What the body of an act says, and what the parts of act_apply share. */
#pragma once

#include "daemon/api/act.h"
#include "daemon/api/dossier_deadline.h"

struct act_input {
	struct json_reader reader;
	const char *reason, *legal_basis, *ground, *outcome, *body_number, *to_agency,
		*to_principal;
	const char *to, *backdate_reason;
	const char
		*note; /* what the journal keeps sealed: a reference, the document that was shown */
	json_object *documents;
	int64_t amount_tyiyn;
	int64_t keep_for_seconds; /* 0: whoever comes first may have it */
	int64_t effective_at;
	/* pause */
	const struct pause_standard *pause;
	struct term_pause paused;
	int64_t cure_by_at; /* MOMENT_NONE: not stated */
	json_object *wanted;
	/* extend */
	struct deadline_row *deadline;
	struct term_extension extension;
	/* consult, forwarding a part */
	json_object *agencies, *part;
	const char *join;
	int64_t answer_by_at; /* MOMENT_NONE: by the standard's term */
	/* answered */
	struct link_row *link;
	/* correct: the content with the changes, owned, and the names of what they touch */
	json_object *corrected;
	struct text changed;
};

/* One row an act: how its body is read, and what it does once the move is known. */
struct act_kind {
	enum kezek_act act;
	void (*read)(struct act_run *r, struct act_input *in);
	void (*apply)(struct act_run *r, struct act_input *in);
};

/* The members that every act takes; in->reader stands at the body. */
void act_read_common(struct act_run *r, struct act_input *in);

/* act_clock.c: what moves deadlines */
void act_read_pause(struct act_run *r, struct act_input *in);
void act_apply_pause(struct act_run *r, struct act_input *in);
void act_read_resume(struct act_run *r, struct act_input *in);
void act_apply_resume(struct act_run *r, struct act_input *in);
void act_read_extend(struct act_run *r, struct act_input *in);
void act_apply_extend(struct act_run *r, struct act_input *in);
void act_read_notify(struct act_run *r, struct act_input *in);
void act_apply_notify(struct act_run *r, struct act_input *in);
/* Does the open pause wait for the applicant? Then `complete` ends it. */
bool act_waits_for_applicant(struct dossier *d);

/* act_content.c: what changes the content */
void act_read_complete(struct act_run *r, struct act_input *in);
void act_apply_complete(struct act_run *r, struct act_input *in);
void act_read_correct(struct act_run *r, struct act_input *in);
void act_apply_correct(struct act_run *r, struct act_input *in);
/* Documents are added before the move is known: it depends on what is still missing. */
void act_add_documents(struct act_run *r, json_object *documents);
/* Documents that a pause asked for, or the standard does, are not there. */
bool act_lacks_documents(const struct dossier *d);
/* The content as it stands becomes its next version; the first stays. */
void act_seal_content(struct act_run *r);
/* documents_wanted: the kinds that a pause asked for; NULL: no more. */
void act_want_documents(struct act_run *r, json_object *wanted);

/* act_route.c: what gives a request to others */
void act_read_forward(struct act_run *r, struct act_input *in);
void act_apply_forward(struct act_run *r, struct act_input *in);
void act_read_reassign(struct act_run *r, struct act_input *in);
void act_apply_reassign(struct act_run *r, struct act_input *in);
void act_read_escalate(struct act_run *r, struct act_input *in);
void act_apply_escalate(struct act_run *r, struct act_input *in);
void act_read_reopen(struct act_run *r, struct act_input *in);
void act_apply_reopen(struct act_run *r, struct act_input *in);

/* act_release.c: what goes back to the queue */
void act_read_release(struct act_run *r, struct act_input *in);
void act_apply_release(struct act_run *r, struct act_input *in);
/* The journal's line of what came to the supervisor's desk, behind the release's. */
void act_add_desk_event(struct act_run *r);
/* It goes on, and nothing counts of how often it came back. */
void act_leave_desk(struct act_run *r);

/* act_link.c: what comes of a request, and what comes back */
void act_read_consult(struct act_run *r, struct act_input *in);
void act_apply_consult(struct act_run *r, struct act_input *in);
/* `part` of a forwarding: members of the form, which become a request of their own. */
void act_read_part(struct act_run *r, struct act_input *in);
void act_apply_part(struct act_run *r, struct act_input *in);
void act_read_answered(struct act_run *r, struct act_input *in);
void act_apply_answered(struct act_run *r, struct act_input *in);
/* What the journal says of them: ,"links":[…] and the like. */
void act_add_links(struct text *t, const struct act_run *r, const struct act_input *in);

/* act_expiry.c: what the law does when nobody did */
void act_apply_expiry(struct act_run *r, struct act_input *in);

/* Shared by them. */
void act_free_hold(struct act_run *r);
/* The lease, or the custody, becomes custody of who has it. */
void act_keep_custody(struct act_run *r);
/* Facts of this act beside those that stopped deadlines tell. */
void act_facts_begin(const struct dossier *d, struct stage_facts *facts);
/* Only in the queue of the agency that must act has it been forwarded (deadlines.md, "start"). */
bool act_is_routed(const struct dossier *d);
