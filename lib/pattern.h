/* Patterns of forms: the regular part of ECMA-262's syntax, over code points, in linear time. */
#pragma once

#include "lib/base.h"

struct pattern;

/*
 * Literals, `.`, classes, \d \D \w \W \s \S \n \t \r \uXXXX, escaped punctuation, ( ) (?: ), |, * +
 * ? {n} {n,} {n,m} (also lazy), ^ and $. Look-around, back-references, \b and \p are not regular or
 * not worth it: refused. Not anchored, as JSON Schema has it. Memory is bounded by PATTERN_MAX
 * instructions.
 */
#define PATTERN_MAX 2000

/* 0, or a positive 1 + offset of what is not understood (or grows too large). */
int pattern_read(struct span text, struct pattern **ret) _must_check_;
void pattern_free(struct pattern *p);
/* `s` is valid UTF-8. */
bool pattern_matches(const struct pattern *p, struct span s);
