/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Times of manual work from its motions: MTM-1 (Maynard, Stegemerten, Schwab 1948,
 * Methods-Time Measurement; metric data card), at 100 % performance; and what practice
 * and rest make of them.  Turn, body and foot motions were compared with the card of
 * 2019; reach and move were typed from memory: compare them before something hangs on
 * them.
 */
#ifndef TWIN_PEOPLE_MTM_H
#define TWIN_PEOPLE_MTM_H

/** s a time measurement unit: 1e-5 h. */
#define MTM_TMU_S 0.036

/**
 * One motion by its code, distances in cm, weights in kg, angles in degrees, in any case
 * of letters:
 *
 *     R30B           reach, cases A to E            M30C, M30C/4   move, of 4 kg
 *     G1A G4B G5     grasp                          RL1 RL2        release
 *     P1SE P3NSD     position                       D1E D3D        disengage
 *     T90S T45M      turn, small, medium, large     APA APB        apply pressure
 *     EF ET30/60     eyes: focus; travel over distance
 *     FM FMP LM20    foot, leg                      SS40C1         side step
 *     TBC1 TBC2      turn the body                  W4P W4PO       paces; hindered
 *     B S KOK AB AS AKOK KBK AKBK SIT STD           bend, stoop, kneel, arise, sit, stand
 *
 * Between two distances of the card the time is linear.
 *
 * @param[out] tmu  set on success only
 * @return 0; -EINVAL: no such code; -ERANGE: its distance, weight or angle is beyond the
 *         card
 */
int mtm_time(const char *code, double *tmu);

/**
 * Share of the first unit's time that the n-th takes (Wright 1936): each doubling of the
 * units takes `rate` times as long, 0.9 of a usual assembly.
 */
double mtm_learnt(double rate, double n);

#endif
