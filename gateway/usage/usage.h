/* SPDX-License-Identifier: Apache-2.0 */
/** What a machine did, out of its history, for who designs the next: how long each tag
 * was at which level and in which state, what cycles it went through, starts, alarms by
 * kind, parameters by version, and where its use left the envelope it was designed for.
 */
#ifndef GATEWAY_USAGE_USAGE_H
#define GATEWAY_USAGE_USAGE_H

#include <stdio.h>

#include "gateway/config.h"
#include "gateway/machine_history.h"
#include "storage/reader.h"
#include "twin/line/line.h"
#include "twin/usage/rainflow.h"

enum { USAGE_TAGS_MAX = 500, USAGE_KINDS_MAX = 64, USAGE_VERSIONS_MAX = 32 };

/** What a tag was designed for; NAN: no limit. */
struct usage_envelope {
	uint32_t tag;
	double min, max;
	const char *name; /* what it is for; NULL: not said */
};

struct usage_tag {
	uint32_t tag;
	bool is_switch;
	double known_s, unknown_s; /* with a good value, and without */
	double state_s[STATE_BAD + 1];
	struct spectrum level; /* s by value */
	struct rainflow flow;
	uint64_t starts; /* of a switch */
	double on_s;
	double min, max; /* its envelope; NAN: none */
	const char *name;
	double outside_s, worst; /* worst: farthest outside, in its unit */
	int64_t outside_us;      /* when first; 0: never */
	uint64_t excursions;
};

struct usage_kind {
	char kind[32], tag[140], severity[16];
	uint64_t n;
};

struct usage_version {
	size_t component;
	int64_t number, ts_us;
	bool in_force;
	double parameters[MODEL_PARAMETERS_MAX];
};

/** A machine whose parts are counted. */
struct usage_machine {
	const char *id;
	struct machine_tags tags;
	double ideal_s; /* of a job; NAN: not said, then there is no effectiveness */
};

/** What one did: times, jobs, and OEE after ISO 22400-2, its planned busy time being all
 * that is known. */
struct usage_made {
	const struct usage_machine *machine;
	struct machine_time time;
	double jobs, rejects;
	struct line_oee oee;
};

struct usage {
	const struct config *config;
	int64_t since_us, until_us;
	struct usage_tag *tags;
	size_t n_tags, left_out; /* tags beyond USAGE_TAGS_MAX */
	struct usage_kind kinds[USAGE_KINDS_MAX];
	size_t n_kinds;
	struct usage_version *versions;
	size_t n_versions;
	struct usage_made *made;
	size_t n_made;
};

struct usage_wish {
	int64_t since_us, until_us;
	const uint32_t *tags; /* NULL: all analog tags and switches of devices */
	size_t n_tags;
	const struct usage_envelope *envelope;
	size_t n_envelope;
	const struct usage_machine *machines; /* borrowed until usage_free() */
	size_t n_machines;
};

/** @return 0, -ENOMEM, or an error of the reader; usage_free() what it gives */
int usage_read(struct usage **out, struct reader *reader, const struct config *cfg,
               const struct usage_wish *wish);
void usage_free(struct usage *u);

/** The envelope's file.  @return 0; -EINVAL: complaints say why; -ENOMEM; what the file
 * cannot be read for */
struct envelope_file;
int envelope_read(struct envelope_file **out, const char *path, const struct config *cfg,
                  FILE *complaints);
const struct usage_envelope *envelope_limits(const struct envelope_file *f, size_t *n);
const struct usage_machine *envelope_machines(const struct envelope_file *f, size_t *n);
void envelope_free(struct envelope_file *f);

#endif
