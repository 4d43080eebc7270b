/* SPDX-License-Identifier: Apache-2.0 */
/* In which order outputs are evaluated, so that each is after those that it depends on at
 * once; and where there is no such order, why. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"
#include "twin/plant/plant_impl.h"

#define NOBODY UINT32_MAX

enum { OUTPUTS = MODEL_OUTPUTS_MAX }; /* an output's number: part * OUTPUTS + port */

struct ranking {
	const struct plant_config *c;
	uint32_t *writer; /* by signal: the output, or NOBODY */
	uint32_t *rank;   /* by output: the longest way of outputs before it */
	uint32_t n;       /* outputs that there can be */
};

/* The output before this one that is ranked highest, or NOBODY. */
static uint32_t before(const struct ranking *r, uint32_t output)
{
	const struct part_config *part = &r->c->parts[output / OUTPUTS];
	const struct model *m = part->kind.model;
	uint32_t best = NOBODY;

	for (uint32_t i = 0; i < m->n_inputs; i++) {
		uint32_t w = r->writer[part->inputs[i].signal];

		if ((m->direct[output % OUTPUTS] >> i & 1) && w != NOBODY &&
		    (best == NOBODY || r->rank[w] > r->rank[best])) {
			best = w;
		}
	}
	return best;
}

/* One pass over all outputs.  @return the last whose rank grew, or NOBODY */
static uint32_t pass(struct ranking *r)
{
	uint32_t grown = NOBODY;

	for (uint32_t i = 0; i < r->c->n_parts; i++) {
		for (uint32_t k = 0; k < r->c->parts[i].kind.model->n_outputs; k++) {
			uint32_t o = i * OUTPUTS + k, w = before(r, o);

			if (w != NOBODY && r->rank[o] <= r->rank[w]) {
				r->rank[o] = r->rank[w] + 1;
				grown = o;
			}
		}
	}
	return grown;
}

/* Backwards from an output that never comes to rest: soon the way is within the loop. */
static size_t trace(const struct ranking *r, uint32_t output, uint32_t *loop, size_t n)
{
	uint32_t o = output, first;
	size_t length = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		o = before(r, o);
	}
	first = o;
	do {
		length++;
		o = before(r, o);
	} while (o != first);
	for (size_t i = length; i-- > 0; o = before(r, o)) {
		if (i < n) {
			loop[i] = r->c->parts[o / OUTPUTS].outputs[o % OUTPUTS];
		}
	}
	return length < n ? length : n;
}

static bool has_rank(const struct ranking *r, uint32_t part, uint32_t rank)
{
	for (uint32_t k = 0; k < r->c->parts[part].kind.model->n_outputs; k++) {
		if (r->rank[part * OUTPUTS + k] == rank) {
			return true;
		}
	}
	return false;
}

/* By rank: a part whose outputs are of several comes several times. */
static int list(const struct ranking *r, uint32_t **order, size_t *n)
{
	uint32_t most = 0;

	for (uint32_t o = 0; o < r->n; o++) {
		most = r->rank[o] > most ? r->rank[o] : most;
	}
	*order = calloc((size_t)(most + 1) * r->c->n_parts + 1, sizeof(**order));
	*n = 0;
	for (uint32_t rank = 0; *order && rank <= most; rank++) {
		for (uint32_t i = 0; i < r->c->n_parts; i++) {
			if (has_rank(r, i, rank)) {
				(*order)[(*n)++] = i;
			}
		}
	}
	return *order ? 0 : -ENOMEM;
}

int plant_order(const struct plant_config *c, uint32_t **order, size_t *n_order,
                uint32_t *loop, size_t *n_loop)
{
	struct ranking r = {.c = c, .n = (uint32_t)c->n_parts * OUTPUTS};
	uint32_t grown = NOBODY;
	int err = -ENOMEM;

	r.writer = malloc((c->n_signals + 1) * sizeof(*r.writer));
	r.rank = calloc(r.n + 1, sizeof(*r.rank));
	if (!r.writer || !r.rank) {
		goto done;
	}
	memset(r.writer, 0xff, c->n_signals * sizeof(*r.writer)); /* NOBODY */
	for (uint32_t i = 0; i < c->n_parts; i++) {
		for (uint32_t k = 0; k < c->parts[i].kind.model->n_outputs; k++) {
			r.writer[c->parts[i].outputs[k]] = i * OUTPUTS + k;
		}
	}
	for (uint32_t i = 0; i <= r.n; i++) {
		grown = pass(&r);
		if (grown == NOBODY) {
			break;
		}
	}
	if (grown != NOBODY) {
		*n_loop = trace(&r, grown, loop, *n_loop);
		err = -ELOOP;
		goto done;
	}
	*n_loop = 0;
	err = order ? list(&r, order, n_order) : 0;

done:
	free(r.writer);
	free(r.rank);
	return err;
}

int plant_loop(const struct plant_config *cfg, uint32_t *signals, size_t n)
{
	int err = plant_order(cfg, NULL, NULL, signals, &n);

	return err == -ENOMEM ? err : (int)n;
}
