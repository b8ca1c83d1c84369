/* Completion for three shells, made from the phrase table. */
#include <stdio.h>

#include "daemon/cli/phrase.h"
#include "daemon/cli/verbs.h"

#define UNITS "hour working_hour day working_day week month year"

/* The words that may come first, and behind `catalogue` and the like: each once. */
static void words_put(const char *after)
{
	char verb[64], last[64] = "";

	for (size_t i = 0; i < phrase_count; i++) {
		size_t len = strlen(after);
		char *word = verb;

		phrase_verb(&phrases[i], verb, sizeof(verb));
		if (len && (strncmp(verb, after, len) != 0 || verb[len] != ' '))
			continue;
		word += len ? len + 1 : 0;
		if (!len)
			word[strcspn(word, " ")] = '\0';
		if (strcmp(word, last) != 0)
			printf("%s ", word);
		snprintf(last, sizeof(last), "%s", word);
	}
}

static void option_names_put(const char *list)
{
	char name[64];

	while (words_next(&list, name, sizeof(name)))
		printf("--%s ", name);
}

static bool takes_file(const struct option *o)
{
	return strcmp(o->value, "FILE") == 0;
}

/* case "$previous" in: what may stand behind an option that takes a value. */
static void bash_values_put(void)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option *o = &options[i];

		if (*o->choices)
			printf("\t--%s) COMPREPLY=($(compgen -W '%s' -- \"$current\")); return "
			       ";;\n",
				o->name, o->choices);
		else if (takes_file(o))
			printf("\t--%s) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n",
				o->name);
		else if (*o->value)
			printf("\t--%s) return ;;\n", o->name);
	}
}

static void bash_body_put(void)
{
	puts("_kezek() {\n"
	     "\tlocal current=\"${COMP_WORDS[COMP_CWORD]}\" "
	     "previous=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
	     "\tlocal first=\"\" second=\"\" word options=\"\" i\n"
	     "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	     "\t\tword=\"${COMP_WORDS[i]}\"\n"
	     "\t\tcase \"$word\" in\n"
	     "\t\t-*) ;;\n"
	     "\t\t*) if [ -z \"$first\" ]; then first=\"$word\"\n"
	     "\t\t   elif [ -z \"$second\" ]; then second=\"$word\"; fi ;;\n"
	     "\t\tesac\n"
	     "\tdone\n"
	     "\tcase \"$previous\" in");
	bash_values_put();
	printf("\tesac\n"
	       "\tif [ -z \"$first\" ] && [ \"${current:0:1}\" != - ]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W '");
	words_put("");
	puts("' -- \"$current\")); return\n\tfi\n\tcase \"$first $second\" in");
}

/* The second words of verbs of two: "catalogue load". */
static void bash_seconds_put(void)
{
	char verb[64], last[64] = "";

	for (size_t i = 0; i < phrase_count; i++) {
		phrase_verb(&phrases[i], verb, sizeof(verb));
		if (!strchr(verb, ' '))
			continue;
		*strchr(verb, ' ') = '\0';
		if (strcmp(verb, last) == 0)
			continue;
		snprintf(last, sizeof(last), "%s", verb);
		printf("\t\"%s \") COMPREPLY=($(compgen -W '", verb);
		words_put(verb);
		puts("' -- \"$current\")); return ;;");
	}
}

static void bash_put(void)
{
	char verb[64];

	bash_body_put();
	bash_seconds_put();
	for (size_t i = 0; i < phrase_count; i++) {
		phrase_verb(&phrases[i], verb, sizeof(verb));
		printf("\t\"%s%s\"*) options='", verb, strchr(verb, ' ') ? "" : " ");
		option_names_put(phrases[i].options);
		puts("' ;;");
	}
	fputs("\tesac\n\tif [ \"${current:0:1}\" = - ]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W \"$options ",
		stdout);
	option_names_put(global_options);
	puts("\" -- \"$current\"))\n"
	     "\telif [ \"$first\" = completion ]; then\n"
	     "\t\tCOMPREPLY=($(compgen -W 'bash zsh fish' -- \"$current\"))\n"
	     "\telif [ \"$first\" = extend ] && [ -n \"$second\" ]; then\n"
	     "\t\tCOMPREPLY=($(compgen -W '" UNITS "' -- \"$current\"))\n"
	     "\telse\n"
	     "\t\tCOMPREPLY=($(compgen -f -- \"$current\"))\n"
	     "\tfi\n"
	     "}\n"
	     "complete -o filenames -F _kezek kezek");
}

/* zsh runs bash's function through its own bridge. */
static void zsh_put(void)
{
	puts("#compdef kezek\n"
	     "autoload -U +X bashcompinit && bashcompinit");
	bash_put();
}

static void quoted_put(const char *text)
{
	putchar('\'');
	for (; *text; text++) {
		if (*text == '\'')
			fputs("\\'", stdout);
		else
			putchar(*text);
	}
	putchar('\'');
}

static void fish_option_put(const struct cli *c, const struct option *o, const char *condition)
{
	printf("complete -c kezek%s -l %s", condition, o->name);
	if (*o->choices) {
		fputs(" -x -a ", stdout);
		quoted_put(o->choices);
	} else if (*o->value) {
		fputs(takes_file(o) ? " -r -F" : " -x", stdout);
	}
	fputs(" -d ", stdout);
	quoted_put(say(o->help, c->lang));
	putchar('\n');
}

static void fish_verb_put(const struct cli *c, const struct phrase *p)
{
	char verb[64], condition[160], name[64];
	char *second;
	const char *at = p->options;

	phrase_verb(p, verb, sizeof(verb));
	second = strchr(verb, ' ');
	if (second)
		*second++ = '\0';
	if (second)
		printf("complete -c kezek -f -n '__fish_seen_subcommand_from %s' -a %s -d ", verb,
			second);
	else
		printf("complete -c kezek -f -n __fish_use_subcommand -a %s -d ", verb);
	quoted_put(say(p->help, c->lang));
	putchar('\n');
	snprintf(condition, sizeof(condition), " -n '__fish_seen_subcommand_from %s'", verb);
	if (second)
		snprintf(condition, sizeof(condition),
			" -n '__fish_seen_subcommand_from %s; and __fish_seen_subcommand_from %s'",
			verb, second);
	while (words_next(&at, name, sizeof(name)))
		fish_option_put(c, option_find(name), condition);
}

static void fish_put(const struct cli *c)
{
	const char *at = global_options;
	char name[64];

	while (words_next(&at, name, sizeof(name)))
		fish_option_put(c, option_find(name), "");
	puts("complete -c kezek -f -n __fish_use_subcommand -a 'catalogue calendar principal "
	     "webhook'");
	for (size_t i = 0; i < phrase_count; i++)
		fish_verb_put(c, &phrases[i]);
	puts("complete -c kezek -f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'");
	puts("complete -c kezek -f -n '__fish_seen_subcommand_from extend' -a '" UNITS "'");
}

int completion_run(struct cli *c)
{
	if (strcmp(c->args[0], "bash") == 0)
		bash_put();
	else if (strcmp(c->args[0], "zsh") == 0)
		zsh_put();
	else if (strcmp(c->args[0], "fish") == 0)
		fish_put(c);
	else
		return cli_usage(c, SAY_usage_shell, NULL);
	return EXIT_DONE;
}
