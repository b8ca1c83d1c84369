/* The live view: what a round brings, and how it is drawn. */
#pragma once

#include "daemon/cli/show.h"

/* What is looked at, what matters most first. */
#define WATCH_PARTS(X) X(overview) X(told) X(overdue) X(today) X(queues)

enum watch_part {
#define X(name) WATCH_##name,
	WATCH_PARTS(X)
#undef X
		WATCH_COUNT,
};

/* What one round brought; a part that one may not see, or that did not come, is NULL. */
struct round {
	json_object *part[WATCH_COUNT];
	char moment[MOMENT_SIZE];
	int failure; /* the first that was not a refusal of the role; 0: none */
};

/* On a terminal, from its upper left corner; as much as it has room for (watch_draw.c). */
void round_draw(struct cli *c, const struct round *round);
/* A line in a pipe, or with --json an object (watch_draw.c). */
void round_append(struct cli *c, const struct round *round);
