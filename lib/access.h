/* Who may do what, and who may see whom: roles by actions, scope, and personal data. */
#pragma once

#include "lib/wire.h"

/* X(action, roles, writes): c(lerk), o(fficer), s(upervisor), a(dmin), a(u)ditor. */
#define ACCESS_ACTIONS(X)                                                                          \
	X(services_read, "cosau", 0)                                                               \
	X(request_submit, "c", 1)                                                                  \
	X(request_act, "cos", 1)                                                                   \
	X(request_read, "cosau", 0)                                                                \
	X(journal_read, "cosau", 0)                                                                \
	X(accesses_read, "su", 0)                                                                  \
	X(receipt_read, "c", 0)                                                                    \
	X(document_write, "co", 1)                                                                 \
	X(document_read, "co", 0)                                                                  \
	X(request_erase, "a", 1)                                                                   \
	X(search, "cos", 0)                                                                        \
	X(claim_work, "o", 1)                                                                      \
	X(claims_read, "o", 0)                                                                     \
	X(queues_read, "os", 0)                                                                    \
	X(overview_read, "s", 0)                                                                   \
	X(notifications_read, "osu", 0)                                                            \
	X(notifications_write, "os", 1)                                                            \
	X(reassign_many, "s", 1)                                                                   \
	X(delegations_read, "osu", 0)                                                              \
	X(delegations_write, "os", 1)                                                              \
	X(feed_read, "cosau", 0)                                                                   \
	X(catalogue_write, "a", 1)                                                                 \
	X(calendar_write, "a", 1)                                                                  \
	X(principal_read, "a", 0)                                                                  \
	X(principal_write, "a", 1)                                                                 \
	X(webhook_read, "a", 0)                                                                    \
	X(webhook_write, "a", 1)                                                                   \
	X(import_write, "a", 1)                                                                    \
	X(job_read, "a", 0)                                                                        \
	X(clock_write, "a", 1)                                                                     \
	X(me_read, "cosau", 0)                                                                     \
	X(metrics_read, "cosau", 0)

enum access_action {
#define X(action, roles, writes) ACCESS_##action,
	ACCESS_ACTIONS(X)
#undef X
		ACCESS_COUNT,
};

/* Who asks: a principal's role and body, by code; NULL where it has none. */
struct viewer {
	enum kezek_role role;
	const char *agency, *office;
};

bool access_may(enum kezek_role role, enum access_action action);
const char *access_action_name(enum access_action action);

/*
 * Does this request exist for the viewer? clerk: taken in the viewer's office. officer: of the
 * viewer's agency. supervisor: of the viewer's agency, or any where it has none. admin, auditor:
 * any.
 */
bool access_sees(const struct viewer *viewer, const char *agency, const char *office);
/* Personal data unmasked: only for the office that took it and the agency that acts. */
bool access_sees_personal(const struct viewer *viewer, const char *agency, const char *office);
/* clerk: an office; officer: an agency; supervisor: perhaps an agency; admin, auditor: neither. */
bool access_scope_is_sound(enum kezek_role role, bool has_agency, bool has_office);
