/* SPDX-License-Identifier: Apache-2.0 */
/** From a component's questions to its script's, and the answers back.  Pure. */
#ifndef GATEWAY_LUA_ASK_H
#define GATEWAY_LUA_ASK_H

#include "gateway/lua/luamodel.h"

/** What was asked of a script before.  Zero at first. */
struct ask_state {
	bool begun;
	int64_t t0_ns; /* of its time 0: the first question */
	struct local_question last;
};

/** Is it another question than the last? */
bool ask_is_new(const struct ask_state *s, const struct local_question *q);

/** Make it the last, and a question to the script.
 * @param parameters  MODEL_PARAMETERS_MAX of them */
void ask_make(struct ask_state *s, const double *parameters,
              const struct local_question *q, struct luamodel_ask *out);

/** Does a script declare what it declared when the configuration was read? */
bool ask_is_same(const struct model *model, const struct luamodel_ports *ports);

/** Are all numbers of an answer numbers? */
bool ask_is_finite(const struct model *model, const struct local_answer *a);

#endif
