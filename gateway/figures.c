/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/figures.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* How busy the bus had been up to a moment. */
struct mark {
	uint64_t at_ns, busy_ns;
};

struct group {
	uint64_t begun_ns; /* the last read; 0: none yet */
	struct recent interval_us;
};

struct figures {
	struct recent rtt_us;
	uint64_t answers;     /* whose round trip was taken */
	struct mark marks[2]; /* the newer first; the load counts from the older */
	uint64_t window_ns;
	size_t n_groups;
	struct group groups[];
};

static uint64_t window_ns(uint32_t period_ms)
{
	uint64_t least_ns = FIGURES_WINDOW_S * UINT64_C(1000000000);
	uint64_t periods_ns = FIGURES_PERIODS * UINT64_C(1000000) * period_ms;

	return periods_ns > least_ns ? periods_ns : least_ns;
}

int figures_new(struct figures **out, const uint32_t *periods_ms, size_t n_groups,
                uint64_t now_ns)
{
	struct figures *f = calloc(1, sizeof(*f) + n_groups * sizeof(f->groups[0]));

	if (!f) {
		return -ENOMEM;
	}
	f->n_groups = n_groups;
	f->window_ns = window_ns(n_groups ? periods_ms[0] : 0);
	recent_init(&f->rtt_us, f->window_ns, now_ns);
	for (size_t i = 0; i < n_groups; i++) {
		recent_init(&f->groups[i].interval_us, window_ns(periods_ms[i]), now_ns);
	}
	f->marks[0] = f->marks[1] = (struct mark){.at_ns = now_ns};
	*out = f;
	return 0;
}

void figures_free(struct figures *f)
{
	if (!f) {
		return;
	}
	recent_clear(&f->rtt_us);
	for (size_t i = 0; i < f->n_groups; i++) {
		recent_clear(&f->groups[i].interval_us);
	}
	free(f);
}

static uint64_t busy_ns(const struct device_stats *stats, uint64_t now_ns)
{
	bool is_out = stats->in_flight > 0 && now_ns > stats->busy_since_ns;

	return stats->busy_ns + (is_out ? now_ns - stats->busy_since_ns : 0);
}

void figures_begun(struct figures *f, uint32_t groups, const struct device_stats *stats,
                   uint64_t now_ns)
{
	for (size_t i = 0; groups >> i; i++) {
		struct group *g = &f->groups[i];

		if (!(groups & (1U << i))) {
			continue;
		}
		if (g->begun_ns) {
			recent_add(&g->interval_us, now_ns,
			           (now_ns - g->begun_ns) / 1000);
		}
		g->begun_ns = now_ns;
	}
	if (now_ns - f->marks[0].at_ns >= f->window_ns) {
		f->marks[1] = f->marks[0];
		f->marks[0] = (struct mark){now_ns, busy_ns(stats, now_ns)};
	}
}

void figures_answered(struct figures *f, const struct device_stats *stats,
                      uint64_t now_ns)
{
	if (stats->answers != f->answers && stats->rtt_us > 0) {
		recent_add(&f->rtt_us, now_ns, stats->rtt_us);
	}
	f->answers = stats->answers;
}

void figures_interval(const struct figures *f, size_t group, uint64_t now_ns,
                      struct quantiles *out)
{
	recent_quantiles(&f->groups[group].interval_us, now_ns, out);
}

void figures_rtt(const struct figures *f, uint64_t now_ns, struct quantiles *out)
{
	recent_quantiles(&f->rtt_us, now_ns, out);
}

double figures_bus_load(const struct figures *f, const struct device_stats *stats,
                        uint64_t now_ns)
{
	uint64_t busy = busy_ns(stats, now_ns);

	if (busy == 0 || now_ns <= f->marks[1].at_ns) {
		return NAN;
	}
	return (double)(busy - f->marks[1].busy_ns) /
	       (double)(now_ns - f->marks[1].at_ns);
}
