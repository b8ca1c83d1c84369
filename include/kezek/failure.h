/* What can go wrong between a client and kezekd, as libkezek tells it. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, meaning). What a positive return value of libkezek says. */
#define KEZEK_FAILURES(X)                                                                          \
	X(refused, "the server refused: see kezek_refusal")                                        \
	X(no_such_host, "the server's name cannot be found")                                       \
	X(connection_refused, "nothing listens at the server's address")                           \
	X(host_unreachable, "no way to the server through the network")                            \
	X(timed_out, "no answer in time")                                                          \
	X(connection_lost, "the connection broke; whether the call had an effect is unknown")      \
	X(server_not_trusted, "the server's certificate leads to no known CA")                     \
	X(server_expired, "the server's certificate has expired or is not valid yet")              \
	X(server_revoked, "the server's certificate is revoked")                                   \
	X(host_mismatch, "the server's certificate is for another host name")                      \
	X(certificate_required, "the server asks for a client certificate")                        \
	X(certificate_expired, "the client certificate has expired")                               \
	X(certificate_revoked, "the client certificate is revoked")                                \
	X(certificate_unknown_ca, "the client certificate is from a CA the server does not know")  \
	X(certificate_refused, "the server does not accept the client certificate")                \
	X(certificate_file, "the client certificate's file cannot be used")                        \
	X(key_file, "the private key's file cannot be used or is not the certificate's")           \
	X(ca_file, "the CA's file cannot be used")                                                 \
	X(no_tls, "no secure connection could be agreed on")                                       \
	X(not_kezek, "the answer is not one that kezekd gives")                                    \
	X(aborted, "the caller's sink asked to stop")

enum kezek_failure {
	KEZEK_FAILURE_none,
#define X(name, meaning) KEZEK_FAILURE_##name,
	KEZEK_FAILURES(X)
#undef X
		KEZEK_FAILURE_COUNT,
};

/* "connection_refused" and its meaning in English; static; also for negative values (-errno). */
const char *kezek_failure_name(int failure);
const char *kezek_failure_text(int failure);

#ifdef __cplusplus
}
#endif
