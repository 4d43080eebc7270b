/* SPDX-License-Identifier: Apache-2.0 */
/** What the files behind gateway/fmu/unit.h share.  Nobody else includes it. */
#ifndef GATEWAY_FMU_UNIT_IMPL_H
#define GATEWAY_FMU_UNIT_IMPL_H

#include "gateway/fmu/abi.h"
#include "gateway/fmu/rules.h"
#include "gateway/fmu/unit.h"

struct unit {
	const struct unit_version *version;
	const struct wire_load *load;
	void *library;
	void *instance;
	void *state;     /* kept by unit_save(); NULL: none */
	bool started;    /* terminate before it is freed */
	bool in_error;   /* no terminate */
	bool is_fatal;   /* no call at all */
	bool terminated; /* it asked for the end */
	double reached;  /* s, by the last step */
	struct fmi2 fmi2;
	struct fmi2_callbacks callbacks; /* live as long as the instance */
	struct fmi3 fmi3;
	fmi3_get_fn *get[FMU_TYPES];
	fmi3_set_fn *set[FMU_TYPES];
	char text[WIRE_TEXT_MAX];
};

/** A function of the library and where its address goes. */
struct unit_symbol {
	const char *name;
	size_t offset; /* in struct unit */
	bool needed;
};

/** A version of the interface. */
struct unit_version {
	const struct unit_symbol *symbols;
	size_t n_symbols;
	void *(*instantiate)(struct unit *u);
	int (*start)(struct unit *u, double start, double stop, double tolerance);
	bool has_arrays;
	/** n values of one reference; 1 where there are no arrays. */
	int (*set)(struct unit *u, const struct wire_value *v, size_t n);
	int (*get)(struct unit *u, struct wire_value *v, size_t n);
	/** @param[out] last  s, how far it came */
	int (*step)(struct unit *u, double t, double h, double *last);
	int (*terminate)(struct unit *u);
	void (*release)(struct unit *u);
	int (*get_state)(struct unit *u, void **state);
	int (*set_state)(struct unit *u, void *state);
	int (*free_state)(struct unit *u, void **state);
};

extern const struct unit_version unit_version_2, unit_version_3;

/** Keep what the unit says; status is an fmi_status. */
void unit_say(struct unit *u, int status, const char *message);

#endif
