/* Patterns of forms: the regular part of ECMA-262's syntax, over code points, in linear time. */
#pragma once

#include "lib/base.h"

struct pattern;

/*
 * Literals, `.`, classes, \d \D \w \W \s \S \n \t \r \f \v \uHHHH, escaped punctuation, ( ) (?: ),
 * |,
 * * + ? {n} {n,} {n,m} (also lazy), ^ and $. Look-around, back-references, \b and \p are not
 * regular or not worth it: refused. Not anchored, as JSON Schema has it. A pattern may grow to
 * PATTERN_MAX instructions, and a text longer than PATTERN_TEXT_MAX bytes matches nothing: both
 * bound the time.
 */
#define PATTERN_MAX      2000
#define PATTERN_TEXT_MAX 16384

/* 0, or 1 + the offset of what is not understood, or at which it grows too large. */
size_t pattern_read(struct span text, struct pattern **ret) _must_check_;
void pattern_free(struct pattern *p);
/* `s` is valid UTF-8. */
bool pattern_matches(const struct pattern *p, struct span s);
