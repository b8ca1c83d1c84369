/* The phrase table: every verb with its arguments and options, from which parsing, help and
 * completion come. */
#pragma once

#include "daemon/cli/cli.h"

struct option {
	const char *name;
	const char *value;   /* what stands for its value in help: "CODE"; "" for a flag */
	const char *choices; /* space-separated words that the value must be one of; "" for any */
	enum say help;
};

/* The rooms of the help: who says these phrases. */
#define PHRASE_GROUPS(X) X(look) X(counter) X(work) X(supervise) X(administer) X(self)

enum phrase_group {
#define X(name) GROUP_##name,
	PHRASE_GROUPS(X)
#undef X
		GROUP_COUNT,
};

struct phrase {
	/* Literal words in small letters, then arguments in capitals: [OPTIONAL], REPEATED… */
	const char *pattern;
	enum phrase_group group;
	const char *options; /* space-separated names beside the global ones */
	int (*run)(struct cli *c);
	enum say help;
};

extern const struct phrase phrases[];
extern const size_t phrase_count;
extern const struct option options[];
extern const size_t option_count;
extern const char *const global_options; /* space-separated */

/* True when `word` stands in the space-separated list. */
bool words_have(const char *list, const char *word);
/* The next word of a space-separated list, copied; false at its end. *at starts as the list. */
bool words_next(const char **at, char *ret_word, size_t room);
/* "catalogue load" of "catalogue load FILE…". */
void phrase_verb(const struct phrase *p, char *ret_verb, size_t room);
const struct option *option_find(const char *name);

/*
 * Fills c->phrase, args and given. 0, or EXIT_USAGE with the reason on stderr, or -1: --help or
 * --version was asked, and c->phrase is what it was asked about (NULL: the whole).
 */
int phrase_parse(struct cli *c, int argc, char **argv);

void help_print(const struct cli *c, FILE *out); /* of c->phrase, or of all */
int help_run(struct cli *c);
int completion_run(struct cli *c);
