/* The Test Anything Protocol in a page: check() counts and reports, tap_end() closes. */
#pragma once

#include <stdio.h>

static int tap_count, tap_failed;

#define check(condition, ...)                                                                      \
	do {                                                                                       \
		int ok_ = (condition) ? 1 : 0;                                                     \
		tap_failed += !ok_;                                                                \
		printf("%s %d - ", ok_ ? "ok" : "not ok", ++tap_count);                            \
		printf(__VA_ARGS__);                                                               \
		printf(ok_ ? "\n" : " [%s:%d: %s]\n", __FILE__, __LINE__, #condition);             \
	} while (0)

static inline int tap_end(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed ? 1 : 0;
}
