/* SPDX-License-Identifier: Apache-2.0 */
/* Co-simulation by FMI 3.0.1, section 4.2: no event mode, no early return. */
#include <stdio.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/fmu/unit_impl.h"

#define SYMBOL(name, member, needed)                                                     \
	{                                                                                \
		"fmi3" name, offsetof(struct unit, fmi3.member), needed                  \
	}
#define VALUES(name, type)                                                               \
	{"fmi3Get" name, offsetof(struct unit, get[type]), false},                       \
	{                                                                                \
		"fmi3Set" name, offsetof(struct unit, set[type]), false                  \
	}
static const struct unit_symbol symbols[] = {
	SYMBOL("InstantiateCoSimulation", instantiate, true),
	SYMBOL("FreeInstance", free_instance, true),
	SYMBOL("EnterInitializationMode", enter_initialization, true),
	SYMBOL("ExitInitializationMode", exit_initialization, true),
	SYMBOL("Terminate", terminate, true),
	SYMBOL("DoStep", do_step, true),
	SYMBOL("GetFMUState", get_state, false),
	SYMBOL("SetFMUState", set_state, false),
	SYMBOL("FreeFMUState", free_state, false),
	VALUES("Float64", FMU_FLOAT64),
	VALUES("Float32", FMU_FLOAT32),
	VALUES("Int8", FMU_INT8),
	VALUES("UInt8", FMU_UINT8),
	VALUES("Int16", FMU_INT16),
	VALUES("UInt16", FMU_UINT16),
	VALUES("Int32", FMU_INT32),
	VALUES("UInt32", FMU_UINT32),
	VALUES("Int64", FMU_INT64),
	VALUES("UInt64", FMU_UINT64),
	VALUES("Boolean", FMU_BOOLEAN),
	{"fmi3GetInt64", offsetof(struct unit, get[FMU_ENUMERATION]), false},
	{"fmi3SetInt64", offsetof(struct unit, set[FMU_ENUMERATION]), false},
};
#undef SYMBOL
#undef VALUES

/* Any number as its own C type; an array of them lies packed. */
union number {
	double f64;
	float f32;
	int8_t i8;
	uint8_t u8;
	int16_t i16;
	uint16_t u16;
	int32_t i32;
	uint32_t u32;
	int64_t i64;
	uint64_t u64;
	bool b;
};

static const size_t sizes[FMU_TYPES] = {
	[FMU_FLOAT64] = 8, [FMU_FLOAT32] = 4,     [FMU_INT8] = 1,
	[FMU_UINT8] = 1,   [FMU_INT16] = 2,       [FMU_UINT16] = 2,
	[FMU_INT32] = 4,   [FMU_UINT32] = 4,      [FMU_INT64] = 8,
	[FMU_UINT64] = 8,  [FMU_ENUMERATION] = 8, [FMU_BOOLEAN] = sizeof(bool),
};

static void on_log(void *environment, int status, const char *category,
                   const char *message)
{
	unit_say(environment, status, message);
}

/* The standard's parameters. NOLINTNEXTLINE(readability-function-size) */
static void on_update(void *environment, double t, bool set_requested, bool get_allowed,
                      bool step_finished, bool can_return_early, bool *return_early,
                      double *return_t)
{
	if (return_early) {
		*return_early = false;
	}
}

static void *instantiate(struct unit *u)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s/resources/", u->load->folder);
	return u->fmi3.instantiate(u->load->name, u->load->token, folder, false, false,
	                           false, false, NULL, 0, u, on_log, on_update);
}

static int start(struct unit *u, double t, double stop, double tolerance)
{
	bool tolerant = tolerance > 0, stops = stop > t;
	int status = u->fmi3.enter_initialization(u->instance, tolerant, tolerance, t,
	                                          stops, stops ? stop : 0);

	return status <= FMI_WARNING ? u->fmi3.exit_initialization(u->instance) : status;
}

static union number narrow(uint32_t type, double value)
{
	switch (type) {
	case FMU_FLOAT32:
		return (union number){.f32 = (float)value};
	case FMU_INT8:
		return (union number){.i8 = (int8_t)value};
	case FMU_UINT8:
		return (union number){.u8 = (uint8_t)value};
	case FMU_INT16:
		return (union number){.i16 = (int16_t)value};
	case FMU_UINT16:
		return (union number){.u16 = (uint16_t)value};
	case FMU_INT32:
		return (union number){.i32 = (int32_t)value};
	case FMU_UINT32:
		return (union number){.u32 = (uint32_t)value};
	case FMU_INT64:
	case FMU_ENUMERATION:
		return (union number){.i64 = (int64_t)value};
	case FMU_UINT64:
		return (union number){.u64 = (uint64_t)value};
	case FMU_BOOLEAN:
		return (union number){.b = value != 0};
	default:
		return (union number){.f64 = value};
	}
}

static double widen(uint32_t type, const union number *n)
{
	switch (type) {
	case FMU_FLOAT32:
		return (double)n->f32;
	case FMU_INT8:
		return n->i8;
	case FMU_UINT8:
		return n->u8;
	case FMU_INT16:
		return n->i16;
	case FMU_UINT16:
		return n->u16;
	case FMU_INT32:
		return n->i32;
	case FMU_UINT32:
		return n->u32;
	case FMU_INT64:
	case FMU_ENUMERATION:
		return (double)n->i64;
	case FMU_UINT64:
		return (double)n->u64;
	case FMU_BOOLEAN:
		return n->u8 != 0; /* a byte that is neither 0 nor 1 is no bool */
	default:
		return n->f64;
	}
}

static int set(struct unit *u, const struct wire_value *v, size_t n)
{
	uint64_t packed[WIRE_VALUES_MAX]; /* aligned for any of them */

	if (v->type >= FMU_TYPES || !u->set[v->type]) {
		return FMI_ERROR;
	}
	for (size_t i = 0; i < n; i++) {
		union number number = narrow(v->type, v[i].value);

		memcpy((char *)packed + i * sizes[v->type], &number, sizes[v->type]);
	}
	return u->set[v->type](u->instance, &v->reference, 1, packed, n);
}

static int get(struct unit *u, struct wire_value *v, size_t n)
{
	uint64_t packed[WIRE_VALUES_MAX] = {0};
	int status;

	if (v->type >= FMU_TYPES || !u->get[v->type]) {
		return FMI_ERROR;
	}
	status = u->get[v->type](u->instance, &v->reference, 1, packed, n);
	for (size_t i = 0; i < n; i++) {
		union number number = {0};

		memcpy(&number, (char *)packed + i * sizes[v->type], sizes[v->type]);
		v[i].value = widen(v->type, &number);
	}
	return status;
}

static int step(struct unit *u, double t, double h, double *last)
{
	bool event = false, terminated = false, early = false;
	double reached = t;
	int status = u->fmi3.do_step(u->instance, t, h, !u->load->can_state, &event,
	                             &terminated, &early, &reached);

	u->terminated = terminated;
	if (status == FMI_DISCARD || terminated) {
		*last = reached;
	}
	return status;
}

static int terminate(struct unit *u)
{
	return u->fmi3.terminate(u->instance);
}

static void release(struct unit *u)
{
	u->fmi3.free_instance(u->instance);
}

static int get_state(struct unit *u, void **state)
{
	return u->fmi3.get_state ? u->fmi3.get_state(u->instance, state) : FMI_ERROR;
}

static int set_state(struct unit *u, void *state)
{
	return u->fmi3.set_state ? u->fmi3.set_state(u->instance, state) : FMI_ERROR;
}

static int free_state(struct unit *u, void **state)
{
	return u->fmi3.free_state ? u->fmi3.free_state(u->instance, state) : FMI_ERROR;
}

const struct unit_version unit_version_3 = {
	.symbols = symbols,
	.n_symbols = ARRAY_SIZE(symbols),
	.instantiate = instantiate,
	.start = start,
	.has_arrays = true,
	.set = set,
	.get = get,
	.step = step,
	.terminate = terminate,
	.release = release,
	.get_state = get_state,
	.set_state = set_state,
	.free_state = free_state,
};
