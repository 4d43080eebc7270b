/* SPDX-License-Identifier: Apache-2.0 */
/**
 * RULA, a screening of postures of arms, neck and trunk (McAtamney, Corlett 1993, Applied
 * Ergonomics 24, tables A, B and C).  No medical statement.  One cell of table A differs
 * between transcriptions (upper arm 5, lower arm 2, wrist 3, twist 2): 7 here, the worse.
 */
#ifndef TWIN_PEOPLE_RULA_H
#define TWIN_PEOPLE_RULA_H

#include <stdbool.h>

/** Scores as the method's sheet gives them for angles. */
struct posture {
	int upper_arm, lower_arm, wrist, twist; /* 1-6, 1-3, 1-4, 1-2 */
	int neck, trunk, legs;                  /* 1-6, 1-6, 1-2 */
	int muscle_arm, muscle_trunk;           /* 0-1: held, or often repeated */
	int force_arm, force_trunk;             /* 0-3: load */
};

bool rula_is_valid(const struct posture *p);

/** 1 to 7; 0 where a score is out of its range. */
int rula_score(const struct posture *p);

/** 1: acceptable, 2: look further, 3: change soon, 4: change now. */
int rula_action(int score);

#endif
