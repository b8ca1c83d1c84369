/* Building the TLS context from files, and reading the peer's certificate. */
#include <errno.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "daemon/log.h"
#include "daemon/net/tls.h"

#define PRINCIPAL_URN "urn:kezek:principal:"
#define CHAIN_DEPTH   4
#define CHAIN_BYTES   32768

struct tls {
	SSL_CTX *context;
	int64_t crl_until; /* the earliest nextUpdate, seconds since 1970; 0: no CRL */
};

static int refuse(const char *why, const char *file)
{
	unsigned long e = ERR_peek_last_error();

	log_event(LOG_LEVEL_ERROR, "tls_unusable", LOG_S("why", why), LOG_S("file", file),
		LOG_S("openssl", e ? ERR_reason_error_string(e) : NULL));
	ERR_clear_error();
	return -EINVAL;
}

/* PEM readers end with "no start line"; anything else is a damaged file. */
static bool is_read_through(void)
{
	unsigned long e = ERR_peek_last_error();
	bool through = ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE;

	if (through)
		ERR_clear_error();
	return through;
}

/* A key file that asks for a passphrase must not make the daemon ask at a terminal. */
static int no_passphrase(char *to, int size, int writing, void *arg)
{
	(void)to;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static int64_t seconds_of(const ASN1_TIME *t)
{
	struct tm tm;

	return t && ASN1_TIME_to_tm(t, &tm) ? (int64_t)timegm(&tm) : 0;
}

static int load_own(struct tls *t, const struct settings *s, bool strict)
{
	SSL_CTX *c = t->context;

	SSL_CTX_set_default_passwd_cb(c, no_passphrase);
	if (SSL_CTX_use_certificate_chain_file(c, s->server_certificate) != 1)
		return refuse("server_certificate", s->server_certificate);
	if (SSL_CTX_use_PrivateKey_file(c, s->server_key, SSL_FILETYPE_PEM) != 1)
		return refuse("server_key", s->server_key);
	if (SSL_CTX_check_private_key(c) != 1)
		return refuse("key_of_another_certificate", s->server_key);
	if (seconds_of(X509_get0_notAfter(SSL_CTX_get0_certificate(c))) > (int64_t)time(NULL))
		return 0;
	if (strict)
		return refuse("server_certificate_expired", s->server_certificate);
	log_event(LOG_LEVEL_WARNING, "server_certificate_expired",
		LOG_S("file", s->server_certificate));
	return 0;
}

static int load_ca(X509_STORE *store, STACK_OF(X509) * authorities, STACK_OF(X509_NAME) * names,
	const char *file)
{
	BIO *b = BIO_new_file(file, "r");
	X509 *x;
	int n = 0;

	if (!b)
		return refuse("client_ca", file);
	while ((x = PEM_read_bio_X509(b, NULL, no_passphrase, NULL))) {
		X509_NAME *name = X509_NAME_dup(X509_get_subject_name(x));

		if (!name || !sk_X509_NAME_push(names, name) || !X509_STORE_add_cert(store, x) ||
			!sk_X509_push(authorities, x))
			abort();
		n++;
	}
	BIO_free(b);
	return is_read_through() && n > 0 ? 0 : refuse("client_ca", file);
}

static bool is_signed_by_one(X509_CRL *crl, STACK_OF(X509) * authorities)
{
	for (int i = 0; i < sk_X509_num(authorities); i++) {
		X509 *ca = sk_X509_value(authorities, i);

		if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(ca)) == 0 &&
			X509_CRL_verify(crl, X509_get0_pubkey(ca)) == 1)
			return true;
	}
	ERR_clear_error();
	return false;
}

static int load_crls(
	struct tls *t, X509_STORE *store, STACK_OF(X509) * authorities, const char *file)
{
	BIO *b = BIO_new_file(file, "r");
	X509_CRL *crl;
	int n = 0, r = 0;

	if (!b)
		return refuse("client_crl", file);
	while (r == 0 && (crl = PEM_read_bio_X509_CRL(b, NULL, no_passphrase, NULL))) {
		int64_t until = seconds_of(X509_CRL_get0_nextUpdate(crl));

		if (!is_signed_by_one(crl, authorities))
			r = refuse("client_crl_of_another_ca", file);
		else if (!X509_STORE_add_crl(store, crl))
			abort();
		if (until && (!t->crl_until || until < t->crl_until))
			t->crl_until = until;
		X509_CRL_free(crl);
		n++;
	}
	BIO_free(b);
	if (r == 0 && (!is_read_through() || n == 0))
		r = refuse("client_crl", file);
	return r;
}

static int check_crls(struct tls *t, X509_STORE *store, const char *file, bool strict)
{
	X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
	if (!tls_crl_is_expired(t, (int64_t)time(NULL)))
		return 0;
	if (strict)
		return refuse("client_crl_expired", file);
	log_event(LOG_LEVEL_WARNING, "client_crl_expired", LOG_S("file", file));
	return 0;
}

/* The store of those who may sign clients; it has nothing to do with the system's or our own chain.
 */
static int load_clients(struct tls *t, const struct settings *s, bool strict)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *authorities = sk_X509_new_null();
	STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
	int r;

	if (!store || !authorities || !names)
		abort();
	r = load_ca(store, authorities, names, s->client_ca);
	if (r == 0 && *s->client_crl)
		r = load_crls(t, store, authorities, s->client_crl);
	if (r == 0 && *s->client_crl)
		r = check_crls(t, store, s->client_crl, strict);
	if (r == 0) {
		X509_STORE_set_purpose(store, X509_PURPOSE_SSL_CLIENT);
		SSL_CTX_set1_verify_cert_store(t->context, store);
		SSL_CTX_set_client_CA_list(t->context, names);
		SSL_CTX_set_verify(t->context, SSL_VERIFY_PEER, NULL);
		SSL_CTX_set_verify_depth(t->context, CHAIN_DEPTH);
	} else {
		sk_X509_NAME_pop_free(names, X509_NAME_free);
	}
	sk_X509_pop_free(authorities, X509_free);
	X509_STORE_free(store);
	return r;
}

static int choose_protocol(SSL *ssl, const unsigned char **ret, unsigned char *ret_len,
	const unsigned char *offered, unsigned int len, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, ret_len, ours, sizeof(ours) - 1, offered, len) !=
		OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*ret = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static void set_tickets(SSL_CTX *c, int64_t lifetime_us)
{
	static const unsigned char id[] = "kezekd";

	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_session_id_context(c, id, sizeof(id) - 1);
	SSL_CTX_set_timeout(c, (long)(lifetime_us / 1000000));
	SSL_CTX_set_num_tickets(c, lifetime_us ? 1 : 0);
	if (!lifetime_us)
		SSL_CTX_set_options(c, SSL_OP_NO_TICKET);
}

/* The front door's choices; an OpenSSL that cannot make them is a bug of the build. */
static void set_ground(SSL_CTX *c, const struct settings *s)
{
	bool old_too = strcmp(s->tls_min, "1.2") == 0;

	SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
				       SSL_OP_IGNORE_UNEXPECTED_EOF |
				       SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(c, 1);
	SSL_CTX_set_max_early_data(c, 0);
	SSL_CTX_set_max_cert_list(c, CHAIN_BYTES);
	SSL_CTX_set_alpn_select_cb(c, choose_protocol, NULL);
	set_tickets(c, s->ticket_lifetime);
	if (!SSL_CTX_set_min_proto_version(c, old_too ? TLS1_2_VERSION : TLS1_3_VERSION) ||
		!SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
					     "TLS_CHACHA20_POLY1305_SHA256") ||
		!SSL_CTX_set_cipher_list(c, "ECDHE+AESGCM:ECDHE+CHACHA20") ||
		!SSL_CTX_set1_groups_list(c, "X25519:P-256"))
		abort();
}

int tls_new(const struct settings *s, bool strict, struct tls **ret)
{
	struct tls *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		abort();
	t->context = SSL_CTX_new(TLS_server_method());
	if (!t->context)
		abort();
	set_ground(t->context, s);
	r = load_own(t, s, strict);
	if (r == 0 && *s->client_ca)
		r = load_clients(t, s, strict);
	if (r < 0) {
		tls_free(t);
		return r;
	}
	*ret = t;
	return 0;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->context);
	free(t);
}

SSL_CTX *tls_context(const struct tls *t)
{
	return t->context;
}

bool tls_crl_is_expired(const struct tls *t, int64_t at)
{
	return t->crl_until && t->crl_until <= at;
}

/* A name of visible ASCII that fits; anything else is no name. */
static bool copy_name(const ASN1_IA5STRING *uri, char ret[128])
{
	const char *at = (const char *)ASN1_STRING_get0_data(uri);
	size_t len = (size_t)ASN1_STRING_length(uri), prefix = strlen(PRINCIPAL_URN);

	if (len <= prefix || len - prefix >= 128 || memcmp(at, PRINCIPAL_URN, prefix) != 0)
		return false;
	for (size_t i = prefix; i < len; i++) {
		if (at[i] <= ' ' || at[i] > '~')
			return false;
	}
	memcpy(ret, at + prefix, len - prefix);
	ret[len - prefix] = '\0';
	return true;
}

static void read_name(X509 *x, char ret[128])
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	int found = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);

		if (n->type == GEN_URI && copy_name(n->d.uniformResourceIdentifier, ret))
			found++;
	}
	/* Two names are none: who may choose between them? */
	if (found != 1)
		ret[0] = '\0';
	GENERAL_NAMES_free(names);
}

/*
 * OpenSSL keeps the peer's chain as long as the connection, 10 kB of parsed keys and names that
 * nothing asks again once they are verified and read. What can go, goes: the certificates above the
 * peer's own, and the parsed key of that, in whose place our own, which is in memory anyway, is
 * referred to.
 */
static void slim_peer(SSL *ssl, X509 *own)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
	X509 *x;

	while (chain && (x = sk_X509_pop(chain)))
		X509_free(x);
	X509_set_pubkey(own, SSL_get_privatekey(ssl));
}

void tls_read_peer(SSL *ssl, struct peer *peer)
{
	X509 *x = SSL_get0_peer_certificate(ssl);
	unsigned int len = sizeof(peer->certificate_sha256);

	if (!x || SSL_get_verify_result(ssl) != X509_V_OK)
		return;
	if (X509_digest(x, EVP_sha256(), peer->certificate_sha256, &len) != 1)
		return;
	peer->has_certificate = true;
	read_name(x, peer->name);
	slim_peer(ssl, x);
}

const char *tls_failure(const SSL *ssl)
{
	switch (SSL_get_verify_result(ssl)) {
	case X509_V_OK:
		return "protocol";
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return "expired";
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return "not_yet_valid";
	case X509_V_ERR_CERT_REVOKED:
		return "revoked";
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
		return "crl_expired";
	case X509_V_ERR_UNABLE_TO_GET_CRL:
		return "crl_missing";
	case X509_V_ERR_INVALID_PURPOSE:
		return "purpose";
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_UNTRUSTED:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_INVALID_CA:
		return "foreign";
	default:
		return "certificate";
	}
}
