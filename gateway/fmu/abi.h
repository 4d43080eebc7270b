/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What an FMU's shared library and its importer call each other with: the parts of the
 * binary interfaces of FMI 2.0 (section 2.1, 4.2) and FMI 3.0 (section 2.2, 4.2) that
 * co-simulation needs, in our own words.
 */
#ifndef GATEWAY_FMU_ABI_H
#define GATEWAY_FMU_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Alike in both versions. */
enum fmi_status {
	FMI_OK,
	FMI_WARNING,
	FMI_DISCARD,
	FMI_ERROR,  /* this instance: free or reset it */
	FMI_FATAL,  /* the whole library: no further call */
	FMI_PENDING /* 2.0; never for who steps in order */
};

enum { FMI2_CO_SIMULATION = 1, FMI2_LAST_SUCCESSFUL_TIME = 2, FMI2_TERMINATED = 3 };

/** Booleans of 2.0 are int, of 3.0 bool. */
typedef void fmi2_log_fn(void *environment, const char *instance, int status,
                         const char *category, const char *message, ...);

struct fmi2_callbacks {
	fmi2_log_fn *log;
	void *(*allocate)(size_t n, size_t size);
	void (*release)(void *p);
	void (*step_finished)(void *environment, int status);
	void *environment;
};

typedef void fmi3_log_fn(void *environment, int status, const char *category,
                         const char *message);
typedef void fmi3_update_fn(void *environment, double t, bool set_requested,
                            bool get_allowed, bool step_finished, bool can_return_early,
                            bool *return_early, double *return_t);

/** FMI 2.0; the symbols are fmi2<Name>. */
struct fmi2 {
	void *(*instantiate)(const char *name, int kind, const char *guid,
	                     const char *resources,
	                     const struct fmi2_callbacks *callbacks, int visible,
	                     int logging);
	void (*free_instance)(void *c);
	int (*setup_experiment)(void *c, int tolerance_defined, double tolerance,
	                        double start, int stop_defined, double stop);
	int (*enter_initialization)(void *c);
	int (*exit_initialization)(void *c);
	int (*terminate)(void *c);
	int (*get_real)(void *c, const uint32_t *vr, size_t n, double *v);
	int (*get_integer)(void *c, const uint32_t *vr, size_t n, int *v);
	int (*get_boolean)(void *c, const uint32_t *vr, size_t n, int *v);
	int (*set_real)(void *c, const uint32_t *vr, size_t n, const double *v);
	int (*set_integer)(void *c, const uint32_t *vr, size_t n, const int *v);
	int (*set_boolean)(void *c, const uint32_t *vr, size_t n, const int *v);
	int (*do_step)(void *c, double t, double h, int no_going_back);
	int (*get_real_status)(void *c, int kind, double *v);
	int (*get_boolean_status)(void *c, int kind, int *v);
	int (*get_state)(void *c, void **state);
	int (*set_state)(void *c, void *state);
	int (*free_state)(void *c, void **state);
};

/** A getter or setter of FMI 3.0; v points at the type's own C type. */
typedef int fmi3_get_fn(void *c, const uint32_t *vr, size_t n, void *v, size_t n_values);
typedef int fmi3_set_fn(void *c, const uint32_t *vr, size_t n, const void *v,
                        size_t n_values);

/** FMI 3.0; the symbols are fmi3<Name>. */
struct fmi3 {
	void *(*instantiate)(const char *name, const char *token, const char *resources,
	                     bool visible, bool logging, bool event_mode,
	                     bool early_return, const uint32_t *intermediate,
	                     size_t n_intermediate, void *environment, fmi3_log_fn *log,
	                     fmi3_update_fn *update);
	void (*free_instance)(void *c);
	int (*enter_initialization)(void *c, bool tolerance_defined, double tolerance,
	                            double start, bool stop_defined, double stop);
	int (*exit_initialization)(void *c);
	int (*terminate)(void *c);
	int (*do_step)(void *c, double t, double h, bool no_going_back,
	               bool *event_needed, bool *terminated, bool *early, double *last_t);
	int (*get_state)(void *c, void **state);
	int (*set_state)(void *c, void *state);
	int (*free_state)(void *c, void **state);
};

#endif
