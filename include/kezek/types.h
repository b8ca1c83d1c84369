/* Wire enums, limits and problem codes of kezek: each one list, used by daemon, client and docs. */
#pragma once

/*
 * X(code, http_status). The code ends `urn:kezek:problem:<code>`; its titles in three languages
 * stand in lib/words/problem.def.
 */
#define KEZEK_PROBLEMS(X)                                                                          \
	X(malformed, 400)                                                                          \
	X(bad_json, 400)                                                                           \
	X(unknown_member, 400)                                                                     \
	X(duplicate_member, 400)                                                                   \
	X(wrong_type, 400)                                                                         \
	X(bad_parameter, 400)                                                                      \
	X(idempotency_key_missing, 400)                                                            \
	X(idempotency_key_malformed, 400)                                                          \
	X(actor_missing, 400)                                                                      \
	X(unauthenticated, 401)                                                                    \
	X(principal_unknown, 401)                                                                  \
	X(principal_disabled, 401)                                                                 \
	X(token_expired, 401)                                                                      \
	X(role_not_allowed, 403)                                                                   \
	X(foreign_origin, 403)                                                                     \
	X(not_found, 404)                                                                          \
	X(method_not_allowed, 405)                                                                 \
	X(not_acceptable, 406)                                                                     \
	X(timed_out, 408)                                                                          \
	X(act_not_open, 409)                                                                       \
	X(claim_lost, 409)                                                                         \
	X(already_exists, 409)                                                                     \
	X(length_required, 411)                                                                    \
	X(stale_version, 412)                                                                      \
	X(too_large, 413)                                                                          \
	X(target_too_long, 414)                                                                    \
	X(unsupported_media_type, 415)                                                             \
	X(expectation_failed, 417)                                                                 \
	X(invalid, 422)                                                                            \
	X(idempotency_key_reused, 422)                                                             \
	X(precondition_required, 428)                                                              \
	X(too_many_connections, 429)                                                               \
	X(headers_too_large, 431)                                                                  \
	X(internal, 500)                                                                           \
	X(not_implemented, 501)                                                                    \
	X(overloaded, 503)                                                                         \
	X(database_away, 503)                                                                      \
	X(disk_full, 503)                                                                          \
	X(stopping, 503)                                                                           \
	X(http_version, 505)

enum kezek_problem {
#define X(code, status) KEZEK_PROBLEM_##code,
	KEZEK_PROBLEMS(X)
#undef X
	KEZEK_PROBLEM_COUNT,
};

/* X(state, final). `overdue` and `provisional` are flags beside the state, not states. */
#define KEZEK_STATES(X)                                                                            \
	X(incomplete, 0)                                                                           \
	X(awaiting_payment, 0)                                                                     \
	X(queued, 0)                                                                               \
	X(claimed, 0)                                                                              \
	X(in_work, 0)                                                                              \
	X(paused, 0)                                                                               \
	X(decided, 0)                                                                              \
	X(closed, 1)                                                                               \
	X(refused, 1)                                                                              \
	X(withdrawn, 1)                                                                            \
	X(lapsed, 1)

#define KEZEK_DEADLINE_KINDS(X)                                                                    \
	X(register) X(cure) X(pay) X(forward) X(consult) X(decide) X(notify) X(notify_extension) X(hand_over)

#define KEZEK_DEADLINE_STATES(X) X(running) X(paused) X(met) X(missed) X(void)

#define KEZEK_CHANNELS(X) X(counter) X(portal) X(post) X(mobile) X(email) X(xroad) X(other)

#define KEZEK_ROLES(X) X(clerk) X(officer) X(supervisor) X(admin) X(auditor)

#define KEZEK_OUTCOMES(X) X(granted) X(partly) X(refused)

#define KEZEK_BACKDATE_REASONS(X) X(mobile) X(post) X(outage) X(paper)
