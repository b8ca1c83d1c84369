/* kezekd: reads its options, stands everything up in order, serves, and takes it down again in
 * order. */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/api/api.h"
#include "daemon/api/keys.h"
#include "daemon/jobs/jobs.h"
#include "daemon/db/migrate.h"
#include "daemon/log.h"
#include "daemon/net/server.h"
#include "daemon/signer.h"
#include "daemon/systemd.h"

#define CONFIG_DEFAULT "/etc/kezek/kezekd.conf"
#define READY_PATIENCE INT64_C(3000000) /* µs; then clients get 503 rather than wait */

static const char usage[] =
	"usage: kezekd [--config FILE]                 serve\n"
	"       kezekd [--config FILE] --check-config  say what is wrong with the configuration\n"
	"       kezekd [--config FILE] migrate [--test-clock]\n"
	"       kezekd [--config FILE] rewrap [--dry-run]\n"
	"       kezekd [--config FILE] partitions [--detach YEAR | --keep YEARS]\n"
	"       kezekd [--config FILE] principal add NAME --role ROLE ...\n"
	"       kezekd --print-routes | --print-options | --help | --version\n"
	"FILE is " CONFIG_DEFAULT " where none is named.\n";

struct daemon {
	const char *config;
	struct settings settings; /* as at start: the api keeps to them */
	struct loop *loop;
	struct api *api;
	struct jobs *jobs;
	struct server *server;
	struct event *signals[4];
	struct timer patience;
	bool is_open, is_stopping, is_unfit;
};

/* "kezekd.conf:12: listen: …" for each fault; where there is none, nothing. */
static void print_faults(const char *path, const struct faults *faults)
{
	for (size_t i = 0; i < faults->count; i++) {
		const struct fault *f = &faults->items[i];
		const char *name = strrchr(f->pointer, '/') + 1;
		int line = name - f->pointer > 1 ? atoi(f->pointer + 1) : 0;
		_text_ t = TEXT_INIT;

		text_adds(&t, path);
		if (line)
			text_addf(&t, ":%d", line);
		text_addf(&t, ": %s%s", name, *name ? ": " : "");
		text_add_fault(&t, f, LANG_EN);
		fprintf(stderr, "%s\n", t.data);
	}
}

static bool load_settings(const char *path, struct settings *s)
{
	_faults_ faults = {0};
	int r;

	settings_init(s);
	r = settings_load(s, path, &faults);
	if (r < 0)
		fprintf(stderr, "kezekd: %s: %s\n", path, strerror(-r));
	print_faults(path, &faults);
	return r == 0 && faults.count == 0;
}

static void take_log_level(const struct settings *s)
{
	enum log_level level;

	if (log_level_parse(s->log_level, &level))
		log_set_level(level);
}

static void open_doors(struct daemon *d, const char *why)
{
	if (d->is_open || d->is_stopping)
		return;
	d->is_open = true;
	timer_clear(&d->patience);
	server_hold(d->server, false);
	sd_ready();
	log_event(LOG_LEVEL_INFO, "serving", LOG_S("version", KEZEK_VERSION), LOG_S("why", why));
}

static void on_ready(void *arg)
{
	open_doors(arg, NULL);
}

static void on_patience(struct timer *t)
{
	open_doors(container_of(t, struct daemon, patience), "database_away");
}

static void on_hangup(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *d = arg;
	struct settings s;

	(void)fd;
	(void)what;
	sd_reloading();
	if (load_settings(d->config, &s)) {
		take_log_level(&s);
		(void)server_reload(d->server, &s); /* it has said so where the old one stays */
	} else {
		log_event(LOG_LEVEL_ERROR, "settings_kept", LOG_S("file", d->config));
	}
	settings_done(&s);
	sd_ready();
}

static void on_empty(void *arg)
{
	struct daemon *d = arg;

	api_finish(d->api);
}

static void on_terminate(evutil_socket_t number, short what, void *arg)
{
	struct daemon *d = arg;

	(void)what;
	if (d->is_stopping) {
		log_event(LOG_LEVEL_WARNING, "stopped_at_once");
		_exit(128 + (int)number);
	}
	d->is_stopping = true;
	sd_stopping();
	log_event(LOG_LEVEL_INFO, "stopping");
	server_drain(d->server, on_empty, d);
	api_drain(d->api);
}

static void watch_signals(struct daemon *d)
{
	static const struct {
		int number;
		event_callback_fn does;
	} watched[] = {{SIGHUP, on_hangup}, {SIGTERM, on_terminate}, {SIGINT, on_terminate}};

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < ARRAY_SIZE(watched); i++) {
		d->signals[i] =
			evsignal_new(loop_base(d->loop), watched[i].number, watched[i].does, d);
		if (!d->signals[i] || event_add(d->signals[i], NULL) < 0)
			abort();
	}
}

/* A connection is a descriptor: as many as the system lets us. Large blocks come and go with every
 * batch: given back each time, every page of the next one is a fault. */
static void take_room(void)
{
	struct rlimit l;

	mallopt(M_MMAP_THRESHOLD, 4 << 20);
	mallopt(M_TRIM_THRESHOLD, 32 << 20);
	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

/* The two that may not know each other: acts make timers, timers give work back. */

static void on_due(void *arg, int64_t at)
{
	jobs_due(((struct daemon *)arg)->jobs, at);
}

static void on_lease(void *arg, int64_t at)
{
	jobs_lease(((struct daemon *)arg)->jobs, at);
}

static void on_returned(void *arg, const char *agency, int count)
{
	api_wake(((struct daemon *)arg)->api, agency, count);
}

static void on_effects(void *arg)
{
	api_expire(((struct daemon *)arg)->api);
}

static void on_unfit(void *arg)
{
	struct daemon *d = arg;

	d->is_unfit = true;
	loop_stop(d->loop);
}

static void add_jobs_database(struct text *t, const struct settings *s)
{
	if (s->jobs_database[0])
		text_adds(t, s->jobs_database);
	else
		text_addf(t, "%s user=kezek_jobs", s->database);
}

static int start_jobs(struct daemon *d)
{
	const struct jobs_hooks hooks = {on_returned, on_effects, d};
	_text_ conninfo = TEXT_INIT;
	int r;

	add_jobs_database(&conninfo, &d->settings);
	api_set_hooks(d->api, &(const struct api_hooks){on_due, on_lease, on_unfit, d});
	r = jobs_new(d->loop, conninfo.data, &d->settings, &hooks, &d->jobs);
	return r < 0 ? r : api_work(d->api, conninfo.data);
}

static int start(struct daemon *d)
{
	int r = loop_new(&d->loop);

	if (r < 0)
		return r;
	watch_signals(d);
	timer_init(&d->patience, d->loop, on_patience);
	r = api_new(d->loop, &d->settings, &d->api);
	if (r == 0)
		r = start_jobs(d);
	if (r < 0)
		return r;
	/* Bound at once, so that a restart refuses nobody; clients wait in the backlog until the
	 * api can. */
	r = server_new(d->loop, &d->settings, api_ops(d->api), &d->server);
	if (r < 0)
		return r;
	server_hold(d->server, true);
	timer_set(&d->patience, READY_PATIENCE);
	api_on_ready(d->api, on_ready, d);
	return 0;
}

static void take_down(struct daemon *d)
{
	server_free(d->server);
	jobs_free(d->jobs);
	api_free(d->api);
	timer_done(&d->patience);
	for (size_t i = 0; i < ARRAY_SIZE(d->signals); i++) {
		if (d->signals[i])
			event_free(d->signals[i]);
	}
	loop_free(d->loop);
}

static int serve(struct daemon *d)
{
	int r;

	take_room();
	log_set_stamped(!getenv("JOURNAL_STREAM"));
	take_log_level(&d->settings);
	r = start(d);
	if (r == 0)
		loop_run(d->loop);
	if (d->loop)
		take_down(d);
	log_event(LOG_LEVEL_INFO, "stopped", LOG_N("error", -r));
	return r < 0 || d->is_unfit ? 1 : 0;
}

static int migrate(const struct daemon *d, int argc, char **argv)
{
	bool test_clock = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--test-clock") != 0) {
			fputs(usage, stderr);
			return 2;
		}
		test_clock = true;
	}
	return migrate_run(&d->settings, test_clock);
}

static int rewrap(const struct daemon *d, int argc, char **argv)
{
	_text_ conninfo = TEXT_INIT;
	struct rewrap_options options = {0};

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--dry-run") != 0) {
			fputs(usage, stderr);
			return 2;
		}
		options.dry = true;
	}
	add_jobs_database(&conninfo, &d->settings);
	options.conninfo = conninfo.data;
	return rewrap_run(&d->settings, &options);
}

/* A key that cannot be read is a fault like any other; having none to sign with is not. */
static int check(const struct daemon *d)
{
	struct signer *signer = NULL;
	struct seal *seal = NULL;
	bool ok = seal_new(&d->settings, &seal) == 0 && signer_new(&d->settings, &signer) == 0;

	signer_free(signer);
	seal_free(seal);
	if (!ok)
		return 1;
	puts("kezekd: the configuration is good");
	return 0;
}

static int run(struct daemon *d, bool is_check, int argc, char **argv)
{
	if (!load_settings(d->config, &d->settings))
		return 1;
	if (is_check)
		return check(d);
	if (argc == 0)
		return serve(d);
	if (strcmp(argv[0], "migrate") == 0)
		return migrate(d, argc, argv);
	if (strcmp(argv[0], "rewrap") == 0)
		return rewrap(d, argc, argv);
	if (strcmp(argv[0], "partitions") == 0)
		return partitions_run(&d->settings, argc, argv);
	if (strcmp(argv[0], "principal") == 0) {
		optind = 0; /* getopt begins anew */
		return bootstrap_principal(&d->settings, argc, argv);
	}
	fputs(usage, stderr);
	return 2;
}

static int print(void (*write_to)(struct text *t))
{
	_text_ t = TEXT_INIT;

	write_to(&t);
	fputs(t.data ? t.data : "", stdout);
	return fflush(stdout) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"check-config", no_argument, NULL, 'k'},
		{"print-routes", no_argument, NULL, 'r'},
		{"print-options", no_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{0},
	};
	struct daemon d = {.config = CONFIG_DEFAULT};
	bool is_check = false;
	int c, status;

	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			d.config = optarg;
			break;
		case 'k':
			is_check = true;
			break;
		case 'r':
			return print(api_print_routes);
		case 'o':
			return print(settings_describe);
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'v':
			puts("kezekd " KEZEK_VERSION);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	status = run(&d, is_check, argc - optind, argv + optind);
	settings_done(&d.settings);
	return status;
}
