/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/fmu/call.h"

#include <errno.h>

int call_wait(struct runner *r, struct wire_message *m, int ms)
{
	struct runner_message bytes = {m, wire_size(&m->head), sizeof(*m)};
	size_t n_get = m->head.n_get;
	int err = runner_call(r, &bytes, ms);

	if (!err && !wire_is_answer(m, bytes.n, n_get)) {
		runner_distrust(r);
		err = -EPIPE;
	}
	return err;
}
