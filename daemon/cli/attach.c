/* Attaching a document to a request. */
#include <libgen.h>
#include <stdio.h>
#include <strings.h>

#include "daemon/cli/hold.h"
#include "daemon/cli/show.h"
#include "daemon/cli/verbs.h"

#define DOCUMENT_BYTES ((size_t)20 << 20)

static const char *type_of(const char *name)
{
	static const struct {
		const char *suffix, *type;
	} types[] = {{".pdf", "application/pdf"}, {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"},
		{".png", "image/png"}, {".tif", "image/tiff"}, {".tiff", "image/tiff"},
		{".txt", "text/plain"}, {".xml", "application/xml"}, {".json", "application/json"}};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(types); i++) {
		if (strcasecmp(dot, types[i].suffix) == 0)
			return types[i].type;
	}
	return "application/octet-stream";
}

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

static void attached_print(const struct cli *c, json_object *answer)
{
	_text_ t = TEXT_INIT;

	text_addf(&t, "%s  %s  sha256 %s\n", tree_text(answer, "/name"), tree_text(answer, "/size"),
		tree_text(answer, "/sha256"));
	(void)c;
	put_clean(stdout, t.data, t.len);
}

int attach_run(struct cli *c)
{
	_cleanup_(hold_done)
	struct hold hold = {0};
	_text_ text = TEXT_INIT;
	_free_ char *id = NULL, *path = NULL, *copy = strdup(c->args[1]);
	const char *name = cli_option(c, "name") ? cli_option(c, "name") : basename(copy);
	struct kezek_response *r;
	struct kezek_body body;
	char match[128];
	const char *headers[] = {match, NULL};
	int rc = session_open(c);

	rc = rc ? rc : file_read(c, c->args[1], &text);
	rc = rc ? rc : request_find(c, c->args[0], &id);
	rc = rc ? rc : hold_find(c, id, &hold);
	if (rc)
		return rc;
	body = (struct kezek_body){text.data, text.len, type_of(c->args[1])};
	snprintf(match, sizeof(match), "If-Match: %s", hold.hold.etag ? hold.hold.etag : "*");
	path = cli_path("/v1/requests/%/documents/%", id, name);
	rc = kezek_call(c->kezek, "PUT", path, hold.hold.etag ? headers : NULL, &body, &r);
	return rc ? cli_failure(c, rc) : answer_print(c, r, attached_print);
}
