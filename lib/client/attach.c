/* Sending a document, and seeing how far it is. */
#include <errno.h>
#include <openssl/evp.h>

#include "lib/client/client.h"

#define DIGEST_LINE 128
#define HEADERS_MAX 16

/* "Content-Digest: sha-256=:…:" (RFC 9530). */
static int digest_write(const struct kezek_body *body, char ret_line[DIGEST_LINE])
{
	static const char name[] = "Content-Digest: sha-256=:";
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int size = 0;
	int n;

	if (EVP_Digest(body->data, body->size, hash, &size, EVP_sha256(), NULL) != 1)
		return -ENOMEM;
	memcpy(ret_line, name, sizeof(name));
	n = EVP_EncodeBlock((unsigned char *)ret_line + sizeof(name) - 1, hash, (int)size);
	strcpy(ret_line + sizeof(name) - 1 + n, ":");
	return 0;
}

/* 0, -ENOMEM. */
static int path_write(
	struct client_buffer *path, const char *request_id, const char *name, const char *kind)
{
	char *escaped = curl_easy_escape(NULL, name, 0), *of_kind = NULL;

	client_buffer_adds(path, "/v1/requests/");
	client_buffer_adds(path, request_id);
	client_buffer_adds(path, "/documents/");
	if (escaped)
		client_buffer_adds(path, escaped);
	if (kind)
		of_kind = curl_easy_escape(NULL, kind, 0);
	if (of_kind) {
		client_buffer_adds(path, "?kind=");
		client_buffer_adds(path, of_kind);
	}
	path->failed = path->failed || !escaped || (kind && !of_kind);
	curl_free(escaped);
	curl_free(of_kind);
	return path->failed ? -ENOMEM : 0;
}

KEZEK_PUBLIC int kezek_attach(struct kezek *k, const char *request_id, const char *name,
	const char *kind, const char *const headers[], const struct kezek_body *body,
	struct kezek_response **ret_response)
{
	struct client_buffer path = {0};
	char digest[DIGEST_LINE];
	const char *all[HEADERS_MAX + 2] = {digest};
	struct client_request q = {.method = "PUT", .headers = all, .body = body};
	int r;

	for (size_t i = 0; headers && headers[i]; i++) {
		if (i == HEADERS_MAX)
			return -EINVAL;
		all[i + 1] = headers[i];
	}
	r = digest_write(body, digest);
	if (r == 0)
		r = path_write(&path, request_id, name, kind);
	if (r == 0) {
		q.path = path.data;
		r = client_call(k, &q, ret_response);
	}
	client_buffer_done(&path);
	return r;
}

KEZEK_PUBLIC void kezek_watch(struct kezek *k,
	void (*on_progress)(int64_t done, int64_t total, void *context), void *context)
{
	k->on_progress = on_progress;
	k->progress_context = context;
}
