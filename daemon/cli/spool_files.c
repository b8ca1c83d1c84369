/* Files of a submission that waits: kept beside its entry, and sent once there is a request to
 * attach them to. A document is there once, so sending one again is no fault. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/cli/attach.h"
#include "daemon/cli/spool.h"
#include "daemon/cli/tree.h"

#define PIECE ((size_t)64 << 10)

void spool_file_name(const char *reference, size_t no, char ret_name[SPOOL_NAME_SIZE])
{
	snprintf(ret_name, SPOOL_NAME_SIZE, "%.*s.%zu", SPOOL_REFERENCE_SIZE, reference, no);
}

/* On the disk whole, or -errno. */
static int bytes_copy(int from, int to)
{
	char piece[PIECE];
	ssize_t n;

	while ((n = read(from, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		for (ssize_t done = 0, one; done < n; done += one) {
			one = write(to, piece + done, (size_t)(n - done));
			if (one < 0 && errno != EINTR)
				return -errno;
			one = one < 0 ? 0 : one;
		}
	}
	return fsync(to) < 0 ? -errno : 0;
}

static int file_keep(const struct spool *s, const char *reference, size_t no, const char *file)
{
	char name[SPOOL_NAME_SIZE];
	int from = open(file, O_RDONLY | O_CLOEXEC), to, rc;

	spool_file_name(reference, no, name);
	if (from < 0)
		return -errno;
	to = openat(s->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	rc = to < 0 ? -errno : bytes_copy(from, to);
	if (to >= 0)
		close(to);
	close(from);
	return rc;
}

int spool_files_keep(const struct cli *c, const struct spool *s, struct spool_entry *e)
{
	json_object *files = json_object_new_array();
	const char *given;
	int rc = 0;

	for (size_t i = 0; rc == 0 && (given = cli_option_at(c, "attach", i)); i++) {
		const char *file = attach_given_file(given), *slash = strrchr(file, '/');
		json_object *one = json_object_new_object();

		json_object_object_add(
			one, "kind", json_object_new_string_len(given, (int)strcspn(given, "=")));
		json_object_object_add(
			one, "name", json_object_new_string(slash ? slash + 1 : file));
		json_object_array_add(files, one);
		rc = file_keep(s, tree_text(e->json, "/reference"), i + 1, file);
	}
	if (rc == 0) {
		json_object_object_add(e->json, "files", files);
		return spool_rewrite(s, e);
	}
	json_object_put(files);
	return rc;
}

int spool_files_send(struct cli *c, const struct spool *s, json_object *entry, const char *id)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < tree_length(entry, "/files"); i++) {
		json_object *one = tree_item(entry, "/files", i);
		const char *name = tree_text(one, "/name");
		char kept[SPOOL_NAME_SIZE];
		_free_ char *path = NULL;
		struct kezek_response *r;

		spool_file_name(tree_text(entry, "/reference"), i + 1, kept);
		if (asprintf(&path, "%s/%s", s->folder, kept) < 0)
			abort();
		rc = attach_file(c, id, path, name, tree_text(one, "/kind"), NULL, &r);
		if (rc)
			cli_refuse(c, SAY_spool_file_stays, name);
		else
			kezek_response_free(r);
	}
	return rc;
}
