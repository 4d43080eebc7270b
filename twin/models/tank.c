/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/models/model.h"

extern const struct model model_tank;
const struct model model_tank = {.name = "tank"};
