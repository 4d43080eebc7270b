/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/estimate.h"

const char *source_name(enum source source)
{
	static const char *const names[] = {
		[SOURCE_MEASURED] = "measured",
		[SOURCE_PREDICTED] = "predicted",
		[SOURCE_HELD] = "held",
		[SOURCE_SIMULATED] = "simulated",
	};

	return names[source];
}

const char *tag_state_name(enum tag_state state)
{
	static const char *const names[] = {
		[STATE_LEARNING] = "learning", [STATE_HEALTHY] = "healthy",
		[STATE_SPIKE] = "spike",       [STATE_TRANSIENT] = "transient",
		[STATE_DRIFT] = "drift",       [STATE_MISMATCH] = "mismatch",
		[STATE_STALE] = "stale",       [STATE_BAD] = "bad",
	};

	return names[state];
}
