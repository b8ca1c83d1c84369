/* Metrics: a small table per metric, found by label, printed for Prometheus. */
#include "daemon/metrics.h"

/* More labels than this means a label that grows with use: the rest is counted together. */
#define LABELS_MAX 256

struct series {
	char *label;
	int64_t value;
};

struct histogram {
	int64_t *buckets; /* not cumulative; the last is +Inf */
	int64_t count, sum_us;
};

enum kind {
	KIND_counter,
	KIND_gauge,
	KIND_histogram,
};

static const struct {
	const char *name;
	enum kind kind;
	const char *label, *help;
} metrics[METRIC_COUNT] = {
#define X(name, kind, label, help) [METRIC_##name] = {#name, KIND_##kind, label, help},
	METRICS(X)
#undef X
};

static struct {
	int64_t value;
	struct series *series;
	size_t nseries;
	struct histogram histogram;
} states[METRIC_COUNT];

static const int64_t bounds[] = {500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000,
	1000000, 2500000, 5000000, 10000000, 30000000, 60000000};

static int64_t *find(enum metric m, const char *label)
{
	struct series *s = states[m].series;
	size_t n = states[m].nseries;

	if (!label)
		return &states[m].value;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(s[i].label, label) == 0)
			return &s[i].value;
	}
	if (n >= LABELS_MAX && strcmp(label, "other") != 0)
		return find(m, "other");
	if ((n & (n - 1)) == 0) {
		s = realloc(s, (n ? 2 * n : 1) * sizeof(*s));
		if (!s)
			abort();
		states[m].series = s;
	}
	s[n] = (struct series){strdup(label), 0};
	if (!s[n].label)
		abort();
	states[m].nseries++;
	return &s[n].value;
}

void metric_add(enum metric m, const char *label, int64_t n)
{
	*find(m, label) += n;
}

void metric_set(enum metric m, const char *label, int64_t value)
{
	*find(m, label) = value;
}

void metric_observe(enum metric m, int64_t us)
{
	struct histogram *h = &states[m].histogram;
	size_t i = 0;

	if (!h->buckets) {
		h->buckets = calloc(ARRAY_SIZE(bounds) + 1, sizeof(*h->buckets));
		if (!h->buckets)
			abort();
	}
	while (i < ARRAY_SIZE(bounds) && us > bounds[i])
		i++;
	h->buckets[i]++;
	h->count++;
	h->sum_us += us;
}

static void add_label(struct text *t, const char *s)
{
	for (; *s; s++) {
		if (*s == '\\' || *s == '"')
			text_add_char(t, '\\');
		if (*s == '\n')
			text_adds(t, "\\n");
		else
			text_add_char(t, *s);
	}
}

static void write_histogram(struct text *t, enum metric m)
{
	const struct histogram *h = &states[m].histogram;
	int64_t sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
		sum += h->buckets ? h->buckets[i] : 0;
		text_addf(t, "kezek_%s_bucket{le=\"%g\"} %lld\n", metrics[m].name,
			(double)bounds[i] / 1e6, (long long)sum);
	}
	text_addf(t, "kezek_%s_bucket{le=\"+Inf\"} %lld\n", metrics[m].name, (long long)h->count);
	text_addf(t, "kezek_%s_sum %.6f\n", metrics[m].name, (double)h->sum_us / 1e6);
	text_addf(t, "kezek_%s_count %lld\n", metrics[m].name, (long long)h->count);
}

static void write_series(struct text *t, enum metric m)
{
	for (size_t i = 0; i < states[m].nseries; i++) {
		text_addf(t, "kezek_%s{%s=\"", metrics[m].name, metrics[m].label);
		add_label(t, states[m].series[i].label);
		text_addf(t, "\"} %lld\n", (long long)states[m].series[i].value);
	}
}

void metrics_write(struct text *t)
{
	static const char *const kinds[] = {"counter", "gauge", "histogram"};

	for (int i = 0; i < METRIC_COUNT; i++) {
		enum metric m = (enum metric)i;

		text_addf(t, "# HELP kezek_%s %s\n# TYPE kezek_%s %s\n", metrics[m].name,
			metrics[m].help, metrics[m].name, kinds[metrics[m].kind]);
		if (metrics[m].kind == KIND_histogram)
			write_histogram(t, m);
		else if (metrics[m].label)
			write_series(t, m);
		else
			text_addf(
				t, "kezek_%s %lld\n", metrics[m].name, (long long)states[m].value);
	}
}
