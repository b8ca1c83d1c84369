/* What the server said the last time: the standards and the office that a counter goes on with. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/cli/spool.h"

#define FOLDER   "known"
#define WHO_SIZE 16 /* of a credential's digest: enough to tell the users of one folder apart */

/* "known/<credential>.<address and path>"; free() it. NULL: it cannot be named. */
static char *name_make(const struct cli *c, const char *path)
{
	char digest[KEZEK_DIGEST_SIZE];
	_text_ whole = TEXT_INIT, name = TEXT_INIT;
	_free_ char *escaped = NULL;

	if (kezek_credential_digest(c->kezek, digest))
		return NULL;
	text_addf(&whole, "%s%s", kezek_url(c->kezek), path);
	escaped = kezek_escape(whole.data);
	if (!escaped || strlen(escaped) > 200)
		return NULL;
	text_addf(&name, FOLDER "/%.*s.%s", WHO_SIZE, digest, escaped);
	return text_steal(&name);
}

/* Whole or not at all; what is lost is only asked for again. */
static void known_keep(const struct spool *s, const char *name, const char *said, size_t size)
{
	_text_ half = TEXT_INIT;
	int fd;
	bool is_whole;

	if (mkdirat(s->fd, FOLDER, 0700) < 0 && errno != EEXIST)
		return;
	text_addf(&half, "%s.%ld", name, (long)getpid());
	fd = openat(s->fd, half.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	is_whole = write(fd, said, size) == (ssize_t)size;
	close(fd);
	if (!is_whole || renameat(s->fd, half.data, s->fd, name) < 0)
		unlinkat(s->fd, half.data, 0);
}

static json_object *known_find(const struct spool *s, const char *name)
{
	int fd = openat(s->fd, name, O_RDONLY | O_CLOEXEC);
	json_object *json = fd >= 0 ? json_object_from_fd(fd) : NULL;

	if (fd >= 0)
		close(fd);
	return json;
}

/* `said` is kept; without it, what was kept is found. Nothing is said of what fails: it only helps.
 */
static json_object *known_keep_or_find(struct cli *c, const char *path, struct kezek_response *said)
{
	bool was_quiet = c->quiet;
	struct spool s = {.fd = -1};
	_free_ char *name = name_make(c, path);
	json_object *json = NULL;
	size_t size;
	const char *body = said ? kezek_response_body(said, &size) : NULL;

	c->quiet = true;
	if (name && spool_open(c, said != NULL, &s) == 0) {
		if (said)
			known_keep(&s, name, body, size);
		else
			json = known_find(&s, name);
		spool_done(&s);
	}
	c->quiet = was_quiet;
	return json;
}

json_object *known_look(struct cli *c, const char *path)
{
	return known_keep_or_find(c, path, NULL);
}

json_object *known_get(struct cli *c, const char *path)
{
	bool is_kept = cli_option(c, "spool") != NULL;
	struct kezek_response *r;
	json_object *json;
	int rc = c->away ? c->away : kezek_call(c->kezek, "GET", path, NULL, NULL, &r);

	if (rc && spool_is_away(c, rc))
		c->away = rc;
	if (rc)
		return is_kept && c->away ? known_look(c, path) : NULL;
	json = json_tokener_parse(kezek_response_body(r, NULL));
	if (is_kept && json)
		known_keep_or_find(c, path, r);
	kezek_response_free(r);
	return json;
}
