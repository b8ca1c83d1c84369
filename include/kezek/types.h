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
	X(timed_out, 408)                                                                          \
	X(act_not_open, 409)                                                                       \
	X(on_leave, 409)                                                                           \
	X(claim_lost, 409)                                                                         \
	X(already_exists, 409)                                                                     \
	X(not_closed, 409)                                                                         \
	X(erased, 410)                                                                             \
	X(stale_version, 412)                                                                      \
	X(too_large, 413)                                                                          \
	X(target_too_long, 414)                                                                    \
	X(unsupported_media_type, 415)                                                             \
	X(expectation_failed, 417)                                                                 \
	X(invalid, 422)                                                                            \
	X(digest_mismatch, 422)                                                                    \
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
#define KEZEK_PROBLEM_CODE(code, status) KEZEK_PROBLEM_##code,
enum kezek_problem { KEZEK_PROBLEMS(KEZEK_PROBLEM_CODE) KEZEK_PROBLEM_COUNT };

/* clang-format off */

/* X(state, final). `overdue` and `provisional` are flags beside the state, not states. */
#define KEZEK_STATES(X)                                                                            \
	X(incomplete, 0) X(awaiting_payment, 0) X(queued, 0) X(claimed, 0) X(in_work, 0)           \
	X(paused, 0) X(decided, 0) X(closed, 1) X(refused, 1) X(withdrawn, 1) X(lapsed, 1)
#define KEZEK_STATE_CODE(state, final) KEZEK_STATE_##state,
enum kezek_state { KEZEK_STATES(KEZEK_STATE_CODE) KEZEK_STATE_COUNT };

/* What can be done to a request. Which are open where, and to whom: lib/lifecycle. */
#define KEZEK_ACTS(X)                                                                              \
	X(submit) X(refuse) X(complete) X(pay) X(correct) X(claim) X(renew) X(release)             \
	X(accept) X(pause) X(resume) X(extend) X(forward) X(consult) X(decide) X(notify)           \
	X(hand_over) X(withdraw) X(reassign) X(escalate) X(reopen) X(answered) X(lapse)            \
	X(approve_tacitly) X(deem_refused)
#define KEZEK_ACT_CODE(act) KEZEK_ACT_##act,
enum kezek_act { KEZEK_ACTS(KEZEK_ACT_CODE) KEZEK_ACT_COUNT };

#define KEZEK_DEADLINE_KINDS(X)                                                                    \
	X(register) X(cure) X(pay) X(forward) X(consult) X(decide) X(notify)                       \
	X(notify_extension) X(hand_over)
#define KEZEK_DEADLINE_CODE(kind) KEZEK_DEADLINE_##kind,
enum kezek_deadline_kind { KEZEK_DEADLINE_KINDS(KEZEK_DEADLINE_CODE) KEZEK_DEADLINE_COUNT };

/* clang-format on */

#define KEZEK_DEADLINE_STATES(X)         X(running) X(paused) X(met) X(missed) X(void)
#define KEZEK_DEADLINE_STATE_CODE(state) KEZEK_DEADLINE_STATE_##state,
enum kezek_deadline_state {
	KEZEK_DEADLINE_STATES(KEZEK_DEADLINE_STATE_CODE) KEZEK_DEADLINE_STATE_COUNT
};

#define KEZEK_CHANNELS(X)           X(counter) X(portal) X(post) X(mobile) X(email) X(xroad) X(other)
#define KEZEK_CHANNEL_CODE(channel) KEZEK_CHANNEL_##channel,
enum kezek_channel { KEZEK_CHANNELS(KEZEK_CHANNEL_CODE) KEZEK_CHANNEL_COUNT };

#define KEZEK_ROLES(X)        X(clerk) X(officer) X(supervisor) X(admin) X(auditor)
#define KEZEK_ROLE_CODE(role) KEZEK_ROLE_##role,
enum kezek_role { KEZEK_ROLES(KEZEK_ROLE_CODE) KEZEK_ROLE_COUNT };

#define KEZEK_OUTCOMES(X)           X(granted) X(partly) X(refused)
#define KEZEK_OUTCOME_CODE(outcome) KEZEK_OUTCOME_##outcome,
enum kezek_outcome { KEZEK_OUTCOMES(KEZEK_OUTCOME_CODE) KEZEK_OUTCOME_COUNT };

/* Classes of what waits: whoever claims gets those of the first one first. */
#define KEZEK_PRIORITIES(X)           X(urgent) X(normal) X(low)
#define KEZEK_PRIORITY_CODE(priority) KEZEK_PRIORITY_##priority,
enum kezek_priority { KEZEK_PRIORITIES(KEZEK_PRIORITY_CODE) KEZEK_PRIORITY_COUNT };

#define KEZEK_BACKDATE_REASONS(X)          X(mobile) X(post) X(outage) X(paper)
#define KEZEK_BACKDATE_REASON_CODE(reason) KEZEK_BACKDATE_REASON_##reason,
enum kezek_backdate_reason {
	KEZEK_BACKDATE_REASONS(KEZEK_BACKDATE_REASON_CODE) KEZEK_BACKDATE_REASON_COUNT
};

/* What a breached deadline does (deadlines.md "Expiry"). */
#define KEZEK_BREACHES(X)         X(overdue) X(tacit_approval) X(deemed_refusal) X(lapse)
#define KEZEK_BREACH_CODE(breach) KEZEK_BREACH_##breach,
enum kezek_breach { KEZEK_BREACHES(KEZEK_BREACH_CODE) KEZEK_BREACH_COUNT };

#define KEZEK_LATE_DECISIONS(X)        X(allowed) X(favourable_only) X(forbidden)
#define KEZEK_LATE_DECISION_CODE(late) KEZEK_LATE_DECISION_##late,
enum kezek_late_decision {
	KEZEK_LATE_DECISIONS(KEZEK_LATE_DECISION_CODE) KEZEK_LATE_DECISION_COUNT
};
