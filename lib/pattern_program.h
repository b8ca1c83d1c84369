/* What a pattern becomes: a little program. Private to lib/pattern*.c. */
#pragma once

#include "lib/pattern.h"

enum opcode { OP_CHAR, OP_ANY, OP_CLASS, OP_SPLIT, OP_JUMP, OP_START, OP_END, OP_MATCH };

/* Jumps are relative to the instruction, so that a piece of program can be copied. */
struct instruction {
	enum opcode op;
	bool negated;   /* OP_CLASS */
	uint32_t point; /* OP_CHAR; OP_CLASS: the first of its ranges */
	uint32_t count; /* OP_CLASS: how many */
	int to[2];      /* OP_SPLIT both, OP_JUMP the first */
};

struct range {
	uint32_t first, last;
};

#define RANGES_MAX 4000

struct pattern {
	struct instruction *code;
	size_t ncode;
	struct range *ranges;
	size_t nranges;
};

/* One code point of valid UTF-8 (a broken byte stands for itself: never beyond the end). */
uint32_t utf8_next(struct span s, size_t *at);
