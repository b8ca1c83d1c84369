/* Documents of a request: attaching one, downloading one, listing them. */
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/cli/attach.h"
#include "daemon/cli/download.h"
#include "daemon/cli/list.h"
#include "daemon/cli/verbs.h"
#include "lib/media.h"

#define DOCUMENT_BYTES ((size_t)20 << 20)
#define BAR_WIDTH      24
#define MIB            (1024.0 * 1024.0)

static int file_read(const struct cli *c, const char *name, struct text *text)
{
	FILE *f = fopen(name, "re");
	size_t n;

	if (!f)
		return cli_usage(c, SAY_usage_file, name);
	do {
		n = fread(text_reserve(text, 65536), 1, 65536, f);
		text->len += n;
	} while (n && text->len <= DOCUMENT_BYTES);
	n = (size_t)ferror(f);
	fclose(f);
	if (n)
		return cli_usage(c, SAY_usage_file, name);
	return text->len <= DOCUMENT_BYTES ? 0 : cli_usage(c, SAY_usage_too_large, name);
}

/* How far a transfer is, on a terminal, once it lasts long enough to be wondered at. */
struct progress {
	time_t began;
	bool is_shown;
};

static void progress_show(int64_t done, int64_t total, void *context)
{
	struct progress *p = context;
	int filled = total > 0 ? (int)(done * BAR_WIDTH / total) : 0;

	if (!done || (!p->is_shown && time(NULL) - p->began < 1))
		return;
	p->is_shown = true;
	fputs("\r\033[K", stderr);
	for (int i = 0; total > 0 && i < BAR_WIDTH; i++)
		fputs(i < filled ? "█" : "░", stderr);
	fprintf(stderr, " %.1f", (double)done / MIB);
	if (total > 0)
		fprintf(stderr, " / %.1f", (double)total / MIB);
	fputs(" MiB", stderr);
	fflush(stderr);
}

static void progress_begin(const struct cli *c, struct progress *p)
{
	*p = (struct progress){.began = time(NULL)};
	if (isatty(STDERR_FILENO) && !c->json)
		kezek_watch(c->kezek, progress_show, p);
}

static void progress_end(const struct cli *c, const struct progress *p)
{
	kezek_watch(c->kezek, NULL, NULL);
	if (p->is_shown)
		fputs("\r\033[K", stderr);
}

static void attached_print(const struct cli *c, json_object *answer)
{
	_text_ t = TEXT_INIT;

	text_addf(&t, "%s  %s  sha256 %s\n", tree_text(answer, "/name"), tree_text(answer, "/size"),
		tree_text(answer, "/sha256"));
	(void)c;
	put_clean(stdout, t.data, t.len);
}

int attach_file(struct cli *c, const char *id, const char *file, const char *name, const char *kind,
	const char *const headers[], struct kezek_response **ret_response)
{
	_text_ text = TEXT_INIT;
	_free_ char *copy = strdup(file);
	const char *type = media_of_file(file);
	struct kezek_body body;
	struct progress p;
	int rc = file_read(c, file, &text);

	if (rc)
		return rc;
	if (!type && name)
		type = media_of_file(name);
	body = (struct kezek_body){text.data, text.len, type ? type : "application/octet-stream"};
	progress_begin(c, &p);
	rc = kezek_attach(
		c->kezek, id, name ? name : basename(copy), kind, headers, &body, ret_response);
	progress_end(c, &p);
	return rc ? cli_failure(c, rc) : 0;
}

const char *attach_given_file(const char *given)
{
	const char *equals = strchr(given, '=');

	return equals && equals > given && equals[1] ? equals + 1 : NULL;
}

int attach_check(const struct cli *c)
{
	const char *given, *file;
	struct stat st;

	for (size_t i = 0; (given = cli_option_at(c, "attach", i)); i++) {
		file = attach_given_file(given);
		if (!file)
			return cli_usage(c, SAY_usage_value, given);
		if (stat(file, &st) < 0 || !S_ISREG(st.st_mode) || access(file, R_OK) < 0)
			return cli_usage(c, SAY_usage_file, file);
		if ((uint64_t)st.st_size > DOCUMENT_BYTES)
			return cli_usage(c, SAY_usage_too_large, file);
	}
	return 0;
}

int attach_given(struct cli *c, const char *id)
{
	const char *given;
	int rc = 0;

	for (size_t i = 0; (given = cli_option_at(c, "attach", i)); i++) {
		_free_ char *kind = strndup(given, strcspn(given, "="));
		struct kezek_response *r;
		int one = attach_file(c, id, attach_given_file(given), NULL, kind, NULL, &r);

		if (one) {
			cli_refuse(c, SAY_not_attached, attach_given_file(given));
			rc = one;
		} else if (c->json) {
			kezek_response_free(r); /* stdout holds the request */
		} else {
			one = answer_print(c, r, attached_print);
			rc = one ? one : rc;
		}
	}
	return rc;
}

int attach_run(struct cli *c)
{
	const char *version = cli_option(c, "if-match");
	_free_ char *id = NULL;
	struct kezek_response *r;
	char match[128];
	const char *headers[] = {version ? match : NULL, NULL};
	int rc = session_open(c);

	rc = rc ? rc : request_find(c, c->args[0], &id);
	if (rc)
		return rc;
	snprintf(match, sizeof(match), "If-Match: %s", version ? version : "");
	rc = attach_file(
		c, id, c->args[1], cli_option(c, "name"), cli_option(c, "kind"), headers, &r);
	return rc ? rc : answer_print(c, r, attached_print);
}

static void document_start(const struct cli *c, struct table *t)
{
	static const enum say heads[] = {SAY_head_seq, SAY_head_name, SAY_head_kind, SAY_head_size,
		SAY_head_when, SAY_head_who};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_column(t, say(heads[i], c->lang));
	t->columns[0].is_right = t->columns[3].is_right = true;
	t->columns[1].may_shrink = true;
}

static void document_add(const struct cli *c, struct table *t, json_object *document)
{
	const char *actor = tree_text(document, "/actor");
	char moment[MOMENT_SIZE];

	(void)c;
	table_cell(t, tree_text(document, "/no"));
	table_cell(t, tree_text(document, "/name"));
	table_cell(t, tree_text(document, "/kind"));
	table_cell(t, tree_text(document, "/size"));
	table_cell(t, moment_short(tree_text(document, "/stored_at"), moment));
	table_cell(t, *actor ? actor : tree_text(document, "/stored_by"));
}

/* Without a name: which there are. */
static int documents_list(struct cli *c, const char *id)
{
	static const struct list_look look = {document_start, document_add};
	_free_ char *path = cli_path(cli_option(c, "whole") ? "/v1/requests/%/parent/documents"
							    : "/v1/requests/%/documents",
		id);

	return list_run(c, path, &look);
}

int document_run(struct cli *c)
{
	_free_ char *id = NULL, *path = NULL;
	struct progress p;
	int rc = session_open(c);

	rc = rc ? rc : request_find(c, c->args[0], &id);
	if (rc)
		return rc;
	if (c->arg_count < 2)
		return documents_list(c, id);
	if (!cli_option(c, "output") && isatty(STDOUT_FILENO))
		return cli_usage(c, SAY_usage_output, NULL);
	path = cli_path(cli_option(c, "whole") ? "/v1/requests/%/parent/documents/%"
					       : "/v1/requests/%/documents/%",
		id, c->args[1]);
	progress_begin(c, &p);
	rc = download(c, path, "*/*");
	progress_end(c, &p);
	return rc;
}
