/* Why a call did not come through, told so that a person can act on it: TLS alerts above all. */
#include <errno.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/client/client.h"

static const struct {
	const char *name, *text;
} failures[KEZEK_FAILURE_COUNT] = {[KEZEK_FAILURE_none] = {"none", "done"},
#define X(name, meaning) [KEZEK_FAILURE_##name] = {#name, meaning},
	KEZEK_FAILURES(X)
#undef X
};

KEZEK_PUBLIC const char *kezek_failure_name(int failure)
{
	if (failure < 0)
		return strerrorname_np(-failure) ? strerrorname_np(-failure) : "?";
	return failure < KEZEK_FAILURE_COUNT ? failures[failure].name : "?";
}

KEZEK_PUBLIC const char *kezek_failure_text(int failure)
{
	if (failure < 0)
		return strerrordesc_np(-failure) ? strerrordesc_np(-failure) : "?";
	return failure < KEZEK_FAILURE_COUNT ? failures[failure].text : "?";
}

static pthread_once_t index_once = PTHREAD_ONCE_INIT;
static int index_of_handle = -1;

static void index_make(void)
{
	index_of_handle = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

/*
 * With TLS 1.3 the server judges our certificate after the handshake is done on our side: its alert
 * comes while we read the answer, and only here is it told apart from a broken connection.
 */
static void tls_on_info(const SSL *ssl, int where, int value)
{
	struct kezek *k = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), index_of_handle);

	if ((where & SSL_CB_ALERT) && (where & SSL_CB_READ) &&
		(value & 0xff) != SSL_AD_CLOSE_NOTIFY)
		k->alert = value & 0xff;
}

CURLcode client_tls_listen(CURL *curl, void *ssl_ctx, void *k)
{
	(void)curl;
	pthread_once(&index_once, index_make);
	if (index_of_handle < 0 || !SSL_CTX_set_ex_data(ssl_ctx, index_of_handle, k))
		return CURLE_OUT_OF_MEMORY;
	SSL_CTX_set_info_callback(ssl_ctx, tls_on_info);
	return CURLE_OK;
}

/* RFC 8446 section 6.2. */
static int verdict_of_alert(const struct kezek *k)
{
	switch (k->alert) {
	case SSL_AD_CERTIFICATE_EXPIRED:
		return KEZEK_FAILURE_certificate_expired;
	case SSL_AD_CERTIFICATE_REVOKED:
		return KEZEK_FAILURE_certificate_revoked;
	case SSL_AD_UNKNOWN_CA:
		return KEZEK_FAILURE_certificate_unknown_ca;
	case SSL_AD_CERTIFICATE_REQUIRED:
		return KEZEK_FAILURE_certificate_required;
	case SSL_AD_BAD_CERTIFICATE:
	case SSL_AD_CERTIFICATE_UNKNOWN:
	case SSL_AD_UNSUPPORTED_CERTIFICATE:
	case SSL_AD_ACCESS_DENIED:
	case SSL_AD_DECRYPT_ERROR:
		return KEZEK_FAILURE_certificate_refused;
	case SSL_AD_HANDSHAKE_FAILURE: /* how TLS 1.2 says that a certificate is required */
		return k->options[KEZEK_OPTION_certificate] ? KEZEK_FAILURE_no_tls
							    : KEZEK_FAILURE_certificate_required;
	default:
		return KEZEK_FAILURE_no_tls;
	}
}

static int verdict_of_server(struct kezek *k)
{
	long result = X509_V_OK;

	curl_easy_getinfo(k->curl, CURLINFO_SSL_VERIFYRESULT, &result);
	switch (result) {
	case X509_V_OK:
	case X509_V_ERR_UNSPECIFIED: /* what curl leaves there when the chain was good, the name not
				      */
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return KEZEK_FAILURE_host_mismatch;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return KEZEK_FAILURE_server_expired;
	case X509_V_ERR_CERT_REVOKED:
		return KEZEK_FAILURE_server_revoked;
	default:
		return KEZEK_FAILURE_server_not_trusted;
	}
}

static int verdict_of_connect(struct kezek *k)
{
	long number = 0;

	curl_easy_getinfo(k->curl, CURLINFO_OS_ERRNO, &number);
	switch (number) {
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
		return KEZEK_FAILURE_host_unreachable;
	case ETIMEDOUT:
		return KEZEK_FAILURE_timed_out;
	default:
		return KEZEK_FAILURE_connection_refused;
	}
}

/* curl has one code for both files: the one that cannot be read is it, else curl's words decide. */
static int verdict_of_files(const struct kezek *k)
{
	const char *certificate = k->options[KEZEK_OPTION_certificate];
	const char *key = k->options[KEZEK_OPTION_key];

	if (certificate && access(certificate, R_OK) != 0)
		return KEZEK_FAILURE_certificate_file;
	if (key && access(key, R_OK) != 0)
		return KEZEK_FAILURE_key_file;
	return strstr(k->error, "rivate key") ? KEZEK_FAILURE_key_file
					      : KEZEK_FAILURE_certificate_file;
}

int client_verdict(struct kezek *k, CURLcode code)
{
	if (k->error[0] == '\0')
		snprintf(k->error, sizeof(k->error), "%s", curl_easy_strerror(code));
	if (k->alert)
		return verdict_of_alert(k);
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return KEZEK_FAILURE_no_such_host;
	case CURLE_COULDNT_CONNECT:
		return verdict_of_connect(k);
	case CURLE_OPERATION_TIMEDOUT:
		return KEZEK_FAILURE_timed_out;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
		return verdict_of_server(k);
	case CURLE_SSL_CERTPROBLEM:
		return verdict_of_files(k);
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CRL_BADFILE:
		return KEZEK_FAILURE_ca_file;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
		return strstr(k->error, "SYSCALL") || strstr(k->error, "unexpected eof")
			       ? KEZEK_FAILURE_connection_lost
			       : KEZEK_FAILURE_no_tls;
	case CURLE_WRITE_ERROR:
		return KEZEK_FAILURE_aborted;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_HTTP2:
		return KEZEK_FAILURE_not_kezek;
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	default:
		return KEZEK_FAILURE_connection_lost;
	}
}
