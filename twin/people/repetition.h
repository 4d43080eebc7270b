/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Is work highly repetitive: a cycle under half a minute, or more than half of it the
 * same kind of motion (Silverstein, Fine, Armstrong 1986, British Journal of Industrial
 * Medicine 43).  A screening, no medical statement.
 */
#ifndef TWIN_PEOPLE_REPETITION_H
#define TWIN_PEOPLE_REPETITION_H

#include <stdbool.h>
#include <stddef.h>

#define REPETITION_CYCLE_S 30.0
#define REPETITION_SHARE   0.5

/** @param same  share of the cycle of the most frequent kind of motion; NAN: not known */
bool repetition_is_high(double cycle_s, double same);

/**
 * The share of the time of motions of MTM-1 that the most frequent kind of them takes:
 * reach, grasp, move ... by their letters.
 * @return NAN: there are none, or one is no motion
 */
double repetition_same(const char *const *codes, size_t n);

#endif
