/* The spool on the disk: an entry is there whole or not at all, and is held by one process at a
 * time. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/cli/spool.h"
#include "daemon/cli/tree.h"

#define SUFFIX     ".json"
#define HALF       ".new" /* behind the name while it is being written */
#define HALF_AGE   60     /* seconds: whoever wrote it has ended by then, or holds it */
#define ENTRY_SIZE ((size_t)8 << 20)

static void folder_sync(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

/* mkdir -p, each folder for its owner only, and on the disk before anything is put into it. */
static int folder_make(const char *folder)
{
	_free_ char *above = strdup(folder);
	char *slash = above ? strrchr(above, '/') : NULL;
	bool is_below = slash && slash > above;
	int rc = 0;

	if (access(folder, F_OK) == 0)
		return 0;
	if (is_below) {
		*slash = '\0';
		rc = folder_make(above);
	}
	if (rc < 0 || (mkdir(folder, 0700) < 0 && errno != EEXIST))
		return rc < 0 ? rc : -errno;
	folder_sync(is_below ? above : slash ? "/" : ".");
	return 0;
}

int spool_open(struct cli *c, bool make, struct spool *ret_spool)
{
	_free_ char *folder = NULL;
	struct stat st;
	int rc = session_spool(c, &folder), fd;

	if (rc)
		return rc;
	if (make && folder_make(folder) < 0)
		return cli_usage(c, SAY_usage_file, folder);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && (make || errno != ENOENT))
		return cli_usage(c, SAY_usage_file, folder);
	if (fd >= 0 && (fstat(fd, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 077))) {
		close(fd);
		return cli_usage(c, SAY_spool_open_to_others, folder);
	}
	*ret_spool = (struct spool){.folder = folder, .fd = fd};
	folder = NULL;
	return 0;
}

void spool_done(struct spool *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->folder);
	*s = (struct spool){.fd = -1};
}

static int bytes_write(int fd, const char *at, size_t len)
{
	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		len -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* Under its name only once it is whole on the disk. The lock is the file's, and goes with it. */
static int entry_write(const struct spool *s, const char *name, json_object *json, int *ret_fd)
{
	const char *text = tree_line(json);
	char half[SPOOL_NAME_SIZE + sizeof(HALF) + 1];
	int fd, rc;

	snprintf(half, sizeof(half), ".%s" HALF, name);
	fd = openat(s->fd, half, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	rc = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : bytes_write(fd, text, strlen(text));
	if (rc == 0 && renameat(s->fd, half, s->fd, name) < 0)
		rc = -errno;
	if (rc < 0) {
		unlinkat(s->fd, half, 0);
		close(fd);
		return rc;
	}
	*ret_fd = fd;
	return fsync(s->fd) < 0 ? -errno : 0;
}

static void name_write(const char *reference, char ret_name[SPOOL_NAME_SIZE])
{
	snprintf(ret_name, SPOOL_NAME_SIZE, "%.*s" SUFFIX, SPOOL_REFERENCE_SIZE, reference);
}

int spool_add(const struct spool *s, json_object *json, struct spool_entry *ret_entry)
{
	struct spool_entry e = {.fd = -1, .json = json};
	int rc;

	name_write(tree_text(json, "/reference"), e.name);
	rc = entry_write(s, e.name, json, &e.fd);
	if (rc < 0) {
		if (e.fd >= 0) /* it has its name, and may not have it after a crash */
			unlinkat(s->fd, e.name, 0);
		spool_release(&e);
		return rc;
	}
	*ret_entry = e;
	return 0;
}

/* NULL: it is none, or cannot be read. The caller puts it. */
static json_object *entry_read(int fd)
{
	_text_ text = TEXT_INIT;
	_tree_ *json = NULL;
	ssize_t n;

	do {
		n = pread(fd, text_reserve(&text, BUFSIZ), BUFSIZ, (off_t)text.len);
		text.len += n > 0 ? (size_t)n : 0;
	} while (n > 0 && text.len < ENTRY_SIZE);
	text_add_char(&text, '\0');
	json = n == 0 ? json_tokener_parse(text.data) : NULL;
	if (!*tree_text(json, "/reference") || !*tree_text(json, "/key") ||
		!*tree_text(json, "/first") || !*tree_text(json, "/later"))
		return NULL;
	return json_object_get(json);
}

int spool_take(const struct spool *s, const char *reference, struct spool_entry *ret_entry)
{
	struct spool_entry e = {.fd = -1};
	struct stat held, named;

	if (s->fd < 0 || strchr(reference, '/') || strlen(reference) >= SPOOL_REFERENCE_SIZE)
		return SPOOL_GONE;
	name_write(reference, e.name);
	e.fd = openat(s->fd, e.name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (e.fd < 0)
		return errno == ENOENT ? SPOOL_GONE : -errno;
	if (flock(e.fd, LOCK_EX | LOCK_NB) < 0) {
		close(e.fd);
		return SPOOL_BUSY;
	}
	/* Whoever held it before may have sent or rewritten it since it was opened. */
	if (fstat(e.fd, &held) < 0 || fstatat(s->fd, e.name, &named, 0) < 0 ||
		held.st_ino != named.st_ino) {
		close(e.fd);
		return SPOOL_GONE;
	}
	e.json = entry_read(e.fd);
	if (!e.json) {
		close(e.fd);
		return SPOOL_BROKEN;
	}
	*ret_entry = e;
	return 0;
}

int spool_rewrite(const struct spool *s, struct spool_entry *e)
{
	int fd = -1, rc = entry_write(s, e->name, e->json, &fd);

	if (fd >= 0) {
		close(e->fd);
		e->fd = fd;
	}
	return rc;
}

int spool_remove(const struct spool *s, const struct spool_entry *e)
{
	char file[SPOOL_NAME_SIZE];

	if (unlinkat(s->fd, e->name, 0) < 0 || fsync(s->fd) < 0)
		return -errno;
	for (size_t no = 1; spool_file_name(tree_text(e->json, "/reference"), no, file),
		    unlinkat(s->fd, file, 0) == 0;)
		no++;
	return 0;
}

void spool_release(struct spool_entry *e)
{
	if (e->fd >= 0)
		close(e->fd);
	json_object_put(e->json);
	*e = (struct spool_entry){.fd = -1};
}

/* Nobody was told of it, since nothing is told before an entry has its name. */
static void half_remove(const struct spool *s, const char *half)
{
	int fd = openat(s->fd, half, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	struct stat held, named;

	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &held) == 0 &&
		fstatat(s->fd, half, &named, 0) == 0 && held.st_ino == named.st_ino &&
		time(NULL) - held.st_mtime > HALF_AGE)
		unlinkat(s->fd, half, 0);
	close(fd);
}

/* "S-7K2MX-9QD4T.1" whose entry is gone: it was sent, and who sent it was killed then. An entry is
 * there before its files are. */
static void file_remove(const struct spool *s, const char *file)
{
	char name[SPOOL_NAME_SIZE];
	size_t len = strcspn(file, ".");

	if (len >= SPOOL_REFERENCE_SIZE || strncmp(file, "S-", 2) != 0 || !file[len] ||
		!file[len + 1] || file[len + 1 + strspn(file + len + 1, "0123456789")])
		return;
	snprintf(name, sizeof(name), "%.*s" SUFFIX, (int)len, file);
	if (faccessat(s->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		unlinkat(s->fd, file, 0);
}

/* Without holding it: it is only looked at. */
static json_object *entry_look(const struct spool *s, const char *name)
{
	int fd = openat(s->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	json_object *json = fd >= 0 ? entry_read(fd) : NULL;

	if (fd >= 0)
		close(fd);
	else if (errno == ENOENT)
		return NULL;
	if (!json) {
		json = json_object_new_object();
		json_object_object_add(json, "reference",
			json_object_new_string_len(name, (int)(strlen(name) - strlen(SUFFIX))));
	}
	return json;
}

static int by_moment(const void *a, const void *b)
{
	json_object *one = *(json_object *const *)a, *other = *(json_object *const *)b;

	/* All in the offset of one computer; where that changes, the order is only for the eye. */
	return strcmp(tree_text(one, "/received_at"), tree_text(other, "/received_at"));
}

json_object *spool_all(const struct spool *s)
{
	json_object *all = json_object_new_array(), *json;
	int fd = s->fd >= 0 ? openat(s->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *found;

	while (d && (found = readdir(d))) {
		size_t len = strlen(found->d_name);

		if (len > strlen(HALF) && found->d_name[0] == '.' &&
			strcmp(found->d_name + len - strlen(HALF), HALF) == 0)
			half_remove(s, found->d_name);
		else if (len > strlen(SUFFIX) && found->d_name[0] != '.' &&
			 strcmp(found->d_name + len - strlen(SUFFIX), SUFFIX) == 0 &&
			 (json = entry_look(s, found->d_name)))
			json_object_array_add(all, json);
		else
			file_remove(s, found->d_name);
	}
	if (d)
		closedir(d);
	json_object_array_sort(all, by_moment);
	return all;
}
