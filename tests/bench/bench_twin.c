/* SPDX-License-Identifier: Apache-2.0 */
/* What the twin costs a tag and step, beside a bare loop over the same readings; and a
 * component a row. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/twin/machine.h"
#include "twin/drift/monitor.h"
#include "twin/drift/var.h"

enum { TAGS_MAX = 50000, LEARN_ROWS = 200, ROWS = 1000 };
#define BAR_NS    100.0
#define BAR_BYTES 100.0

static const struct tag_kind analog = {.unit = "", .analog = true};

struct field {
	struct tag tags[TAGS_MAX];
	struct reading r[TAGS_MAX];
	struct estimate e[TAGS_MAX];
	double noise[TAGS_MAX + ROWS];
};

/* What it costs for so many tags. */
struct cost {
	double bare_ns, judging_ns, learning_us;
	size_t heap; /* bytes after learning */
};

/* Of the processor, which others may want too. */
static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fill(struct field *f, size_t n, size_t row)
{
	for (uint32_t i = 0; i < n; i++) {
		f->r[i] = (struct reading){.tag = i};
		f->r[i].value = value_real(f->noise[i + row % ROWS]);
	}
}

/* Fetch and sum, nothing else: what any monitor pays before it begins. */
static double bare_s(struct field *f, size_t n, size_t rows)
{
	volatile double sum = 0;
	double begin = now_s();

	for (size_t row = 0; row < rows; row++) {
		fill(f, n, row);
		for (size_t i = 0; i < n; i++) {
			sum += value_number(&f->r[i].value);
		}
	}
	(void)sum;
	return now_s() - begin;
}

static double run_s(struct twin *twin, struct field *f, size_t n, size_t from,
                    size_t rows)
{
	double begin = now_s();

	for (size_t row = from; row < from + rows; row++) {
		fill(f, n, row);
		twin_merge(twin, (int64_t)row * 1000000000, f->r, n, f->e);
	}
	return now_s() - begin;
}

static struct cost measure(struct field *f, size_t n)
{
	const struct twin_config cfg = {.tags = f->tags,
	                                .n_tags = n,
	                                .n_field_tags = n,
	                                .learn = LEARN_ROWS,
	                                .learn_bytes = 1 << 30,
	                                .false_alarm = 1e-4};
	size_t rows = 50000000 / n < ROWS ? 50000000 / n : ROWS;
	size_t heap = mallinfo2().uordblks + mallinfo2().hblkhd;
	struct cost c = {0};
	struct twin *twin;

	if (twin_new(&twin, &cfg)) {
		abort();
	}
	c.learning_us = run_s(twin, f, n, 0, LEARN_ROWS) * 1e6 / (double)n;
	c.heap = mallinfo2().uordblks + mallinfo2().hblkhd - heap;
	c.judging_ns = run_s(twin, f, n, LEARN_ROWS, rows) * 1e9 / (double)(rows * n);
	c.bare_ns = bare_s(f, n, rows) * 1e9 / (double)(rows * n);
	twin_free(twin);
	return c;
}

/* Channel monitor and transient detector together, as the gateway calls them. */
static bool bench_tags(struct field *f)
{
	static const size_t counts[] = {1000, TAGS_MAX};
	struct cost c[ARRAY_SIZE(counts)];
	double bytes;

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		c[i] = measure(f, counts[i]);
		printf("%5zu tags  %5.1f ns a tag and step (bar: %.0f), a bare loop "
		       "%.1f: "
		       "%.1f times as long; learning of %d %.1f us a tag\n",
		       counts[i], c[i].judging_ns, BAR_NS, c[i].bare_ns,
		       c[i].judging_ns / c[i].bare_ns, LEARN_ROWS, c[i].learning_us);
	}
	/* What each further tag takes, beside what the twin takes once. */
	bytes = (double)(c[1].heap - c[0].heap) / (double)(counts[1] - counts[0]);
	printf("memory      %5.1f bytes a tag (bar: %.0f), struct monitor %zu\n", bytes,
	       BAR_BYTES, sizeof(struct monitor));
	return c[0].judging_ns <= BAR_NS && c[1].judging_ns <= BAR_NS &&
	       bytes <= BAR_BYTES;
}

static void bench_component(void)
{
	struct machine m;
	double spent_s = 0, judging_s = 0;

	machine_new(&m, 1);
	if (twin_new(&m.twin, &m.cfg)) {
		return;
	}
	for (int i = 0; i < MACHINE_LEARN + ROWS; i++) {
		double begin;

		machine_run(&m);
		begin = now_s();
		machine_merge(&m);
		*(i < MACHINE_LEARN ? &spent_s : &judging_s) += now_s() - begin;
	}
	printf("tank, 5 tags         %6.1f ns a row; learning %.1f us a row\n",
	       judging_s * 1e9 / ROWS, spent_s * 1e6 / MACHINE_LEARN);
	twin_free(m.twin);
}

/* Model var: one row, and the fit at the end of learning. */
static void bench_var(size_t n)
{
	uint32_t learn = 1800 > var_rows_needed(n) ? 1800 : var_rows_needed(n);
	double begin, longest_s = 0, judging_s = 0;
	uint64_t seed = 1;
	struct var *v;

	if (var_new(&v, n, learn, 1)) {
		return;
	}
	for (uint32_t row = 0; row < learn + ROWS; row++) {
		for (size_t i = 0; i < n; i++) {
			var_take(v, i, noise_normal(&seed));
		}
		begin = now_s();
		var_step(v, (int64_t)(row + 1) * 1000000000);
		begin = now_s() - begin;
		longest_s = begin > longest_s ? begin : longest_s;
		judging_s += row < learn ? 0 : begin;
	}
	printf("var, %3zu tags        %6.1f us a row; the fit %.1f ms\n", n,
	       judging_s * 1e6 / ROWS, longest_s * 1e3);
	var_free(v);
}

int main(void)
{
	struct field *f = calloc(1, sizeof(*f));
	uint64_t seed = 1;
	bool good;

	if (!f) {
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(f->noise); i++) {
		f->noise[i] = 20 + noise_normal(&seed);
	}
	for (size_t i = 0; i < TAGS_MAX; i++) {
		f->tags[i] = (struct tag){
			.device = "bench", .name = "tag", .kind = &analog};
	}
	good = bench_tags(f);
	bench_component();
	bench_var(16);
	bench_var(52);
	bench_var(256);
	free(f);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
