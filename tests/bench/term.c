/*
 * Nanoseconds a due date, by the library call and without explanation: random starts over three
 * years. term [--json]; the peer is numpy's busday_offset, 30–45 ns a date, vectorised.
 */
#include <stdio.h>
#include <time.h>

#include "daemon/calendar_files.h"
#include "daemon/zoneinfo.h"
#include "lib/term.h"

#define DATES  100000
#define ROUNDS 20

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The best of many rounds: whatever else the machine does only adds. */
static double measure(const struct calendar *c, const struct term_rule *rule, const int64_t *starts)
{
	double best = 1e18;
	int64_t sum = 0;

	for (int round = 0; round < ROUNDS; round++) {
		double began = now_ns(), took;

		for (int i = 0; i < DATES; i++) {
			struct term_facts facts = {.start_at = starts[i]};
			struct term term;

			if (term_compute(c, rule, &facts, &term))
				abort();
			sum += term.due_at;
		}
		took = (now_ns() - began) / DATES;
		best = took < best ? took : best;
	}
	/* So that the dates are made at all. */
	return sum ? best : 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		struct term_rule rule;
	} rows[] = {
		{"term_working_day", {.amount = 14, .unit = TERM_working_day}},
		{"term_day", {.amount = 30, .unit = TERM_day}},
		{"term_month", {.amount = 1, .unit = TERM_month}},
		{"term_working_hour", {.amount = 8, .unit = TERM_working_hour}},
		{"term_after_hours", {.amount = 14,
					     .unit = TERM_working_day,
					     .next_working_day = true,
					     .at_close = true}},
	};
	_cleanup_(calendars_freep)
	struct calendars *set = calendars_new(zoneinfo_loader());
	bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
	_free_ int64_t *starts = malloc(DATES * sizeof(*starts));
	const struct calendar *c;
	uint64_t seed = 1;
	int64_t first;

	if (!starts || calendar_files_load(KEZEK_SOURCE_ROOT "/tests/data/calendars", set, stderr))
		return 1;
	c = calendars_find(set, "kg-state");
	if (!c || !moment_parse(SPAN("2024-01-01T00:00:00+06:00"), &first, NULL))
		return 1;
	for (int i = 0; i < DATES; i++) {
		seed = seed * 6364136223846793005 + 1442695040888963407;
		starts[i] = first + (int64_t)((seed >> 20) % (1000 * (uint64_t)USEC_PER_DAY));
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		double ns = measure(c, &rows[i].rule, starts);

		printf(json ? "{\"name\":\"%s\",\"ns\":%.1f}\n" : "%-18s %7.1f ns\n", rows[i].name,
			ns);
	}
	return 0;
}
