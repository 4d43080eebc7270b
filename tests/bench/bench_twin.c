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

enum { TAG_COUNT = 1000, LEARN_ROWS = 200, ROWS = 2000 };

struct field {
	struct tag tags[TAG_COUNT];
	struct reading r[TAG_COUNT];
	struct estimate e[TAG_COUNT];
	double noise[TAG_COUNT + ROWS];
};

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fill(struct field *f, size_t row)
{
	for (uint32_t i = 0; i < TAG_COUNT; i++) {
		f->r[i] = (struct reading){.tag = i};
		f->r[i].value = value_real(f->noise[i + row % ROWS]);
	}
}

/* Fetch and sum, nothing else: what any monitor pays before it begins. */
static double bare_ns(struct field *f)
{
	volatile double sum = 0;
	double begin = now_s();

	for (size_t row = 0; row < ROWS; row++) {
		fill(f, row);
		for (size_t i = 0; i < TAG_COUNT; i++) {
			sum += value_number(&f->r[i].value);
		}
	}
	(void)sum;
	return (now_s() - begin) * 1e9 / ((double)ROWS * TAG_COUNT);
}

static void bench_tags(struct field *f)
{
	const struct twin_config cfg = {.tags = f->tags,
	                                .n_tags = TAG_COUNT,
	                                .n_field_tags = TAG_COUNT,
	                                .learn = LEARN_ROWS,
	                                .false_alarm = 1e-4};
	size_t heap = mallinfo2().uordblks;
	double begin, learn_s, judge_s;
	struct twin *twin;

	if (twin_new(&twin, &cfg)) {
		return;
	}
	begin = now_s();
	for (size_t row = 0; row < LEARN_ROWS; row++) {
		fill(f, row);
		twin_merge(twin, (int64_t)row * 1000000000, f->r, TAG_COUNT, f->e);
	}
	learn_s = now_s() - begin;
	heap = mallinfo2().uordblks - heap;
	begin = now_s();
	for (size_t row = LEARN_ROWS; row < LEARN_ROWS + ROWS; row++) {
		fill(f, row);
		twin_merge(twin, (int64_t)row * 1000000000, f->r, TAG_COUNT, f->e);
	}
	judge_s = now_s() - begin;
	printf("bare loop            %6.1f ns a tag and step\n", bare_ns(f));
	printf("twin, judging        %6.1f ns a tag and step\n",
	       judge_s * 1e9 / ((double)ROWS * TAG_COUNT));
	printf("twin, learning of %d %6.1f us a tag in all\n", LEARN_ROWS,
	       learn_s * 1e6 / TAG_COUNT);
	printf("struct monitor       %6zu bytes a tag; heap after learning %.1f\n",
	       sizeof(struct monitor), (double)heap / TAG_COUNT);
	twin_free(twin);
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

	if (!f) {
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(f->noise); i++) {
		f->noise[i] = 20 + noise_normal(&seed);
	}
	for (size_t i = 0; i < TAG_COUNT; i++) {
		f->tags[i] = (struct tag){
			.device = "bench", .name = "tag", .analog = true};
	}
	bench_tags(f);
	bench_component();
	bench_var(16);
	bench_var(52);
	bench_var(256);
	free(f);
	return EXIT_SUCCESS;
}
