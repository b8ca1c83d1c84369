/* The TLS context: made aside and verified, then used whole; and what a handshake says of the peer.
 */
#pragma once

#include <openssl/ssl.h>

#include "daemon/net/exchange.h"
#include "daemon/settings.h"

struct tls;

/*
 * Certificates, key, CA and CRLs from the files of the settings. `strict` (a reload): what is
 * expired is refused too, since what is in service may still be good. 0, or -EINVAL with the reason
 * logged.
 */
_must_check_ int tls_new(const struct settings *s, bool strict, struct tls **ret);
void tls_free(struct tls *t);
SSL_CTX *tls_context(const struct tls *t);
/* A loaded CRL is past its nextUpdate at `at` (seconds since 1970): every certificate is refused
 * then. */
bool tls_crl_is_expired(const struct tls *t, int64_t at);
/* After the handshake: certificate and name of the peer. */
void tls_read_peer(SSL *ssl, struct peer *peer);
/* Why a handshake failed, for log and metric: "expired", "revoked", "foreign", "protocol", … */
const char *tls_failure(const SSL *ssl);
