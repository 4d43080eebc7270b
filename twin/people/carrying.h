/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Carrying by hand: how much in an hour and a shift of eight hours, by how far (ISO
 * 11228-1:2003, table 1, for masses of 3 kg and more, both hands, an even floor).  A
 * screening figure, no medical statement.  The standard was not at hand when the table
 * was typed: compare it before something hangs on it.
 */
#ifndef TWIN_PEOPLE_CARRYING_H
#define TWIN_PEOPLE_CARRYING_H

/** kg an hour, over metres; between two rows of the table linear (ours), up to 1 m as
 * over 1 m, beyond 20 m 0: not to be carried so far. */
double carrying_limit_hour(double over_m);

/** kg a shift, likewise. */
double carrying_limit_shift(double over_m);

/** The heaviest that nearly all may carry, kg. */
#define CARRYING_LOAD_KG 25

#endif
