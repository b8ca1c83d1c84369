/* Outgoing HTTPS: libcurl's multi-socket interface on libevent; one timer, an event a socket. */
#include <curl/curl.h>
#include <errno.h>
#include <sys/queue.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/outgoing.h"

#define ANSWER_MAX (64 * 1024) /* bytes of an answer, fields and all, that are read and dropped */

struct transfer {
	struct outgoing *outgoing;
	struct outgoing_call *call;
	CURL *easy;
	struct curl_slist *fields;
	struct text body;
	size_t answered;
	int64_t began_mono;
	TAILQ_ENTRY(transfer) link;
};

struct outgoing {
	struct loop *loop;
	CURLM *multi;
	struct timer timer;
	char *ca;
	int64_t timeout_us;
	TAILQ_HEAD(transfer_list, transfer) transfers;
};

/* Memory, or an option that this libcurl does not know: no way on. */
static void must(bool ok)
{
	if (!ok) {
		log_event(LOG_LEVEL_ERROR, "curl_failed");
		abort();
	}
}

static void transfer_free(struct transfer *t)
{
	TAILQ_REMOVE(&t->outgoing->transfers, t, link);
	curl_multi_remove_handle(t->outgoing->multi, t->easy);
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->fields);
	text_done(&t->body);
	free(t);
}

static const char *word_of(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return "name";
	case CURLE_COULDNT_CONNECT:
		return "refused";
	case CURLE_OPERATION_TIMEDOUT:
		return "timeout";
	case CURLE_PEER_FAILED_VERIFICATION:
		return "certificate";
	case CURLE_SSL_CONNECT_ERROR:
		return "tls";
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
		return "cut";
	default:
		return "protocol";
	}
}

/* A status whose rest is too long is a status all the same; one whose rest never came is none. */
static void finish(struct transfer *t, CURLcode code)
{
	struct outgoing_call *c = t->call;
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK && t->answered <= ANSWER_MAX)
		status = 0;
	c->status = (int)status;
	c->why = status ? NULL : word_of(code);
	c->took_us = loop_mono() - t->began_mono;
	transfer_free(t);
	c->on_done(c);
}

static void act(struct outgoing *o, curl_socket_t fd, int what)
{
	CURLMsg *m;
	int running, left;

	curl_multi_socket_action(o->multi, fd, what, &running);
	while ((m = curl_multi_info_read(o->multi, &left))) {
		struct transfer *t;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		finish(t, m->data.result);
	}
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	act(arg, fd,
		(what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void on_timer(struct timer *t)
{
	act(container_of(t, struct outgoing, timer), CURL_SOCKET_TIMEOUT, 0);
}

/* curl waits for other things of this socket from now on. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct outgoing *o = arg;
	struct event *event = known;
	short wanted = (short)((what & CURL_POLL_IN ? EV_READ : 0) |
			       (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST);

	(void)easy;
	if (event)
		event_free(event);
	event = NULL;
	if (what != CURL_POLL_REMOVE) {
		event = event_new(loop_base(o->loop), fd, wanted, on_event, o);
		must(event && event_add(event, NULL) == 0);
	}
	curl_multi_assign(o->multi, fd, event);
	return 0;
}

static int on_timeout(CURLM *multi, long ms, void *arg)
{
	struct outgoing *o = arg;

	(void)multi;
	if (ms < 0)
		timer_clear(&o->timer);
	else
		timer_set(&o->timer, ms * 1000LL);
	return 0;
}

/* Read and dropped; beyond the bound it is given up. */
static size_t on_bytes(char *bytes, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;

	(void)bytes;
	t->answered += size * count;
	return t->answered > ANSWER_MAX ? 0 : size * count;
}

#define SET(option, value) must(curl_easy_setopt(t->easy, (option), (value)) == CURLE_OK)

static void set_up(struct outgoing *o, struct transfer *t, const char *url)
{
	SET(CURLOPT_URL, url);
	SET(CURLOPT_PRIVATE, (char *)t);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_QUICK_EXIT, 1L); /* leave getaddrinfo(3) to its thread, not wait for it */
	SET(CURLOPT_TIMEOUT_MS, (long)(o->timeout_us / 1000));
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(o->timeout_us / 2000));
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	if (*o->ca) {
		SET(CURLOPT_CAINFO, o->ca);
		SET(CURLOPT_CAPATH, NULL);
	}
	SET(CURLOPT_WRITEFUNCTION, on_bytes);
	SET(CURLOPT_WRITEDATA, t);
	SET(CURLOPT_HEADERFUNCTION, on_bytes);
	SET(CURLOPT_HEADERDATA, t);
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_POSTFIELDSIZE, (long)t->body.len);
	SET(CURLOPT_POSTFIELDS, t->body.data);
	SET(CURLOPT_HTTPHEADER, t->fields);
}

void outgoing_post(struct outgoing *o, struct outgoing_call *c, const char *url,
	const char *const fields[], struct text *body)
{
	struct transfer *t = calloc(1, sizeof(*t));

	must(t && (t->easy = curl_easy_init()));
	t->outgoing = o;
	t->call = c;
	t->began_mono = loop_mono();
	t->body = *body;
	*body = TEXT_INIT;
	for (size_t i = 0; fields[i]; i++) {
		struct curl_slist *more = curl_slist_append(t->fields, fields[i]);

		must(more);
		t->fields = more;
	}
	TAILQ_INSERT_TAIL(&o->transfers, t, link);
	set_up(o, t, url);
	must(curl_multi_add_handle(o->multi, t->easy) == CURLM_OK);
}

int outgoing_new(struct loop *l, const struct outgoing_options *options, struct outgoing **ret)
{
	struct outgoing *o;

	if (*options->ca && access(options->ca, R_OK) < 0) {
		log_event(LOG_LEVEL_ERROR, "ca_unreadable", LOG_S("file", options->ca),
			LOG_S("why", strerror(errno)));
		return -errno;
	}
	o = calloc(1, sizeof(*o));
	must(o && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
	o->loop = l;
	o->timeout_us = options->timeout_us;
	o->ca = strdup(options->ca);
	o->multi = curl_multi_init();
	must(o->ca && o->multi);
	TAILQ_INIT(&o->transfers);
	timer_init(&o->timer, l, on_timer);
	curl_multi_setopt(o->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(o->multi, CURLMOPT_SOCKETDATA, o);
	curl_multi_setopt(o->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	curl_multi_setopt(o->multi, CURLMOPT_TIMERDATA, o);
	curl_multi_setopt(o->multi, CURLMOPT_MAXCONNECTS, (long)options->connections);
	*ret = o;
	return 0;
}

void outgoing_free(struct outgoing *o)
{
	if (!o)
		return;
	while (!TAILQ_EMPTY(&o->transfers))
		transfer_free(TAILQ_FIRST(&o->transfers));
	curl_multi_cleanup(o->multi);
	timer_done(&o->timer);
	curl_global_cleanup();
	free(o->ca);
	free(o);
}
