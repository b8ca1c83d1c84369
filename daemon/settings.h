/*
 * Every option of kezekd: one table, from which parsing, --check-config, the defaults and the
 * manual's completeness test come. File syntax: `name = value` lines, `#` comments
 * (kezekd.conf(5)).
 */
#pragma once

#include "lib/fault.h"

/*
 * X(name, kind, default, doc). Kinds: path, string, list (comma-separated), port, count, bytes
 * (KiB, MiB suffixes), seconds (fraction allowed; kept in µs), choice words are strings checked by
 * their user.
 */
#define SETTINGS(X)                                                                                \
	X(listen, list, "[::1]:8443",                                                              \
		"addresses to listen on, each address:port, unless systemd passes sockets")        \
	X(database, string, "", "libpq connection string of role kezek_app")                       \
	X(jobs_database, string, "",                                                               \
		"libpq connection string of role kezek_jobs; empty: database with "                \
		"user=kezek_jobs")                                                                 \
	X(migrate_database, string, "",                                                            \
		"libpq connection string of role kezek_migrator, for kezekd migrate")              \
	X(server_certificate, path, "", "PEM chain shown to clients")                              \
	X(server_key, path, "", "PEM private key of the certificate")                              \
	X(client_ca, path, "", "PEM bundle that client certificates must lead to")                 \
	X(client_crl, path, "", "PEM CRLs for the client CA; checked where set")                   \
	X(master_key, path, "",                                                                    \
		"file of the key that wraps every request's key, and of those it replaced; "       \
		"$CREDENTIALS_DIRECTORY/master-key where empty")                                   \
	X(index_key, path, "",                                                                     \
		"file of the key of the search hashes, and of those it replaced; "                 \
		"$CREDENTIALS_DIRECTORY/index-key where empty")                                    \
	X(lost_keys, list, "",                                                                     \
		"ids of master and index keys that are gone for good: the daemon serves without "  \
		"what stands under them")                                                          \
	X(receipt_key, path, "",                                                                   \
		"file of 32 random bytes, the Ed25519 key that signs receipts; "                   \
		"$CREDENTIALS_DIRECTORY/receipt-key where empty; without either they are not "     \
		"signed")                                                                          \
	X(receipt_keys_former, path, "",                                                           \
		"JSON Web Key Set of the public keys that signed receipts before; "                \
		"served beside the one in use")                                                    \
	X(tls_min, string, "1.3", "1.2 or 1.3")                                                    \
	X(log_level, string, "info", "error, warning, info or debug")                              \
	X(database_connections, count, "4", "connections for reads")                               \
	X(write_connections, count, "2", "connections for group commits")                          \
	X(document_connections, count, "2",                                                        \
		"connections for documents, which nothing else waits behind")                      \
	X(batch_members, count, "64", "members of one group commit")                               \
	X(metrics_local, string, "no", "yes: GET /metrics needs no principal from loopback")       \
	X(hand_back_limit, count, "5",                                                             \
		"how often a request may go back to its queue before it goes to the supervisor's " \
		"desk; 0: any number of times")                                                    \
	X(snapshot_alarm, seconds, "60",                                                           \
		"age of the oldest snapshot in the database from which it is told of")             \
	X(handshake_timeout, seconds, "5", "TLS handshake, absolute")                              \
	X(header_timeout, seconds, "5", "request head, absolute")                                  \
	X(body_timeout, seconds, "20", "JSON body, absolute")                                      \
	X(idle_timeout, seconds, "60", "between requests")                                         \
	X(rate_floor, bytes, "1KiB",                                                               \
		"bytes a second below which a long body or a reply's reader is given up")          \
	X(rate_window, seconds, "10", "over which rate_floor is measured")                         \
	X(linger_timeout, seconds, "2",                                                            \
		"how long a refused client's bytes are still read and dropped")                    \
	X(ticket_lifetime, seconds, "300", "TLS session tickets, at most 300; 0: none")            \
	X(connections, count, "20000", "connections in all")                                       \
	X(request_timeout, seconds, "15",                                                          \
		"a reply that PostgreSQL keeps back becomes 503 after it")                         \
	X(header_bytes, bytes, "16KiB", "request head")                                            \
	X(header_fields, count, "64", "fields of a request head")                                  \
	X(json_bytes, bytes, "256KiB", "JSON body")                                                \
	X(bulk_bytes, bytes, "16MiB", "body of catalogue, calendars and imports")                  \
	X(document_bytes, bytes, "20MiB", "one document")                                          \
	X(json_depth, count, "16", "nesting of a JSON body")                                       \
	X(principal_connections, count, "256", "connections of one principal")                     \
	X(principal_streams, count, "8", "streams of one principal")                               \
	X(address_connections, count, "512",                                                       \
		"connections of one address before it is known who it is")                         \
	X(stream_bytes, bytes, "256KiB", "queue of one stream before its client is dropped")       \
	X(stream_heartbeat, seconds, "15", "between two signs of life on a stream")                \
	X(memory_bytes, bytes, "512MiB", "memory account for clients; at 80 % new work gets 503")  \
	X(webhook_ca, path, "", "PEM bundle that webhooks' servers must lead to; empty: system's") \
	X(webhook_timeout, seconds, "10", "one attempt to deliver, from connecting to the status") \
	X(webhook_connections, count, "64", "deliveries under way at once, of one daemon")

/* kind → C type: path, string, list: char *; port, count: int; bytes: int64_t; seconds: int64_t in
 * µs. */
struct settings {
#define SETTING_TYPE_path            char *
#define SETTING_TYPE_string          char *
#define SETTING_TYPE_list            char *
#define SETTING_TYPE_port            int
#define SETTING_TYPE_count           int
#define SETTING_TYPE_bytes           int64_t
#define SETTING_TYPE_seconds         int64_t
#define X(name, kind, standard, doc) SETTING_TYPE_##kind name;
	SETTINGS(X)
#undef X
};

/* All defaults. */
void settings_init(struct settings *s);
/*
 * Applies the file's text over what is there. All faults at once; their pointers are
 * "/<line>/<option>", the line counted from 1. An option with a fault keeps its value.
 */
void settings_parse(struct settings *s, struct span text, struct faults *faults);
/* Paths that are not absolute are taken to stand in `directory`. */
void settings_resolve(struct settings *s, const char *directory);
/* What only makes sense together or in words: pointers "/<option>". */
void settings_check(const struct settings *s, struct faults *faults);
/* Reads and parses a file, resolves its paths by its directory, checks. 0, or -errno of the
 * reading. */
_must_check_ int settings_load(struct settings *s, const char *path, struct faults *faults);
void settings_done(struct settings *s);
/* One "name = default" line with its doc for each option, for people. */
void settings_describe(struct text *t);
/* "address:port" with [] around an IPv6 address; an empty address means all. False: not one. */
bool settings_split_address(struct span s, char ret_host[64], char ret_port[8]);
