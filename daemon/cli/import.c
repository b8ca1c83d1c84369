/* The import of a former system's cases: files are read as they come and sent in calls of about a
 * thousand lines. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/cli/import.h"
#include "daemon/cli/table.h"
#include "daemon/cli/verbs.h"

#define CALL_BYTES ((size_t)15 << 20) /* the server takes 16 MiB a call */
#define BAR_WIDTH  30

/* How far we are, for the bar on a terminal. */
struct progress {
	bool is_shown;
	off_t total, done; /* bytes; total 0: not known */
	struct timespec began;
	char *line; /* getline's */
	size_t room;
};

static double seconds_since(const struct timespec *began)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - began->tv_sec) + (double)(now.tv_nsec - began->tv_nsec) / 1e9;
}

static void progress_show(
	const struct cli *c, const struct progress *p, const struct import_tally *t)
{
	double passed = seconds_since(&p->began);
	int filled = p->total ? (int)((double)p->done / (double)p->total * BAR_WIDTH) : 0;

	if (!p->is_shown)
		return;
	fputs("\r\033[K", stderr);
	for (int i = 0; p->total && i < BAR_WIDTH; i++)
		fputs(i < filled ? "█" : "░", stderr);
	if (p->total)
		fprintf(stderr, " %3d %%", (int)((double)p->done / (double)p->total * 100));
	fprintf(stderr, "  %zu %s", t->lines, say(SAY_import_lines, c->lang));
	if (passed > 0.5)
		fprintf(stderr, "  %.0f/s", (double)t->lines / passed);
	if (t->refused_count)
		fprintf(stderr, "  %s %zu", say(SAY_import_refused, c->lang), t->refused_count);
	fflush(stderr);
}

static void progress_clear(const struct progress *p)
{
	if (p->is_shown)
		fputs("\r\033[K", stderr);
}

static int chunk_send(struct cli *c, struct import_chunk *chunk, struct import_tally *tally,
	const struct progress *p)
{
	static const char *const headers[] = {"Accept: application/x-ndjson", NULL};
	struct kezek_body body = {chunk->body.data, chunk->body.len, "application/x-ndjson"};
	struct kezek_response *r;
	int failure, rc;

	if (chunk->count == 0)
		return 0;
	failure = kezek_call(c->kezek, "POST", "/v1/imports", headers, &body, &r);
	progress_clear(p);
	if (failure) {
		_free_ char *where = NULL;

		rc = cli_failure(c, failure);
		if (asprintf(&where, "%s:%zu–%zu", chunk->file, chunk->line_numbers[0],
			    chunk->line_numbers[chunk->count - 1]) < 0)
			abort();
		cli_refuse(c, SAY_import_stopped, where);
		return rc;
	}
	rc = import_tally_add(c, tally, chunk, kezek_response_body(r, NULL));
	kezek_response_free(r);
	text_reset(&chunk->body);
	chunk->count = 0;
	progress_show(c, p, tally);
	return rc;
}

static void chunk_add(struct import_chunk *chunk, const char *line, size_t len, size_t number)
{
	if (chunk->count == chunk->room) {
		chunk->room = chunk->room ? chunk->room * 2 : 1024;
		chunk->line_numbers =
			realloc(chunk->line_numbers, chunk->room * sizeof(*chunk->line_numbers));
		if (!chunk->line_numbers)
			abort();
	}
	chunk->line_numbers[chunk->count++] = number;
	text_add(&chunk->body, line, len);
	text_add_char(&chunk->body, '\n');
}

static size_t trimmed_length(const char *line, ssize_t len)
{
	while (len > 0 && strchr(" \t\r\n", line[len - 1]))
		len--;
	return (size_t)len;
}

/* One file, all its chunks. Refused lines do not stop it; a call that fails does. */
static int file_send(struct cli *c, FILE *f, struct import_chunk *chunk, struct import_tally *tally,
	struct progress *p, size_t lines)
{
	ssize_t got;
	int rc = 0;

	for (size_t number = 1; rc == 0 && (got = getline(&p->line, &p->room, f)) > 0; number++) {
		size_t len = trimmed_length(p->line, got);

		if (chunk->count == lines || chunk->body.len + len >= CALL_BYTES)
			rc = chunk_send(c, chunk, tally, p);
		p->done += got;
		if (rc == 0 && len)
			chunk_add(chunk, p->line, len, number);
	}
	if (rc == 0 && ferror(f))
		return cli_refuse(c, SAY_usage_file, chunk->file);
	return rc ? rc : chunk_send(c, chunk, tally, p);
}

static void sizes_add(const struct cli *c, struct progress *p)
{
	struct stat st;

	for (size_t i = 0; i < c->arg_count; i++) {
		if (strcmp(c->args[i], "-") == 0 || stat(c->args[i], &st) < 0 ||
			!S_ISREG(st.st_mode)) {
			p->total = 0;
			return;
		}
		p->total += st.st_size;
	}
}

static int files_send(struct cli *c, struct import_tally *tally, size_t lines)
{
	struct import_chunk chunk = {0};
	struct progress p = {.is_shown = isatty(STDERR_FILENO) && !c->json};
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &p.began);
	sizes_add(c, &p);
	for (size_t i = 0; i < c->arg_count && rc == 0; i++) {
		bool is_stdin = strcmp(c->args[i], "-") == 0;
		FILE *f = is_stdin ? stdin : fopen(c->args[i], "re");

		if (!f) {
			rc = cli_usage(c, SAY_usage_file, c->args[i]);
			break;
		}
		chunk.file = is_stdin ? "-" : c->args[i];
		rc = file_send(c, f, &chunk, tally, &p, lines);
		if (!is_stdin)
			fclose(f);
	}
	progress_clear(&p);
	text_done(&chunk.body);
	free(chunk.line_numbers);
	free(p.line);
	return rc;
}

int import_run(struct cli *c)
{
	struct import_tally tally;
	const char *results = cli_option(c, "results");
	long lines;
	int rc;

	if (!cli_option_number(c, "chunk", 1, 100000, 1000, &lines))
		return EXIT_USAGE;
	for (size_t i = 0; i < c->arg_count; i++) {
		if (strcmp(c->args[i], "-") != 0 && access(c->args[i], R_OK) != 0)
			return cli_usage(c, SAY_usage_file, c->args[i]);
	}
	rc = session_open(c);
	if (rc)
		return rc;
	import_tally_init(&tally, c->lang);
	if (results) {
		tally.results = fopen(results, "we");
		if (!tally.results)
			return cli_usage(c, SAY_usage_file, results);
	}
	rc = files_send(c, &tally, (size_t)lines);
	import_tally_print(c, &tally);
	if (tally.results && fclose(tally.results) != 0 && rc == 0)
		rc = cli_refuse(c, SAY_usage_file, results);
	if (rc == 0 && tally.refused_count)
		rc = EXIT_REFUSED;
	import_tally_done(&tally);
	return rc;
}
