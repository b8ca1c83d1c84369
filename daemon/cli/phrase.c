/* The phrase table itself, and how a command line is read by it. */
#include <stdio.h>

#include "daemon/cli/phrase.h"
#include "daemon/cli/verbs.h"

#define CODE_WORD(code, ...) #code " "
#define STATES               KEZEK_STATES(CODE_WORD)
#define CHANNELS             KEZEK_CHANNELS(CODE_WORD)
#define DEADLINE_KINDS       KEZEK_DEADLINE_KINDS(CODE_WORD)
#define OUTCOMES             KEZEK_OUTCOMES(CODE_WORD)
#define ROLES                KEZEK_ROLES(CODE_WORD)
#define BACKDATE_REASONS     KEZEK_BACKDATE_REASONS(CODE_WORD)

#define HOLD "claim fence if-match"
#define ACT  "reason legal-basis effective-at backdate-reason " HOLD
#define SUBMIT                                                                                     \
	"service variant channel office received-at backdate-reason language territory kind pin "  \
	"name phone address representative representative-pin authority form document "            \
	"external-ref ask dry-run attach spool spool-dir"

const struct option options[] = {
#define X(identifier, name, value, choices) {name, value, choices, SAY_opt_##identifier},
#include "daemon/cli/options.def"
#undef X
};
const size_t option_count = ARRAY_SIZE(options);

const struct phrase phrases[] = {
#define X(identifier, group, pattern, allowed)                                                     \
	{pattern, GROUP_##group, allowed, identifier##_run, SAY_help_##identifier},
#include "daemon/cli/phrases.def"
#undef X
};
const size_t phrase_count = ARRAY_SIZE(phrases);

const char *const global_options =
	"url ca cert key token-file profile actor lang json timeout idempotency-key help version";

bool words_next(const char **at, char *ret_word, size_t room)
{
	size_t len;

	*at += strspn(*at, " ");
	len = strcspn(*at, " ");
	if (len == 0)
		return false;
	snprintf(ret_word, room, "%.*s", (int)len, *at);
	*at += len;
	return true;
}

bool words_have(const char *list, const char *word)
{
	char one[64];

	while (words_next(&list, one, sizeof(one))) {
		if (strcmp(one, word) == 0)
			return true;
	}
	return false;
}

const struct option *option_find(const char *name)
{
	for (size_t i = 0; i < option_count; i++) {
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	}
	return NULL;
}

static bool word_is_literal(const char *word)
{
	return *word >= 'a' && *word <= 'z';
}

void phrase_verb(const struct phrase *p, char *ret_verb, size_t room)
{
	const char *at = p->pattern, *end = at;
	char word[64];

	while (words_next(&at, word, sizeof(word)) && word_is_literal(word))
		end = at;
	while (end > p->pattern && end[-1] == ' ')
		end--;
	snprintf(ret_verb, room, "%.*s", (int)(end - p->pattern), p->pattern);
}

/* How many words of the verb stand at the start of `args`; 0 unless all or `partly`. */
static size_t verb_match(const struct phrase *p, const char *const *args, size_t count, bool partly)
{
	const char *at = p->pattern;
	char word[64];
	size_t matched = 0;

	while (words_next(&at, word, sizeof(word)) && word_is_literal(word)) {
		if (matched >= count || strcmp(args[matched], word) != 0)
			return partly ? matched : 0;
		matched++;
	}
	return matched;
}

/* Changes needed to make one word of the other (Levenshtein), for words short enough; else 99. */
static int distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	int row[32];

	if (la > 31 || lb > 31)
		return 99;
	for (size_t j = 0; j <= lb; j++)
		row[j] = (int)j;
	for (size_t i = 1; i <= la; i++) {
		int diagonal = row[0];

		row[0] = (int)i;
		for (size_t j = 1; j <= lb; j++) {
			int best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			best = best < row[j] + 1 ? best : row[j] + 1;
			row[j] = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
		}
	}
	return row[lb];
}

/* No phrase begins so: says which verb is near, or which second words there are. */
static int verb_unknown(const struct cli *c)
{
	struct text known = TEXT_INIT;
	const struct phrase *near = NULL;
	char verb[64];
	int best = 3;

	for (size_t i = 0; i < phrase_count; i++) {
		phrase_verb(&phrases[i], verb, sizeof(verb));
		if (verb_match(&phrases[i], c->args, c->arg_count, true) > 0) {
			text_addf(&known, "%skezek %s", known.len ? ", " : "", verb);
		} else if (distance(verb, c->args[0]) < best) {
			best = distance(verb, c->args[0]);
			near = &phrases[i];
		}
	}
	if (known.len) {
		cli_usage(c, SAY_usage_which, known.data);
	} else if (near) {
		phrase_verb(near, verb, sizeof(verb));
		cli_usage(c, SAY_usage_near, verb);
	} else {
		cli_usage(c, SAY_usage_unknown_verb, c->args[0]);
	}
	text_done(&known);
	return EXIT_USAGE;
}

static int phrase_choose(struct cli *c)
{
	size_t best = 0;

	for (size_t i = 0; i < phrase_count; i++) {
		size_t matched = verb_match(&phrases[i], c->args, c->arg_count, false);

		if (matched > best) {
			best = matched;
			c->phrase = &phrases[i];
		}
	}
	if (!c->phrase)
		return verb_unknown(c);
	c->args += best;
	c->arg_count -= best;
	return 0;
}

static int args_check(struct cli *c)
{
	const char *at = c->phrase->pattern;
	size_t least = 0, most = 0;
	char word[64];

	while (words_next(&at, word, sizeof(word))) {
		if (word_is_literal(word))
			continue;
		least += word[0] != '[';
		most = strstr(word, "…") ? SIZE_MAX : most + (most != SIZE_MAX);
	}
	if (c->arg_count < least)
		return cli_usage(c, SAY_usage_missing, c->phrase->pattern);
	if (c->arg_count > most)
		return cli_usage(c, SAY_usage_too_many, c->args[most]);
	return 0;
}

/* States may be several, with commas between. */
static bool value_is_choice(const struct option *o, const char *value)
{
	_free_ char *copy = strdup(value);
	char *rest = copy, *one;

	if (!copy)
		abort();
	if (strcmp(o->name, "state") != 0)
		return words_have(o->choices, value);
	while ((one = strsep(&rest, ","))) {
		if (!words_have(o->choices, one))
			return false;
	}
	return true;
}

static int options_check(struct cli *c)
{
	for (size_t i = 0; i < c->given_count; i++) {
		const struct option *o = c->given[i].option;
		_free_ char *detail = NULL;

		if (!words_have(global_options, o->name) &&
			!words_have(c->phrase->options, o->name)) {
			if (asprintf(&detail, "--%s", o->name) < 0)
				abort();
			return cli_usage(c, SAY_usage_foreign_option, detail);
		}
		if (*o->choices && !value_is_choice(o, c->given[i].value)) {
			if (asprintf(&detail, "--%s: %s", o->name, o->choices) < 0)
				abort();
			return cli_usage(c, SAY_usage_choices, detail);
		}
	}
	return 0;
}

/* argv[*at] is an option: reads it and its value. */
static int option_read(struct cli *c, int argc, char **argv, int *at)
{
	static const struct {
		const char *brief, *name;
	} brief[] = {{"-h", "help"}, {"-V", "version"}, {"-o", "output"}, {"-j", "json"}};
	const char *word = argv[*at], *equals = strchr(word, '=');
	const struct option *o;
	char name[64];

	snprintf(name, sizeof(name), "%.*s", equals ? (int)(equals - word) : (int)strlen(word),
		word);
	for (size_t i = 0; i < ARRAY_SIZE(brief); i++) {
		if (strcmp(name, brief[i].brief) == 0)
			snprintf(name, sizeof(name), "--%s", brief[i].name);
	}
	o = strncmp(name, "--", 2) == 0 ? option_find(name + 2) : NULL;
	if (!o)
		return cli_usage(c, SAY_usage_unknown_option, name);
	if (!*o->value && equals)
		return cli_usage(c, SAY_usage_no_value, name);
	if (*o->value && !equals && *at + 1 >= argc)
		return cli_usage(c, SAY_usage_needs_value, name);
	c->given[c->given_count].option = o;
	c->given[c->given_count++].value = !*o->value ? "" : equals ? equals + 1 : argv[++*at];
	return 0;
}

int phrase_parse(struct cli *c, int argc, char **argv)
{
	const char **words = calloc((size_t)argc + 1, sizeof(*words));
	bool plain = false;
	int rc;

	c->given = calloc((size_t)argc + 1, sizeof(*c->given));
	if (!words || !c->given)
		abort();
	c->args = words;
	for (int i = 1; i < argc; i++) {
		if (plain || argv[i][0] != '-' || argv[i][1] == '\0') {
			words[c->arg_count++] = argv[i];
			continue;
		}
		plain = strcmp(argv[i], "--") == 0;
		rc = plain ? 0 : option_read(c, argc, argv, &i);
		if (rc)
			return rc;
	}
	if (c->arg_count == 0)
		return cli_option(c, "help") || cli_option(c, "version") ? -1 : EXIT_USAGE;
	rc = phrase_choose(c);
	if (rc)
		return rc;
	if (cli_option(c, "help") || cli_option(c, "version"))
		return -1;
	rc = options_check(c);
	return rc ? rc : args_check(c);
}
