/* The migrations inside the program, made from migrations/ at build. Both tables end with a null
 * name. */
#pragma once

struct migration {
	const char *name, *text;
};

extern const struct migration migrations[]; /* numbered, in order, each once */
extern const struct migration
	migration_functions[]; /* repeatable, in an order that satisfies them */
