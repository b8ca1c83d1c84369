/* daemon/settings, metrics, log and loop: parsing with all faults, the exposition text, the clock
 * filter. */
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/metrics.h"
#include "daemon/settings.h"
#include "tests/unit/tap.h"

#define SECOND INT64_C(1000000)

static void test_settings(void)
{
	_faults_ f = {0}, none = {0};
	struct settings s;

	settings_init(&s);
	check(s.json_bytes == 256 << 10 && s.idle_timeout == 60 * SECOND &&
			s.write_connections == 2,
		"defaults are parsed");
	settings_parse(&s,
		SPAN("# a comment\n\n listen = 127.0.0.1:1\r\nidle_timeout=1.25\n"
		     "bulk_bytes = 2 MiB\nserver_key = key.pem\ndatabase = a=b # c"),
		&none);
	check(none.count == 0, "a good file has no faults");
	check(s.idle_timeout == 1250000 && s.bulk_bytes == 2 << 20, "seconds and bytes");
	check(strcmp(s.listen, "127.0.0.1:1") == 0, "blanks and CR are trimmed");
	check(strcmp(s.database, "a=b # c") == 0, "a value may hold = and #");
	settings_resolve(&s, "/etc/kezek");
	check(strcmp(s.server_key, "/etc/kezek/key.pem") == 0, "paths stand beside the file");
	settings_parse(&s,
		SPAN("nonsense\nnope = 1\njson_depth = x\njson_depth = 4\nidle_timeout = "
		     "1.0000001\n"
		     "header_bytes = 99999999999999999999\nbatch_members = -1"),
		&f);
	check(f.count == 7, "all faults at once: %zu", f.count);
	check(strcmp(f.items[1].pointer, "/2/nope") == 0, "pointer has the line");
	check(f.items[3].reason == WORD_reason_duplicate_member, "given twice");
	check(s.json_depth == 16 && s.idle_timeout == 1250000,
		"an option with a fault keeps its value");
	settings_done(&s);
}

static void test_settings_check(void)
{
	_faults_ f = {0};
	struct settings s;
	char host[64], port[8];

	settings_init(&s);
	settings_parse(&s,
		SPAN("tls_min = 1.1\nlisten = 1.2.3.4, [::1]:80\nlog_level=loud\n"
		     "json_bytes=0\nclient_crl=x\nticket_lifetime=0\n"),
		&f);
	settings_check(&s, &f);
	check(f.count == 7, "checks find all: %zu", f.count);
	settings_done(&s);
	check(settings_split_address(SPAN("[fe80::1]:443"), host, port) &&
			strcmp(host, "fe80::1") == 0 && strcmp(port, "443") == 0,
		"an IPv6 address");
	check(!settings_split_address(SPAN("::1:443"), host, port), "IPv6 needs brackets");
	check(settings_split_address(SPAN(":0"), host, port) && !*host, "all addresses");
}

static void test_metrics(void)
{
	_text_ t = TEXT_INIT;
	char label[32];

	metric_add(METRIC_acts_total, "claim", 2);
	metric_add(METRIC_acts_total, "a\"b", 1);
	metric_observe(METRIC_http_request_seconds, 700);
	metric_observe(METRIC_http_request_seconds, 90 * SECOND);
	for (int i = 0; i < 1000; i++) {
		snprintf(label, sizeof(label), "c%d", i);
		metric_add(METRIC_unrouted_total, NULL, 1);
		metric_add(METRIC_tls_failures_total, label, 1);
	}
	metrics_write(&t);
	check(strstr(t.data,
		      "# TYPE kezek_acts_total counter\nkezek_acts_total{act=\"claim\"} 2\n") &&
			strstr(t.data, "act=\"a\\\"b\"} 1\n"),
		"labelled counters");
	check(strstr(t.data, "http_request_seconds_bucket{le=\"0.0005\"} 0\n") &&
			strstr(t.data, "http_request_seconds_bucket{le=\"0.001\"} 1\n") &&
			strstr(t.data, "http_request_seconds_bucket{le=\"+Inf\"} 2\n") &&
			strstr(t.data, "http_request_seconds_sum 90.000700\n"),
		"histogram is cumulative");
	check(strstr(t.data, "kezek_unrouted_total 1000\n"), "bare counter");
	check(strstr(t.data, "reason=\"other\"} 744\n"), "labels are bounded");
	check(strstr(t.data, "kezek_crl_expired 0\n"), "unused metrics show as 0");
}

static int steps;

static void on_step(struct loop_watch *w)
{
	(void)w;
	steps++;
}

static bool is_near(const struct loop *l, int64_t mono, int64_t now)
{
	int64_t d = loop_now(l) - loop_mono() - (now - mono);

	return d > -2000 && d < 2000;
}

static void test_clock(void)
{
	struct loop_watch w = {.on_step = on_step};
	struct loop *l;
	int64_t m, base;

	check(loop_new(&l) == 0, "a loop");
	loop_watch_clock(l, &w);
	do { /* until nobody else had the processor in between */
		m = loop_mono();
		base = loop_now(l) - m;
	} while (loop_mono() - m > 1000);
	check(!loop_knows_now(l), "nothing learnt yet");
	loop_learn_now(l, m + base + 100000, m - 500, m + 500);
	check(loop_knows_now(l) && is_near(l, m, m + base + 100000) && steps == 0, "first reading");
	loop_learn_now(l, m + base + 180000, m - 100000, m + 100000);
	check(is_near(l, m, m + base + 100000), "a wide reading does not move a narrow one");
	loop_learn_now(l, m + base + 300 * SECOND, m - 500, m + 500);
	check(steps == 1 && is_near(l, m, m + base + 300 * SECOND), "a jump is taken at once");
	loop_learn_now(l, m + base + 300 * SECOND, m - 3 * SECOND, m + 3 * SECOND + 100);
	check(steps == 1, "a slow reply is no jump");
	loop_learn_now(l, m + base + 303 * SECOND, m + SECOND, m + 7 * SECOND);
	check(steps == 1, "nor is one that was asked for after the jump");
	loop_learn_now(l, m + base, m - 400, m + 600);
	check(steps == 1 && is_near(l, m, m + base + 300 * SECOND),
		"what was asked for before the jump does not take it back");
	loop_free(l);
}

struct order {
	struct timer first, second;
	struct loop *loop;
	char *thing;
	int fired, freed;
};

static void free_thing(void *thing)
{
	*(int *)thing += 1;
}

static void on_second(struct timer *t)
{
	struct order *o = container_of(t, struct order, second);

	o->fired += o->freed == 1 ? 10 : 100;
	loop_stop(o->loop);
}

static void on_first(struct timer *t)
{
	struct order *o = container_of(t, struct order, first);

	loop_reap(o->loop, &o->freed, free_thing);
	o->fired += o->freed == 0 ? 1 : 100;
	timer_set(&o->second, 0);
}

static void test_timers(void)
{
	struct order o = {0};

	check(loop_new(&o.loop) == 0, "a loop");
	timer_init(&o.first, o.loop, on_first);
	timer_init(&o.second, o.loop, on_second);
	timer_set(&o.first, 1000);
	check(timer_is_set(&o.first) && !timer_is_set(&o.second), "set and not set");
	loop_run(o.loop);
	check(o.fired == 11, "the reaper works between two turns: %d", o.fired);
	timer_done(&o.first);
	timer_done(&o.second);
	loop_free(o.loop);
}

static void test_log(void)
{
	char line[256] = "";
	int fds[2], saved = dup(STDERR_FILENO);

	check(pipe(fds) == 0 && dup2(fds[1], STDERR_FILENO) >= 0, "a pipe");
	log_event(LOG_LEVEL_DEBUG, "unseen");
	log_event(LOG_LEVEL_ERROR, "broke", LOG_S("why", "a \"b\""), LOG_S("none", NULL),
		LOG_S("code", "x"), LOG_N("us", -3));
	dup2(saved, STDERR_FILENO);
	close(fds[1]);
	check(read(fds[0], line, sizeof(line) - 1) > 0, "something is written");
	check(strcmp(line, "<3>event=broke why=\"a \\\"b\\\"\" code=x us=-3\n") == 0, "line is %s",
		line);
	close(fds[0]);
	close(saved);
}

int main(void)
{
	test_settings();
	test_settings_check();
	test_metrics();
	test_clock();
	test_timers();
	test_log();
	return tap_end();
}
