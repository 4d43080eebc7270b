/* SPDX-License-Identifier: Apache-2.0 */
/** A machine of tests/twin/mimic.h with the component that observes it. */
#ifndef TESTS_TWIN_MIMIC_BENCH_H
#define TESTS_TWIN_MIMIC_BENCH_H

#include "mimic.h"
#include "twin/component.h"

enum { MIMIC_MAX_AGE = 30 }; /* steps */

static const struct tag_kind mimic_number = {.unit = "", .analog = true};

/** The component borrows from it: it must stay where it is. */
struct mimic_bench {
	struct component_config cfg;
	struct twin_config twin;
	struct tag tags[2 * MODEL_INPUTS_MAX + MODEL_OUTPUTS_MAX];
	struct component c;
	struct mimic m;
	int64_t t_ns;
	double y[MODEL_OUTPUTS_MAX]; /* true, after the last step */
};

/** The configuration of the right model; may be changed before mimic_bench_start(). */
static inline void mimic_bench_new(struct mimic_bench *b, const char *name, uint64_t seed)
{
	const struct mimic_kind *kind = mimic_kind(name);
	struct component_config *cfg = &b->cfg;

	*b = (struct mimic_bench){.m = mimic_new(kind, seed), .t_ns = 1};
	cfg->model = b->m.model;
	memcpy(cfg->parameters, kind->p, sizeof(cfg->parameters));
	for (size_t i = 0; i < cfg->model->n_inputs; i++) {
		cfg->inputs[cfg->n_inputs++] = (struct binding){
			(uint32_t)i, (uint32_t)b->twin.n_tags++, 1, 0};
	}
	for (size_t i = 0; i < cfg->model->n_outputs; i++) {
		cfg->noise[i] = NAN;
		b->twin.n_tags += kind->sigma[i] > 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(b->tags); i++) {
		b->tags[i].kind = &mimic_number;
	}
	b->twin.tags = b->tags;
	b->twin.n_field_tags = b->twin.n_tags;
	cfg->max_age_s = MIMIC_MAX_AGE * kind->dt_s;
}

/** Bind the outputs, those of followed parameters behind the model's, and begin; free
 * with component_fini(&b->c). */
static inline void mimic_bench_start(struct mimic_bench *b, uint32_t learn)
{
	struct component_config *cfg = &b->cfg;
	size_t n = cfg->model->n_outputs, field = cfg->n_inputs;

	for (size_t i = 0; i < cfg->model->n_parameters; i++) {
		n += cfg->estimate[i] > 0;
	}
	for (size_t i = 0; i < n; i++) {
		bool measured = i < cfg->model->n_outputs && b->m.kind->sigma[i] > 0;

		cfg->outputs[i] = (struct binding){
			(uint32_t)i, (uint32_t)(measured ? field++ : b->twin.n_tags++), 1,
			0};
	}
	cfg->n_outputs = n;
	b->twin.learn = learn;
	assert_int_equal(component_init(&b->c, cfg, &b->twin), 0);
}

/** lost: an output that gives nothing; MODEL_OUTPUTS_MAX: all do. */
static inline void mimic_bench_step(struct mimic_bench *b, size_t lost)
{
	const struct mimic_kind *kind = b->m.kind;

	mimic_step(&b->m);
	b->t_ns += llround(kind->dt_s * 1e9);
	mimic_outputs(&b->m, b->y);
	for (size_t i = 0; i < b->m.model->n_inputs; i++) {
		component_input(&b->c, i, b->t_ns, b->m.u[i]);
	}
	for (size_t i = 0; i < b->m.model->n_outputs; i++) {
		if (i == lost) {
			component_lost(&b->c, i);
		} else if (kind->sigma[i] > 0) {
			component_output(&b->c, i, b->t_ns,
			                 b->y[i] + mimic_noise(&b->m, i));
		}
	}
	component_step(&b->c, b->t_ns);
}

static inline void mimic_bench_steps(struct mimic_bench *b, int n)
{
	for (int i = 0; i < n; i++) {
		mimic_bench_step(b, MODEL_OUTPUTS_MAX);
	}
}

#endif
