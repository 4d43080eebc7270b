/* SPDX-License-Identifier: Apache-2.0 */
/** Can a line make a product: its routing against what the stations can, the ways between
 * them, and the rate that a simulation gives.  docs/validate.md. */
#ifndef GATEWAY_LINE_ROUTING_H
#define GATEWAY_LINE_ROUTING_H

#include <jansson.h>

#include "gateway/line/line_study.h"

enum { ROUTING_QUANTITIES_MAX = 8, ROUTING_NAMES_MAX = 16, ROUTING_REASONS_MAX = 256 };

/** What an operation wants of a quantity: diameter 8 mm within 0.05. */
struct routing_quantity {
	const char *name;
	double value, tolerance; /* tolerance NAN: none */
};

struct routing_operation {
	const char *id, *process, *skill; /* skill NULL: none */
	struct routing_quantity quantities[ROUTING_QUANTITIES_MAX];
	size_t n_quantities;
	const char *tooling[ROUTING_NAMES_MAX];
	size_t n_tooling;
	double cycle_s; /* NAN: the station's own time */
	bool lifts;
	struct lift lift;
};

struct routing {
	const char *product, *material; /* material NULL: not said */
	const char *line, *variant;     /* paths; variant NULL: none */
	double rate_h, payload_kg;      /* NAN: not said */
	double quantity;                /* parts that are wanted; NAN: no end */
	double cpk, lifting_index;
	const struct routing_operation *operations;
	size_t n_operations;
};

/** @return 0; -EINVAL: complaints say why; -ENOMEM, or what it cannot be read for */
int routing_read(struct routing **out, const char *path, FILE *complaints);
void routing_free(struct routing *r);

/** Why an operation cannot be done, and what would do. */
struct routing_reason {
	size_t operation;  /* SIZE_MAX: of the whole */
	char text[200];    /* a sentence */
	char nearest[100]; /* the nearest value that would do; "": there is none */
};

struct routing_verdict {
	const struct routing *routing;
	const struct line_setup *line;
	size_t station[64]; /* by operation; SIZE_MAX: none */
	struct routing_reason reasons[ROUTING_REASONS_MAX];
	size_t n_reasons;
	struct interval
		throughput; /* 1/h; n 0: not simulated, for something else fails */
	size_t bottleneck;
};

/** @return 0, -ENOMEM, or as line_study_run() */
int routing_judge(struct routing_verdict *out, const struct routing *r,
                  struct line_setup *line);

void routing_print(FILE *out, const struct routing_verdict *v);
json_t *routing_json(const struct routing_verdict *v);

#endif
