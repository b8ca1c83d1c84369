/* kezek: the command for people. Reads the line, finds its verb, and lets it run. */
#include <locale.h>
#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/cli/phrase.h"
#include "daemon/cli/term.h"
#include "daemon/cli/verbs.h"

/* Static, so that what the line gave stays reachable to the end. */
static struct cli cli;

const char *cli_option_at(const struct cli *c, const char *name, size_t index)
{
	for (size_t i = 0; i < c->given_count; i++) {
		if (strcmp(c->given[i].option->name, name) == 0 && index-- == 0)
			return c->given[i].value;
	}
	return NULL;
}

const char *cli_option(const struct cli *c, const char *name)
{
	for (size_t i = c->given_count; i-- > 0;) {
		if (strcmp(c->given[i].option->name, name) == 0)
			return c->given[i].value;
	}
	return NULL;
}

bool cli_option_number(
	const struct cli *c, const char *name, long least, long most, long standard, long *ret)
{
	const char *value = cli_option(c, name);
	char *end, range[96];
	long number;

	if (!value) {
		*ret = standard;
		return true;
	}
	number = strtol(value, &end, 10);
	if (end == value || *end || number < least || number > most) {
		snprintf(range, sizeof(range), "--%s: %ld–%ld", name, least, most);
		cli_usage(c, SAY_usage_range, range);
		return false;
	}
	*ret = number;
	return true;
}

int cli_refuse(const struct cli *c, enum say what, const char *detail)
{
	_free_ char *sentence = say_with(what, c->lang, detail);

	if (!c->quiet)
		fprintf(stderr, "kezek: %s\n", sentence);
	return EXIT_REFUSED;
}

int cli_usage(const struct cli *c, enum say what, const char *detail)
{
	_free_ char *sentence = say_with(what, c->lang, detail);
	char verb[64] = "";

	if (c->quiet)
		return EXIT_USAGE;
	if (c->phrase)
		phrase_verb(c->phrase, verb, sizeof(verb));
	fprintf(stderr, "kezek: %s\n", sentence);
	fprintf(stderr, "       kezek %s%s--help\n", verb, *verb ? " " : "");
	return EXIT_USAGE;
}

/* Before anything is printed, a wrong line included: --lang wherever it stands, else the
 * environment's. */
static enum lang language_choose(int argc, char **argv)
{
	enum lang lang = say_language();

	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--lang=", 7) == 0)
			lang_parse(span_of(argv[i] + 7), &lang);
		else if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc)
			lang_parse(span_of(argv[i + 1]), &lang);
	}
	return lang;
}

int version_run(struct cli *c)
{
	printf(c->json ? "{\"version\":\"%s\"}\n" : "kezek %s\n", KEZEK_VERSION);
	return EXIT_DONE;
}

/* The calculator reads its own options: it must run without a server, and be scripted. */
int term_run(struct cli *c)
{
	return cli_usage(c, SAY_usage_term_first, NULL);
}

int main(int argc, char **argv)
{
	int rc;

	if (!setlocale(LC_ALL, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
	setlocale(LC_NUMERIC, "C");
	signal(SIGPIPE, SIG_DFL);
	if (argc > 1 && strcmp(argv[1], "term") == 0)
		return cli_term(argc - 1, argv + 1);
	cli.lang = language_choose(argc, argv);
	cli.colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && getenv("TERM") &&
		     strcmp(getenv("TERM"), "dumb") != 0;
	rc = phrase_parse(&cli, argc, argv);
	cli.json = cli_option(&cli, "json") != NULL;
	if (rc < 0 && cli_option(&cli, "version"))
		return version_run(&cli);
	if (rc < 0 || (rc == EXIT_USAGE && argc == 1))
		help_print(&cli, rc < 0 ? stdout : stderr);
	if (rc)
		return rc < 0 ? EXIT_DONE : rc;
	rc = cli.phrase->run(&cli);
	kezek_free(cli.kezek);
	free(cli.actor);
	if (fflush(stdout) != 0 || ferror(stdout))
		return rc ? rc : EXIT_REFUSED;
	return rc;
}
