/* SPDX-License-Identifier: Apache-2.0 */
/** Outflow under a level, for the models of tanks: v = sqrt(2 g h), Torricelli 1644. */
#ifndef TWIN_MODELS_TORRICELLI_H
#define TWIN_MODELS_TORRICELLI_H

#include <math.h>

#define TORRICELLI_GRAVITY 9.80665 /* m/s2 */
/** Below it the root is replaced by the line through it, whose slope stays finite, m. */
#define TORRICELLI_LINEAR 1e-4

/** v of a level in m, m/s. */
static inline double torricelli(double level)
{
	if (level >= TORRICELLI_LINEAR) {
		return sqrt(2 * TORRICELLI_GRAVITY * level);
	}
	return level > 0 ? sqrt(2 * TORRICELLI_GRAVITY / TORRICELLI_LINEAR) * level : 0;
}

/** dv/dh, 1/s. */
static inline double torricelli_slope(double level)
{
	return level >= TORRICELLI_LINEAR
	               ? sqrt(TORRICELLI_GRAVITY / (2 * level))
	               : sqrt(2 * TORRICELLI_GRAVITY / TORRICELLI_LINEAR);
}

/** The level at which flow q leaves through an opening of that size at rest, m. */
static inline double torricelli_level(double flow, double opening)
{
	return pow(fmax(flow, 0) / opening, 2) / (2 * TORRICELLI_GRAVITY);
}

#endif
