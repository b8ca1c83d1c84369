/* Finding things by code in sorted arrays of pointers. Private to lib/catalogue*.c and route.c. */
#pragma once

#include "lib/catalogue.h"
#include "lib/pool.h"

/* The first item whose code (its first member) is not less than `code`; `count` when there is none.
 */
size_t index_at(const void *const *index, size_t count, const char *code);
