/* SPDX-License-Identifier: Apache-2.0 */
/* The name of what has no equations: twin/drift/var.h learns them from its tags. */
#include "twin/models/model.h"

const struct model model_var = {
	.name = "var",
	.source = "Luetkepohl 2005, Multiple time series analysis, 2.1",
};
