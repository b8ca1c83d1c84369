/* Counters, gauges and histograms, and their Prometheus text (exposition format 0.0.4). */
#pragma once

#include "lib/text.h"

/*
 * X(name, type, label or NULL, help). Names get the prefix `kezek_`. Labels hold codes and routes,
 * never anything of a person.
 */
#define METRICS(X)                                                                                 \
	X(http_requests_total, counter, "route", "Requests answered, by route")                    \
	X(http_responses_total, counter, "status", "Responses, by status code")                    \
	X(http_request_seconds, histogram, NULL, "Time from the last byte in to the reply")        \
	X(connections_open, gauge, NULL, "Open client connections")                                \
	X(connections_total, counter, NULL, "Accepted client connections")                         \
	X(connections_refused_total, counter, "reason", "Connections refused, by reason")          \
	X(connections_timed_out_total, counter, "state", "Connections ended by a limit of time")   \
	X(overload_refused_total, counter, "reason",                                               \
		"Requests refused, by what there is too much of")                                  \
	X(tls_failures_total, counter, "reason", "Failed TLS handshakes, by reason")               \
	X(handshakes_doubted_total, counter, NULL, "TLS handshakes made to wait for all others")   \
	X(crl_expired, gauge, NULL, "1 when a loaded CRL has expired: client certificates fail")   \
	X(memory_account_bytes, gauge, NULL, "Bytes held for clients by the memory account")       \
	X(database_connections, gauge, "pool", "Connections to PostgreSQL that are ready")         \
	X(database_reconnects_total, counter, NULL, "Connections to PostgreSQL lost")              \
	X(database_batches_total, counter, "kind", "Group commits, by kind")                       \
	X(database_batch_members_total, counter, "kind", "Members of group commits, by kind")      \
	X(database_clock_steps_total, counter, NULL, "Steps seen of the database's clock")         \
	X(requests_submitted_total, counter, NULL, "Applications acknowledged")                    \
	X(requests_imported_total, counter, NULL, "Cases of a former system taken over")           \
	X(acts_total, counter, "act", "Acts carried out, by act")                                  \
	X(claims_total, counter, NULL, "Requests claimed")                                         \
	X(leases_expired_total, counter, NULL, "Leases that ran out")                              \
	X(deadlines_fired_total, counter, NULL, "Rungs and due moments fired")                     \
	X(deadline_fire_lag_seconds, histogram, NULL, "How long after its instant a rung fired")   \
	X(deadlines_untimed, gauge, NULL, "Deadlines that run without a timer: must be 0")         \
	X(deadlines_late_firing, gauge, NULL, "Timers that ran out over 5 s ago and did not fire") \
	X(deadlines_recomputed_total, counter, NULL, "Dates moved by a change of calendar")        \
	X(recompute_turn_seconds, histogram, NULL, "The loop's time in turns of recomputing")      \
	X(recompute_longest_turn_microseconds, gauge, NULL, "The longest of them")                 \
	X(calendar_coverage_days, gauge, "calendar",                                               \
		"Days until the coverage of a calendar in use ends")                               \
	X(streams_dropped_total, counter, NULL, "Event streams whose client did not keep up")      \
	X(webhook_attempts_total, counter, "result", "Attempts to deliver to webhooks, by result") \
	X(webhook_deliveries_pending, gauge, NULL, "Deliveries to webhooks still to be made")      \
	X(webhook_deliveries_dead, gauge, NULL, "Dead letters: given up after a day of attempts")  \
	X(webhooks_failing, gauge, NULL, "Webhooks whose last attempt has failed")                 \
	X(webhooks_disabled, gauge, NULL, "Webhooks that were disabled")                           \
	X(oldest_snapshot_seconds, gauge, NULL,                                                    \
		"Age of the oldest snapshot, which keeps dead rows; -1: not to be seen")           \
	X(oldest_snapshot_transactions, gauge, NULL, "Transactions since the oldest snapshot")     \
	X(dead_rows, gauge, "table", "Rows of hot tables that wait to be vacuumed")                \
	X(unrouted_total, counter, NULL, "Applications that no route takes")                       \
	X(unrouted_requests, gauge, NULL, "Open requests on the supervisor's desk: must be 0")

enum metric {
#define X(name, type, label, help) METRIC_##name,
	METRICS(X)
#undef X
		METRIC_COUNT,
};

/* `label` is NULL where the metric has none; label values are few and copied. */
void metric_add(enum metric m, const char *label, int64_t n);
void metric_set(enum metric m, const char *label, int64_t value);
/* Histograms take µs; their buckets run from 0.5 ms to 60 s. */
void metric_observe(enum metric m, int64_t us);
void metrics_write(struct text *t);
