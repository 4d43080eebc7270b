/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan of 10,000 tags takes, on maps from kind to unkind. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "drivers/modbus/plan.h"
#include "tests/unscaled.h"

enum { TAGS = 10000, ROUNDS = 20 };

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void bench(const char *name, const struct point *points, size_t n_holes)
{
	static const struct device_limits limits = {
		.max_registers = 125, .max_bits = 2000, .max_gap = 124};
	struct device_hole *holes = calloc(n_holes + 1, sizeof(*holes));
	struct plan_rules rules = {
		.limits = &limits, .cost = {1000000, 80}, .holes = holes};
	double worst_ms = 0;
	size_t n_blocks = 0;

	for (size_t i = 0; holes && i < n_holes; i++) {
		uint16_t at = (uint16_t)(rand() % 65536);

		holes[i].range = (struct device_range){MODBUS_HOLDING, at, at};
		rules.n_holes = i + 1;
	}
	for (int round = 0; round < ROUNDS; round++) {
		struct plan *plan = NULL;
		double begin_ms = now_ms(), took_ms;

		if (plan_new(&plan, points, TAGS, 1, &rules)) {
			exit(1);
		}
		took_ms = now_ms() - begin_ms;
		worst_ms = took_ms > worst_ms ? took_ms : worst_ms;
		n_blocks = plan->n_blocks;
		plan_free(plan);
	}
	printf("%-36s %6zu blocks, worst of %d: %6.2f ms\n", name, n_blocks, ROUNDS,
	       worst_ms);
	free(holes);
}

int main(void)
{
	static struct point points[TAGS];
	struct encoding bits[16];

	srand(1);
	for (uint16_t i = 0; i < 16; i++) {
		bits[i] = (struct encoding){.scale = 1, .length = i, .type = TYPE_BIT};
	}
	for (uint32_t i = 0; i < TAGS; i++) {
		points[i] = (struct point){.encoding = &unscaled[TYPE_FLOAT32],
		                           .address = 2 * i};
	}
	bench("floats side by side", points, 0);
	for (uint32_t i = 0; i < TAGS; i++) {
		points[i] = (struct point){.space = (uint16_t)(i % 2),
		                           .encoding = &unscaled[TYPE_UINT16],
		                           .address = (uint32_t)rand() % 65536};
	}
	bench("registers anywhere", points, 0);
	bench("registers anywhere, 1000 holes", points, 1000);
	for (uint32_t i = 0; i < TAGS; i++) {
		points[i] = (struct point){.encoding = &bits[i % 16], .address = i / 16};
	}
	bench("bits of registers", points, 0);
	for (uint32_t i = 0; i < TAGS; i++) {
		points[i] = (struct point){.space = MODBUS_COIL,
		                           .encoding = &unscaled[TYPE_BOOL],
		                           .address = i};
	}
	bench("coils side by side", points, 0);
	return 0;
}
