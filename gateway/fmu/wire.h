/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the gateway and the child that an FMU runs in say to each other, over a socket
 * that keeps messages whole (SOCK_SEQPACKET).  Both ends are the same program, so that
 * structs travel as they are; but the gateway believes nothing of what the child says.
 */
#ifndef GATEWAY_FMU_WIRE_H
#define GATEWAY_FMU_WIRE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	WIRE_VALUES_MAX = 2048, /* of one message, set and asked for together */
	WIRE_TEXT_MAX = 240,
};

enum wire_op {
	WIRE_LOAD,  /* wire_load follows; the library is loaded and instantiated */
	WIRE_START, /* set, then initialise: t is where it starts, h where it stops */
	WIRE_STEP,  /* set, step from t to t + h (h 0: no step), get */
	WIRE_SAVE,
	WIRE_RESTORE,
	WIRE_END, /* terminate and free; the child ends */
};

enum wire_status {
	WIRE_DONE,
	WIRE_REFUSED,    /* it cannot be loaded, or cannot do this; see text */
	WIRE_FAILED,     /* the unit said error or fatal, or discarded for good */
	WIRE_TERMINATED, /* the unit wants the simulation to end */
	WIRE_MEMORY,     /* it holds more than it may */
};

/** A variable's value; integers beyond 2^53 lose digits. */
struct wire_value {
	uint32_t reference;
	uint32_t type; /* enum fmu_type */
	double value;
};

struct wire_load {
	uint32_t version; /* 2 or 3 */
	bool can_state, variable_step;
	uint64_t memory_bytes;
	char name[72];
	char token[512];
	char folder[PATH_MAX - 32]; /* what was unpacked; resources/ is in it */
	char library[PATH_MAX];
};

/** Before every message; values to set, then those asked for, follow. */
struct wire_head {
	uint32_t op;     /* of a request */
	uint32_t status; /* of an answer */
	uint32_t n_set, n_get;
	double t, h;              /* s */
	double tolerance;         /* of WIRE_START; 0: the unit's own */
	uint32_t cpu_s;           /* processor time that this request may take */
	char text[WIRE_TEXT_MAX]; /* of an answer: what the unit said last, or why not */
};

/** Room for any message. */
struct wire_message {
	struct wire_head head;
	union {
		struct wire_load load;
		struct wire_value values[WIRE_VALUES_MAX];
	} body;
};

/** Bytes of a message by its head: its values, or wire_load. */
size_t wire_size(const struct wire_head *head);

/** Is what came, n bytes, an answer to a request for n_get values?  Its text is ended. */
bool wire_is_answer(struct wire_message *m, size_t n, size_t n_get);

#endif
