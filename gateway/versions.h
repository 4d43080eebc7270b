/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Versions of components' parameters: found by `pollux identify`, kept in the history
 * (view `models`), one of them in force.  Version 0 is the configuration's.  A version
 * counts only as long as the configuration has the parameters that it was found from.
 */
#ifndef GATEWAY_VERSIONS_H
#define GATEWAY_VERSIONS_H

#include "gateway/config.h"
#include "storage/reader.h"
#include "storage/writer.h"

/** How parameters were found. */
struct version_origin {
	const double *prior; /* what was configured */
	size_t rows;
	int64_t from_us, to_us;
	const char *by; /* "cli" or "auto" */
};

/** Parameters by name, and `identified`: how.  @return JSON from malloc(), or NULL */
char *version_details(const struct component_config *c, const double *parameters,
                      const struct version_origin *origin);

/**
 * @param[out] parameters  all of the model's
 * @return 0; -EBADMSG: no such text, or a parameter is missing or out of its range;
 *         -ESTALE: the configuration has other parameters than it was found from
 */
int version_parse(const char *details, const struct component_config *c,
                  double *parameters);

/** A proposal that nobody has taken for so long is one no more, s. */
#define VERSION_PROPOSAL_S (7 * 86400)

/**
 * Is a version a proposal of the gateway's (auto_identify) that waits for somebody?  It
 * is the newest, which the caller knows, not in force, and found from what is configured.
 * @param[out] parameters  all of the model's, where it is
 */
bool version_is_proposal(const struct version *v, const struct component_config *c,
                         int64_t now_us, double *parameters);

/** The versions of a running gateway. */
struct versions;

/** What it works on; borrowed. */
struct versions_parts {
	const struct config *config;
	struct component_config *components; /* the twin's own: parameters are set */
	struct twin **twin;                  /* NULL behind it: not made yet */
	struct writer *writer;
	/** Another version is in force; message is a sentence. */
	void (*changed)(void *arg, uint32_t component, const char *message);
	void *arg;
};

/** Put in force what the history says, before the twin is made.
 * @return 0 or -ENOMEM: what cannot be read is said in the log and left out */
int versions_new(struct versions **out, const struct versions_parts *parts);
void versions_free(struct versions *v);

/**
 * Answer `version {"component","number","accepted","train_error","held_out_error",
 * "details"}`: number 0 is a new one, or, without details, the configuration's.
 * @param json  after the word
 * @return {"version":N} or {"error":...} from malloc(), or NULL
 */
char *versions_answer(struct versions *v, const char *json);

/** What was found and is to be a version. */
struct version_found {
	size_t component;
	const double *parameters;
	struct version_origin origin;       /* prior is filled in */
	double train_error, held_out_error; /* as of struct version */
	bool accepted;                      /* in force at once */
};

/** @return its number, or -ENOBUFS: the history takes nothing at the moment; -ENOMEM */
int64_t versions_add(struct versions *v, const struct version_found *found);

/** A version that waits for somebody to put it in force. */
struct version_proposal {
	int64_t number; /* 0: there is none */
	int64_t ts_us;
	double parameters[MODEL_PARAMETERS_MAX];
};

/** The one of a component. */
const struct version_proposal *versions_proposal(const struct versions *v,
                                                 size_t component);

/** Number of the version in force, 0: the configuration's. */
int64_t versions_in_force(const struct versions *v, size_t component);

#endif
