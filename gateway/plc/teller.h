/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A running PLC over MQTT: its watched variables as P/plc/NAME/state, retained, in the
 * keys of a tag's state with `forced` besides; each that changed, ten times a second;
 * forcing as P/events; P/plc/status, also the will.  P, brokers and credentials are those
 * of a gateway's configuration (gateway.id, mqtt).
 */
#ifndef GATEWAY_PLC_TELLER_H
#define GATEWAY_PLC_TELLER_H

#include <uv.h>

#include "gateway/config.h"
#include "gateway/plc/watched.h"

enum { TELLER_LOOK_MS = 100 };

/**
 * Read such a configuration.
 * @param[out] out  set on success only; free with config_free()
 * @return 0; -EINVAL: it is not valid, or not for this; complaints say why
 */
int teller_config(struct config **out, const char *path, FILE *complaints);

/** All borrowed until teller_free(). */
struct teller_wish {
	const struct config *config;
	uv_loop_t *loop;
	const struct program *program;
	const struct watched *watched;
};

struct teller;

/** @return 0 or a negative errno; it is said on stderr whether a broker is there */
int teller_open(struct teller **out, const struct teller_wish *wish);

/** A variable is forced to a value, as text; NULL: no longer. */
void teller_forced(struct teller *t, const char *name, const char *value);

/** No more looks; the loop closes its handle.  NULL is fine. */
void teller_close(struct teller *t);

/** After the loop; sends what is there, which takes a second at most.  NULL is fine. */
void teller_free(struct teller *t);

#endif
