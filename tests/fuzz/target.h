/* What every fuzz target offers: libFuzzer calls it, and so does replay.c where libFuzzer is
 * absent. */
#pragma once

#include <stdio.h>
#include <stdint.h>

#include "lib/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An invariant: what breaks it ends the run with its own words. */
#define must(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)
