/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/people/rula.h"

/* clang-format off */
/* [upper arm][lower arm][wrist][twist] */
static const int table_a[6][3][4][2] = {
	{{{1, 2}, {2, 2}, {2, 3}, {3, 3}}, {{2, 2}, {2, 2}, {3, 3}, {3, 3}}, {{2, 3}, {3, 3}, {3, 3}, {4, 4}}},
	{{{2, 3}, {3, 3}, {3, 4}, {4, 4}}, {{3, 3}, {3, 3}, {3, 4}, {4, 4}}, {{3, 4}, {4, 4}, {4, 4}, {5, 5}}},
	{{{3, 3}, {4, 4}, {4, 4}, {5, 5}}, {{3, 4}, {4, 4}, {4, 4}, {5, 5}}, {{4, 4}, {4, 4}, {4, 5}, {5, 5}}},
	{{{4, 4}, {4, 4}, {4, 5}, {5, 5}}, {{4, 4}, {4, 4}, {4, 5}, {5, 5}}, {{4, 4}, {4, 5}, {5, 5}, {6, 6}}},
	{{{5, 5}, {5, 5}, {5, 6}, {6, 7}}, {{5, 6}, {6, 6}, {6, 7}, {7, 7}}, {{6, 6}, {6, 7}, {7, 7}, {7, 8}}},
	{{{7, 7}, {7, 7}, {7, 8}, {8, 9}}, {{8, 8}, {8, 8}, {8, 9}, {9, 9}}, {{9, 9}, {9, 9}, {9, 9}, {9, 9}}},
};
/* [neck][trunk][legs] */
static const int table_b[6][6][2] = {
	{{1, 3}, {2, 3}, {3, 4}, {5, 5}, {6, 6}, {7, 7}},
	{{2, 3}, {2, 3}, {4, 5}, {5, 5}, {6, 7}, {7, 7}},
	{{3, 3}, {3, 4}, {4, 5}, {5, 6}, {6, 7}, {7, 7}},
	{{5, 5}, {5, 6}, {6, 7}, {7, 7}, {7, 7}, {8, 8}},
	{{7, 7}, {7, 7}, {7, 8}, {8, 8}, {8, 8}, {8, 8}},
	{{8, 8}, {8, 8}, {8, 8}, {8, 9}, {9, 9}, {9, 9}},
};
/* [arm and wrist, 8 and above][neck, trunk and legs, 7 and above] */
static const int table_c[8][7] = {
	{1, 2, 3, 3, 4, 5, 5}, {2, 2, 3, 4, 4, 5, 5}, {3, 3, 3, 4, 4, 5, 6},
	{3, 3, 3, 4, 5, 6, 6}, {4, 4, 4, 5, 6, 7, 7}, {4, 4, 5, 6, 6, 7, 7},
	{5, 5, 6, 6, 7, 7, 7}, {5, 5, 6, 7, 7, 7, 7},
};
/* clang-format on */

static bool within(int score, int from, int to)
{
	return score >= from && score <= to;
}

bool rula_is_valid(const struct posture *p)
{
	return within(p->upper_arm, 1, 6) && within(p->lower_arm, 1, 3) &&
	       within(p->wrist, 1, 4) && within(p->twist, 1, 2) &&
	       within(p->neck, 1, 6) && within(p->trunk, 1, 6) && within(p->legs, 1, 2) &&
	       within(p->muscle_arm, 0, 1) && within(p->muscle_trunk, 0, 1) &&
	       within(p->force_arm, 0, 3) && within(p->force_trunk, 0, 3);
}

static int at_most(int score, int most)
{
	return score > most ? most : score;
}

int rula_score(const struct posture *p)
{
	int arm, trunk;

	if (!rula_is_valid(p)) {
		return 0;
	}
	arm = table_a[p->upper_arm - 1][p->lower_arm - 1][p->wrist - 1][p->twist - 1] +
	      p->muscle_arm + p->force_arm;
	trunk = table_b[p->neck - 1][p->trunk - 1][p->legs - 1] + p->muscle_trunk +
	        p->force_trunk;
	return table_c[at_most(arm, 8) - 1][at_most(trunk, 7) - 1];
}

int rula_action(int score)
{
	return score <= 0 ? 0 : score <= 2 ? 1 : score <= 4 ? 2 : score <= 6 ? 3 : 4;
}
