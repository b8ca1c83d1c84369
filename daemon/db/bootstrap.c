/* `kezekd principal add`: the first principals, written by the schema's owner before anybody can
 * connect. */
#include <getopt.h>
#include <libpq-fe.h>
#include <openssl/pem.h>
#include <stdio.h>

#include "daemon/db/migrate.h"
#include "daemon/seal.h"

#define INSERT                                                                                     \
	"WITH a AS (INSERT INTO kezek.principal (name, kind, role, office, agency, "               \
	"certificate_sha256, "                                                                     \
	"token_sha256, created_at, created_by) VALUES ($1, $2, $3, $4, $5, decode($6, 'hex'), "    \
	"decode($7, 'hex'), "                                                                      \
	"kezek.now(), 'kezekd') ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, role = "    \
	"excluded.role, "                                                                          \
	"office = excluded.office, agency = excluded.agency, "                                     \
	"certificate_sha256 = coalesce(excluded.certificate_sha256, "                              \
	"principal.certificate_sha256), "                                                          \
	"token_sha256 = coalesce(excluded.token_sha256, principal.token_sha256) RETURNING 1) "     \
	"UPDATE kezek.generation SET value = value + 1 WHERE what = 'principal'"

static const char usage[] = "usage: kezekd --config FILE principal add NAME --role "
			    "clerk|officer|supervisor|admin|auditor\n"
			    "       [--kind person|system] [--office CODE] [--agency CODE] "
			    "[--certificate FILE] [--token]\n"
			    "Without --certificate a client certificate with the URI "
			    "urn:kezek:principal:NAME is enough.\n";

struct wanted {
	const char *name, *kind, *role, *office, *agency, *certificate;
	bool token;
};

/* SHA-256 of the certificate's DER form, in hex. */
static bool certificate_hash(const char *path, struct text *ret)
{
	FILE *f = fopen(path, "re");
	X509 *x = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
	uint8_t hash[SEAL_HASH_SIZE];
	bool ok = x && X509_digest(x, EVP_sha256(), hash, NULL) == 1;

	if (ok)
		text_add_hex(ret, hash, sizeof(hash));
	else
		fprintf(stderr, "kezekd principal: %s is no PEM certificate that can be read\n",
			path);
	X509_free(x);
	if (f)
		fclose(f);
	return ok;
}

static void make_token(struct text *ret_token, struct text *ret_hash)
{
	uint8_t random[24], hash[SEAL_HASH_SIZE];

	random_bytes(random, sizeof(random));
	text_adds(ret_token, "kz_");
	text_add_hex(ret_token, random, sizeof(random));
	digest_bytes(text_span(ret_token), hash);
	text_add_hex(ret_hash, hash, sizeof(hash));
}

static int write_principal(const struct settings *settings, const struct wanted *w)
{
	_text_ certificate = TEXT_INIT;
	_text_ token = TEXT_INIT;
	_text_ token_hash = TEXT_INIT;
	const char *params[7];
	PGconn *conn;
	PGresult *r;
	bool ok;

	if (w->certificate && !certificate_hash(w->certificate, &certificate))
		return 1;
	if (w->token)
		make_token(&token, &token_hash);
	params[0] = w->name;
	params[1] = w->kind;
	params[2] = w->role;
	params[3] = w->office;
	params[4] = w->agency;
	params[5] = certificate.data;
	params[6] = token_hash.data;
	conn = PQconnectdb(settings->migrate_database);
	r = PQexecParams(conn, INSERT, 7, NULL, params, NULL, NULL, 0);
	ok = PQresultStatus(r) == PGRES_COMMAND_OK;
	if (!ok)
		fprintf(stderr, "kezekd principal: %s", PQerrorMessage(conn));
	else if (w->token)
		printf("%s\n", token.data);
	PQclear(r);
	PQfinish(conn);
	return ok ? 0 : 1;
}

int bootstrap_principal(const struct settings *settings, int argc, char **argv)
{
	static const struct option options[] = {
		{"role", required_argument, NULL, 0},
		{"kind", required_argument, NULL, 1},
		{"office", required_argument, NULL, 2},
		{"agency", required_argument, NULL, 3},
		{"certificate", required_argument, NULL, 4},
		{"token", no_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct wanted w = {.kind = "person"};
	const char **const values[] = {&w.role, &w.kind, &w.office, &w.agency, &w.certificate};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c >= 0 && c < (int)ARRAY_SIZE(values)) {
			*values[c] = optarg;
		} else if (c == 't') {
			w.token = true;
		} else {
			fputs(usage, c == 'h' ? stdout : stderr);
			return c == 'h' ? 0 : 2;
		}
	}
	if (argc - optind != 2 || strcmp(argv[optind], "add") != 0 || !w.role) {
		fputs(usage, stderr);
		return 2;
	}
	w.name = argv[optind + 1];
	return write_principal(settings, &w);
}
