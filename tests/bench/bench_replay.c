/* SPDX-License-Identifier: Apache-2.0 */
/* pollux replay: tag-steps a second on one core, beside reading and writing the same CSV
 * without the twin, and beside printf() and strtod() of its numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "gateway/replay/decimal.h"
#include "gateway/replay/lines.h"
#include "gateway/replay/replay.h"
#include "tests/gateway/recording.h"
#include "tests/twin/noise.h"

enum { TAGS = 8, ROWS = 250000, LEARN = 1800, RUNS = 3 };
#define STEPS ((double)TAGS * ROWS)

static double cpu_s(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* Rows of eight noisy tags, as loggers write them. */
static char *make_recording(size_t *n)
{
	char *text = malloc((size_t)ROWS * TAGS * 16), *to = text;
	uint64_t seed = 1;

	if (!text) {
		abort();
	}
	to += sprintf(to, "time");
	for (int i = 0; i < TAGS; i++) {
		to += sprintf(to, ",tag%d", i);
	}
	for (int row = 0; row < ROWS; row++) {
		to += sprintf(to, "\n%d", 1700000000 + row);
		for (int i = 0; i < TAGS; i++) {
			to += sprintf(to, ",%.6g", 20 + 10 * i + noise_normal(&seed));
		}
	}
	*to++ = '\n';
	*n = (size_t)(to - text);
	return text;
}

static double replay_s(int in, int out)
{
	const struct replay_wish wish = {.input = "bench", .learn = LEARN};
	struct replay_report report;
	double begin = cpu_s();

	if (replay_run(&wish, in, out, stderr, &report)) {
		abort();
	}
	return cpu_s() - begin;
}

/* The same lines with made-up answers. */
static double copy_s(int in, int out)
{
	static const struct tag tags[TAGS] = {{.device = "replay", .name = "tag0"},
	                                      {.device = "replay", .name = "tag1"},
	                                      {.device = "replay", .name = "tag2"},
	                                      {.device = "replay", .name = "tag3"},
	                                      {.device = "replay", .name = "tag4"},
	                                      {.device = "replay", .name = "tag5"},
	                                      {.device = "replay", .name = "tag6"},
	                                      {.device = "replay", .name = "tag7"}};
	const struct sheet_cell *cells;
	double begin = cpu_s(), x;
	struct lines *lines;
	struct sheet *s;

	if (sheet_open(&s, in) || lines_new(&lines, out, tags, TAGS)) {
		abort();
	}
	while (sheet_next(s, &cells) > 0) {
		for (uint32_t i = 0; i < TAGS; i++) {
			struct estimate e = {.state = STATE_HEALTHY};

			decimal_parse(cells[i + 1].at, cells[i + 1].n, &x);
			e.predicted = x * 1.01;
			e.sigma = x * 0.021;
			e.score = x * 0.0032;
			lines_add(lines, &cells[0], &cells[i + 1], i, &e);
		}
	}
	lines_flush(lines);
	lines_free(lines);
	sheet_close(s);
	return cpu_s() - begin;
}

/* What the three numbers of each line alone would take. */
static double printf_s(void)
{
	volatile double sum = 0;
	double begin = cpu_s();
	char text[64];

	for (int i = 0; i < (int)STEPS / 4; i++) {
		snprintf(text, sizeof(text), "%.9g,%.9g,%.9g", i * 1.01, i * 0.021,
		         i * 0.0032);
		sum += strtod(text, NULL);
	}
	(void)sum;
	return 4 * (cpu_s() - begin);
}

static double best(double (*run)(int, int), const char *text, size_t n)
{
	double least_s = INFINITY;

	for (int i = 0; i < RUNS; i++) {
		int in = recording_of(text, n), out = recording_of("", 0);
		double s = run(in, out);

		least_s = s < least_s ? s : least_s;
		close(in);
		close(out);
	}
	return least_s;
}

int main(void)
{
	size_t n;
	char *text = make_recording(&n);
	double with_s = best(replay_s, text, n), without_s = best(copy_s, text, n);

	printf("replay               %6.2f million tag-steps a second (bar: 2)\n",
	       STEPS / with_s / 1e6);
	printf("without the twin     %6.2f million: the twin makes it %.2f times as "
	       "long\n",
	       STEPS / without_s / 1e6, with_s / without_s);
	printf("printf, strtod alone %6.2f million\n", STEPS / printf_s() / 1e6);
	free(text);
	return with_s < STEPS / 2e6 ? EXIT_SUCCESS : EXIT_FAILURE;
}
