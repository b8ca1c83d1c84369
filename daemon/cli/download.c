/* Answers that are files: to standard output, or to where --output says. */
#include <stdio.h>
#include <unistd.h>

#include "daemon/cli/download.h"

static int sink_to_file(const void *data, size_t size, void *context)
{
	return fwrite(data, 1, size, context) == size ? 0 : -1;
}

int download(struct cli *c, const char *path, const char *accept)
{
	const char *name = cli_option(c, "output");
	struct kezek_response *r;
	FILE *out = name && strcmp(name, "-") != 0 ? fopen(name, "we") : stdout;
	int rc;

	if (!out)
		return cli_usage(c, SAY_usage_file, name);
	rc = kezek_download(c->kezek, path, accept, sink_to_file, out, &r);
	if (out != stdout && fclose(out) != 0 && rc == 0) {
		kezek_response_free(r);
		return cli_refuse(c, SAY_usage_file, name);
	}
	if (rc) {
		if (out != stdout)
			unlink(name);
		return cli_failure(c, rc);
	}
	kezek_response_free(r);
	return EXIT_DONE;
}
