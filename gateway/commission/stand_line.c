/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/commission/stand_line.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/plant/plant_config.h"

/* Faults that the script's runs may prepare: each run begins anew. */
enum { FAULTS_MAX = PLANT_FAULTS_MAX };

struct stand_line {
	struct stand stand;
	struct plant_setup *setup;
	struct plant *plant; /* of the run at hand */
	struct fault faults[FAULTS_MAX];
	size_t n_faults;
};

/* --- The bench --- */

static int line_set(void *self, uint32_t handle, double value)
{
	struct stand_line *l = self;

	return plant_set(l->plant, handle, value);
}

static int line_inject(void *self, uint32_t index, bool begins, int64_t for_ns)
{
	struct stand_line *l = self;
	struct fault *f = &l->faults[index];

	if (begins) {
		f->at_s = plant_time_s(l->plant);
		f->until_s = for_ns < 0 ? (double)INFINITY
		                        : f->at_s + (double)for_ns / 1e9;
		return plant_inject(l->plant, f);
	}
	return f->until_s <= plant_time_s(l->plant) ? 0 : -ENOTSUP;
}

static int line_step(void *self)
{
	struct stand_line *l = self;

	plant_turn(l->plant);
	return 0;
}

static double line_read(void *self, uint32_t handle)
{
	struct stand_line *l = self;

	return plant_signals(l->plant)[handle];
}

static int64_t line_now_ns(void *self)
{
	struct stand_line *l = self;

	return llround(plant_time_s(l->plant) * 1e9);
}

/* --- Names --- */

static int line_find(void *self, const char *name, size_t n, uint32_t *handle)
{
	struct stand_line *l = self;
	const struct plant_config *c = &l->setup->plant;

	for (size_t i = 0; i < c->n_signals; i++) {
		const char *other = c->signals[i].name;

		if (other && strlen(other) == n && strncmp(other, name, n) == 0) {
			*handle = (uint32_t)i;
			return 0;
		}
	}
	return -ENOENT;
}

static int line_literal(void *self, uint32_t handle, const char *text, size_t n,
                        double *out)
{
	return -ENOENT;
}

static const char *line_name(void *self, size_t i)
{
	struct stand_line *l = self;
	const struct plant_config *c = &l->setup->plant;

	return i < c->n_signals ? c->signals[i].name ? c->signals[i].name : "" : NULL;
}

static void line_describe(void *self, uint32_t handle, struct stand_quantity *out)
{
	struct stand_line *l = self;

	*out = (struct stand_quantity){
		.name = l->setup->plant.signals[handle].name,
		.unit = l->setup->plant.signals[handle].unit,
		.writable = plant_settable(l->plant, handle),
	};
}

static int line_fault(void *self, const char *target, const char *fault, double value,
                      uint32_t *out)
{
	struct stand_line *l = self;
	struct fault f = {0};
	int err = plant_config_fault(l->setup, target, fault, &f);

	if (err || isnan(value)) {
		return err;
	}
	if (l->n_faults == FAULTS_MAX) {
		return -ENOSPC;
	}
	f.value = value;
	*out = (uint32_t)l->n_faults;
	l->faults[l->n_faults++] = f;
	return 0;
}

static int line_restart(void *self)
{
	struct stand_line *l = self;

	plant_free(l->plant);
	l->plant = NULL;
	l->n_faults = 0;
	return plant_new(&l->plant, &l->setup->plant);
}

static const char *line_why(void *self)
{
	return "";
}

int stand_line_open(struct stand_line **out, const struct script *script,
                    FILE *complaints)
{
	struct stand_line *l = calloc(1, sizeof(*l));
	int err = l ? 0 : -ENOMEM;

	if (!err) {
		err = plant_config_load(&l->setup, script->plant, NULL, complaints);
	}
	if (err) {
		stand_line_close(l);
		return err;
	}
	l->setup->plant.n_faults = 0; /* those of the script are the only ones */
	if (script->seed >= 0) {
		l->setup->plant.seed = (uint64_t)script->seed;
	}
	l->stand = (struct stand){
		.bench = {l, line_set, line_inject, line_step, line_read, line_now_ns},
		.find = line_find,
		.literal = line_literal,
		.name = line_name,
		.describe = line_describe,
		.fault = line_fault,
		.restart = line_restart,
		.why = line_why,
	};
	err = line_restart(l);
	if (err) {
		stand_line_close(l);
		return err;
	}
	*out = l;
	return 0;
}

void stand_line_close(struct stand_line *l)
{
	if (l) {
		plant_free(l->plant);
		plant_config_free(l->setup);
		free(l);
	}
}

const struct stand *stand_line_stand(const struct stand_line *l)
{
	return &l->stand;
}
