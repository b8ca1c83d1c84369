/* Registration numbers, leased from the database in blocks so that submissions do not wait for each
 * other. */
#pragma once

#include <sys/queue.h>

#include "lib/base.h"

struct api;
struct numbers;

/* One who waits for a block. Embedded; on_number runs in a later turn, once. */
struct number_waiter {
	void (*on_number)(struct number_waiter *w, bool there_is_one);
	TAILQ_ENTRY(number_waiter) link;
};

struct numbers *numbers_new(struct api *a);
void numbers_free(struct numbers *n);
/*
 * The next number of a body in a local year: 0 and the number, or NUMBERS_WAIT: `w` is told when
 * the block is there (or that it could not be had), and asks again. -ENOTCONN: PostgreSQL is away.
 */
enum { NUMBERS_WAIT = 1 };
_must_check_ int numbers_take(struct numbers *n, const char *body, int year,
	struct number_waiter *w, int64_t *ret_number);
