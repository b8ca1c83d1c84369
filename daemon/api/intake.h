/* What a submission says, checked against the catalogue, and the new request that it makes. */
#pragma once

#include "daemon/api/dossier.h"
#include "daemon/api/lookups.h"
#include "lib/applicant.h"
#include "lib/lookup_code.h"
#include "lib/route.h"

struct intake {
	struct book *book; /* borrowed from the call */
	int64_t now;
	struct faults faults;
	const struct service *service;
	const struct variant *variant;
	const struct office *office;
	const char *channel, *language, *territory, *backdate_reason, *external_ref;
	const char *refuse_ground, *refuse_reason;
	const struct route *route;     /* NULL: nobody takes it */
	int64_t received_at;           /* MOMENT_NONE: now */
	json_object *applicant, *form; /* borrowed from the body */
	json_object *documents;        /* held */
	const char *pin, *applicant_kind;
	bool has_open;               /* such an application of the same applicant is open */
	const char *open_number;     /* borrowed; NULL: it is not for who submits to know */
	char code[LOOKUP_CODE_SIZE]; /* of a submission; "": a former system's case has none */
};

void intake_init(struct intake *in, struct book *b, int64_t now);
void intake_done(struct intake *in);
/* All faults at once, into in->faults. `own_office`: the clerk's; another is a fault. */
void intake_read(struct intake *in, json_object *body, const char *own_office, enum lang lang);
/* Into in->applicant, pin and applicant_kind; whether the service takes such a one is checked where
 * it is known. */
void intake_read_applicant(struct intake *in, struct json_reader *body, enum json_need need);
/* {applicant?, form?, documents, external_ref?, code?, refusal?}: what is sealed. The caller puts
 * it. */
json_object *intake_content(const struct intake *in);
int intake_local_year(const struct intake *in);
/* Fills in the dossier: number, agency, state, deadlines. d->now is the moment of registration. */
void intake_compose(const struct intake *in, struct dossier *d, int64_t number);
void intake_journal(const struct intake *in, struct dossier *d, const struct call *c);
/* `"warnings":[…]`: what is odd, in the caller's language. */
void intake_write_warnings(struct text *t, const struct intake *in, enum lang lang);
/* Whether any fault is of shape: then nothing was understood that could be looked up. */
bool faults_are_of_shape(const struct faults *f);
/* A document list {kind, original, pages, name?, issued_on?, sha256?}[], for submissions and
 * completions. One that is older on `day` than the standard allows gets `too_old`: it is listed,
 * and does not count. DAY_NONE: of a former system, which tells when each came in (`at`), and not
 * judged. *ret is let go and held anew.
 */
void intake_read_documents(
	struct json_reader *r, const struct service *service, int32_t day, json_object **ret);
